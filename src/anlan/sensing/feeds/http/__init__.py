"""Gateways that post to us."""

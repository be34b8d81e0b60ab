"""Counts and events of gates and cameras, nothing more."""

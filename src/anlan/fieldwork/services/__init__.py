"""Writes of fieldwork."""

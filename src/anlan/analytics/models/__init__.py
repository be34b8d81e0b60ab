"""Measures, their versions and roll-ups."""

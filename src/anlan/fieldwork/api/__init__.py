"""Doors for devices."""

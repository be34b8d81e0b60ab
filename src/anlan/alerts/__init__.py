"""Promises that a warning is read whatever its layout, placed, followed to its end, and never invented."""

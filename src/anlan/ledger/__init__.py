"""Promises that what was done is written once, in order, sealed, and read by whoever follows exactly once."""

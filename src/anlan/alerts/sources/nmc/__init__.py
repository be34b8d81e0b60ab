"""Promises to read the rows of the national meteorological centre's alarm list (NMC)."""

"""Promises to read the alarm list of the CMA's weather service."""

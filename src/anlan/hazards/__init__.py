"""Promises that every hazard has five names, a clock and an end, and that whoever rectified it never accepted it."""

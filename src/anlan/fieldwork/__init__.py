"""Promises that what was written down without a network arrives once, in order, and overwrites nothing unseen."""

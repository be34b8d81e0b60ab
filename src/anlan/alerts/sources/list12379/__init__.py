"""Promises to read the list items of the national warning centre (12379)."""

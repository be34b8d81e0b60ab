"""Promises that every place has one path, one shape and a code for every year."""

"""Promises that authority and duty come from posts, and that a phone number is seen only by whoever says why."""

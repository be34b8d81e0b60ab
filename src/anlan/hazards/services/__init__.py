"""Writes: report, confirm, assign, rectify, accept, and everything around an inspection."""

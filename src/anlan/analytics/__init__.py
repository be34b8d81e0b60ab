"""Promises that every figure says how it was counted, equals a recount, and leads down to its rows."""

"""Promises that whoever owes an answer is asked until they answer or somebody stands at the door."""

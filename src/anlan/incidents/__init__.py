"""Incidents promise: whatever anybody saw is taken in one sentence, looked into, its reporter told the end."""

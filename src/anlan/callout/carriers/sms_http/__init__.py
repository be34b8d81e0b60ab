"""The HTTP short-message gateway."""

"""Reads of fieldwork, narrowed to the actor's scope."""

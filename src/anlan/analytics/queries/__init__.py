"""Reads of analytics, narrowed to the actor's scope."""

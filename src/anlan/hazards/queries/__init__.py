"""Reads of hazards and inspections, narrowed to the actor's scope."""

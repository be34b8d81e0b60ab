"""Doors for machines."""

from anlan.sensing.api.alarms_door import router

__all__ = ["router"]

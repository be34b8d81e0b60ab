"""Hazards over HTTP."""

from anlan.hazards.api.loop import router

__all__ = ["router"]

"""Doors for machines."""

from ninja import Router

from anlan.sensing.api import alarms_door, streams_door

router = Router()
router.add_router("", alarms_door.router)
router.add_router("", streams_door.router)

__all__ = ["router"]

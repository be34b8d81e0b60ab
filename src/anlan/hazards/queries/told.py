"""Hazards that people reported, for the map of devices (SEN-03)."""

import datetime as dt

from django.utils.translation import gettext as _

from anlan.hazards.queries import scope
from anlan.hazards.terms import STATE_NAMES, HazardState
from anlan.kernel.authority import Actor
from anlan.places import queries as places
from anlan.sensing.ports import Said


def told(place: str, since: dt.datetime, *, by: Actor, most: int) -> list[Said]:
    """Return what was found at a place and below since a moment, the newest first. One query."""
    rows = scope.within(by).filter(places.under([place], "place_path"), found_at__gte=since)
    return [
        Said(
            f"hazards.hazard:{h.id}", _("隐患"), " ".join(h.text.split())[:80], str(STATE_NAMES[HazardState(h.state)]),
            h.place_path, h.found_at, f"/hazards/{h.id}", h.lon, h.lat, water=False,
        )
        for h in rows.order_by("-found_at")[:most]
    ]  # fmt: skip

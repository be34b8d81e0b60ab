"""What higher contexts fill: what people reported near an alarm, and at a place since a moment (SEN-03)."""

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from anlan.kernel.authority import Actor


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Something that people said near in time and place: `away` metres, None where one of them has no point."""

    title: str
    note: str
    at: dt.datetime
    href: str
    away: float | None = None


class Neighbours(Protocol):
    """Finds what people reported near a moment and a point."""

    def __call__(
        self, path: str, lon: float | None, lat: float | None, at: dt.datetime, *, by: Actor
    ) -> list[Neighbour]:
        """Return what the actor may see, the nearest in time first; a bounded query."""
        ...


neighbours: list[Neighbours] = []


@dataclass(frozen=True, slots=True)
class Said:
    """Something that somebody saw: `key` is "incidents.report:<uuid>"; `water`: it speaks of water where none belongs.

    `what` is what it is (情况, 隐患), `state` where it stands, in plain words.
    """

    key: str
    what: str
    title: str
    state: str
    path: str
    at: dt.datetime
    href: str
    lon: float | None
    lat: float | None
    water: bool


class Told(Protocol):
    """Finds what people reported at a place and below since a moment."""

    def __call__(self, place: str, since: dt.datetime, *, by: Actor, most: int) -> list[Said]:
        """Return what the actor sees, the newest first, at most `most`; one query."""
        ...


told: list[Told] = []

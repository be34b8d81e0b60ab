"""What higher contexts fill: what people reported near an alarm (SEN-03)."""

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

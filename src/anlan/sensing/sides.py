"""Where people and devices contradict each other. Pure.

`dry`: somebody reports water, the nearest gauge tells none. `alone`: an alarm that nobody near has said a word about
for a while. `false`: an alarm that whoever went there did not find so. A person decides; nothing follows by itself.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from anlan.kernel.likeness import metres

FRESH = dt.timedelta(minutes=30)  # a gauge's newest reading may be this much older than the report
LONG = dt.timedelta(hours=6)  # a report of before says nothing about a gauge of now
LONELY = dt.timedelta(minutes=30)  # an alarm this old without a word from anybody


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something is: its place, and its point where it has one (degrees, WGS-84)."""

    path: str
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Gauge:
    """A thing that measures water: the newest reading, how grave rules find it (0: not at all)."""

    thing: Any
    spot: Spot
    at: dt.datetime
    level: int


@dataclass(frozen=True, slots=True)
class Ring:
    """An alarm: `verdict` as in terms.Verdict; `level` 0 where it is over."""

    alarm: Any
    thing: Any
    spot: Spot
    at: dt.datetime
    verdict: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A report; `key` names it."""

    key: str
    spot: Spot
    at: dt.datetime
    water: bool


@dataclass(frozen=True, slots=True)
class Sides:
    """One contradiction: `why` is dry, alone or false; `away` metres where both have a point."""

    why: str
    thing: Any
    alarm: Any = None
    heard: str = ""
    away: float | None = None

    @property
    def key(self) -> str:
        """Name both sides."""
        return f"{self.thing}|{self.alarm or ''}|{self.heard}"


def away(one: Spot, other: Spot) -> float | None:
    """Return the distance in metres, None where one of them has no point."""
    if one.lon is None or one.lat is None or other.lon is None or other.lat is None:
        return None
    return metres(one.lon, one.lat, other.lon, other.lat)


def near(one: Spot, other: Spot, within: float) -> bool:
    """Say whether two lie near: within so many metres, or at one place where one of them has no point."""
    distance = away(one, other)
    return one.path == other.path if distance is None else distance <= within


def found(
    gauges: Sequence[Gauge], rings: Sequence[Ring], heard: Sequence[Heard], *, now: dt.datetime, within: float,
    minutes: float,
) -> list[Sides]:  # fmt: skip
    """Return the contradictions, the reports first."""
    return [*_dry(gauges, rings, heard, now, within), *_lonely(rings, heard, now, within, minutes)]


def _dry(
    gauges: Sequence[Gauge], rings: Iterable[Ring], heard: Iterable[Heard], now: dt.datetime, within: float
) -> list[Sides]:  # fmt: skip
    rang = {ring.thing for ring in rings if ring.verdict != "false"}
    made = []
    for one in heard:
        if not one.water or now - one.at > LONG:
            continue
        around = [g for g in gauges if g.at >= one.at - FRESH and near(g.spot, one.spot, within)]
        if not around or any(g.level or g.thing in rang for g in around):
            continue
        nearest = min(around, key=lambda g: away(g.spot, one.spot) or 0.0)
        made.append(Sides("dry", nearest.thing, heard=one.key, away=away(nearest.spot, one.spot)))
    return made


def _lonely(
    rings: Iterable[Ring], heard: Sequence[Heard], now: dt.datetime, within: float, minutes: float
) -> list[Sides]:  # fmt: skip
    around = dt.timedelta(minutes=minutes)
    made = []
    for ring in rings:
        if ring.verdict == "false":
            made.append(Sides("false", ring.thing, ring.alarm))
        elif (
            ring.verdict == ""
            and now - ring.at > LONELY
            and not any(abs(h.at - ring.at) <= around and near(h.spot, ring.spot, within) for h in heard)
        ):
            made.append(Sides("alone", ring.thing, ring.alarm))
    return made

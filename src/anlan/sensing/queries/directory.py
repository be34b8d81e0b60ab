"""Streams by the names that devices send, and what a door must know of each: in memory, reloaded when they change."""

import datetime as dt
import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray

from anlan.kernel import clock
from anlan.sensing.models import Rule
from anlan.sensing.terms import RESTRAINED

LOOK = 1.0  # seconds between two looks at whether anything changed
_VERSION = "SELECT coalesce(max(id), 0), count(*) FROM sensing_registry_change"
_STREAMS = """
    SELECT d.id, t.device, d.key, d.place_path, d.unit, coalesce(d.low, p.low), coalesce(d.high, p.high), d.every,
      t.kind, p.code, coalesce(d.stopped_at, t.stopped_at) IS NOT NULL, t.id, t.exercise_id
    FROM sensing_datastream d JOIN sensing_thing t ON t.id = d.thing_id
    JOIN sensing_observedproperty p ON p.id = d.property_id
"""
_PURPOSES = "SELECT kind, place_path FROM sensing_purpose WHERE ended_at IS NULL AND until >= %s"


@dataclass(frozen=True, slots=True)
class Stream:
    """What is known of one stream; `kind` is its thing's, `code` its property's."""

    id: int
    path: str
    unit: str
    every: int | None
    kind: str
    code: str
    stopped: bool
    thing: Any
    exercise: Any


@dataclass(frozen=True, slots=True)
class Directory:
    """`named[device, key]` is a stream's id; the arrays are by stream id, `low`/`high` ±inf where nothing is known."""

    named: dict[tuple[str, str], int]
    streams: dict[int, Stream]
    units: dict[int, str]
    known: NDArray[np.bool_]
    stopped: NDArray[np.bool_]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    forbidden: NDArray[np.bool_]

    @property
    def size(self) -> int:
        """One more than the largest id."""
        return int(self.known.size)

    def inside(self, stream: NDArray[Any]) -> NDArray[np.bool_]:
        """Say which ids are streams."""
        near = (stream > 0) & (stream < self.size)
        return near & self.known[np.where(near, stream, 0)]


class _Kept:
    lock = threading.Lock()
    looked, day = 0.0, dt.date.min
    version: Any = None
    directory: Directory | None = None


def current(*, look: bool = False) -> Directory:
    """Return the directory, at most LOOK seconds old; with `look` as it is now."""
    kept, name = _Kept.directory, connection.settings_dict["NAME"]
    if kept is not None and not look and time.monotonic() - _Kept.looked < LOOK and _Kept.version[0] == name:
        return kept
    with connection.cursor() as cursor:
        cursor.execute(_VERSION)
        version = (name, *cursor.fetchone())
    day = clock.local(clock.now()).date()
    with _Kept.lock:
        if _Kept.directory is None or (version, day) != (_Kept.version, _Kept.day):
            _Kept.directory, _Kept.version, _Kept.day = _load(day), version, day
        _Kept.looked = time.monotonic()
        return _Kept.directory


def forget() -> None:
    """Load anew when asked next."""
    _Kept.directory = None


def version() -> Any:
    """Return a token that changes when streams, rules or purposes do."""
    current()
    return _Kept.version


def _load(day: dt.date) -> Directory:
    with connection.cursor() as cursor:
        cursor.execute(_PURPOSES, [day])
        purposes = cursor.fetchall()
        cursor.execute(_STREAMS)
        rows = cursor.fetchall()
    size = max((row[0] for row in rows), default=0) + 1
    made = Directory(
        {}, {}, {}, np.zeros(size, np.bool_), np.zeros(size, np.bool_), np.full(size, -np.inf), np.full(size, np.inf),
        np.zeros(size, np.bool_),
    )  # fmt: skip
    for id_, device, key, path, unit, low, high, every, kind, code, stopped, thing, exercise in rows:
        made.streams[id_] = Stream(id_, path, unit, every, kind, code or "", stopped, thing, exercise)
        made.units[id_] = unit
        made.known[id_], made.stopped[id_] = True, stopped
        if low is not None:
            made.low[id_] = low
        if high is not None:
            made.high[id_] = high
        if device is not None:
            made.named[device, key] = id_
        if kind in RESTRAINED:
            granted = any(kind == k and path.startswith(under) for k, under in purposes)
            made.forbidden[id_] = not (settings.SENSING_PEOPLE and granted)  # SEN-05: both, or no value is taken
    return made


def holds_for(rule: Rule, known: Directory) -> list[int]:
    """Return the streams that a rule holds for: its own one, or those of its place, kind and property; not stopped."""
    if rule.stream_id is not None:
        one = known.streams.get(rule.stream_id)
        return [one.id] if one is not None and not one.stopped else []
    return [
        s.id for s in known.streams.values()
        if not s.stopped and s.path.startswith(rule.place_path)
        and rule.thing_kind in {"", s.kind} and rule.property in {"", s.code}
    ]  # fmt: skip

"""Readings and their sums, as charts, maps and exports ask for them."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.places import queries as places
from anlan.sensing import arrays
from anlan.sensing.batches import DAY, EAST, Floats, Ints
from anlan.sensing.models import Datastream, Latest
from anlan.sensing.terms import Can

Step = Literal["raw", "hour", "day"]
MOST = 20_000  # points in one answer; a chart shows no more
PART = 5_000  # rows of an export at a time
_RAW = """
    SELECT array_send(array_agg(at)), array_send(array_agg(value)), array_send(array_agg(mark)) FROM (
      SELECT at, coalesce(value, 'NaN') AS value, mark FROM sensing_observation
      WHERE stream = %s AND at >= %s AND at < %s ORDER BY at DESC LIMIT %s) AS newest
"""
_HOUR = """
    SELECT array_send(array_agg(at)), array_send(array_agg(low)), array_send(array_agg(high)),
      array_send(array_agg(total)), array_send(array_agg(count)) FROM (
      SELECT at, low, high, total, count FROM sensing_hour
      WHERE stream = %s AND at >= %s AND at < %s ORDER BY at DESC LIMIT %s) AS newest
"""
_DAY = """
    SELECT array_send(array_agg("on" - date '1970-01-01')), array_send(array_agg(low)), array_send(array_agg(high)),
      array_send(array_agg(total)), array_send(array_agg(count)) FROM (
      SELECT "on", low, high, total, count FROM sensing_day
      WHERE stream = %s AND "on" >= %s AND "on" < %s ORDER BY "on" DESC LIMIT %s) AS newest
"""


@dataclass(frozen=True, slots=True)
class Series:
    """Points in order of time: `at` µs (of a day: its midnight in Beijing). `mark` of raw readings, else zeros.

    `value` is the reading or the mean, NaN where there is no number; `low`, `high`, `total`, `count` are the sums'.
    `cut`: there were more than MOST, and the newest ones are here.
    """

    at: Ints
    value: Floats
    low: Floats
    high: Floats
    total: Floats
    count: Ints
    mark: NDArray[np.int16]
    cut: bool

    def __len__(self) -> int:
        return int(self.at.size)


def series(stream: int, since: dt.datetime, until: dt.datetime, step: Step = "raw", *, most: int = MOST) -> Series:
    """Return a stream's points from `since` on, before `until`; of days, whole ones. `visible` asks first who may."""
    bounds: list[Any] = [since, until]
    if step == "day":
        east = dt.timedelta(microseconds=EAST)
        bounds = [(at.astimezone(dt.UTC) + east).date() for at in bounds]
        if (until.astimezone(dt.UTC) + east).time() != dt.time():
            bounds[1] += dt.timedelta(days=1)
    with transaction.atomic(), arrays.cursor(_connection()) as cursor:
        cursor.execute({"raw": _RAW, "hour": _HOUR, "day": _DAY}[step], [stream, *bounds, most + 1])
        row: Any = cursor.fetchone()
    if step == "raw":
        at, value = arrays.items(row[0], "i8"), arrays.items(row[1], "f8")
        mark = arrays.items(row[2], "i2")
        low = high = total = value
        count = np.isfinite(value).astype(np.int64)
    else:
        at = arrays.items(row[0], "i8") if step == "hour" else arrays.items(row[0], "i4").astype(np.int64) * DAY - EAST
        low, high, total = (arrays.items(raw, "f8") for raw in row[1:4])
        count = arrays.items(row[4], "i4").astype(np.int64)
        value, mark = total / count, np.zeros(at.size, np.int16)
    order = slice(min(at.size, most) - 1, None, -1) if at.size else slice(0)
    return Series(
        at[order], value[order], low[order], high[order], total[order], count[order], mark[order], at.size > most
    )


def visible(stream: int, *, by: Actor) -> Datastream:
    """Return a stream of the actor's places, with its thing and property. Raises Hidden."""
    found = Datastream.objects.select_related("thing", "property", "latest").filter(id=stream).first()
    if found is None or not authority.holds(by, Can.SEE, at=found.place_path):
        raise Hidden
    if found.thing.exercise_id != by.exercise:
        raise Hidden
    return found


def latest(*, by: Actor, place: str = "", kind: str = "", code: str = "", worst_first: bool = True) -> Any:
    """Return the newest readings of streams in use at the actor's places: rows of Latest with stream, thing, property.

    Narrowed by place path, kind of thing, code of property.
    """
    found = Latest.objects.select_related("stream__thing", "stream__property").filter(
        places.under(authority.scopes(by, Can.SEE), "stream__place_path"), stream__stopped_at=None,
        stream__thing__stopped_at=None, stream__thing__exercise_id=by.exercise,
    )  # fmt: skip
    if place:
        found = found.filter(places.under((place,), "stream__place_path"))
    if kind:
        found = found.filter(stream__thing__kind=kind)
    if code:
        found = found.filter(stream__property__code=code)
    return found.order_by("-level", "stream__place_path", "stream_id") if worst_first else found.order_by("stream_id")


def export(stream: int, since: dt.datetime, until: dt.datetime) -> Iterator[tuple[dt.datetime, float | None, int, Any]]:
    """Yield (time, value, mark, what is no number) of every reading, in order, PART rows in memory at a time."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT at, value, mark, other FROM sensing_observation WHERE stream = %s AND at >= %s AND at < %s"
                " ORDER BY at LIMIT %s",
                [stream, since, until, PART],
            )
            rows = cursor.fetchall()
        yield from rows
        if len(rows) < PART:
            return
        since = rows[-1][0] + dt.timedelta(microseconds=1)


def _connection() -> Any:
    connection.ensure_connection()
    return connection.connection

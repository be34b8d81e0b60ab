"""Sums by hour (UTC) and by day (Beijing time) of readings that are believed, kept up as readings are evaluated."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db import connection, transaction

from anlan.sensing import arrays
from anlan.sensing.batches import DAY, EAST, HOUR, Batch, Sums, instant, sums
from anlan.sensing.services import retention
from anlan.sensing.terms import Mark

COUNTED = (Mark.GOOD, Mark.LATE)
TURN = 0x616E6C73  # "anls": whoever evaluates, remarks or recounts holds this lock
_ADD = """
    INSERT INTO sensing_{name} AS r (stream, {key}, count, low, high, total)
    SELECT * FROM unnest(%s, %s, %s, %s, %s, %s)
    ON CONFLICT (stream, {key}) DO UPDATE SET count = r.count + excluded.count, low = least(r.low, excluded.low),
      high = greatest(r.high, excluded.high), total = r.total + excluded.total
"""
_TABLES = (("hour", "at", HOUR, 0), ("day", "on", DAY, EAST))
_SUM = {
    "hour": "date_trunc('hour', o.at, 'UTC')",
    "day": "(o.at AT TIME ZONE 'UTC' + interval '8 hours')::date",
}
_COUNTED = """
    SELECT o.stream, {step} AS step, count(*)::int AS count, min(o.value) AS low, max(o.value) AS high,
      sum(o.value) AS total
    FROM sensing_observation o LEFT JOIN sensing_waiting w USING (stream, at)
    WHERE o.mark IN (0, 2) AND o.value IS NOT NULL AND w.stream IS NULL {where} GROUP BY 1, 2
    HAVING {step} >= %(since)s
"""


def turn(cursor: Any) -> None:
    """Wait for one's turn at the roll-ups; held until the transaction ends."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TURN])


def add(counted: Batch) -> None:
    """Add readings (sorted, numbers only) to the sums, in the caller's transaction."""
    with arrays.cursor(connection.connection) as cursor:
        for name, key, step, shift in _TABLES:
            made = sums(counted, step, shift)
            if made.stream.size:
                cursor.execute(_ADD.format(name=name, key=f'"{key}"'), _columns(made, name))


def _columns(made: Sums, name: str) -> Sequence[arrays.Array]:
    return [
        arrays.Integers(made.stream), arrays.Times(made.step * HOUR) if name == "hour" else arrays.Dates(made.step),
        arrays.Integers(made.count), arrays.Doubles(made.low), arrays.Doubles(made.high), arrays.Doubles(made.total),
    ]  # fmt: skip


def waiting(cursor: Any) -> list[Batch]:
    """Return what still waits for evaluation: those readings are kept and not yet in the sums."""
    cursor.execute("SELECT packed FROM sensing_arrival WHERE bite IS NULL")
    return [Batch.unpack(bytes(packed)) for (packed,) in cursor.fetchall()]


def rebuild(stream: int, at: int) -> None:
    """Sum the hour and the day of one reading (µs) up anew, in the caller's transaction that holds the turn."""
    hour, day = at // HOUR * HOUR, (at + EAST) // DAY
    low, high = day * DAY - EAST, (day + 1) * DAY - EAST
    with arrays.cursor(connection.connection) as cursor:
        cursor.execute(
            "SELECT array_send(array_agg(at ORDER BY at)), array_send(array_agg(value ORDER BY at))"
            " FROM sensing_observation WHERE stream = %s AND at >= %s AND at < %s AND mark = ANY(%s)"
            " AND value IS NOT NULL",
            [stream, instant(low), instant(high), arrays.Smalls(np.array(COUNTED))],
        )
        times, values = cursor.fetchone() or (None, None)
        kept = Batch.of(
            np.full(arrays.items(times, "i8").size, stream), arrays.items(times, "i8"), arrays.items(values, "f8")
        )
        for batch in waiting(cursor):  # read after the readings: what is seen above and waits is certainly seen here
            mine = batch.at[batch.stream == stream]
            kept = kept.where(~np.isin(kept.at, mine))
        cursor.execute("DELETE FROM sensing_hour WHERE stream = %s AND at = %s", [stream, instant(hour)])
        cursor.execute(
            "DELETE FROM sensing_day WHERE stream = %s AND \"on\" = date '1970-01-01' + %s::int", [stream, day]
        )
        for name, key, step, shift in _TABLES:
            part = kept.where((kept.at >= hour) & (kept.at < hour + HOUR)) if name == "hour" else kept
            made = sums(part, step, shift)
            if made.stream.size:
                cursor.execute(_ADD.format(name=name, key=f'"{key}"'), _columns(made, name))


_DIFFERS = """
    CREATE TEMP TABLE sensing_differs ON COMMIT DROP AS
    SELECT stream, step, c.count, c.low, c.high, c.total FROM ({counted}) c
    FULL JOIN (SELECT o.stream, o.{key} AS step, o.count, o.low, o.high, o.total FROM sensing_{name} o
      WHERE o.{key} >= %(since)s {where}) k USING (stream, step)
    WHERE (c.count, c.low, c.high) IS DISTINCT FROM (k.count, k.low, k.high)
      OR abs(c.total - k.total) > 1e-12 * greatest(abs(c.total), abs(k.total), 1)
"""
_SCRATCH = """
    CREATE TEMP TABLE IF NOT EXISTS sensing_waiting (stream integer, at timestamptz) ON COMMIT DELETE ROWS;
    DELETE FROM sensing_waiting
"""
_MEND = """
    DELETE FROM sensing_{name} r USING sensing_differs d WHERE r.stream = d.stream AND r.{key} = d.step;
    INSERT INTO sensing_{name} (stream, {key}, count, low, high, total)
      SELECT * FROM sensing_differs WHERE count IS NOT NULL
"""


@transaction.atomic
def recount(*, mend: bool = True, streams: Sequence[int] | None = None) -> list[tuple[str, int, Any]]:
    """Count the sums anew from the readings; return (table, stream, hour or day) of those that differed.

    Counts, least and most must be equal, totals to one part in 10¹². Sums from before the oldest month that is
    kept are left alone: their readings are gone (retention).
    """
    where = "AND o.stream = ANY(%(streams)s)" if streams else ""
    params: dict[str, Any] = {"streams": list(streams or ()), "since": retention.kept_since()}
    wrong: list[tuple[str, int, Any]] = []
    with connection.cursor() as cursor, arrays.cursor(connection.connection) as raw:
        turn(cursor)
        cursor.execute(_SCRATCH)
        for batch in waiting(raw):
            columns = [arrays.Integers(batch.stream), arrays.Times(batch.at)]
            raw.execute("INSERT INTO sensing_waiting SELECT * FROM unnest(%s, %s)", columns)
        for name, column, _step, _shift in _TABLES:
            names = {"name": name, "key": f'"{column}"'}
            counted = _COUNTED.format(step=_SUM[name], where=where)
            cursor.execute(_DIFFERS.format(counted=counted, where=where, **names), params)
            cursor.execute("SELECT stream, step FROM sensing_differs ORDER BY 1, 2")
            wrong += [(name, stream, step) for stream, step in cursor.fetchall()]
            if mend:
                cursor.execute(_MEND.format(**names))
            cursor.execute("DROP TABLE sensing_differs")
    return wrong

"""Readings are kept, each once, whoever sends it again; what was new waits for the evaluator, in one transaction."""

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import orjson
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from anlan.kernel.clock import now
from anlan.sensing import arrays
from anlan.sensing.batches import DAY, Batch, Bools, among, instant, micros
from anlan.sensing.queries import directory
from anlan.sensing.services.unplaced import Fault, reject
from anlan.sensing.terms import Mark

CHANNEL = "anlan_sensing"
WAKE_EVERY = 0.02  # seconds between two NOTIFYs of a process
PART = 20_000  # readings in one arrival
SINCE = micros(dt.datetime(1990, 1, 1, tzinfo=dt.UTC))
SHOWN = 20  # readings that a fault quotes
AHEAD = gettext_noop("时间比现在晚，设备的钟不对")
BEFORE = gettext_noop("时间在 1990 年以前，设备的钟不对")
STOPPED = gettext_noop("设备已停用")
OTHER_VALUE = gettext_noop("同一时刻已有另一个值，先到的留下")
_SCRATCH = """
    CREATE TEMP TABLE IF NOT EXISTS sensing_scratch (stream integer, at timestamptz, value float8, mark smallint)
      ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE IF NOT EXISTS sensing_scratch_other (stream integer, at timestamptz, other jsonb)
      ON COMMIT DELETE ROWS;
    DELETE FROM sensing_scratch; DELETE FROM sensing_scratch_other
"""
_KEEP = """
    WITH new AS (
      INSERT INTO sensing_observation (stream, at, value, came, mark{other})
      SELECT s.stream, s.at, nullif(s.value, 'NaN'), %(came)s, s.mark{o_other} FROM sensing_scratch s {join}
      ON CONFLICT DO NOTHING RETURNING stream, at)
    SELECT count(*), CASE WHEN count(*) < %(all)s THEN array_send(array_agg(stream)) END,
      CASE WHEN count(*) < %(all)s THEN array_send(array_agg(at)) END FROM new
"""
_PLAIN = _KEEP.format(other="", o_other="", join="")
_OTHER = _KEEP.format(other=", other", o_other=", o.other", join="LEFT JOIN sensing_scratch_other o USING (stream, at)")
# LATERAL with LIMIT: one look into the index for each, whatever the planner believes of a table made a moment ago
_CHANGED = """
    SELECT g.stream, g.at, g.value, o.value, o.other, count(*) OVER ()
    FROM unnest(%(stream)s, %(at)s, %(value)s) AS g (stream, at, value)
    CROSS JOIN LATERAL (SELECT k.value, k.other FROM sensing_observation k WHERE k.stream = g.stream AND k.at = g.at
      AND k.at BETWEEN %(low)s AND %(high)s AND k.mark <> 3 LIMIT 1) o
    {join} WHERE o.value IS DISTINCT FROM nullif(g.value, 'NaN') {also}
"""
_CHANGED_PLAIN = _CHANGED.format(join="", also="")
_CHANGED_OTHER = _CHANGED.format(
    join="LEFT JOIN sensing_scratch_other s ON s.stream = g.stream AND s.at = g.at",
    also="OR o.other IS DISTINCT FROM s.other",
)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many readings were new, were there already, were there with another value (the first stays), were refused."""

    new: int = 0
    same: int = 0
    changed: int = 0
    refused: int = 0

    def __add__(self, more: "Taken") -> "Taken":
        return Taken(
            self.new + more.new, self.same + more.same, self.changed + more.changed, self.refused + more.refused
        )


def take(batch: Batch, *, came: dt.datetime | None = None, feed: UUID | None = None, door: str = "") -> Taken:
    """Keep a batch in one transaction. What is refused (a clock that is wrong, a stopped stream) or differs from what
    was kept is counted and lies in the queue of rejected readings. Raises ValueError for ids that are no streams.
    """  # fmt: skip
    came = came or now()
    known = directory.current()
    if not known.inside(batch.stream).all():
        known = directory.current(look=True)
        if not known.inside(batch.stream).all():
            raise ValueError("a reading of no stream")
    faults: list[Fault] = []
    batch = _believable(batch, came, known, faults)
    refused = sum(f.count for f in faults)
    batch = _allowed(batch, known)
    batch, same, twins = batch.sorted().single()
    if not len(batch) and not faults:
        return Taken(0, same, len(twins), refused)
    make_months(batch)
    with transaction.atomic():
        new, changed = (batch, []) if not len(batch) else _keep(batch, came)
        _wait(new, came)
        changed += [
            (*one, None) for one in zip(twins.stream.tolist(), twins.at.tolist(), twins.value.tolist(), strict=True)
        ]
        faults += _differences(changed)
        reject(faults, door=door, feed=feed)
        if len(new):
            wake_after_commit()
    return Taken(len(new), len(batch) - len(new) - (len(changed) - len(twins)) + same, len(changed), refused)


def late(at: NDArray[np.int64], came: NDArray[np.int64] | int) -> Bools:
    """Say which readings come so late that they set off nothing (SENSING_LATE_HOURS)."""
    return np.asarray(at < came - int(settings.SENSING_LATE_HOURS * 3_600_000_000))


def unbelievable(batch: Batch, came: dt.datetime, known: directory.Directory) -> list[tuple[str, Bools]]:
    """Return (why, which readings) of those that are not kept: a clock that is wrong, a stream out of use."""
    ahead = micros(came) + int(settings.SENSING_AHEAD_MINUTES * 60_000_000)
    wrong = ((AHEAD, batch.at > ahead), (BEFORE, batch.at < SINCE), (STOPPED, known.stopped[batch.stream]))
    found, bad = [], np.zeros(len(batch), np.bool_)
    for reason, which in wrong:
        if which.any():
            found.append((reason, which & ~bad))
            bad |= which
    return found


def _believable(batch: Batch, came: dt.datetime, known: directory.Directory, faults: list[Fault]) -> Batch:
    keep = np.ones(len(batch), np.bool_)
    for reason, which in unbelievable(batch, came, known):
        faults += _by_stream(reason, "at", batch.where(which))
        keep &= ~which
    return batch if keep.all() else batch.where(keep)


def _by_stream(reason: str, field: str, batch: Batch) -> list[Fault]:
    """Return one fault for each stream, quoting its first readings."""
    batch = batch.sorted()
    first = np.flatnonzero(np.append(np.True_, batch.stream[1:] != batch.stream[:-1])).tolist()
    faults = []
    for start, end in zip(first, [*first[1:], len(batch)], strict=True):
        quoted = [
            {"stream": int(batch.stream[i]), "at": stamp(int(batch.at[i])), "value": float(batch.value[i])}
            for i in range(start, min(end, start + SHOWN))
        ]
        same = f"{int(batch.stream[start])}"
        faults.append(Fault(reason, b"\n".join(map(orjson.dumps, quoted)), field, same, int(end - start)))
    return faults


def stamp(at: int) -> str:
    """Return a time in µs as ISO 8601, also where no calendar reaches it."""
    try:
        return instant(at).isoformat()
    except OverflowError:
        return f"{at} µs"


def _allowed(batch: Batch, known: directory.Directory) -> Batch:
    """Take the values from readings of gates and cameras that nobody put a purpose on record for (SEN-05)."""
    barred = known.forbidden[batch.stream]
    if not barred.any():
        return batch
    gone = set(np.flatnonzero(barred).tolist())
    other = {i: said for i, said in batch.other.items() if i not in gone}
    return Batch(batch.stream, batch.at, np.where(barred, np.nan, batch.value), other)


def _keep(batch: Batch, came: dt.datetime) -> tuple[Batch, list[tuple[int, int, float, Any]]]:
    """Write what is not there yet; return what was new and what is there with another value."""
    marks = np.where(late(batch.at, micros(came)), Mark.LATE, Mark.GOOD).astype(np.int16)
    marks[directory.current().forbidden[batch.stream]] = Mark.FORBIDDEN
    cursor = arrays.cursor(connection.connection)
    with cursor:
        connection.connection.execute(_SCRATCH)
        with cursor.copy("COPY sensing_scratch FROM STDIN (FORMAT binary)") as copy:
            copy.write(batch.rows(marks))
        if batch.other:
            with cursor.copy("COPY sensing_scratch_other FROM STDIN") as copy:
                for i, said in batch.other.items():
                    told = orjson.dumps(said).decode()
                    copy.write_row((int(batch.stream[i]), instant(int(batch.at[i])), told))
        cursor.execute(_OTHER if batch.other else _PLAIN, {"came": came, "all": len(batch)})
        count, streams, times = cursor.fetchone() or (0, None, None)
        if count == len(batch):
            return batch, []
        fresh = among(arrays.items(streams, "i4"), arrays.items(times, "i8"), batch)
        old = batch.where(~fresh)
        cursor.execute(_CHANGED_OTHER if batch.other else _CHANGED_PLAIN, {
            "stream": arrays.Integers(old.stream), "at": arrays.Times(old.at), "value": arrays.Doubles(old.value),
            "low": instant(int(old.at.min())), "high": instant(int(old.at.max())),
        })  # fmt: skip
        changed = [(s, micros(at), said, kept) for s, at, said, kept, _other, _n in cursor.fetchall()]
    return batch.where(fresh), changed


def _differences(changed: Sequence[tuple[int, int, float, Any]]) -> list[Fault]:
    by_stream: dict[int, Fault] = {}
    for stream, at, said, kept in changed:
        told = orjson.dumps({"stream": stream, "at": stamp(at), "value": said, "kept": kept})
        if stream not in by_stream:
            by_stream[stream] = Fault(OTHER_VALUE, told, "value", str(stream), 0)
        fault = by_stream[stream]
        if 0 < fault.count < SHOWN:
            fault.payload += b"\n" + told
        fault.count += 1
    return list(by_stream.values())


def _wait(new: Batch, came: dt.datetime) -> None:
    """Let the evaluator find what was new."""
    with arrays.cursor(connection.connection) as cursor:
        for start in range(0, len(new), PART):
            part = new.where(np.arange(start, min(start + PART, len(new))))
            cursor.execute(
                "INSERT INTO sensing_arrival (came, count, packed) VALUES (%s, %s, %b)", [came, len(part), part.pack()]
            )


# --- months


_months: set[tuple[str, int]] = set()


def make_months(batch: Batch) -> None:
    """Make the partitions of the batch's months. Raises OperationalError where others hold the table for 3 s."""
    name = connection.settings_dict["NAME"]
    sane = batch.at[(batch.at >= SINCE) & (batch.at < micros(now()) + 400 * DAY)]
    numbers = np.unique(sane.astype("datetime64[us]").astype("datetime64[M]"))
    missing = [m for m in numbers if (name, m.astype(int)) not in _months]
    if not missing:
        return
    with connection.cursor() as cursor:
        for month in missing:
            cursor.execute("SELECT sensing_add_partition(%s::date)", [f"{month}-01"])
            _months.add((name, month.astype(int)))


# --- waking the evaluator

_woken_at = 0.0


def wake_after_commit() -> None:
    """NOTIFY once this is committed: one inside the transaction would take a lock of the whole server at commit."""
    db = connections[DEFAULT_DB_ALIAS]
    if not any(entry[1] is _wake for entry in db.run_on_commit[-4:]):
        db.on_commit(_wake)


def _wake() -> None:
    global _woken_at  # noqa: PLW0603 - one throttle for the process; a race costs one more NOTIFY, a miss a poll
    if time.monotonic() - _woken_at < WAKE_EVERY:
        return
    _woken_at = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")

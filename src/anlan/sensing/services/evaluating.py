"""The evaluator: takes what waits, in order, and writes everything that follows from it in one transaction.

One process at a time (an advisory lock of its session). What a bite writes and the arrivals it used up are committed
together, so whoever is killed, nothing is lost and nothing counts twice.
"""

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any

import numpy as np
import psycopg
from django.db import Error, connection, transaction
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from anlan.kernel.authority import machine
from anlan.kernel.clock import now
from anlan.sensing import arrays
from anlan.sensing.batches import Batch, Bools, Ints, instant, micros
from anlan.sensing.events import Happened
from anlan.sensing.queries import directory
from anlan.sensing.services import alarms, rollups, silence, unplaced
from anlan.sensing.services.judging import Judge, Judged
from anlan.sensing.services.observing import late
from anlan.sensing.terms import Mark

log = logging.getLogger("anlan.sensing")
BITE = 50_000  # readings in one transaction
SAVE_EVERY = 15.0  # seconds after which the rules' memory is written
SAVE_READINGS = 2_000_000  # or after so many readings
LEADER = 0x616E6C65  # "anle"
_WAITING = """
    SELECT id, came, packed FROM (
      SELECT id, came, packed, sum(count) OVER (ORDER BY id) - count AS before
      FROM (SELECT id, came, packed, count FROM sensing_arrival WHERE bite IS NULL ORDER BY id LIMIT 2000) AS first
    ) AS bite WHERE before < %s ORDER BY id
"""
_USED = "UPDATE sensing_arrival SET bite = %(bite)s WHERE id = ANY(%(ids)s)"
_GONE = "DELETE FROM sensing_arrival WHERE id = ANY(%(ids)s)"
_MARK = """
    UPDATE sensing_observation o SET mark = g.mark FROM unnest(%s, %s, %s) AS g (stream, at, mark)
    WHERE o.stream = g.stream AND o.at = g.at AND o.at BETWEEN %s AND %s AND o.mark IN (0, 2)
"""
_LATEST = """
    INSERT INTO sensing_latest AS l (stream_id, at, value, came, mark, level)
    SELECT g.stream, g.at, nullif(g.value, 'NaN'), g.came, g.mark, 0
    FROM unnest(%s, %s, %s, %s, %s) AS g (stream, at, value, came, mark)
    ON CONFLICT (stream_id) DO UPDATE SET at = excluded.at, value = excluded.value, came = excluded.came,
      mark = excluded.mark WHERE l.at <= excluded.at
"""
_LEVEL = """
    UPDATE sensing_latest l SET level = g.level FROM unnest(%s, %s) AS g (stream, level)
    WHERE l.stream_id = g.stream AND l.level <> g.level
"""


BY = machine("sensing")
UNSETTLED = gettext_noop("该报的警没能生成，请马上按内容核实")


class Evaluator:
    """Whoever leads. A bite that failed leaves the judge's memory ahead of the database: it is made anew."""

    def __init__(self) -> None:
        self.judge: Judge | None = None
        self.version: Any = None
        self.number = 0  # of the bite
        self.unsaved, self.saved_at = 0, 0.0

    def bite(self) -> int:
        """Evaluate up to BITE waiting readings in one transaction; return how many. 0: nothing waits."""
        return self._whole(self._bite)

    def pass_time(self) -> int:
        """Find streams that went silent, and let the rules know what time it is; return how many went silent."""
        return self._whole(self._pass_time)

    def _whole(self, work: Callable[[], int]) -> int:
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    rollups.turn(cursor)
                self._ready()
                return work()
        except BaseException:
            self.judge = None
            raise

    def _ready(self) -> Judge:
        """Have a judge with the rules that are on; whatever changed, the memory is written first."""
        version = directory.version()
        if self.judge is not None and version != self.version:
            self._remember()
            self.judge = None
        if self.judge is None:
            self.judge, self.version = Judge(), version
            self.judge.load()
            done = _done()
            self.judge.replay((n, batch, came, _given(batch, came)[0]) for n, batch, came in done)
            self.number = max([n for n, _batch, _came in done] + list(self.judge.seen.values()), default=0)
            self._remember()
        return self.judge

    def _remember(self) -> None:
        """Write the rules' memory, and drop the arrivals that were kept to make it anew."""
        self._judge().save(self.number)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM sensing_arrival WHERE bite IS NOT NULL")
        self.unsaved, self.saved_at = 0, time.monotonic()

    def _bite(self) -> int:
        with arrays.cursor(connection.connection) as cursor:
            cursor.execute(_WAITING, [BITE])
            rows = cursor.fetchall()
            if not rows:
                return 0
            self.number += 1
            batch, came = _batch([(at, packed) for _id, at, packed in rows])
            self._effects(cursor, batch, came)
            used = (
                "UPDATE sensing_arrival SET bite = %(bite)s"
                if self._judge().remembers
                else "DELETE FROM sensing_arrival"
            )
            ids = {"ids": [row[0] for row in rows], "bite": self.number}
            cursor.execute(f"{used} WHERE id = ANY(%(ids)s)", ids)
            self.unsaved += len(batch)
            if self.unsaved > SAVE_READINGS or time.monotonic() - self.saved_at > SAVE_EVERY:
                self._remember()
            return len(batch)

    def _effects(self, cursor: Any, batch: Batch, came: Ints) -> None:
        given, number, possible, behind = _given(batch, came)
        judged = self._judge().step(batch, came, given)
        doubted = number & (~possible | judged.doubted)
        marks = np.where(doubted, Mark.QUARANTINED, np.where(behind, Mark.LATE, Mark.GOOD)).astype(np.int16)
        marks[directory.current().forbidden[batch.stream]] = Mark.FORBIDDEN
        if doubted.any():
            odd = batch.where(doubted)
            cursor.execute(_MARK, [
                arrays.Integers(odd.stream), arrays.Times(odd.at), arrays.Smalls(marks[doubted]),
                instant(odd.at.min()), instant(odd.at.max()),
            ])  # fmt: skip
        rollups.add(batch.where(number & ~doubted))
        self._newest(cursor, batch, came, marks)
        self._settle(cursor, judged)

    def _newest(self, cursor: Any, batch: Batch, came: Ints, marks: NDArray[np.int16]) -> None:
        if not len(batch):
            return
        last = np.flatnonzero(np.append(batch.stream[1:] != batch.stream[:-1], True))
        streams = batch.stream[last]
        cursor.execute(_LATEST, [
            arrays.Integers(streams), arrays.Times(batch.at[last]), arrays.Doubles(batch.value[last]),
            arrays.Times(came[last]), arrays.Smalls(marks[last]),
        ])  # fmt: skip
        silence.heard(streams)

    def _settle(self, cursor: Any, judged: Judged) -> None:
        if judged.levels:
            cursor.execute(_LEVEL, [
                arrays.Integers(np.array(list(judged.levels))), arrays.Smalls(np.array(list(judged.levels.values()))),
            ])  # fmt: skip
        if judged.events:
            self._alarm(judged.events)

    def _alarm(self, events: Sequence[Happened]) -> None:
        """Hand on what happened. What cannot become an alarm for a fault of ours lies in a queue; readings go on."""
        try:
            with transaction.atomic():
                alarms.settle(events, by=BY)
        except (Error, psycopg.Error):
            raise  # the database: all of it is done again
        except Exception as error:
            log.exception("alarms could not be settled")
            told = [f"{e.words} {e.stream} {e.level} {instant(e.at).isoformat()}" for e in events[:50]]
            payload = "\n".join([f"{type(error).__name__}: {error}", *told]).encode()
            unplaced.reject([unplaced.Fault(UNSETTLED, payload, "alarm", count=len(events))], door="rules")

    def _pass_time(self) -> int:
        with arrays.cursor(connection.connection) as cursor:
            judged = self._judge().tick(micros(now()))
            self._settle(cursor, judged)
            if judged.events or (self.unsaved and time.monotonic() - self.saved_at > SAVE_EVERY):
                self._remember()  # time that passed cannot be judged again from readings
        return silence.look()

    def _judge(self) -> Judge:
        if self.judge is None:
            raise RuntimeError("no judge")
        return self.judge


def _batch(parts: Sequence[tuple[dt.datetime, bytes]]) -> tuple[Batch, Ints]:
    """Return packed arrivals as one batch, by stream and time, and when each reading came (µs); streams that are no
    more are left out.
    """  # fmt: skip
    batches = [Batch.unpack(packed) for _at, packed in parts]
    came = np.repeat([micros(at) for at, _packed in parts], [len(b) for b in batches])
    batch = Batch.together(batches)
    order = np.lexsort((batch.at, batch.stream))
    batch, came = batch.where(order), came[order]
    known = directory.current()
    if not known.inside(batch.stream).all():
        there = directory.current(look=True).inside(batch.stream)
        batch, came = batch.where(there), came[there]
    return batch, came


def _given(batch: Batch, came: Ints) -> tuple[Bools, Bools, Bools, Bools]:
    """Return which readings are given to the rules, which are numbers, which are possible, which come late."""
    known = directory.current()
    number, behind = np.isfinite(batch.value), late(batch.at, came)
    with np.errstate(invalid="ignore"):
        possible = (batch.value >= known.low[batch.stream]) & (batch.value <= known.high[batch.stream])
    return number & possible & ~behind, number, possible, behind


def _done() -> list[tuple[int, Batch, Ints]]:
    """Return the bites whose arrivals are still there, in order."""
    with arrays.cursor(connection.connection) as cursor:
        cursor.execute("SELECT bite, came, packed FROM sensing_arrival WHERE bite IS NOT NULL ORDER BY bite, id")
        rows = cursor.fetchall()
    return [
        (number, *_batch([(came, packed) for _n, came, packed in group]))
        for number, group in groupby(rows, key=lambda row: row[0])
    ]


@contextmanager
def leading() -> Iterator[Evaluator | None]:
    """Lead, or be given None where another process does; the lock goes with the session."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LEADER])
        (mine,) = cursor.fetchone()
    try:
        yield Evaluator() if mine else None
    finally:
        if mine and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LEADER])


def run_once() -> int:
    """Evaluate everything that waits; return how many readings. 0 also where another process leads."""
    total = 0
    with leading() as evaluator:
        while evaluator is not None and (count := evaluator.bite()):
            total += count
    return total

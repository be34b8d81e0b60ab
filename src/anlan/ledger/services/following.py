"""Reactions: durable cursors over the ledger. Effects and the cursor's move are one transaction, so once is once."""

import datetime as dt
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from anlan.kernel import clock
from anlan.kernel.ids import uuid7
from anlan.ledger import queries
from anlan.ledger.entry import EntryRow, Position

log = logging.getLogger(__name__)

BATCH = 1000
PATIENCE = 6  # failures of one entry, alone in its batch, before it is set aside
BACKOFF = (0.2, 30.0)  # seconds: the first wait, doubled each time, and the longest
Effect = Callable[[Sequence[EntryRow]], None]


@dataclass(frozen=True, slots=True)
class Reaction:
    """A name that never changes (it is the cursor's), the kinds it reads (none: all), and what it does."""

    name: str
    kinds: tuple[str, ...]
    effect: Effect
    batch: int = BATCH


registry: dict[str, Reaction] = {}


def reaction(name: str, *, kinds: Sequence[str], batch: int = BATCH) -> Callable[[Effect], Effect]:
    """Register a function as a follower of some kinds of entries, in order, in batches, exactly once.

    Its database effects commit together with the cursor's move; so it must do nothing outside the database but enqueue
    a job. A new reaction starts at the beginning of the ledger. Raises ValueError where the name is taken.
    """

    def register(effect: Effect) -> Effect:
        known = registry.get(name)
        if known is not None and (known.effect.__module__, known.effect.__qualname__) != (
            effect.__module__,
            effect.__qualname__,
        ):
            raise ValueError(f"two reactions are called {name}")
        registry[name] = Reaction(name, tuple(str(k) for k in kinds), effect, batch)
        return effect

    return register


class Failed(Exception):  # noqa: N818 - a sentence: the effect failed
    """A reaction's effect raised; the cursor stands where it was."""

    def __init__(self, reaction_name: str, batch: Sequence[EntryRow], cause: Exception) -> None:
        super().__init__(f"{reaction_name}: {cause!r} on {len(batch)} entries from {batch[0].id}")
        self.batch, self.cause = batch, cause


def step(name: str) -> int:
    """Give one reaction its next batch; return how many entries it took in, 0 when there is nothing it may read now.

    Another worker on the same reaction is let alone. Raises Failed, after rolling back, when the effect raises.
    """
    follower = registry[name]
    with transaction.atomic():
        place = _lock(follower)
        if place is None:
            return 0
        after, size = place
        below = queries.horizon()
        batch = queries.following(after, below, kinds=follower.kinds, limit=size)
        if not batch:
            _skip(follower, after, below)
            return 0
        try:
            follower.effect(batch)
        except Exception as cause:
            raise Failed(name, batch, cause) from cause
        _move(name, batch[-1].position, size=min(follower.batch, size * 10))
    return len(batch)


def _lock(follower: Reaction) -> tuple[Position, int] | None:
    """Lock the cursor and return where it stands; None if another worker holds it or it waits after a failure."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT era, xid::text, entry, batch, retry_at > %s FROM ledger_cursor WHERE name = %s "
            "FOR UPDATE SKIP LOCKED",
            [clock.now(), follower.name],
        )
        row = cursor.fetchone()
        if row is None:
            cursor.execute(
                "INSERT INTO ledger_cursor (name, era, xid, entry, batch, failures, last_error) "
                "VALUES (%s, 0, '0', %s, %s, 0, '') ON CONFLICT (name) DO NOTHING",
                [follower.name, queries.START[2], follower.batch],
            )
            return (queries.START, follower.batch) if cursor.rowcount else None
    if row[4]:
        return None
    return (row[0], int(row[1]), row[2]), min(row[3], follower.batch)


def _move(name: str, to: Position, *, size: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_cursor SET era = %s, xid = %s::text::xid8, entry = %s, batch = %s, failures = 0, "
            "last_error = '', retry_at = NULL, moved_at = %s WHERE name = %s",
            [to[0], str(to[1]), to[2], size, clock.now(), name],
        )


def _skip(follower: Reaction, after: Position, below: tuple[int, int]) -> None:
    """Step over what is settled and of no interest, so that it is not read again."""
    to = (*below, queries.START[2])
    if follower.kinds and to > after and queries.following(after, below, limit=1):
        _move(follower.name, to, size=follower.batch)


def stumbled(failure: Failed, name: str) -> None:
    """Note a failure: smaller batches, a growing wait; an entry that fails alone again and again is set aside."""
    entry = failure.batch[0]
    alone = len(failure.batch) == 1
    error = f"{type(failure.cause).__name__}: {failure.cause}"[:2000]
    log.error(
        "reaction %s failed: %s", name, error, exc_info=failure.cause, extra={"chain": str(entry.chain), "cursor": name}
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT failures, batch, era, xid::text, entry FROM ledger_cursor WHERE name = %s FOR UPDATE", [name]
        )
        row = cursor.fetchone()
        if row is None:  # the very first batch failed, and the cursor's row with it
            row = (0, registry[name].batch, queries.START[0], queries.START[1], queries.START[2])
            cursor.execute(
                "INSERT INTO ledger_cursor (name, era, xid, entry, batch, failures, last_error) "
                "VALUES (%s, 0, '0', %s, %s, 0, '')",
                [name, queries.START[2], row[1]],
            )
        if (row[2], int(row[3]), row[4]) >= entry.position:
            return  # another worker got past it meanwhile
        failures = row[0] + 1
        if alone and failures >= PATIENCE:
            _set_aside(name, entry, error, failures)
            _move(name, entry.position, size=1)
            return
        wait = min(BACKOFF[0] * 2 ** (failures - 1), BACKOFF[1])
        cursor.execute(
            "UPDATE ledger_cursor SET failures = %s, last_error = %s, batch = %s, retry_at = %s WHERE name = %s",
            [failures, error, max(1, len(failure.batch) // 10), clock.now() + dt.timedelta(seconds=wait), name],
        )


def _set_aside(name: str, entry: EntryRow, error: str, failures: int) -> None:
    log.critical("reaction %s: entry %s is set aside", name, entry.id, extra={"chain": str(entry.chain)})
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_stuck (id, cursor, entry, chain, place_path, error, failures, set_aside_at, outcome) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, '') ON CONFLICT (cursor, entry) DO NOTHING",
            [uuid7(), name, entry.id, entry.chain, entry.place_path, error, failures, clock.now()],
        )


def drain(name: str | None = None, *, wait: float = 30.0) -> int:
    """Run one reaction, or all, until nothing that is committed now is left; return how many entries were taken in.

    For tests and for `anlan` commands: outside a transaction, since a cursor reads only what is committed. It waits (up
    to `wait` seconds) for older transactions still open on the server. Raises what an effect raises, at once.
    """
    if connection.in_atomic_block:
        raise RuntimeError("drain reads committed entries: call it outside a transaction (in a test, with live_db)")
    names = [name] if name else list(registry)
    _await_horizon(wait)
    total = 0
    while True:
        try:
            taken = sum([step(each) for each in names])
        except Failed as failure:
            raise failure.cause from failure
        total += taken
        if not taken:
            return total
        _await_horizon(wait)


def _await_horizon(wait: float) -> None:
    """Wait until whatever had begun by now is over, so that all that is committed can be read."""
    until = time.monotonic() + wait
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
        now = int(cursor.fetchone()[0])
    while queries.horizon()[1] < now:
        if time.monotonic() > until:
            raise TimeoutError(f"a transaction has been open on this server for over {wait:g} s; see queries.holders()")
        time.sleep(0.01)


def forget(name: str) -> UUID | None:
    """Drop a reaction from the registry (a test's own, at its end)."""
    registry.pop(name, None)
    return None

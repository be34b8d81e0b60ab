"""Reading entries: in order for those who follow, and as trails narrowed to what the actor may see."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

COLUMNS = (
    "id, era, xid::text, at, recorded_at, did, pseudonym, actor, post, post_title, subject_type, subject_id, chain, "
    "place_path, exercise, values::text"
)
Position = tuple[int, int, UUID]
START: Position = (0, 0, UUID(int=0))


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry as readers get it. `pseudonym` is the person who acted, `actor` the machine's name where none did."""

    id: UUID
    era: int
    xid: int
    at: dt.datetime
    recorded_at: dt.datetime
    did: str
    pseudonym: UUID | None
    actor: str
    post: UUID | None
    post_title: str
    subject_type: str
    subject_id: UUID
    chain: UUID
    place_path: str
    exercise: UUID | None
    values: dict[str, Any]

    @property
    def position(self) -> Position:
        """Where the entry stands in the ledger's one order."""
        return self.era, self.xid, self.id


def row_of(columns: Sequence[Any]) -> EntryRow:
    """Turn one row of COLUMNS into an EntryRow."""
    return EntryRow(
        columns[0],
        columns[1],
        int(columns[2]),
        *columns[3:15],
        values=orjson.loads(columns[15]),  # type: ignore[call-arg,misc]
    )


def horizon() -> tuple[int, int]:
    """Return (current era, transaction id): every entry below is settled; none can appear there any more.

    A transaction that began earlier may still commit above it, so nobody who follows reads further.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(number), pg_snapshot_xmin(pg_current_snapshot())::text FROM ledger_era")
        era, xid = cursor.fetchone()
    return era, int(xid)


def following(after: Position, below: tuple[int, int], *, kinds: Sequence[str] = (), limit: int) -> list[EntryRow]:
    """Return the next entries in order, after a position and below a horizon; of some kinds, or of all."""
    only = "AND did = ANY(%s)" if kinds else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT {COLUMNS} FROM ledger_entry
            WHERE (era, xid, id) > (%s, %s::text::xid8, %s::uuid) AND (era, xid) < (%s, %s::text::xid8) {only}
            ORDER BY era, xid, id LIMIT %s
            """,
            [after[0], str(after[1]), after[2], below[0], str(below[1]), *([list(kinds)] if kinds else []), limit],
        )
        return [row_of(columns) for columns in cursor.fetchall()]

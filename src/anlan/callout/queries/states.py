"""Each person's four states in a call: 发出, 送达, 已读, 确认 (WRN-04), a page at a time."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from anlan.callout.models import Call
from anlan.callout.queries import board
from anlan.callout.queries.board import AFTER
from anlan.kernel.authority import Actor
from anlan.people import queries as people
from anlan.places import queries as places

LACKS = {  # what a person still lacks; each includes whoever lacks an earlier state too
    "handed": "r.handed_at IS NULL AND o.handed_at IS NULL AND o.reached_at IS NULL",
    "reached": "o.reached_at IS NULL",
    "read": "o.read_at IS NULL AND o.known_at IS NULL AND o.met_at IS NULL",
    "confirmed": "o.known_at IS NULL AND o.met_at IS NULL",
}
PARTS = ("self", "copy")


@dataclass(frozen=True, slots=True)
class Person:
    """One person with the moments of the four states; None for one not reached. `copied`: they only got a copy."""

    id: UUID
    name: str
    phone: str
    post: str
    place: str
    copied: bool
    dead: bool
    handed_at: dt.datetime | None
    reached_at: dt.datetime | None
    read_at: dt.datetime | None
    confirmed_at: dt.datetime | None


def persons(
    call: Call, *, at: str, by: Actor, lacks: str = "", part: str = "self", offset: int = 0, limit: int = 50
) -> list[Person]:
    """Return who was told at a place and below: in their own right, or by a copy (`part`); those who lack a state."""
    board.within(call, at, by)
    more = f"AND {LACKS[lacks]}" if lacks in LACKS else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT o.id, o.person_id, o.post_title, o.place_path, o.part, o.dead,
                  coalesce(r.handed_at, o.handed_at), o.reached_at, o.read_at, coalesce(o.met_at, o.known_at)
                FROM callout_obligation o LEFT JOIN callout_receipt r ON r.id = coalesce(o.receipt_id, o.id)
                WHERE o.call_id = %(call)s AND o.part = %(part)s AND o.state <> 'void'
                  AND o.place_path >= %(low)s AND o.place_path < %(high)s {more}
                ORDER BY o.place_path, o.id LIMIT %(limit)s OFFSET %(offset)s""",
            {"call": call.id, "low": at, "high": at + AFTER, "limit": limit, "offset": offset,
             "part": part if part in PARTS else "self"},
        )  # fmt: skip
        rows = cursor.fetchall()
    return list(_said(rows, by))


def _said(rows: list[tuple[Any, ...]], by: Actor) -> Iterable[Person]:
    known = {p.id: p for p in people.persons(by).filter(id__in={r[1] for r in rows}).distinct()}
    where = places.names({r[3] for r in rows})
    for row in rows:
        person = known.get(row[1])
        yield Person(
            row[0], person.name if person else "", people.masked(person) if person else "", row[2],
            where.get(row[3], ""), row[4] == "copy", row[5], *row[6:],
        )  # fmt: skip

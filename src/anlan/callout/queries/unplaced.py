"""What could not be placed: reports that fit nobody, persons whom nothing reaches. Nothing is silently dropped."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from anlan.callout.models import Call, Obligation, Unmatched
from anlan.callout.queries.board import AFTER
from anlan.callout.terms import CallState, Can, Genre
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.people import queries as people
from anlan.places import queries as places


def unplaced(by: Actor, *, settled: bool = False) -> QuerySet[Unmatched]:
    """Return the reports that wait for a person. One that belongs nowhere is for whoever answers for the roots."""
    scopes = authority.scopes(by, Can.ANSWER_FOR)
    within = Q(pk__in=[])
    for scope in scopes:
        within |= places.under([scope], "place_path")
    roots = [place.path for place in places.roots()]
    if roots and all(authority.holds(by, Can.ANSWER_FOR, at=root) for root in roots):
        within |= Q(place_path="")
    return Unmatched.objects.filter(within, settled_at__isnull=not settled).order_by("-id")


def get(identifier: UUID, by: Actor) -> Unmatched:
    """Return one report, under lock. Raises Hidden."""
    found = unplaced(by).select_for_update().filter(id=identifier).first()
    if found is None:
        raise Hidden(str(identifier))
    return found


@dataclass(frozen=True, slots=True)
class Report:
    """One report as the page shows it. `said` is for a person: the words that came, or the event; numbers masked."""

    row: Unmatched
    sender: str
    said: str
    call: Call | None
    person: str
    post: str


def reports(rows: Sequence[Unmatched], said: Sequence[Any]) -> list[Report]:
    """Say rows with what they hold (opened by services.gateways), in the same order: three queries."""
    about = Obligation.objects.in_bulk([r.about for r in rows if r.about])
    calls = Call.objects.in_bulk([r.call_id for r in rows if r.call_id])
    names = people.names({o.person_id for o in about.values()})
    made = []
    for row, event in zip(rows, said, strict=True):
        owed = about.get(row.about) if row.about else None
        sender, text = _words(event)
        made.append(
            Report(
                row, sender, text, calls.get(row.call_id) if row.call_id else None,
                names.get(owed.person_id, "") if owed else "", owed.post_title if owed else "",
            )
        )  # fmt: skip
    return made


def _words(event: Any) -> tuple[str, str]:
    """Return a masked number and what was said; a gateway's event as its type and reason."""
    if not isinstance(event, dict):
        return "", str(event)[:200]
    number = people.phone_of(str(event.get("from") or "")) or ""
    text = str(event.get("text") or "")
    if not text:
        text = "，".join(str(event[k]) for k in ("type", "outcome", "reason", "id") if event.get(k))
    return people.mask_phone(number) if number else "", text[:200]


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A person in a running call whom no carrier reaches: why, and how far the ladder has gone."""

    obligation: UUID
    call: UUID
    title: str
    name: str
    phone: str
    post: str
    place: str
    reason: str
    since: dt.datetime
    rung: str


_STUCK = """
SELECT o.id, o.call_id, o.person_id, o.post_title, o.place_path, o.began_at, o.rung,
       CASE WHEN o.dead THEN 'dead' ELSE r.reason END
FROM callout_obligation o
JOIN LATERAL (SELECT state, reason FROM callout_receipt WHERE id = coalesce(o.receipt_id, o.id)) r ON true
WHERE o.call_id = ANY(%(calls)s) AND o.state = 'open' AND o.part = 'self' AND ({scope})
  AND (o.dead OR r.state = 'failed')
ORDER BY o.dead, o.rank DESC, o.id LIMIT %(limit)s OFFSET %(offset)s"""


def unreachable(by: Actor, *, offset: int = 0, limit: int = 50) -> list[Unreachable]:
    """Return who is stuck in the running calls: last attempt failed, or the number is dead; failures of ours first."""
    scopes = authority.scopes(by, Can.ANSWER_FOR)
    calls = {c.id: c for c in Call.objects.filter(state=CallState.RUNNING, genre=Genre.CALL)}
    if not scopes or not calls:
        return []
    names = {f"low{i}": one for i, one in enumerate(scopes)} | {f"high{i}": one + AFTER for i, one in enumerate(scopes)}
    within = (f"(o.place_path >= %(low{i})s AND o.place_path < %(high{i})s)" for i in range(len(scopes)))
    scope = " OR ".join(within)
    with connection.cursor() as cursor:
        cursor.execute(_STUCK.format(scope=scope), names | {"calls": list(calls), "limit": limit, "offset": offset})
        rows = cursor.fetchall()
    known = {p.id: p for p in people.persons(by).filter(id__in={r[2] for r in rows}).distinct()}
    where = places.names({r[4] for r in rows})
    return [
        Unreachable(
            r[0], r[1], calls[r[1]].title, known[r[2]].name if r[2] in known else "",
            people.masked(known[r[2]]) if r[2] in known else "", r[3], where.get(r[4], ""), r[7], r[5], r[6],
        )
        for r in rows
    ]  # fmt: skip

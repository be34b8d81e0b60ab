"""Duties on a thing of another context: which things wait for an actor, and what comes when nobody acts."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from anlan.callout.models import Obligation
from anlan.callout.queries import inbox
from anlan.callout.terms import ObligationState
from anlan.kernel.authority import Actor
from anlan.people import queries as people

MOST = 20


def subjects(by: Actor, subject_type: str) -> QuerySet[Obligation, Any]:
    """Return the ids of the things of a type on which the actor owes something, as a subquery."""
    return inbox.owed(by).filter(subject_type=subject_type).values("subject_id")


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of what comes when nobody acts: `act` is self, again, deputy or superior; `at` when it comes."""

    act: str
    name: str
    at: dt.datetime | None
    reached: bool


@dataclass(frozen=True, slots=True)
class Open:
    """One open duty: whose, since when, until when, and its rungs in order."""

    did: str
    person_id: UUID
    name: str
    title: str
    due_at: dt.datetime | None
    rungs: list[Rung]


def open_on(subject_id: UUID) -> list[Open]:
    """Return the open duties on a thing, the soonest first, with the names along each ladder. At most four queries."""
    rows = list(
        Obligation.objects.filter(subject_id=subject_id, state=ObligationState.OPEN).order_by("due_at", "id")[:MOST]
    )
    if not rows:
        return []
    names = people.names({r.person_id for r in rows} | {r.deputy_id for r in rows if r.deputy_id})
    above = _above(rows[0].post) if rows[0].post else []
    return [_open(row, names, above if row.post == rows[0].post else []) for row in rows]


def _above(post: UUID) -> list[str]:
    """Return who sits in each superior post now, nearest first; the post's title where nobody does."""
    return [next((s.person.name for s in one.seats_now), one.title) for one in people.superiors(post)]


def _open(row: Obligation, names: dict[UUID, str], above: list[str]) -> Open:
    rungs = [Rung("self", names.get(row.person_id, ""), row.due_at, reached=True)]
    up = iter(above)
    for number, step in enumerate(row.ladder or []):
        act = str(step.get("act", ""))
        name = names.get(row.deputy_id, "") if act == "deputy" and row.deputy_id else ""
        if act == "superior":
            name = next(up, "")
        at = row.began_at + dt.timedelta(seconds=int(step.get("at", 0)))
        rungs.append(Rung(act, name, at, reached=number < row.step))
    return Open(row.did, row.person_id, names.get(row.person_id, ""), row.post_title, row.due_at, rungs)

"""What came of a task or a command: who owes what, what they said, and what waits for a decision."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from anlan.callout.models import Call, Obligation, Report
from anlan.callout.queries import board
from anlan.callout.terms import RESULT, Can, ObligationState, Part
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.people import queries as people
from anlan.places import queries as places

VIEWS = ("all", "open", "done", "cannot", "refused", "passed")
CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Line:
    """One person's result: `standing` is open, done, cannot, refused, passed, lapsed or void; `words` the last said."""

    id: UUID
    name: str
    post: str
    place: str
    place_path: str
    standing: str
    words: str
    how: str
    at: dt.datetime | None
    due_at: dt.datetime | None
    late: bool
    rung: str
    next_name: str
    by_deputy: bool


def owed(call: Call, at: str, view: str = "all") -> QuerySet[Obligation]:
    """Return the results owed at a place and below, narrowed to one of VIEWS; those that wait longest first."""
    rows = Obligation.objects.filter(call_id=call.id, part=Part.RESULT).filter(places.under([at], "place_path"))
    if view == "open":
        rows = rows.filter(state=ObligationState.OPEN)
    elif view in {"done", "cannot", "refused", "passed"}:
        rows = rows.filter(finish=view)
    return rows.order_by("state", "place_path", "id")


def counts(call: Call, at: str) -> dict[str, int]:
    """Return how many each view holds: one pass over the call's results, for a page that shows them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*), count(*) FILTER (WHERE state = 'open'), count(*) FILTER (WHERE finish = 'done'),
                 count(*) FILTER (WHERE finish = 'cannot'), count(*) FILTER (WHERE finish = 'refused'),
                 count(*) FILTER (WHERE finish = 'passed') FROM callout_obligation
               WHERE call_id = %s AND part = 'result' AND place_path >= %s AND place_path < %s""",
            [call.id, at, at + board.AFTER],
        )
        return dict(zip(VIEWS, cursor.fetchone(), strict=True))


def lines(rows: Sequence[Obligation]) -> list[Line]:
    """Say rows with what was reported: four queries, whatever their number."""
    ids = [r.id for r in rows]
    said = {r.obligation_id: r for r in Report.objects.filter(obligation_id__in=ids).order_by("id")}
    said |= _by_deputies(ids, said)
    names = people.names({r.person_id for r in rows} | {s.next_person for s in said.values() if s.next_person})
    where = places.names({r.place_path for r in rows})
    return [_line(r, said.get(r.id), names, where) for r in rows]


def _by_deputies(ids: Iterable[UUID], said: dict[UUID, Report]) -> dict[UUID, Report]:
    """Return what a B岗 reported, by the duty they stood for."""
    stood = dict(
        Obligation.objects.filter(stands_for__in=ids, part=Part.DEPUTY, did=RESULT).values_list("id", "stands_for")
    )
    found = Report.objects.filter(obligation_id__in=stood).order_by("id") if stood else ()
    return {stood[r.obligation_id]: r for r in found if stood[r.obligation_id] not in said}  # type: ignore[misc]


def _line(row: Obligation, said: Report | None, names: dict[UUID, str], where: dict[str, str]) -> Line:
    standing = row.finish or {"open": "open", "lapsed": "lapsed"}.get(row.state, "void")
    at = row.met_at or (said.at if said else None)
    late = bool(row.due_at and at and at > row.due_at) or bool(said and said.late)
    return Line(
        row.id, names.get(row.person_id, ""), row.post_title, where.get(row.place_path, ""), row.place_path, standing,
        said.words if said else "", said.how if said else row.met_how, at, row.due_at, late, row.rung,
        names.get(said.next_person, "") if said and said.next_person else "", row.met_part == Part.DEPUTY,
    )  # fmt: skip


def every(call: Call, at: str, view: str) -> Iterator[Line]:
    """Yield everybody's result, for an export, in pages of CHUNK."""
    rows = owed(call, at, view).order_by("id")
    last: UUID | None = None
    while page := list((rows.filter(id__gt=last) if last else rows)[:CHUNK]):
        yield from lines(page)
        last = page[-1].id


def one(call_id: UUID, obligation_id: UUID, *, by: Actor) -> Obligation:
    """Return one result of a call. Raises Hidden outside the actor's places."""
    row = Obligation.objects.filter(id=obligation_id, call_id=call_id, part=Part.RESULT).first()
    if row is None or not authority.holds(by, Can.SEE, at=row.place_path):
        raise Hidden(str(obligation_id))
    return row


def own(obligation_id: UUID, by: Actor) -> tuple[Obligation, Call, Obligation | None]:
    """Return the result that the actor owes, its call, and their own receipt beside it. Raises Hidden.

    A B岗 who stands in has no receipt of their own.
    """
    row = Obligation.objects.filter(Q(id=obligation_id) | Q(stands_for=obligation_id, part=Part.RESULT), did=RESULT)
    found = row.first()
    if found is None or by.person is None or found.person_id != by.person or found.call_id is None:
        raise Hidden(str(obligation_id))
    receipt = Obligation.objects.filter(id=found.stands_for, part=Part.SELF).first() if found.stands_for else None
    return found, Call.objects.get(id=found.call_id), receipt

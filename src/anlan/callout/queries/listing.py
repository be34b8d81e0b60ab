"""The list of calls, and how one person was reached within a call."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from anlan.callout.models import Call, Obligation, Receipt, Tally
from anlan.callout.queries import board
from anlan.callout.queries.board import Row
from anlan.callout.terms import COUNTERS, INSTRUCTIONS, TEMPO, CallState, Can, Genre, Level
from anlan.kernel import authority, clock, paths
from anlan.kernel.authority import Actor, Hidden
from anlan.people import queries as people
from anlan.places import queries as places

MINE = 8  # earlier instructions that are offered to be copied
VIEWS = ("running", "waiting", "over", "drill")
STATES = {
    "running": (CallState.RUNNING,),
    "waiting": (CallState.DRAFT, CallState.AWAITING, CallState.APPROVED),
    "over": (CallState.ENDED, CallState.SUPERSEDED, CallState.CANCELLED),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What the address asks for. `view`: running, waiting, over (real ones), drill (exercises and tests), or all.

    `month` is the first day of the one in which calls began.
    """

    view: str = "all"
    level: str = ""
    place: str = ""
    text: str = ""
    month: dt.date | None = None
    directive: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A call with its counters at the topmost place of it that the actor sees."""

    call: Call
    at: str
    place: str
    row: Row


def visible(by: Actor) -> QuerySet[Call]:
    """Return the calls that reach somewhere the actor sees: at or under their places, or from above them."""
    scopes = authority.scopes(by, Can.SEE)
    if not scopes:
        return Call.objects.none()
    above = {path for scope in scopes for path in paths.ancestors(scope)} | {""}
    within = Q(place_path__in=above)
    for scope in scopes:
        within |= places.under([scope], "place_path")
    return Call.objects.filter(within, genre=Genre.CALL)


def calls(by: Actor, what: Filter) -> QuerySet[Call]:
    """Return the calls that fit, newest first; exercises stand apart."""
    rows = visible(by)
    if what.view == "drill":
        rows = rows.filter(drill=True)
    else:
        rows = rows.filter(drill=False)
        if what.view in STATES:
            rows = rows.filter(state__in=STATES[what.view])
    if what.level:
        rows = rows.filter(level="" if what.level == "none" else what.level)
    if what.directive:
        rows = rows.filter(directive=what.directive)
    if what.place:
        rows = rows.filter(places.under([what.place], "place_path"))
    if what.month:
        low = dt.datetime.combine(what.month, dt.time(), clock.CHINA)
        rows = rows.filter(started_at__gte=low, started_at__lt=(low + dt.timedelta(days=31)).replace(day=1))
    if what.text:
        wanted = Q(title__icontains=what.text) | Q(hazard__icontains=what.text)
        if what.text.isascii() and what.text.isdecimal() and len(what.text) < 9:
            wanted |= Q(serial=int(what.text))
        rows = rows.filter(wanted)
    return rows.order_by("-id")


def mine(by: Actor) -> list[Call]:
    """Return the instructions that the actor last prepared, the newest first: to be copied."""
    if by.pseudonym is None:
        return []
    return list(Call.objects.filter(prepared_by=by.pseudonym, directive__in=INSTRUCTIONS).order_by("-id")[:MINE])


def counts(by: Actor) -> dict[str, int]:
    """Return how many calls each view holds."""
    return {view: calls(by, Filter(view)).count() for view in ("all", *VIEWS)}


def lines(rows: Sequence[Call], by: Actor) -> list[Line]:
    """Add counters and place names: two queries, whatever the number of calls."""
    tops = {call.id: board.top(call, by) or call.place_path for call in rows}
    names = ("call_id", "place_path", *COUNTERS, *TEMPO)
    tallied = Tally.objects.filter(call_id__in=tops, place_path__in=set(tops.values())).values(*names)
    found = {(row["call_id"], row["place_path"]): row for row in tallied}
    called = places.names(set(tops.values()))
    return [
        Line(call, at, called.get(at, ""), Row(at, called.get(at, ""), found.get((call.id, at), {})))
        for call in rows
        for at in [tops[call.id]]
    ]


LEVELS = tuple(level for level in Level if level)


# --- one person within a call


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to reach a person: when it went how far."""

    carrier: str
    attempt: int
    state: str
    reason: str
    made_at: dt.datetime
    steps: tuple[tuple[str, dt.datetime], ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """Everything that was tried for one person in a call, and the obligations of the B岗 who stand for them."""

    call: Call
    obligation: Obligation
    name: str
    phone: str
    attempts: list[Attempt]
    deputies: list[tuple[Obligation, str]]


def reached(call_id: UUID, obligation_id: UUID, *, by: Actor) -> Reached:
    """Return how one person was reached. Raises Hidden outside the actor's places."""
    row = Obligation.objects.filter(id=obligation_id, call_id=call_id).first()
    call = Call.objects.filter(id=call_id).first()
    if row is None or call is None or not authority.holds(by, Can.SEE, at=row.place_path):
        raise Hidden(str(obligation_id))
    deputies = list(Obligation.objects.filter(stands_for=row.id).order_by("began_at"))
    names = people.names({row.person_id, *(d.person_id for d in deputies)})
    person = people.persons(by).filter(id=row.person_id).distinct().first()
    return Reached(
        call, row, names.get(row.person_id, ""), people.masked(person) if person else "", attempts(row),
        [(d, names.get(d.person_id, "")) for d in deputies],
    )  # fmt: skip


def attempts(row: Obligation) -> list[Attempt]:
    """Return every attempt at a person, the first one first."""
    found = Receipt.objects.filter(Q(id=row.id) | Q(obligation_id=row.id)).order_by("made_at", "id")
    return [
        Attempt(
            r.carrier, r.attempt, r.state, r.reason, r.made_at,
            tuple(
                (name, at)
                for name in ("handed", "delivered", "read", "answered", "failed")
                if (at := getattr(r, f"{name}_at")) is not None
            ),
        )
        for r in found
    ]  # fmt: skip

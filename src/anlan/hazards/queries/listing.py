"""The list of hazards, narrowed and counted; and the history of one."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from anlan.callout.queries import duties
from anlan.hazards.models import Hazard, PleaRow
from anlan.hazards.queries import scope
from anlan.hazards.terms import OPEN, Can, HazardState, PleaState
from anlan.kernel import authority
from anlan.kernel.authority import Actor
from anlan.kernel.clock import now
from anlan.places import queries as places

SOON = dt.timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Filter:
    """What the address asks for; empty means "all".

    `q` is a number, or words of the text, the spot, the owner or the reporter. `mine`: owed (it waits for me: what
    stands in the inbox), reported, owned, confirmed, assigned or accepted (by me). `due`: overdue, soon (within two
    days), or paused. `since`, `until` bound the arrival (until not included). `plea` True keeps those with one that
    waits. `sort` is a key of SORTS.
    """

    q: str = ""
    states: Sequence[str] = ()
    grades: Sequence[str] = ()
    kinds: Sequence[str] = ()
    trades: Sequence[str] = ()
    sources: Sequence[str] = ()
    place: str = ""
    owner: str = ""
    mine: str = ""
    due: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    object: Any = None
    supervised: bool | None = None
    referred: bool | None = None
    recurring: bool | None = None
    plea: bool | None = None
    sort: str = ""


SORTS = {
    "": ("-arrived_at", "-id"),
    "arrived": ("arrived_at", "id"),
    "due": ("due_at", "id"),
    "-due": ("-due_at", "-id"),
    "place": ("place_path", "-arrived_at", "-id"),
    "-place": ("-place_path", "-arrived_at", "-id"),
    "state": ("state", "-state_at", "-id"),
    "-state": ("-state", "-state_at", "-id"),
    "grade": ("grade", "-arrived_at", "-id"),
    "-grade": ("-grade", "-arrived_at", "-id"),
    "owner": ("owner_name", "-arrived_at", "-id"),
    "-owner": ("-owner_name", "-arrived_at", "-id"),
}
DUE = ("overdue", "soon", "paused")
RUNNING = (HazardState.ASSIGNED, HazardState.CONFIRMED)


def hazards(what: Filter, *, by: Actor) -> QuerySet[Hazard]:
    """Return the hazards that the actor sees by their posts, narrowed; with `mine`, those that are theirs anywhere.

    Lazy: slice it for a page; `counts` gives the figures of the same filter.
    """
    rows = _narrowed(what, by)
    if what.states:
        rows = rows.filter(state__in=list(what.states))
    return rows.order_by(*SORTS.get(what.sort, SORTS[""]))


def counts(what: Filter, *, by: Actor) -> dict[str, int]:
    """Return how many hazards each state has, and `overdue`, `soon` and `all`: one query, the filter's states apart."""
    figures: dict[str, Any] = {str(state): Count("place_path", filter=Q(state=state)) for state in HazardState}
    figures |= {"overdue": Count("place_path", filter=due("overdue")), "soon": Count("place_path", filter=due("soon"))}
    return _narrowed(what, by).aggregate(all=Count("place_path"), **figures)


def _narrowed(what: Filter, by: Actor) -> QuerySet[Hazard]:
    rows = _mine(what.mine, by) if what.mine else scope.within(by)
    for field, wanted in (
        ("grade__in", list(what.grades)), ("kind__in", list(what.kinds)), ("trade__in", list(what.trades)),
        ("source__in", list(what.sources)), ("arrived_at__gte", what.since), ("arrived_at__lt", what.until),
        ("object_id", what.object), ("owner_name__icontains", what.owner.strip()),
    ):  # fmt: skip
        if wanted:
            rows = rows.filter(**{field: wanted})
    for field, flag in (("supervised", what.supervised), ("referred", what.referred)):
        if flag is not None:
            rows = rows.filter(**{field: flag})
    if what.place:
        rows = rows.filter(places.under([what.place], "place_path"))
    if what.due in DUE:
        rows = rows.filter(due(what.due))
    if what.recurring is not None:
        again = Q(recurs__isnull=False) | Q(reopened__gt=0)
        rows = rows.filter(again if what.recurring else ~again)
    if what.plea is not None:
        waits = Exists(PleaRow.objects.filter(hazard=OuterRef("pk"), state=PleaState.ASKED))
        rows = rows.filter(waits if what.plea else ~waits)
    return rows.filter(_words(what.q.strip())) if what.q.strip() else rows


def due(which: str) -> Q:
    """Return the condition overdue, soon or paused: of what is being rectified and not done."""
    running, moment = Q(state__in=RUNNING), now()
    if which == "paused":
        return running & Q(paused_at__isnull=False)
    running &= Q(paused_at=None)
    if which == "soon":
        return running & Q(due_at__gte=moment, due_at__lt=moment + SOON)
    return running & Q(due_at__lt=moment)


def _words(q: str) -> Q:
    if q.upper().startswith("YH-"):
        return Q(number__gte=q.upper(), number__lt=q.upper() + "\x7f")  # a range, which the unique index serves
    told = Q(text__icontains=q) | Q(where__icontains=q)
    return told | Q(owner_name__icontains=q) | Q(reported_name__icontains=q)


def _mine(which: str, by: Actor) -> QuerySet[Hazard]:
    rows = Hazard.objects.filter(exercise_id=by.exercise)
    if which == "reported":
        return rows.filter(scope.reported(by))
    if which == "owned":
        return rows.filter(scope.owned(by))
    if which == "owed":
        return rows.filter(id__in=duties.subjects(by, "hazards.hazard"))
    if which in {"confirmed", "assigned", "rectified", "accepted"} and by.pseudonym:
        return rows.filter(**{f"{which}_by": by.pseudonym})
    return rows.none()


def waiting(by: Actor, can: Can, state: HazardState) -> QuerySet[Hazard]:
    """Return what waits in a state where the actor holds the permission for the next step: the oldest first."""
    rows = Hazard.objects.filter(places.under(authority.scopes(by, can), "place_path"), state=state)
    return rows.filter(exercise_id=by.exercise).order_by("state_at", "id")


def open_ones(by: Actor) -> QuerySet[Hazard]:
    """Return what is not closed at the actor's places."""
    return scope.within(by).filter(state__in=list(OPEN))

"""Rotas and shifts as the actor may see them, and who is on duty (RPT-01)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden
from anlan.kernel.clock import local, now
from anlan.people import terms
from anlan.people.duty_plan import Busy
from anlan.people.models import (
    Holding,
    Person,
    Rota,
    RotaMember,
    RotaMonth,
    Shift,
    ShiftChange,
    ShiftGap,
    ShiftSeat,
    ShiftSheet,
)
from anlan.people.queries.scope import persons, under, within

LONGEST_SHIFT = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OnDuty:
    """One person on duty now. `phone` is the rota's line; `reach` what the last check of the person's number found."""

    seat_id: UUID
    rota_id: UUID
    rota: str
    phone: str
    place_path: str
    position: str
    person_id: UUID
    pseudonym: UUID
    name: str
    reach: str
    starts_at: dt.datetime
    ends_at: dt.datetime


def running(at: dt.datetime | None = None) -> QuerySet[ShiftSeat]:
    """Return the filled seats of published shifts that run at a moment (now), 备班 too."""
    moment = at or now()
    return ShiftSeat.objects.filter(
        published=True,
        starts_at__lte=moment,
        ends_at__gt=moment,
        ends_at__lte=moment + LONGEST_SHIFT,
        person__isnull=False,
    )


def on_duty(
    paths: Iterable[str] = ("",),
    *,
    at: dt.datetime | None = None,
    below: bool = True,
    standby: bool = False,
    rota_ids: Collection[UUID] | None = None,
) -> list[OnDuty]:
    """Return who is on duty now (or `at`) by the rotas of these places and, unless told otherwise, below. One query.

    Not narrowed to an actor's scope: the caller asks for the paths that it may see. 备班 only with `standby`;
    `rota_ids` narrows to some rotas.
    """
    where = Q(pk__in=[])
    for path in paths:
        where |= (under(path) if path else ~Q(pk__in=[])) if below else Q(place_path=path)
    found = running(at).filter(where).select_related("rota", "person")
    if rota_ids is not None:
        found = found.filter(rota_id__in=rota_ids)
    if not standby:
        found = found.exclude(position=terms.Position.STANDBY)
    order = list(terms.Position)
    return sorted(
        (
            OnDuty(
                s.id, s.rota_id, s.rota.name, s.rota.phone, s.place_path, s.position, s.person.id, s.person.pseudonym,
                s.person.name, s.person.reach, s.starts_at, s.ends_at,
            )
            for s in found
            if s.person is not None
        ),
        key=lambda one: (one.place_path, one.rota, order.index(terms.Position(one.position)), one.name),
    )  # fmt: skip


def duty_line(path: str) -> tuple[str, str]:
    """Return (name, telephone) of the nearest duty desk at a place or above it; ("", "") where none has a line."""
    steps = [path[:n] for n in range(4, len(path) + 1, 4)]
    rotas = Rota.objects.filter(place_path__in=steps, closed_at=None).exclude(phone="")
    found = max(rotas.values_list("place_path", "name", "phone"), key=lambda row: len(row[0]), default=("", "", ""))
    return found[1], found[2]


# --- rotas


def _mine(by: Actor) -> Q:
    """Return the condition that the actor takes turns in a rota, keeps it, or has a seat on it."""
    if by.person is None:
        return Q(pk__in=[])
    turns = RotaMember.objects.filter(rota=OuterRef("pk"), person_id=by.person)
    seated = ShiftSeat.objects.filter(rota=OuterRef("pk"), person_id=by.person, published=True)
    return Q(keeper_id=by.person) | Q(Exists(turns)) | Q(Exists(seated))


def rotas(by: Actor, *, path: str = "", text: str = "", closed: bool = False) -> QuerySet[Rota]:
    """Return the rotas the actor may see: in their scope, or their own. By place and name."""
    found = Rota.objects.filter(within(by, terms.Can.READ) | _mine(by), closed_at__isnull=not closed)
    if path:
        found = found.filter(under(path))
    if text.strip():
        found = found.filter(Q(name__contains=text.strip()) | Q(line=text.strip()))
    return found.select_related("keeper").order_by("place_path", "name")


def rota(rota_id: UUID, *, by: Actor) -> Rota:
    """Return a rota the actor may see. Raises Hidden."""
    found = Rota.objects.select_related("keeper", "organisation").filter(id=rota_id).first()
    seen = found is not None and (
        authority.holds(by, terms.Can.READ, at=found.place_path) or Rota.objects.filter(_mine(by), id=rota_id).exists()
    )
    if found is None or not seen:
        raise Hidden
    return found


def lock_rota(rota_id: UUID, by: Actor, can: str = terms.Can.ROTA) -> Rota:
    """Lock a rota for a change: one at a time. Raises Hidden, Refused, Conflict (closed)."""
    rota(rota_id, by=by)
    found = Rota.objects.select_for_update(of=("self",)).get(id=rota_id)
    authority.require(by, can, at=found.place_path)
    if found.closed_at is not None:
        raise Conflict("这张值班表已经停用")
    return found


def members(one: Rota) -> dict[str, list[Person]]:
    """Return who takes turns, by position, in their order."""
    found: dict[str, list[Person]] = {position: [] for position in terms.Position}
    for member in one.members.select_related("person").order_by("number", "id"):
        found[member.position].append(member.person)
    return found


def month_of(one: Rota, month: dt.date) -> RotaMonth | None:
    """Return a month of a rota, None where nothing is laid."""
    return one.months.filter(month=month).first()


def shifts_of(month: RotaMonth) -> list[Shift]:
    """Return a month's shifts in order of time, each with its seats and persons. Two queries."""
    order = list(terms.Position)
    found = month.shifts.order_by("starts_at", "name").prefetch_related(
        Prefetch("seats", ShiftSeat.objects.select_related("person"))
    )
    shifts = list(found)
    for one in shifts:
        seats = sorted(one.seats.all(), key=lambda s: (order.index(terms.Position(s.position)), s.number))
        one.seats_now = seats  # type: ignore[attr-defined]
    return shifts


def seat(seat_id: UUID, *, by: Actor) -> ShiftSeat:
    """Return a seat of a rota the actor may see. Raises Hidden; a draft is seen by whoever keeps the rota alone."""
    found = ShiftSeat.objects.select_related("shift", "rota", "person").filter(id=seat_id).first()
    if found is None:
        raise Hidden
    rota(found.rota_id, by=by)
    if not found.published and not authority.holds(by, terms.Can.ROTA, at=found.place_path):
        raise Hidden
    return found


def my_seats(person: UUID, *, after: dt.datetime | None = None) -> QuerySet[ShiftSeat]:
    """Return a person's published seats that end after a moment (now), soonest first."""
    found = ShiftSeat.objects.filter(person_id=person, published=True, ends_at__gt=after or now())
    return found.select_related("shift", "rota").order_by("starts_at", "id")


# --- what a shift may not collide with


def busy(
    persons: Collection[UUID],
    start: dt.datetime,
    end: dt.datetime,
    *,
    rota_id: UUID,
    without: Collection[UUID] = (),
    leave: bool = True,
) -> dict[UUID, list[Busy]]:
    """Return when the persons cannot take a shift between two moments: published shifts anywhere, drafts of this rota,
    leave. `without` names seats that are about to change.
    """
    found: dict[UUID, list[Busy]] = defaultdict(list)
    taken = ShiftSeat.objects.filter(Q(published=True) | Q(rota_id=rota_id), person_id__in=persons)
    for person, since, until, position in (
        taken.filter(starts_at__lt=end, ends_at__gt=start)
        .exclude(id__in=list(without))
        .values_list("person_id", "starts_at", "ends_at", "position")
    ):
        if person is not None:
            found[person].append(Busy(since, until, rest=position != terms.Position.STANDBY))
    for person, since, until in on_leave(persons, start, end) if leave else ():
        found[person].append(Busy(since, until, rest=False))
    return dict(found)


def on_leave(
    persons: Collection[UUID], start: dt.datetime, end: dt.datetime
) -> list[tuple[UUID, dt.datetime, dt.datetime]]:
    """Return (person, from, until) of every leave that touches the time between two moments."""
    found = Holding.objects.filter(
        Q(away_since=None) | Q(away_since__lt=end), until=None, person_id__in=persons, away_until__gt=start
    )
    rows = found.values_list("person_id", "away_since", "away_until")
    return [(person, since or start, until) for person, since, until in rows if until is not None]


def load_before(one: Rota, month: dt.date, *, months: int = 3) -> dict[str, dict[str, dict[UUID, int]]]:
    """Return how many shifts of each kind each had in the published months before, by position: to share out evenly
    across months, counted from whoever has fewest. Never shown, and for members only.
    """
    since = month
    for _month in range(months):
        since = (since - LONGEST_SHIFT).replace(day=1)
    found: dict[str, dict[str, dict[UUID, int]]] = defaultdict(lambda: defaultdict(dict))
    rows = (
        ShiftSeat.objects.filter(rota=one, published=True, person__isnull=False, shift__day__gte=since,
                                 shift__day__lt=month)
        .values_list("position", "shift__kind", "person_id").annotate(count=Count("id"))
    )  # fmt: skip
    for position, kind, person, count in rows:
        if person is not None:
            found[position][kind][person] = count
    return found


# --- around one's own and the keeper's desk


def change(change_id: UUID, *, by: Actor) -> ShiftChange:
    """Return a substitution or swap: for its two, and for whoever keeps the rota. Raises Hidden."""
    found = ShiftChange.objects.select_related(
        "seat__shift", "other_seat__shift", "rota", "asker", "taker", "seat__person", "other_seat__person"
    ).filter(id=change_id).first()  # fmt: skip
    if found is None or not (
        by.person in {found.asker_id, found.taker_id} or authority.holds(by, terms.Can.ROTA, at=found.place_path)
    ):
        raise Hidden
    return found


def open_changes(person: UUID) -> QuerySet[ShiftChange]:
    """Return what a person asked or is asked and nobody has settled."""
    found = ShiftChange.objects.filter(Q(asker_id=person) | Q(taker_id=person), state=terms.ChangeState.ASKED)
    return found.select_related("seat__shift", "other_seat__shift", "asker", "taker", "rota").order_by("-id")


def unseen_changes(one: Rota) -> QuerySet[ShiftChange]:
    """Return what changed hands and the keeper has not seen."""
    found = one.changes.filter(state=terms.ChangeState.DONE, seen_at=None)
    return found.select_related("seat__shift", "other_seat__shift", "asker", "taker").order_by("-id")


def gaps(by: Actor, *, path: str = "") -> QuerySet[ShiftGap]:
    """Return the open gaps in the shifts of the next hours that the actor sees, soonest first."""
    found = ShiftGap.objects.filter(within(by, terms.Can.READ) | Q(rota__keeper_id=by.person), closed_at=None)
    if path:
        found = found.filter(under(path))
    return found.select_related("seat__shift", "seat__person", "rota").order_by(F("seat__starts_at"), "id")


def sheet(sheet_id: UUID, *, by: Actor, lock: bool = False) -> ShiftSheet:
    """Return a month's table on its way in, for whoever keeps the rota. Raises Hidden."""
    rows = ShiftSheet.objects.select_for_update(of=("self",)) if lock else ShiftSheet.objects
    found = rows.select_related("rota").filter(id=sheet_id).first()
    if found is None or not authority.holds(by, terms.Can.ROTA, at=found.place_path):
        raise Hidden
    return found


def month_start(day: dt.date | None = None) -> dt.date:
    """Return the first of a day's month (today's, in China)."""
    return (day or local(now()).date()).replace(day=1)


def member_ids(one: Rota) -> Sequence[UUID]:
    """Return everybody who takes turns, once each."""
    return list(one.members.order_by().values_list("person_id", flat=True).distinct())


def staff_at(path: str, *, by: Actor) -> QuerySet[Person]:
    """Return who holds a post at exactly this place, the most senior first, where the actor may see them."""
    seats = Holding.objects.filter(place_path=path, until=None, person=OuterRef("pk")).order_by("-post__rank")
    found = persons(by).annotate(rank=Subquery(seats.values("post__rank")[:1]))
    return found.filter(rank__isnull=False).order_by("-rank", "name", "id")


def titles_of(person_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return each person's first post in force, by title. One query."""
    rows = Holding.objects.filter(person_id__in=person_ids, until=None).order_by("post__rank")
    return dict(rows.values_list("person_id", "post__title"))

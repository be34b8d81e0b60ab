"""A month of a rota: laid by turns, corrected by hand, published, and every later change a version."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from anlan.kernel import clock
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7s
from anlan.ledger import services as ledger
from anlan.people import duty_days, lifecycle, queries, terms
from anlan.people.duty_plan import Busy, Planner, Slot, clash
from anlan.people.models import Person, Rota, RotaMonth, RotaVersion, Shift, ShiftSeat

AROUND = dt.timedelta(days=7)  # how far around a month other shifts are looked at; more than any rest


def when(shift: Shift) -> str:
    """Return the day of a shift as it reads in a list: 07-18."""
    return f"{shift.day:%m-%d}"


@transaction.atomic
def lay_month(rota_id: UUID, month: dt.date, *, by: Actor, keep: bool = False) -> RotaMonth:
    """Lay a month by turns, as a draft; `keep` leaves what was put by hand and fills the empty seats alone.

    Raises Hidden, Refused, Conflict (published already), Invalid (month: nobody takes turns).
    """
    rota = queries.lock_rota(rota_id, by)
    month = month.replace(day=1)
    if not rota.members.exists():
        raise Invalid({"month": _("还没有定谁来轮，先去定轮值的人")})
    laid, _new = RotaMonth.objects.get_or_create(rota=rota, month=month, defaults={"place_path": rota.place_path})
    if laid.state != terms.MonthState.DRAFT:
        raise Conflict(_("这个月已经发布，直接在班上改人，或导入改好的表"))
    if not keep:
        laid.shifts.all().delete()
    if not laid.shifts.exists():
        lay_shifts(rota, laid)
    _fill(rota, laid)
    count = laid.shifts.count()
    ledger.record(terms.Did.ROTA_LAID, rota, by=by, month=f"{month:%Y-%m}", shifts=count)
    return laid


def lay_shifts(rota: Rota, laid: RotaMonth) -> None:
    """Write the month's shifts and their empty seats, in two statements."""
    spans = list(duty_days.spans(laid.month, rota.pattern))
    shifts = [
        Shift(
            id=key, rota=rota, month=laid, place_path=rota.place_path, day=one.day.date, name=one.name,
            kind=one.day.kind, starts_at=one.starts_at, ends_at=one.ends_at,
        )
        for key, one in zip(uuid7s(len(spans)), spans, strict=True)
    ]  # fmt: skip
    Shift.objects.bulk_create(shifts)
    ShiftSeat.objects.bulk_create(
        ShiftSeat(
            shift=one, rota=rota, place_path=rota.place_path, position=position, number=number,
            starts_at=one.starts_at, ends_at=one.ends_at,
        )
        for one in shifts
        for position in terms.Position
        for number in range(1, rota.needs.get(position, 0) + 1)
    )  # fmt: skip
    laid.provisional = any(one.day.provisional for one in spans)
    laid.save(update_fields=["provisional"])


def _fill(rota: Rota, laid: RotaMonth) -> None:
    seats = [s for one in queries.shifts_of(laid) for s in one.seats.all()]
    if not seats:
        return
    kinds = dict(laid.shifts.values_list("id", "kind"))
    pools = {p: [one.id for one in people] for p, people in queries.members(rota).items()}
    start, end = min(s.starts_at for s in seats) - AROUND, max(s.ends_at for s in seats) + AROUND
    plan = Planner(
        pools,
        rest=dt.timedelta(hours=rota.rest_hours),
        busy=queries.busy({p for pool in pools.values() for p in pool}, start, end, rota_id=rota.id),
        load=_from_the_least(queries.load_before(rota, laid.month), pools),
    )
    empty = [s for s in seats if s.person_id is None]
    made = plan.plan([
        Slot(s.id, s.starts_at, s.ends_at, kinds[s.shift_id], s.position, light=s.position == terms.Position.STANDBY)
        for s in empty
    ])  # fmt: skip
    for seat in empty:
        seat.person_id = made[seat.id]
    ShiftSeat.objects.bulk_update(empty, ["person"], batch_size=500)


def _from_the_least(
    load: Mapping[str, Mapping[str, Mapping[UUID, int]]], pools: Mapping[str, Sequence[UUID]]
) -> dict[str, dict[str, dict[UUID, int]]]:
    """Return what each did more than whoever did least of it: somebody new does not make up for months before."""
    least: dict[str, dict[str, dict[UUID, int]]] = {}
    for position, kinds in load.items():
        for kind, counts in kinds.items():
            there = [p for p in pools.get(position, ()) if p in counts]
            floor = min((counts[p] for p in there), default=0)
            more = {p: min(counts[p] - floor, 1) for p in there}
            least.setdefault(position, {})[kind] = more
    return least


@transaction.atomic
def publish(rota_id: UUID, month: dt.date, *, by: Actor) -> RotaMonth:
    """Publish a month: from now on it says who is on duty, and all who are on it are told. Twice is once.

    Raises Hidden (nothing laid), Refused, Conflict.
    """
    rota = queries.lock_rota(rota_id, by)
    laid = RotaMonth.objects.select_for_update().filter(rota=rota, month=month.replace(day=1)).first()
    if laid is None:
        raise Hidden
    if laid.state == terms.MonthState.PUBLISHED:
        return laid
    faults = clashes(rota, laid)
    if faults:
        said = _("有 %(count)d 处同一个人同时值两班或歇不够，先改好再发布：%(where)s")
        raise Invalid({"month": said % {"count": len(faults), "where": "；".join(faults[:3])}})
    lifecycle.MONTH.move(laid, terms.Did.ROTA_PUBLISHED, by=by)
    laid.published_at = now()
    laid.save(update_fields=["state", "published_at"])
    ShiftSeat.objects.filter(shift__month=laid).update(published=True)
    keep_version(laid, _("发布"), by=by)
    ledger.record(terms.Did.ROTA_PUBLISHED, rota, by=by, month=f"{laid.month:%Y-%m}", version=laid.version,
                  month_id=laid.id)  # fmt: skip
    return laid


def clashes(rota: Rota, laid: RotaMonth) -> list[str]:
    """Return, in words, where one person of a month would serve twice at once or without rest, here or elsewhere.

    Leave does not stop the publishing: the gap alarm tells it.
    """
    seats = [s for one in queries.shifts_of(laid) for s in one.seats.all() if s.person_id]
    if not seats:
        return []
    times: dict[UUID, list[tuple[Busy, str]]] = {}
    names: dict[UUID, str] = {}
    days = dict(laid.shifts.values_list("id", "day"))
    for s in sorted(seats, key=lambda one: (one.starts_at, one.ends_at)):
        if s.person is not None:
            names[s.person.id] = s.person.name
            times.setdefault(s.person.id, []).append((busy_of(s), f"{days[s.shift_id]:%m-%d}"))
    start, end = min(s.starts_at for s in seats) - AROUND, max(s.ends_at for s in seats) + AROUND
    others = queries.busy(list(times), start, end, rota_id=rota.id, without=[s.id for s in seats], leave=False)
    rest, found = dt.timedelta(hours=rota.rest_hours), []
    for person, mine in times.items():
        for i, (one, day) in enumerate(mine):
            near = [other for other, _day in mine[i + 1 :]] + others.get(person, [])
            if any(clash(one, other, rest) for other in near):
                found.append(f"{names[person]} {day}")
    return found


def busy_of(seat: ShiftSeat) -> Busy:
    """Return a seat as a time at which its holder takes nothing else."""
    return Busy(seat.starts_at, seat.ends_at, rest=seat.position != terms.Position.STANDBY)


def why_not(person: UUID, seat: ShiftSeat, *, without: Collection[UUID] = ()) -> str:
    """Say why a person may not take a seat ("" if they may): twice at once, too little rest, on leave."""
    rest = dt.timedelta(hours=seat.rota.rest_hours)
    start, end, mine = seat.starts_at - AROUND, seat.ends_at + AROUND, busy_of(seat)
    gone = [seat.id, *without]
    shifts = queries.busy([person], start, end, rota_id=seat.rota_id, without=gone, leave=False).get(person, [])
    if any(clash(mine, other, dt.timedelta()) for other in shifts):
        return _("这段时间他另有一班")
    if any(clash(mine, other, rest) for other in shifts):
        return _("离他的另一班不到 %d 小时，歇不够") % seat.rota.rest_hours
    if queries.on_leave([person], seat.starts_at, seat.ends_at):
        return _("这段时间他在休假")
    return ""


def fitness(seat: ShiftSeat, persons: Collection[UUID]) -> dict[UUID, str]:
    """Say of each person why they may not take a seat, as `why_not`, in two queries whatever their number."""
    rest, mine = dt.timedelta(hours=seat.rota.rest_hours), busy_of(seat)
    start, end = seat.starts_at - AROUND, seat.ends_at + AROUND
    shifts = queries.busy(persons, start, end, rota_id=seat.rota_id, without=[seat.id], leave=False)
    away = {person for person, _since, _until in queries.on_leave(persons, seat.starts_at, seat.ends_at)}
    found = {}
    for person in persons:
        there = shifts.get(person, [])
        if any(clash(mine, other, dt.timedelta()) for other in there):
            found[person] = _("这段时间另有一班")
        elif any(clash(mine, other, rest) for other in there):
            found[person] = _("两班之间歇不够")
        else:
            found[person] = _("休假") if person in away else ""
    return found


@transaction.atomic
def put(seat_id: UUID, person_id: UUID | None, *, by: Actor, reason: str = "") -> ShiftSeat:
    """Put a person into a seat by hand, or empty it (None). Twice is once.

    Raises Hidden, Refused, Conflict (the shift is over), Invalid (person: no such one, or why they may not).
    """
    seat = lock_seat(seat_id, by)
    if seat.person_id == person_id:
        return seat
    was = seat.person.pseudonym if seat.person else None
    if person_id is not None:
        lock_persons([person_id])
        if said := why_not(person_id, seat):
            raise Invalid({"person": said})
    give(seat, person_id)
    if seat.published:
        keep_version(seat.shift.month, reason.strip()[:100] or _("改人"), by=by)
    ledger.record(
        terms.Did.SEAT_PUT, seat.rota, by=by, when=when(seat.shift), shift=seat.shift.name, position=seat.position,
        seat=seat.id, of=seat.person.pseudonym if seat.person else None, was=was, published=seat.published,
        private={"reason": reason.strip()} if reason.strip() else None,
    )  # fmt: skip
    return seat


def give(seat: ShiftSeat, person_id: UUID | None) -> None:
    """Write a seat's new holder; the caller has asked everything."""
    seat.person_id = person_id
    seat.person = Person.objects.get(id=person_id) if person_id else None
    seat.changed_at = now()
    ShiftSeat.objects.filter(id=seat.id).update(
        person_id=person_id, sequence=F("sequence") + 1, changed_at=seat.changed_at
    )


def give_many(changes: Mapping[UUID, UUID | None]) -> None:
    """Write the new holders of many seats in one statement; the caller has asked everything."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_shiftseat s SET person_id = f.person, sequence = s.sequence + 1, changed_at = %s "
            "FROM unnest(%s::uuid[], %s::uuid[]) AS f(id, person) WHERE s.id = f.id",
            [now(), list(changes), list(changes.values())],
        )


def lock_seat(seat_id: UUID, by: Actor) -> ShiftSeat:
    """Lock a seat and its rota for whoever keeps it. Raises Hidden, Refused, Conflict."""
    seat = queries.seat(seat_id, by=by)
    queries.lock_rota(seat.rota_id, by)
    return relock(seat.id)


def relock(seat_id: UUID) -> ShiftSeat:
    """Read a seat anew under its lock. Raises Conflict where its shift is over."""
    seat = (
        ShiftSeat.objects.select_for_update(of=("self",)).select_related("shift__month", "rota", "person")
        .get(id=seat_id)
    )  # fmt: skip
    if seat.ends_at <= now():
        raise Conflict(_("这一班已经过去了"))
    return seat


def lock_persons(persons: Iterable[UUID]) -> None:
    """Lock persons in order, so that nobody is given two shifts at once by two keepers. Raises Invalid."""
    wanted = set(persons)
    found = list(Person.objects.select_for_update().filter(id__in=wanted).order_by("id").values_list("id", flat=True))
    if len(found) != len(wanted):
        raise Invalid({"person": _("没有这个人，先把他登记进来")})


def keep_version(laid: RotaMonth, what: str, *, by: Actor) -> RotaVersion:
    """Keep a published month as it stands now, as its next version."""
    laid.version += 1
    laid.save(update_fields=["version"])
    lines = {
        str(key): str(person) if person else None
        for key, person in ShiftSeat.objects.filter(shift__month=laid).values_list("id", "person_id")
    }
    return RotaVersion.objects.create(month=laid, number=laid.version, by_name=by.name, what=what, lines=lines)


def today() -> dt.date:
    """Return today in China."""
    return clock.local(now()).date()

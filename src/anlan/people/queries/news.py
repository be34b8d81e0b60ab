"""What a change of the roster says, to whom, and where it is dealt with: for whoever tells it (callout)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from anlan.kernel.clock import local, now
from anlan.people import terms
from anlan.people.models import HandoverNote, Person, Rota, RotaMonth, ShiftChange, ShiftGap, ShiftSeat
from anlan.people.queries.handovers import shift_after
from anlan.people.queries.holders import holders

HALF_HOUR = dt.timedelta(minutes=30)
P = ParamSpec("P")
R = TypeVar("R")


def _in_the_house_language(say: Callable[P, R]) -> Callable[P, R]:
    """Say it in the house's language, whoever set it off."""

    @wraps(say)
    def said(*args: P.args, **kwargs: P.kwargs) -> R:
        with translation.override(settings.LANGUAGE_CODE):
            return say(*args, **kwargs)

    return said


@dataclass(frozen=True, slots=True)
class Told:
    """One who is told."""

    person_id: UUID
    pseudonym: UUID


@dataclass(frozen=True, slots=True)
class News:
    """One sentence to some persons. `link` is a path; `as_what` says by what they are told."""

    persons: Sequence[Told]
    words: str
    link: str
    due_at: dt.datetime | None = None
    as_what: str = ""


def _told(*persons: Person | None) -> list[Told]:
    return [Told(one.id, one.pseudonym) for one in {p.id: p for p in persons if p is not None}.values()]


def _moment(at: dt.datetime) -> str:
    return f"{local(at):%m-%d %H:%M}"


@_in_the_house_language
def news_of_rota(did: str, rota_id: UUID, values: Mapping[str, Any]) -> list[News]:
    """Say what a published month, or a change of one, means to those on it: {person: their next shift} in words."""
    rota = Rota.objects.filter(id=rota_id).first()
    if rota is None:
        return []
    if did == terms.Did.ROTA_PUBLISHED:
        return _published(rota, UUID(str(values["month_id"])))
    if not values.get("published"):
        return []
    if did == terms.Did.SEAT_PUT:
        seat = ShiftSeat.objects.select_related("shift").filter(id=values["seat"]).first()
        if seat is None or seat.ends_at <= now():
            return []
        pseudonyms = [one for one in (values.get("of"), values.get("was")) if one]
        told = Person.objects.filter(pseudonym__in=pseudonyms)
        said = _("%(rota)s改了：%(when)s %(shift)s的%(position)s") % {
            "rota": rota.name, "when": _moment(seat.starts_at), "shift": seat.shift.name,
            "position": terms.Position(seat.position).label,
        }  # fmt: skip
        return [News(_told(*told), said, f"/duty/{rota.id}", as_what=rota.name)]
    persons = Person.objects.filter(
        id__in=ShiftSeat.objects.filter(id__in=values.get("seats", ()), person__isnull=False).values("person_id")
    )
    said = _("%(rota)s改了，去看你的班") % {"rota": rota.name}
    return [News(_told(*persons), said, "/duty", as_what=rota.name)]


def _published(rota: Rota, month_id: UUID) -> list[News]:
    month = RotaMonth.objects.filter(id=month_id).first()
    if month is None:
        return []
    first: dict[UUID, ShiftSeat] = {}
    counts: dict[UUID, int] = defaultdict(int)
    seats = ShiftSeat.objects.filter(shift__month=month, person__isnull=False, ends_at__gt=now())
    for seat in seats.select_related("person", "shift").order_by("starts_at"):
        if seat.person is not None:
            first.setdefault(seat.person.id, seat)
            counts[seat.person.id] += 1
    return [
        News(
            _told(seat.person),
            _("%(rota)s%(month)s月的表发布了：你有 %(count)d 班，最近一班 %(when)s %(shift)s")
            % {
                "rota": rota.name, "month": month.month.month, "count": counts[who],
                "when": _moment(seat.starts_at), "shift": seat.shift.name,
            },
            "/duty", as_what=rota.name,
        )
        for who, seat in first.items()
    ]  # fmt: skip


@_in_the_house_language
def news_of_change(change_id: UUID, *, asked: bool) -> News | None:
    """Say a question to the one who is asked, or how it ended to the other and to whoever keeps the rota."""
    found = ShiftChange.objects.select_related(
        "seat__shift", "other_seat__shift", "rota__keeper", "asker", "taker"
    ).filter(id=change_id).first()  # fmt: skip
    if found is None:
        return None
    shift = f"{_moment(found.seat.starts_at)} {found.seat.shift.name}"
    names = {"asker": found.asker.name, "taker": found.taker.name, "shift": shift}
    if found.other_seat is not None:
        names["other"] = f"{_moment(found.other_seat.starts_at)} {found.other_seat.shift.name}"
    link = f"/duty/changes/{found.id}"
    if asked:
        if found.state != terms.ChangeState.ASKED:
            return None
        swap = _("%(asker)s想用 %(shift)s换你的 %(other)s，答不答应")
        said = (swap if found.other_seat else _("%(asker)s请你替 %(shift)s，答不答应")) % names
        starts = [one.starts_at for one in (found.seat, found.other_seat) if one is not None]
        due = min([*starts, found.asked_at + dt.timedelta(days=1)])
        return News(_told(found.taker), said, link, due, found.rota.name)
    words = {
        terms.ChangeState.DONE: _("换好了：%(asker)s的 %(shift)s由%(taker)s值"),
        terms.ChangeState.DECLINED: _("%(taker)s没答应替 %(shift)s，班还是%(asker)s的"),
        terms.ChangeState.WITHDRAWN: _("%(asker)s撤回了：%(shift)s不用你替了"),
        terms.ChangeState.LAPSED: _("没人答应替 %(shift)s，班还是%(asker)s的"),
    }
    told: list[Person | None] = [found.asker]
    if found.state == terms.ChangeState.DONE:
        told = [found.asker, found.taker, found.rota.keeper]
    elif found.state == terms.ChangeState.WITHDRAWN:
        told = [found.taker]
    return News(_told(*told), words[terms.ChangeState(found.state)] % names, link, None, found.rota.name)


@_in_the_house_language
def news_of_note(note_id: UUID) -> News | None:
    """Say a note that was handed over to the next shift; to whoever keeps the rota where nobody is on it."""
    note = HandoverNote.objects.select_related("shift", "rota__keeper").filter(id=note_id).first()
    if note is None or note.state != terms.NoteState.GIVEN:
        return None
    following = shift_after(note.shift)
    seats = ShiftSeat.objects.filter(shift=following, person__isnull=False).exclude(position=terms.Position.STANDBY)
    persons = [s.person for s in seats.select_related("person")] if following else []
    due = max(now(), following.starts_at if following else now()) + HALF_HOUR
    said = _("接%(rota)s的班，看交接单：%(when)s %(shift)s交来，没办完 %(count)d 件") % {
        "rota": note.rota.name, "when": _moment(note.shift.starts_at), "shift": note.shift.name,
        "count": len(note.content.get("items", [])),
    }  # fmt: skip
    return News(_told(*(persons or [note.rota.keeper])), said, f"/duty/notes/{note.id}", due, note.rota.name)


def open_gaps(gap_ids: Collection[UUID]) -> set[UUID]:
    """Return which of the gaps are still open."""
    return set(ShiftGap.objects.filter(id__in=gap_ids, closed_at=None).values_list("id", flat=True))


@_in_the_house_language
def news_of_gap(gap_id: UUID) -> News | None:
    """Say a hole to whoever keeps the rota and to the superior: who may keep rosters at the place above."""
    gap = ShiftGap.objects.select_related("seat__shift", "seat__person", "rota__keeper").filter(id=gap_id).first()
    if gap is None:
        return None
    path = gap.place_path
    keepers = [Told(gap.rota.keeper.id, gap.rota.keeper.pseudonym)] if gap.rota.keeper else []
    if not keepers:
        keepers = [Told(t.person_id, t.pseudonym) for t in holders(terms.Can.ROTA, at=path, limit=1)]
    above = [Told(t.person_id, t.pseudonym) for t in holders(terms.Can.ROTA, at=path[:-4], limit=1)]
    persons = {one.person_id: one for one in [*keepers, *above]}
    said = _("%(rota)s有空档：%(when)s %(shift)s的%(position)s，%(reason)s") % {
        "rota": gap.rota.name, "when": _moment(gap.seat.starts_at), "shift": gap.seat.shift.name,
        "position": terms.Position(gap.seat.position).label,
        "reason": terms.GAP_NAMES[terms.GapReason(gap.reason)],
    }  # fmt: skip
    link = f"/duty/{gap.rota_id}?month={gap.seat.shift.day:%Y-%m}"
    return News(list(persons.values()), said, link, max(gap.seat.starts_at, now() + HALF_HOUR), gap.rota.name)

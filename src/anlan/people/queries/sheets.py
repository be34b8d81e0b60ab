"""What a month's table would change, worked out against what is there; and the table to take away."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.utils.translation import gettext as _

from anlan.kernel.clock import local
from anlan.kernel.clock import now as clock_now
from anlan.people import secrecy, terms
from anlan.people.duty_days import day_of
from anlan.people.duty_plan import Busy, clash
from anlan.people.duty_sheet import KnownPerson, KnownShift, Line, Reader
from anlan.people.models import Person, Rota, RotaMonth, Shift, ShiftSeat, ShiftSheet
from anlan.people.queries.duty import LONGEST_SHIFT, busy, member_ids, shifts_of
from anlan.people.queries.lists import masked

WEEKDAYS = "一二三四五六日"
WEEK = 7 * LONGEST_SHIFT


@dataclass(slots=True)
class SheetPlan:
    """Every row understood, and what the rows without a fault would change: {seat: person or None}."""

    lines: list[Line]
    changes: dict[UUID, UUID | None] = field(default_factory=dict)
    before: dict[UUID, ShiftSeat] = field(default_factory=dict)
    names: dict[UUID, str] = field(default_factory=dict)
    untouched: int = 0

    @property
    def faulty(self) -> list[Line]:
        """The rows that wait to be mended."""
        return [one for one in self.lines if one.faults]


def span(shift: Shift) -> str:
    """Return a shift's times as an office writes them: 08:00-20:00, 20:00-次日08:00."""
    start, end = local(shift.starts_at), local(shift.ends_at)
    return f"{start:%H:%M}-{'次日' if end.date() > start.date() else ''}{end:%H:%M}"


def rows_of(sheet: ShiftSheet) -> list[tuple[int, list[str]]]:
    """Return the rows still in a sheet: (number in the file, cells)."""
    if not sheet.cells_cipher:
        return []
    return [(number, cells) for number, cells in orjson.loads(secrecy.decrypt(bytes(sheet.cells_cipher)))]


def plan_sheet(sheet: ShiftSheet, month: RotaMonth) -> SheetPlan:
    """Say what a sheet would do to its month. A row that would break a rule is a fault and changes nothing."""
    shifts = shifts_of(month)
    seats = {s.id: s for one in shifts for s in one.seats.all()}
    people = list(Person.objects.filter(id__in=[*member_ids(sheet.rota), *{s.person_id for s in seats.values()}]))
    reader = Reader(
        sheet.header, sheet.month,
        [KnownShift(s.id, s.day, s.name, span(s), _by_position(s)) for s in shifts],
        [KnownPerson(p.id, p.name, p.phone_tail) for p in people],
    )  # fmt: skip
    plan = SheetPlan([reader.read(number, cells) for number, cells in rows_of(sheet)], before=seats)
    plan.names = {p.id: p.name for p in people}
    plan.untouched = len(shifts) - len({line.shift for line in plan.lines if line.shift})
    day = reader.columns["day"][0]
    for line in plan.lines:
        if any(seats[key].ends_at <= clock_now() and seats[key].person_id != who for key, who in line.seats.items()):
            line.faults[day] = (_("这一班已经过去了"), _("过去的班不改"))
    while _collisions(plan, sheet.rota, day):
        pass
    good = (line for line in plan.lines if not line.faults)
    plan.changes = {k: who for line in good for k, who in line.seats.items() if seats[k].person_id != who}
    return plan


def _by_position(shift: Shift) -> dict[str, list[UUID]]:
    found: dict[str, list[UUID]] = {}
    for seat in shift.seats.all():
        found.setdefault(seat.position, []).append(seat.id)
    return found


def _collisions(plan: SheetPlan, rota: Rota, column: int) -> bool:
    """Mark rows whose persons would serve twice at once or without rest; say whether any was marked."""
    final = {key: seat.person_id for key, seat in plan.before.items()}
    rows: dict[UUID, Line] = {}
    for good in plan.lines:
        if not good.faults:
            final |= good.seats
            rows |= dict.fromkeys(good.seats, good)
    if not rows:
        return False
    start = min(s.starts_at for s in plan.before.values()) - WEEK
    end = max(s.ends_at for s in plan.before.values()) + WEEK
    persons = {who for who in final.values() if who}
    elsewhere = busy(persons, start, end, rota_id=rota.id, without=list(plan.before), leave=False)
    taken: dict[UUID, list[tuple[Busy, UUID]]] = {}
    for key, who in sorted(final.items(), key=lambda one: plan.before[one[0]].starts_at):
        seat = plan.before[key]
        if who:
            mine = Busy(seat.starts_at, seat.ends_at, rest=seat.position != terms.Position.STANDBY)
            taken.setdefault(who, []).append((mine, key))
    rest, marked = dt.timedelta(hours=rota.rest_hours), False
    for who, times in taken.items():
        there: list[tuple[Busy, UUID | None]] = [(b, None) for b in elsewhere.get(who, [])]
        for i, (one, key) in enumerate(times):
            for other, other_key in [*times[i + 1 :], *there]:
                line: Line | None = rows.get(other_key) if other_key in rows else rows.get(key)
                changed = any(k in rows and plan.before[k].person_id != who for k in (key, other_key) if k)
                if line is not None and changed and not line.faults and clash(one, other, rest):
                    line.faults[column] = (_("%s会同时值两班或歇不够") % plan.names.get(who, ""),
                                           _("两班之间至少歇 %d 小时") % rota.rest_hours)  # fmt: skip
                    marked = True
    return marked


def sheet_header(rota: Rota) -> list[str]:
    """Return the columns of a month's table."""
    head = [_("日期"), _("星期"), _("班次"), _("时间")]
    for position in terms.Position:
        if rota.needs.get(position):
            head += [str(position.label), _("%s电话") % position.label]
    return [*head, _("备注")]


def sheet_rows(rota: Rota, shifts: Sequence[Shift]) -> list[list[Any]]:
    """Return a month as rows of date and shift, columns of positions; phones are masked."""
    rows = []
    for shift in shifts:
        row: list[Any] = [shift.day.isoformat(), _("星期%s") % WEEKDAYS[shift.day.weekday()], shift.name, span(shift)]
        for position in terms.Position:
            if rota.needs.get(position):
                there = [s.person for s in shift.seats_now if s.position == position and s.person]  # type: ignore[attr-defined]
                row += ["、".join(p.name for p in there), "、".join(masked(p) for p in there)]
        day = day_of(shift.day)
        rows.append([*row, day.holiday or ("" if day.kind == terms.DayKind.WORKDAY else str(day.kind.label))])
    return rows

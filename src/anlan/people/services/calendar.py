"""The holidays of a year come as a table, or one day at a time: no release is needed (HZD-05)."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority, tables
from anlan.kernel.authority import Actor, Invalid, Refused
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.people.models import CalendarDay, CalendarYear
from anlan.people.queries.calendar import forget_calendar
from anlan.people.terms import Can, Did

DAY, KIND, NAME = "日期", "上班或放假", "名称"
KNOWN = {
    "日期": DAY,
    "day": DAY,
    "上班或放假": KIND,
    "类型": KIND,
    "kind": KIND,
    "名称": NAME,
    "节日": NAME,
    "name": NAME,
}
WORKS = {"上班": True, "补班": True, "调休上班": True, "work": True, "放假": False, "休息": False, "off": False}
MOST = 400  # days of one table


@dataclass(frozen=True, slots=True)
class CalendarChange:
    """What an entry about the calendar is about."""

    id: UUID
    place_path: str = ""
    ledger_type: str = "people.calendar"


def read_calendar(content: bytes, filename: str) -> list[CalendarDay]:
    """Read a table of days (日期、上班或放假、名称). Raises Invalid: each wrong row with its number, field by field."""
    table = tables.read_table(content, filename, known=tuple(KNOWN))
    columns = {KNOWN[name]: i for i, name in enumerate(table.header) if name in KNOWN}
    if DAY not in columns or KIND not in columns:
        raise Invalid({"file": _("要有两列：日期、上班或放假；名称可以不填")})
    found: dict[dt.date, CalendarDay] = {}
    wrong: list[str] = []
    for row in table.rows:
        cells = {name: row.cells[i] for name, i in columns.items()}
        day, works = _day(cells[DAY]), WORKS.get(cells[KIND].lower())
        if day is None:
            wrong.append(
                _("第 {row} 行：日期「{text}」看不懂，写成 2027-10-01").format(row=row.number, text=cells[DAY])
            )
        elif works is None:
            told = _("第 {row} 行：「{text}」只能是上班或者放假")
            wrong.append(told.format(row=row.number, text=cells[KIND]))
        else:
            found[day] = CalendarDay(day=day, works=works, name=cells.get(NAME, "")[:40])
    if wrong or not found:
        raise Invalid({"file": "；".join(wrong[:20]) or _("一行也没有")})
    return list(found.values())


def _day(text: str) -> dt.date | None:
    numbers = [int(n) for n in re.findall(r"\d+", text)[:3]]
    try:
        return dt.date(*numbers) if len(numbers) == 3 and 2004 <= numbers[0] <= 2100 else None
    except ValueError:
        return None


@transaction.atomic
def correct_calendar(days: Sequence[CalendarDay], *, whole: int | None = None, source: str = "", by: Actor) -> int:
    """Keep corrections; `whole` names the year whose notice is complete by this. Returns how many days.

    Whatever was counted over these days is reckoned anew by those who hear of it. Raises Refused, Invalid.
    """
    require_calendar(by)
    if not days and whole is None:
        raise Invalid({"file": _("一天也没有")})
    if len(days) > MOST:
        raise Invalid({"file": _("一次最多 {most} 天").format(most=MOST)})
    CalendarDay.objects.bulk_create(days, update_conflicts=True, unique_fields=["day"], update_fields=["works", "name"])
    if whole is not None:
        if not 2004 <= whole <= 2100:
            raise Invalid({"year": _("年份要在 2004 到 2100")})
        CalendarYear.objects.update_or_create(
            year=whole, defaults={"source": source.strip()[:120], "set_by_name": by.name[:60]}
        )
    first, last = _span(days, whole)
    _changed(first, last, len(days), by=by)
    return len(days)


def _span(days: Sequence[CalendarDay], whole: int | None) -> tuple[dt.date, dt.date]:
    all_days = [one.day for one in days]
    if whole is not None:
        all_days += [dt.date(whole, 1, 1), dt.date(whole, 12, 31)]
    return min(all_days), max(all_days)


@transaction.atomic
def uncorrect_calendar(day: dt.date, *, by: Actor) -> None:
    """Take one correction back: the library counts again. Raises Refused."""
    require_calendar(by)
    if CalendarDay.objects.filter(day=day).delete()[0]:
        _changed(day, day, 1, by=by)


def _changed(first: dt.date, last: dt.date, count: int, *, by: Actor) -> None:
    forget_calendar()
    transaction.on_commit(forget_calendar)
    ledger.record(
        Did.CALENDAR_CORRECTED, CalendarChange(uuid7()), by=by, count=count, first=first.isoformat(),
        last=last.isoformat(),
    )  # fmt: skip


def require_calendar(by: Actor) -> None:
    """Raise Refused unless the actor sets what roles may do anywhere: the calendar is one for the whole city."""
    if not authority.anywhere(by, [Can.ROLES]):
        raise Refused(Can.ROLES, "")

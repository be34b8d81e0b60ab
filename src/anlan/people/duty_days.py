"""Which kind of day a date is, and the shifts that a pattern gives it. Pure.

Holidays and working Saturdays are the State Council's yearly notice, as the library `chinesecalendar` carries it; of a
year not yet published nothing is known but the weekday, and what is laid then is provisional.
"""

import calendar
import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import chinese_calendar

from anlan.kernel import workdays
from anlan.kernel.authority import Invalid
from anlan.kernel.clock import CHINA
from anlan.people.terms import DayKind

DAY = dt.timedelta(days=1)
_LINE = re.compile(r"^\s*(.*?)\s*(\d{1,2})[:：](\d{2})\s*[-—–~～至到]+\s*(?:次日)?\s*(\d{1,2})[:：](\d{2})\s*$")
Pattern = Mapping[str, Sequence[Sequence[str]]]
TWELVE: dict[str, list[list[str]]] = {
    "workday": [["白班", "08:00", "20:00"], ["夜班", "20:00", "08:00"]],
    "rest": [["白班", "08:00", "20:00"], ["夜班", "20:00", "08:00"]],
}


@dataclass(frozen=True, slots=True)
class Day:
    """A date: its kind, the holiday's name ("" for none), and whether the year's holidays are not known yet."""

    date: dt.date
    kind: DayKind
    holiday: str = ""
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A shift that a pattern lays on a day. Times are aware."""

    day: Day
    name: str
    starts_at: dt.datetime
    ends_at: dt.datetime


_HOLIDAYS = {
    "New Year's Day": "元旦", "Spring Festival": "春节", "Tomb-sweeping Day": "清明节", "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节", "Mid-autumn Festival": "中秋节", "National Day": "国庆节",
}  # fmt: skip


def day_of(date: dt.date) -> Day:
    """Return what kind of day a date is; by the weekday alone where the year's notice is not out yet."""
    kind = DayKind.WORKDAY if workdays.is_workday(date) else DayKind.WEEKEND
    try:
        off, name = chinese_calendar.get_holiday_detail(date)
    except NotImplementedError:
        return Day(date, kind, provisional=True)
    return Day(date, DayKind.HOLIDAY, _HOLIDAYS.get(name, name)) if off and name else Day(date, kind)


def month_days(month: dt.date) -> list[Day]:
    """Return every day of the month that a date lies in."""
    last = calendar.monthrange(month.year, month.month)[1]
    return [day_of(month.replace(day=number)) for number in range(1, last + 1)]


def spans(month: dt.date, pattern: Pattern) -> Iterator[Span]:
    """Yield the shifts of a month in order of time."""
    for day in month_days(month):
        for name, start, end in pattern.get("workday" if day.kind == DayKind.WORKDAY else "rest", ()):
            begins = dt.datetime.combine(day.date, dt.time.fromisoformat(start), CHINA)
            ends = dt.datetime.combine(day.date, dt.time.fromisoformat(end), CHINA)
            yield Span(day, name, begins, ends if ends > begins else ends + DAY)


def pattern_of(workday: str, rest: str) -> dict[str, list[list[str]]]:
    """Read a pattern as people write it, a shift a line: "夜班 20:00-08:00". Raises Invalid (workday, rest)."""
    made: dict[str, list[list[str]]] = {}
    errors: dict[str, str] = {}
    for key, text in (("workday", workday), ("rest", rest)):
        made[key] = []
        for number, line in enumerate((one for one in text.splitlines() if one.strip()), 1):
            try:
                made[key].append(_shift(line, number))
            except Invalid as error:
                errors.setdefault(key, error.errors[""])
        names = [one[0] for one in made[key]]
        if len(set(names)) != len(names):
            errors.setdefault(key, "两班不能同名，给它们起不一样的名字")
        elif key not in errors and (said := _overlap(made[key])):
            errors[key] = said
    if not errors and not (made["workday"] or made["rest"]):
        errors["workday"] = "至少写一班，比如「白班 08:00-20:00」"
    if errors:
        raise Invalid(errors)
    return made


def _shift(line: str, number: int) -> list[str]:
    found = _LINE.match(line)
    if found is None:
        raise Invalid(f"第 {number} 行「{line.strip()}」看不懂，写成「白班 08:00-20:00」，一行一班")
    name, *times = found.groups()
    try:
        start, end = (dt.time(int(times[i]), int(times[i + 1])) for i in (0, 2))
    except ValueError:
        raise Invalid(f"第 {number} 行的钟点不对，从 00:00 到 23:59") from None
    name = name.rstrip("：:，, ") or ("夜班" if end <= start and start.hour >= 12 else "白班")
    if len(name) > 20:
        raise Invalid(f"第 {number} 行的班名太长，最多 20 个字")
    return [name, f"{start:%H:%M}", f"{end:%H:%M}"]


def _overlap(shifts: Sequence[Sequence[str]]) -> str:
    """Say what is wrong where one shift's time is written twice."""
    starts = [one[1] for one in shifts]
    doubled = [one[0] for one in shifts if starts.count(one[1]) > 1]
    return f"{'、'.join(doubled)}从同一个时间开始，是写了两遍吗" if doubled else ""


def text_of(shifts: Sequence[Sequence[str]]) -> str:
    """Return a pattern's shifts as people write them."""
    return "\n".join(f"{name} {start}-{'次日' if end <= start else ''}{end}" for name, start, end in shifts)

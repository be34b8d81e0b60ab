"""Working hours: when a quiet question may be asked. Holidays and shifted working days are those the state sets."""

import datetime as dt
from collections.abc import Iterator, Sequence

from anlan.kernel.workdays import add_workdays, is_workday

Window = tuple[dt.time, dt.time]
FARTHEST = 60  # days looked ahead for the next working day


def read(raw: Sequence[Sequence[str]]) -> tuple[Window, ...]:
    """Read windows as they are kept: [["09:00", "11:30"], …]. Raises ValueError for what is no time of day."""
    return tuple((dt.time.fromisoformat(a), dt.time.fromisoformat(b)) for a, b in raw)


def closes(at: dt.datetime, windows: Sequence[Window]) -> dt.datetime | None:
    """Return when the window closes in which a local time lies; None outside the windows and on days off."""
    if not is_workday(at.date()):
        return None
    for start, end in windows:
        if start <= at.time() < end:
            return at.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
    return None


def opens(at: dt.datetime, windows: Sequence[Window]) -> dt.datetime:
    """Return the next local time at which a window is open: `at` itself inside one."""
    if closes(at, windows) is not None:
        return at
    for ahead in range(FARTHEST):
        day = at.date() + dt.timedelta(days=ahead)
        for start, _end in sorted(windows) if is_workday(day) else ():
            begin = at.replace(
                year=day.year, month=day.month, day=day.day, hour=start.hour, minute=start.minute, second=0,
                microsecond=0,
            )  # fmt: skip
            if begin >= at:
                return begin
    return at + dt.timedelta(days=FARTHEST)


def last_day(first: dt.date, days: int) -> dt.date:
    """Return the `days`-th working day, the first one counted from `first` on."""
    return add_workdays(first, days - is_workday(first))


def workdays(first: dt.date, last: dt.date) -> int:
    """Return how many working days lie from `first` up to, and without, `last`."""
    return sum(is_workday(day) for day in _days(first, last - dt.timedelta(days=1)))


def seconds_left(at: dt.datetime, until: dt.date, windows: Sequence[Window], lead: int = 0) -> float:
    """Return the seconds of windows from a local time to the end of a day; the last `lead` of each do not count."""
    total = 0.0
    for day in _days(at.date(), until):
        for start, end in windows if is_workday(day) else ():
            begin = max(dt.datetime.combine(day, start, at.tzinfo), at)
            stop = dt.datetime.combine(day, end, at.tzinfo) - dt.timedelta(seconds=lead)
            total += max((stop - begin).total_seconds(), 0.0)
    return total


def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    day = first
    while day <= last:
        yield day
        day += dt.timedelta(days=1)


def quarter(day: dt.date) -> str:
    """Return a day's quarter: "2026Q4"."""
    return f"{day.year}Q{(day.month - 1) // 3 + 1}"


def quarter_began(day: dt.date) -> dt.date:
    """Return the first day of a day's quarter."""
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)

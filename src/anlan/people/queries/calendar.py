"""Corrections of the working calendar, as they are counted with and as a page shows them."""

import datetime as dt
import threading
import time
from collections.abc import Mapping

from django.db import connection

from anlan.kernel import workdays
from anlan.kernel.clock import local, now
from anlan.kernel.workdays import Notice
from anlan.people.models import CalendarDay, CalendarYear

KEPT = 30.0  # seconds a process counts with what it read; the one that writes knows at once
NOTHING = Notice()


class _Kept:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.years: Mapping[int, Notice] | None = None
        self.until = 0.0


_kept = _Kept()


def notice_of(year: int) -> Notice:
    """Return what corrections say of a year: kernel.workdays asks this for each day that it counts."""
    if _kept.years is None or time.monotonic() > _kept.until:
        with _kept.lock:
            if _kept.years is None or time.monotonic() > _kept.until:
                _kept.years, _kept.until = _read(), time.monotonic() + KEPT
    return _kept.years.get(year, NOTHING)


def forget_calendar() -> None:
    """Read the corrections anew at the next count."""
    _kept.years = None


def _read() -> dict[int, Notice]:
    with connection.cursor() as cursor:
        cursor.execute("""SELECT extract(year FROM day)::int, day, works FROM people_calendar_day
                          UNION ALL SELECT year, NULL, NULL FROM people_calendar_year""")
        rows = cursor.fetchall()
    days: dict[int, dict[dt.date, bool]] = {}
    whole = {year for year, day, _works in rows if day is None}
    for year, day, works in rows:
        if day is not None:
            days.setdefault(year, {})[day] = works
    return {year: Notice(days.get(year, {}), year in whole) for year in {*days, *whole}}


def calendar_days(year: int) -> list[CalendarDay]:
    """Return the corrections of a year, the first day first."""
    return list(CalendarDay.objects.filter(day__year=year).order_by("day"))


def calendar_years() -> list[tuple[int, bool, CalendarYear | None]]:
    """Return last year, this one and the next two: whether its holidays are known, and by which notice of ours."""
    this = local(now()).year
    told = {one.year: one for one in CalendarYear.objects.filter(year__range=(this - 1, this + 2))}
    return [
        (year, workdays.known(dt.date(year, 1, 1), dt.date(year, 12, 31)), told.get(year))
        for year in range(this - 1, this + 3)
    ]

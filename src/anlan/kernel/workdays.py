"""The working calendar of the State Council's holiday notices (chinesecalendar), corrected by data without a release.

Monday to Friday where it ends: such a year is not `known`, and what is counted over it is provisional. Whoever keeps
corrections (a notice that is newer than the library, a place's own day) fills `notices`.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import chinese_calendar
from chinese_calendar import constants

from anlan.kernel.clock import CHINA, local

DAY = dt.timedelta(days=1)
NOTHING = dt.timedelta()
_YEARS = frozenset(day.year for day in constants.holidays)


@dataclass(frozen=True, slots=True)
class Notice:
    """What is known of a year beside the library: days that are worked (True) or free, `whole` if that is all of it."""

    days: Mapping[dt.date, bool] = field(default_factory=dict)
    whole: bool = False


def _none(_year: int) -> Notice:
    return Notice()


class Notices:
    """Where corrections come from: `of` answers for a year, quickly (it is asked for each day that is counted)."""

    def __init__(self) -> None:
        self.of: Callable[[int], Notice] = _none


notices = Notices()


def is_workday(day: dt.date) -> bool:
    """Say whether people work on a day; beyond the years of the notices, Monday to Friday."""
    told = notices.of(day.year).days.get(day)
    if told is not None:
        return told
    if day.year in _YEARS:
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < 5


def known(first: dt.date, last: dt.date) -> bool:
    """Say whether the holidays of every year from one day to another have been published."""
    return all(year in _YEARS or notices.of(year).whole for year in range(first.year, last.year + 1))


def add_workdays(day: dt.date, count: int) -> dt.date:
    """Return the count-th working day after a day, which is not counted itself (民法典 §201)."""
    while count > 0:
        day += dt.timedelta(days=1)
        count -= is_workday(day)
    return day


def worked(start: dt.datetime, end: dt.datetime) -> dt.timedelta:
    """Return the time between two instants that lies in working days, 24 hours each; 0 where `end` comes first."""
    total, at, end = NOTHING, local(start), local(end)
    while at < end:
        midnight = _midnight(at)
        if is_workday(at.date()):
            total += min(midnight, end) - at
        at = midnight
    return total


def after(start: dt.datetime, span: dt.timedelta) -> dt.datetime:
    """Return the instant at which `span` of working time has gone by since `start`: `worked(start, it) == span`.

    A negative span goes back.
    """
    at = local(start)
    while span > NOTHING:
        midnight = _midnight(at)
        if is_workday(at.date()):
            if span <= midnight - at:
                return (at + span).astimezone(dt.UTC)
            span -= midnight - at
        at = midnight
    while span < NOTHING:
        dawn = _midnight(at - dt.timedelta(microseconds=1)) - DAY
        if is_workday(dawn.date()):
            if -span <= at - dawn:
                return (at + span).astimezone(dt.UTC)
            span += at - dawn
        at = dawn
    return at.astimezone(dt.UTC)


def _midnight(at: dt.datetime) -> dt.datetime:
    return dt.datetime.combine(at.date() + DAY, dt.time(), CHINA)

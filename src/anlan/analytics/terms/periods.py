"""Months as numbers (year × 12 + month - 1), and stretches of them."""

import datetime as dt
import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from anlan.kernel import clock

LONGEST = 120  # months that one question may span


def number(day: dt.date) -> int:
    """Return a day's month as a number."""
    return day.year * 12 + day.month - 1


def first_day(month: int) -> dt.date:
    """Return the first day of a month."""
    return dt.date(month // 12, month % 12 + 1, 1)


def last_day(month: int) -> dt.date:
    """Return the last day of a month."""
    return first_day(month + 1) - dt.timedelta(days=1)


def today() -> dt.date:
    """Return the date on China's wall."""
    return clock.local(clock.now()).date()


def label(month: int) -> str:
    """Return "2026-11"."""
    return f"{month // 12}-{month % 12 + 1:02d}"


def parse(text: str) -> int | None:
    """Read "2026-11"; None where it is no month."""
    found = re.fullmatch(r"(\d{4})-(\d{2})", text)
    if not found or not 1 <= int(found[2]) <= 12 or not 1990 <= int(found[1]) <= 2200:
        return None
    return int(found[1]) * 12 + int(found[2]) - 1


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A stretch of whole months, both ends included."""

    since: int
    until: int

    @property
    def months(self) -> range:
        """Every month of it."""
        return range(self.since, self.until + 1)

    @property
    def before(self) -> "Period":
        """The stretch just before, as long."""
        return Period(self.since - len(self.months), self.since - 1)

    @property
    def year_ago(self) -> "Period":
        """The same months a year earlier."""
        return Period(self.since - 12, self.until - 12)

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        """Its first and last day."""
        return first_day(self.since), last_day(self.until)

    @property
    def words(self) -> str:
        """As people say it."""
        first, last = label(self.since), label(self.until)
        return first if first == last else _("%(first)s 到 %(last)s") % {"first": first, "last": last}


def this_month() -> Period:
    """Return the month that runs."""
    month = number(today())
    return Period(month, month)

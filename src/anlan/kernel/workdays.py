"""The working calendar of the State Council's holiday notices (chinesecalendar), Monday to Friday where it ends."""

import datetime as dt

import chinese_calendar


def is_workday(day: dt.date) -> bool:
    """Say whether people work on a day; beyond the years of the library's notices, Monday to Friday."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def add_workdays(day: dt.date, count: int) -> dt.date:
    """Return the count-th working day after a day, which is not counted itself (民法典 §201)."""
    while count > 0:
        day += dt.timedelta(days=1)
        count -= is_workday(day)
    return day

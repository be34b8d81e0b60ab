"""Times as warnings write them: ISO with offset, Z, none at all, slashes, Chinese."""

import datetime as dt
import re

from anlan.kernel.clock import CHINA

# Outside, moving an instant to another zone may overflow the calendar, and no warning is meant.
EARLIEST, LATEST = 1900, 9000
_LOOSE = re.compile(
    r"^\s*(\d{4})[-/年.](\d{1,2})[-/月.](\d{1,2})日?[T\s]*(\d{1,2})[:时：](\d{1,2})(?:[:分：](\d{1,2}))?[秒分]?\s*$"
)


def read_time(text: str) -> tuple[dt.datetime | None, str]:
    """Return the instant a text tells, and what was odd: "", "zone" (none: China assumed), "form" or "bad"."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return _loose(text)
    if not EARLIEST < at.year < LATEST:
        return None, "bad"
    if at.tzinfo is None:
        return at.replace(tzinfo=CHINA), "zone"
    return at, "" if len(text) == len("2026-07-18T02:05:00+08:00") and text[10] == "T" else "form"


def _loose(text: str) -> tuple[dt.datetime | None, str]:
    match = _LOOSE.match(text)
    if not match:
        return None, "bad"
    year, month, day, hour, minute, second = (int(g or 0) for g in match.groups())
    try:
        at = dt.datetime(year, month, day, hour, minute, second, tzinfo=CHINA)
    except ValueError:
        return None, "bad"
    return (at, "zone") if EARLIEST < year < LATEST else (None, "bad")

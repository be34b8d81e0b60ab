"""The one clock. Everything that asks for the time asks here, so that a drill and a test can hold another."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
_offset: ContextVar[dt.timedelta] = ContextVar("clock_offset", default=dt.timedelta())


def now() -> dt.datetime:
    """Return the present instant, in UTC, aware."""
    return dt.datetime.now(dt.UTC) + _offset.get()


def local(at: dt.datetime) -> dt.datetime:
    """Return an instant as China's wall clock shows it."""
    return at.astimezone(CHINA)


@contextmanager
def shifted(by: dt.timedelta) -> Iterator[None]:
    """Run the block as if the clock stood `by` ahead: for tests and for rehearsing a deadline."""
    token = _offset.set(_offset.get() + by)
    try:
        yield
    finally:
        _offset.reset(token)

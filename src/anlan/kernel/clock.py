"""The one clock. Everything that asks for the time asks here, so that a drill and a test can hold another."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
_offset: ContextVar[dt.timedelta] = ContextVar("clock_offset", default=dt.timedelta())


def _running() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


_source = _running


def now() -> dt.datetime:
    """Return the present instant, in UTC, aware."""
    return _source() + _offset.get()


def hurry(anchor: float, speed: float) -> None:
    """Let this process's clock run `speed` times as fast from `anchor` (Unix seconds) on, for its whole life.

    Only for a drill in a database of its own: two processes that share one must be given the same two numbers.
    """

    def hurried() -> dt.datetime:
        gone = dt.datetime.now(dt.UTC).timestamp() - anchor
        return dt.datetime.fromtimestamp(anchor + gone * speed, dt.UTC)

    global _source  # noqa: PLW0603 - one clock for the process is the point
    _source = hurried


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

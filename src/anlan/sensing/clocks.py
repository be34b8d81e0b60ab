"""Times as devices write them: ISO 8601, seconds or milliseconds since 1970, or a pattern like yyyyMMddHHmmss. Pure."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from anlan.sensing import payloads
from anlan.sensing.payloads import Wrong

SCALES = {"s": 1_000_000, "ms": 1000, "us": 1}
NAMED = ("iso", *SCALES)
_PARTS = {
    "yyyy": r"(?P<y>\d{4})", "yy": r"(?P<y>\d{2})", "MM": r"(?P<mo>\d{2})", "M": r"(?P<mo>\d{1,2})",
    "dd": r"(?P<d>\d{2})", "d": r"(?P<d>\d{1,2})", "HH": r"(?P<h>\d{2})", "H": r"(?P<h>\d{1,2})",
    "mm": r"(?P<mi>\d{2})", "m": r"(?P<mi>\d{1,2})", "ss": r"(?P<s>\d{2})", "s": r"(?P<s>\d{1,2})",
    "SSS": r"(?P<ms>\d{3})",
}  # fmt: skip
_LETTERS = re.compile("|".join(sorted(_PARTS, key=len, reverse=True)))
_OFFSET = re.compile(r"^(?:UTC)?([+-])(\d{1,2}):?(\d{2})$")
_ZERO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICRO = dt.timedelta(microseconds=1)
KEPT = 10_000  # texts whose time is remembered


def zone(said: str) -> dt.tzinfo:
    """Return a zone by offset (+08:00, UTC+12:00) or by name (Asia/Shanghai). Raises ValueError."""
    found = _OFFSET.match(said)
    if found:
        shift = dt.timedelta(hours=int(found[2]), minutes=int(found[3]))
        if shift >= dt.timedelta(hours=15):
            raise ValueError(said)
        return dt.timezone(shift if found[1] == "+" else -shift)
    try:
        return ZoneInfo(said)
    except (OSError, LookupError, ValueError):
        raise ValueError(said) from None


def pattern(said: str) -> re.Pattern[str]:
    """Return what matches times written so. Raises ValueError where year, month and day are not all there."""
    made, end = "", 0
    for found in _LETTERS.finditer(said):
        made += re.escape(said[end : found.start()]) + _PARTS[found[0]]
        end = found.end()
    try:
        compiled = re.compile(made + re.escape(said[end:]), re.ASCII)
    except re.error:  # a part that comes twice
        raise ValueError(said) from None
    if not {"y", "mo", "d"} <= set(compiled.groupindex):
        raise ValueError(said)
    return compiled


def reader(form: str, where: dt.tzinfo) -> Callable[[Any], int]:
    """Return a function from what a device said to µs since 1970; it raises Wrong. `where` is for times without one."""
    if form in SCALES:
        return lambda said: _count(said, SCALES[form])
    read = _iso if form == "iso" else _shaped(pattern(form))
    remembered: dict[str, int] = {}

    def text(said: Any) -> int:
        if type(said) is int and form != "iso":
            said = str(said)  # 20260711080000, unquoted
        if type(said) is not str:
            raise Wrong("at", payloads.NO_TIME)
        at = remembered.get(said)
        if at is None:
            if len(remembered) >= KEPT:
                remembered.clear()
            try:
                made = read(said.strip())
                at = remembered[said] = ((made if made.tzinfo else made.replace(tzinfo=where)) - _ZERO) // _MICRO
            except (ValueError, OverflowError):
                raise Wrong("at", form) from None
        return at

    return text


def _count(said: Any, scale: int) -> int:
    if type(said) is str and re.fullmatch(r"\s*-?\d{1,19}(\.\d{1,9})?\s*", said, re.ASCII):
        said = float(said) if "." in said else int(said)
    if isinstance(said, bool) or not isinstance(said, int | float) or not abs(said) * scale < 2**62:
        raise Wrong("at", payloads.NO_TIME)
    return round(said * scale)


def _iso(said: str) -> dt.datetime:
    return dt.datetime.fromisoformat(said)


def _shaped(shape: re.Pattern[str]) -> Callable[[str], dt.datetime]:
    def read(said: str) -> dt.datetime:
        found = shape.fullmatch(said)
        if found is None:
            raise ValueError(said)
        part = {name: int(value) for name, value in found.groupdict().items()}
        year = part["y"] + (2000 if part["y"] < 100 else 0)
        midnight = part.get("h") == 24  # 24:00 is the end of the day
        made = dt.datetime(  # noqa: DTZ001 - the zone is the mapping's
            year, part["mo"], part["d"], 0 if midnight else part.get("h", 0), part.get("mi", 0), part.get("s", 0),
            part.get("ms", 0) * 1000,
        )  # fmt: skip
        return made + dt.timedelta(days=1) if midnight else made

    return read

"""Readings as senders write them, turned into columns: NDJSON and the line protocol of InfluxDB. Pure.

What is wrong is named by line and field; the other lines stand. Times become whole microseconds since 1970.
"""

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

PRECISIONS = {"ns": 1e-3, "us": 1.0, "u": 1.0, "µs": 1.0, "n": 1e-3, "ms": 1e3, "s": 1e6}
LONGEST_NAME = {"device": 120, "key": 60}
OBJECT = "每行要一个 JSON 对象"
NOT_JSON = "不是 JSON"
NO_NAME = "缺 device 和 key，或 stream"
NO_STREAM = "没有这条数据流"
NO_TIME = "要带时区的 ISO 8601 时间，或 1970 年以来的秒、毫秒、微秒数"
NO_VALUE = "要数字、真假或文字"
TEXT_NUMBER = "数字不要加引号"
UNEVEN = "at 和 value 要一样长"
OTHER_UNIT = "单位不是登记的单位"
NOT_LINE = "不是 InfluxDB 行协议：表,标签=值 字段=值 时间"
TOO_LONG = "太长"
_ZERO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICRO = dt.timedelta(microseconds=1)
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")


class Wrong(ValueError):  # noqa: N818 - a sentence: it is wrong
    """One field that is wrong, and why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name, self.reason = name, reason


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that could not be read; `line` counts from 1."""

    line: int
    field: str
    reason: str
    payload: bytes


@dataclass(slots=True)
class Columns:
    """What was read: streams, times (µs), values (NaN = no number) and lines side by side; strays by (device, key)."""

    stream: list[int] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    line: list[int] = field(default_factory=list)
    other: dict[int, dict[str, Any]] = field(default_factory=dict)
    strays: dict[tuple[str, str], list[tuple[int, float | None, dict[str, Any] | None]]] = field(default_factory=dict)
    samples: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)  # unit, first line
    bad: list[Bad] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many readings were read, those of unknown devices included."""
        return len(self.stream) + sum(len(held) for held in self.strays.values())


class Times:
    """Reads times; the same text is read once."""

    def __init__(self, came: int) -> None:
        self.came = came
        self._known: dict[str, int] = {}

    def read(self, said: Any) -> int:
        """Return µs. Raises Wrong."""
        if type(said) is str:
            known = self._known.get(said)
            if known is None:
                known = self._known[said] = self._text(said)
            return known
        if isinstance(said, bool) or not isinstance(said, int | float) or not math.isfinite(said):
            raise Wrong("at", NO_TIME)
        size = abs(said)
        return round(said if size >= 1e14 else said * 1e3 if size >= 1e11 else said * 1e6)

    def _text(self, said: str) -> int:
        try:
            return (dt.datetime.fromisoformat(said) - _ZERO) // _MICRO
        except (ValueError, OverflowError, TypeError):  # TypeError: a time without a zone
            raise Wrong("at", NO_TIME) from None


class Sink:
    """Where lines go: `named[device, key]` and `units[stream]` are what is registered."""

    def __init__(self, named: Mapping[tuple[str, str], int], units: Mapping[int, str], came: int) -> None:
        self.named, self.units, self.times, self.made = named, units, Times(came), Columns()

    def put(
        self, line: int, raw: bytes, stream: int | None, names: tuple[str, str], at: int, said: Any, unit: str
    ) -> None:
        """Take one reading. Raises Wrong."""
        value, other = number(said)
        if stream is None:
            held = self.made.strays.get(names)
            if held is None:
                held = self.made.strays[names] = []
                self.made.samples[names] = (unit, raw)
            held.append((at, None if math.isnan(value) else value, other))
            return
        if other is not None:
            self.made.other[len(self.made.stream)] = other
        self.made.stream.append(stream)
        self.made.at.append(at)
        self.made.value.append(value)
        self.made.line.append(line)

    def known(self, device: Any, key: Any) -> tuple[int | None, tuple[str, str]]:
        """Return the stream of a device's key, None where nobody registered it. Raises Wrong."""
        try:
            found = self.named.get((device, key))
        except TypeError:
            raise Wrong("device", NO_NAME) from None
        if found is None:
            for name, said in (("device", device), ("key", key)):
                if not isinstance(said, str) or not said.strip():
                    raise Wrong(name, NO_NAME)
                if len(said) > LONGEST_NAME[name] or "\0" in said:
                    raise Wrong(name, TOO_LONG)
        return found, (device, key)

    def wrong(self, line: int, name: str, reason: str, raw: bytes) -> None:
        """Note a line that could not be read."""
        self.made.bad.append(Bad(line, name, reason, raw[:4096]))


def number(said: Any) -> tuple[float, dict[str, Any] | None]:
    """Return (number or NaN, what is no number). Raises Wrong."""
    kind = type(said)
    if kind is float:
        return said, None
    if kind is int:
        try:
            return float(said), None
        except OverflowError:
            raise Wrong("value", NO_VALUE) from None
    if kind is bool:
        return float(said), None
    if kind is str and "\0" not in said:
        if _NUMBER.match(said.strip()):
            raise Wrong("value", TEXT_NUMBER)
        return math.nan, {"result": said}
    raise Wrong("value", NO_VALUE)


def ndjson(raw: bytes, sink: Sink) -> Columns:
    """Read a body of JSON objects, one a line (or one array of them)."""
    if raw[:200].lstrip()[:1] == b"[":
        return _array(raw, sink)
    for n, line in enumerate(raw.split(b"\n"), 1):
        if not line or line.isspace():
            continue
        try:
            said = orjson.loads(line)
        except orjson.JSONDecodeError:
            sink.wrong(n, "", NOT_JSON, line)
            continue
        _object(n, line, said, sink)
    return sink.made


def _array(raw: bytes, sink: Sink) -> Columns:
    try:
        items = orjson.loads(raw)
    except orjson.JSONDecodeError:
        sink.wrong(1, "", NOT_JSON, raw)
        return sink.made
    for n, said in enumerate(items, 1):
        _object(n, b"", said, sink)
    return sink.made


def _object(n: int, line: bytes, said: Any, sink: Sink) -> None:
    try:
        stream, names, unit = _which(said, sink)
        at, value = said.get("at"), said.get("value")
        if type(at) is not list and type(value) is not list:
            sink.put(n, line, stream, names, sink.times.read(at), value, unit)
            return
        pairs = _pairs(at, value)
    except Wrong as wrong:
        sink.wrong(n, wrong.name, wrong.reason, line or orjson.dumps(said))
        return
    read = sink.times.read
    for i, (one, what) in enumerate(pairs):
        try:
            sink.put(n, line, stream, names, read(one), what, unit)
        except Wrong as wrong:
            sink.wrong(n, f"{wrong.name}[{i}]", wrong.reason, orjson.dumps({**said, "at": one, "value": what}))


def _which(said: Any, sink: Sink) -> tuple[int | None, tuple[str, str], str]:
    """Return (stream or None, names, unit) of an object. Raises Wrong."""
    if type(said) is not dict:
        raise Wrong("", OBJECT)
    id_, unit = said.get("stream"), said.get("unit", "")
    stream: int | None
    if id_ is None:
        stream, names = sink.known(said.get("device"), said.get("key"))
    elif type(id_) is int and id_ in sink.units:
        stream, names = id_, ("", "")
    else:
        raise Wrong("stream", NO_STREAM)
    if unit != "" and (not isinstance(unit, str) or (stream is not None and unit != sink.units[stream])):
        raise Wrong("unit", OTHER_UNIT)
    return stream, names, unit


def _pairs(at: Any, value: Any) -> list[tuple[Any, Any]]:
    if type(at) is not list or type(value) is not list or len(at) != len(value):
        raise Wrong("value", UNEVEN)
    return list(zip(at, value, strict=True))


# --- line protocol

_PARTS = re.compile(r'((?:[^ \\"]|\\.|"(?:[^"\\]|\\.)*")+)(?: +|$)')
_COMMA = re.compile(r'((?:[^,\\"]|\\.|"(?:[^"\\]|\\.)*")+)(?:,|$)')
_STAMP = re.compile(r"^-?\d{1,19}$")
_EQUALS = re.compile(r"(?<!\\)=")
_ESCAPED = re.compile(r"\\([, =\"\\])")


def lines(raw: bytes, sink: Sink, precision: str = "ns") -> Columns:
    """Read a body in line protocol: device = the tag `device`, else the measurement; key = the field's name.

    A line without a time was measured when it came. Tags other than `device` are not kept.
    """
    scale = PRECISIONS[precision]
    for n, line in enumerate(raw.split(b"\n"), 1):
        line = line.strip()  # noqa: PLW2901
        if not line or line.startswith(b"#"):
            continue
        try:
            for device, key, at, said in _line(line.decode(), sink.times.came, scale):
                stream, names = sink.known(device, key)
                sink.put(n, line, stream, names, at, said, "")
        except Wrong as wrong:
            sink.wrong(n, wrong.name, wrong.reason, line)
        except UnicodeDecodeError:
            sink.wrong(n, "", NOT_LINE, line)
    return sink.made


def _line(line: str, came: int, scale: float) -> Iterable[tuple[str, str, int, Any]]:
    parts = _split(_PARTS, line)
    if not 2 <= len(parts) <= 3:
        raise Wrong("", NOT_LINE)
    measurement, *tags = _split(_COMMA, parts[0])
    device = dict(map(_pair, tags)).get("device") or _plain(measurement)
    at = came
    if len(parts) == 3:
        if not _STAMP.match(parts[2]):
            raise Wrong("at", NOT_LINE)
        at = int(parts[2]) // 1000 if scale == 1e-3 else int(parts[2]) * int(scale)
    fields = [_field(one) for one in _split(_COMMA, parts[1])]
    return [(device, key, at, said) for key, said in fields]


def _split(pattern: re.Pattern[str], text: str) -> list[str]:
    if "\\" not in text and '"' not in text:  # most lines: a tenth of the time
        found = text.split(" " if pattern is _PARTS else ",")
        if pattern is _PARTS:
            return [part for part in found if part]
        if not all(found):
            raise Wrong("", NOT_LINE)
        return found
    found, end = [], 0
    for match in pattern.finditer(text):
        if match.start() != end:
            raise Wrong("", NOT_LINE)
        found.append(match[1])
        end = match.end()
    if end != len(text):
        raise Wrong("", NOT_LINE)
    return found


def _pair(text: str) -> tuple[str, str]:
    cut = _equals(text)
    if cut <= 0:
        raise Wrong("", NOT_LINE)
    return _plain(text[:cut]), _plain(text[cut + 1 :])


def _equals(text: str) -> int:
    """Return where the first = stands that is not escaped; −1 where there is none."""
    if "\\" not in text:
        return text.find("=")
    found = _EQUALS.search(text)
    return found.start() if found else -1


def _field(text: str) -> tuple[str, Any]:
    cut = _equals(text)
    if cut <= 0:
        raise Wrong("", NOT_LINE)
    key, said = _plain(text[:cut]), text[cut + 1 :]
    if len(said) >= 2 and said[0] == said[-1] == '"':
        return key, _plain(said[1:-1])
    if said in {"t", "T", "true", "True", "TRUE"}:
        return key, True
    if said in {"f", "F", "false", "False", "FALSE"}:
        return key, False
    plain = said[:-1] if said[-1:] in {"i", "u"} else said
    if not _NUMBER.match(plain):
        raise Wrong(key, NO_VALUE)
    return key, float(plain)


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text

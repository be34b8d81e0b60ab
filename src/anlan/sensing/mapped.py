"""Payloads through a mapping: readings, and what could not be read with the path that was expected. Pure."""

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from anlan.sensing import payloads, units
from anlan.sensing.digging import MISSING, items
from anlan.sensing.mapping import Mapped, Reading, Source, Value, written
from anlan.sensing.payloads import Bad, Wrong

NOT_THERE = "这里没有值"
NOT_NUMBER = "要数字，或者在 map 里写明这个词算几"
NO_LIST = "这里要有一个列表"
NO_NAME = "这里要有名字"
NO_MATCH = "这一行跟 pattern 对不上"
NOT_TEXT = "不是 UTF-8 文字"
NO_TOPIC = "主题没有这么多级"
NOT_CSV = "不是 CSV"
HEADERS = "表头的行数不够"
LONGEST_LINE = 4000
QUOTED = 4096
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
_BRACKETS = re.compile(r"[(（]([^()（）]*)[)）]\s*$")


@dataclass(slots=True)
class Read:
    """What a payload says. `bad` names the path that was expected; its `line` is the item's number, from 1."""

    readings: list[Reading] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)


def readings(mapped: Mapped, payload: bytes, *, came: int, topic: str = "", into: Read | None = None) -> Read:
    """Read one payload; never raises for what stands in it. `came` is µs."""
    made = Read() if into is None else into
    levels = topic.split("/")
    shown = payload if len(payload) <= QUOTED else payload[:QUOTED]
    one = _json if mapped.format == "json" else _csv if mapped.format == "csv" else _text
    for number, chain, quoted, heads in one(mapped, payload, shown, made):
        try:
            _item(mapped, chain, levels, heads, number, quoted, came, made)
        except Wrong as wrong:
            made.bad.append(Bad(number, wrong.name, wrong.reason, quoted))
    return made


Item = tuple[int, tuple[Any, ...], bytes, Mapping[str, str]]


def _json(mapped: Mapped, payload: bytes, shown: bytes, made: Read) -> Iterator[Item]:
    try:
        roots = [orjson.loads(payload)]
    except orjson.JSONDecodeError:
        roots = []
        for n, line in enumerate(payload.split(b"\n"), 1):
            if line.strip():
                try:
                    roots.append(orjson.loads(line))
                except orjson.JSONDecodeError:
                    made.bad.append(Bad(n, "", payloads.NOT_JSON, line[:QUOTED]))
        if not payload.strip():
            made.bad.append(Bad(1, "", payloads.NOT_JSON, shown))
    number = 0
    for root in roots:
        for whole in root if isinstance(root, list) and mapped.each[:1] != ("*",) else [root]:
            try:
                for chain in items(whole, mapped.each):
                    number += 1
                    yield number, chain, shown, {}
            except LookupError as lacks:
                made.bad.append(Bad(number + 1, str(lacks.args[0]), NO_LIST, shown))


def _text(mapped: Mapped, payload: bytes, shown: bytes, made: Read) -> Iterator[Item]:
    text = _decoded(payload)
    if text is None or mapped.pattern is None:
        made.bad.append(Bad(1, "", NOT_TEXT, shown))
        return
    for n, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        quoted = line[:LONGEST_LINE].encode()
        found = mapped.pattern.search(line) if len(line) <= LONGEST_LINE else None
        if found is None:
            made.bad.append(Bad(n, "pattern", NO_MATCH, quoted))
        else:
            yield n, ({name: said for name, said in found.groupdict().items() if said is not None},), quoted, {}


def _csv(mapped: Mapped, payload: bytes, shown: bytes, made: Read) -> Iterator[Item]:
    text = _decoded(payload)
    if text is None:
        made.bad.append(Bad(1, "", NOT_TEXT, shown))
        return
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=mapped.delimiter)
    try:
        tops = [row for _n, row in zip(range(mapped.headers), rows, strict=False)]
        if len(tops) < mapped.headers:
            made.bad.append(Bad(1, "headers", HEADERS, shown))
            return
        names = columns(tops)
        heads = {key: top for i, name in enumerate(names) for key in (f"#{i + 1}", name) if (top := _unit(tops, i))}
        keys = [(f"#{i + 1}", name) for i, name in enumerate(names)]
        for row in rows:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            said: dict[str, str] = {}
            for i, cell in enumerate(cells):
                if cell:
                    number, name = keys[i] if i < len(keys) else (f"#{i + 1}", "")
                    said[number] = cell
                    if name:
                        said.setdefault(name, cell)
            yield rows.line_num, (said,), mapped.delimiter.join(row)[:QUOTED].encode(), heads
    except csv.Error:
        made.bad.append(Bad(rows.line_num, "", NOT_CSV, shown))


def columns(tops: list[list[str]]) -> list[str]:
    """Return the headings of a table whose headings stand in several lines: joined by " / ", holes left out.

    >>> columns([["", "43807"], ["at", "Level (m)"]])
    ['at', '43807 / Level (m)']
    """
    width = max((len(row) for row in tops), default=0)
    return [" / ".join(row[i].strip() for row in tops if i < len(row) and row[i].strip()) for i in range(width)]


def _unit(tops: list[list[str]], i: int) -> str:
    """Return what stands in the last brackets of a heading, the lowest line that has any."""
    for row in reversed(tops):
        found = _BRACKETS.search(row[i]) if i < len(row) else None
        if found:
            return units.ucum(found[1])
    return ""


def _decoded(payload: bytes) -> str | None:
    for code in ("utf-8-sig", "gb18030"):
        try:
            return payload.decode(code)
        except UnicodeDecodeError:
            continue
    return None


def _item(
    mapped: Mapped, chain: tuple[Any, ...], levels: list[str], heads: Mapping[str, str], number: int, quoted: bytes,
    came: int, made: Read,
) -> None:  # fmt: skip
    for path, which in mapped.skip:
        said = path.get(chain)
        if said is not MISSING and written(said) in which:
            return
    at = came
    if mapped.time is not None and mapped.at is not None:
        said = mapped.time.get(chain)
        if said is MISSING or said is None:
            raise Wrong(mapped.time.said, NOT_THERE)
        try:
            at = mapped.at(said) + mapped.shift
        except Wrong as wrong:
            raise Wrong(mapped.time.said, f"要时间：{wrong.reason}"[:200]) from None
    device = _name(mapped.device, chain, levels) if mapped.device is not None else ""
    for value in mapped.values:
        try:
            said = _value(value, chain, hole=mapped.format == "csv")
            if said is MISSING:
                continue
            whose = device if value.device is None else _name(value.device, chain, levels)
            unit = heads.get(value.path.said, "") if value.unit.value == "header" else _label(value.unit, chain, levels)
            made.readings.append(Reading(whose, _name(value.key, chain, levels), at, said, unit, quoted))
        except Wrong as wrong:
            made.bad.append(Bad(number, wrong.name, wrong.reason, quoted))
    if mapped.members is not None:
        _members(mapped, chain, levels, device, at, number, quoted, made)


def _members(
    mapped: Mapped, chain: tuple[Any, ...], levels: list[str], device: str, at: int, number: int, quoted: bytes,
    made: Read,
) -> None:  # fmt: skip
    assert mapped.members is not None  # noqa: S101 - asked by the caller
    inside = mapped.members.get(chain)
    if not isinstance(inside, Mapping):
        raise Wrong(mapped.members.said, payloads.OBJECT)
    unit = _label(mapped.members_unit, chain, levels)
    for name, said in inside.items():
        if name in mapped.leave or said is None:
            continue
        plain = float(said) if isinstance(said, str) and _NUMBER.match(said.strip()) else said
        if isinstance(plain, str) or (isinstance(plain, int | float) and abs(plain) < 1e300):
            made.readings.append(Reading(device, name, at, plain, unit, quoted))
        else:
            made.bad.append(Bad(number, f"{mapped.members.said}.{name}"[:120], payloads.NO_VALUE, quoted))


def _value(value: Value, chain: tuple[Any, ...], *, hole: bool) -> Any:
    """Return the value that lies there, MISSING where none does and none need; raises Wrong."""
    said = value.path.get(chain)
    if said is MISSING or said is None:
        if value.optional or hole:
            return MISSING
        raise Wrong(value.path.said, NOT_THERE)
    if isinstance(said, dict | list):
        raise Wrong(value.path.said, NOT_NUMBER)
    if value.missing or value.names is not None:
        word = written(said)
        if word in value.missing:
            return MISSING
        if value.names is not None and word in value.names:
            return value.names[word]
    return _number(value, said)


def _number(value: Value, said: Any) -> Any:
    if isinstance(said, str):
        if _NUMBER.match(said.strip()):
            said = float(said)
        elif value.plain and not value.unit.value and said.strip():
            return said.strip()
    if isinstance(said, bool):
        said = float(said)
    if not isinstance(said, int | float) or not abs(said) < 1e300 or math.isnan(said):
        raise Wrong(value.path.said, NOT_NUMBER)
    return said if value.plain else said * value.factor + value.offset


def _name(source: Source, chain: tuple[Any, ...], levels: list[str]) -> str:
    """Return a device's or a key's name. Raises Wrong."""
    if source.topic:
        if source.topic > len(levels) or not levels[source.topic - 1]:
            raise Wrong(f"topic {source.topic}", NO_TOPIC)
        return source.prefix + levels[source.topic - 1]
    if source.path is None:
        return source.value
    said = source.path.get(chain)
    if isinstance(said, bool) or not isinstance(said, str | int) or not str(said).strip():
        raise Wrong(source.path.said, NO_NAME)
    return source.prefix + str(said).strip()


def _label(source: Source, chain: tuple[Any, ...], levels: list[str]) -> str:
    if not source.topic and source.path is None:
        return units.ucum(source.value)
    return units.ucum(_name(source, chain, levels))

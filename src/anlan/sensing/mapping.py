"""How a vendor's payload says what was measured: a mapping is data, a JSON document, checked field by field. Pure.

| field | says |
|---|---|
| format | json (default; a list, or one object a line), csv, text |
| each | json: where the items lie, `data`, `devices.*.readings.*`; none: the payload, or each of a list |
| pattern | text: a regular expression with named groups; each line that matches is an item with these fields |
| headers, delimiter | csv: how many lines of headings stand on top (default 1), the separator (default ,) |
| device | {"path": …}, {"topic": level, from 1} or {"value": "…"}, and perhaps "prefix" |
| time | {"path", "format": iso, s, ms, us or yyyyMMddHHmmss …, "zone", "shift" s}, or {"arrival": true} |
| values | list of {key, path, unit, factor, offset, map, missing, optional, device} |
| members | {"path", "unit", "leave"}: an object whose every member is a reading, its name the key |
| skip | list of {path, in: […]}: items left out |

A path is dotted and starts at the item; `^.` is what encloses it, `$.` the payload; a list of names where a name has
dots in it. A csv's fields are the headings (several lines joined by " / ") and `#1`, `#2` …; `"unit": "header"` takes
what stands in the last brackets of the heading. value = said × factor + offset, in `unit`.
"""

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from anlan.kernel.authority import Invalid
from anlan.sensing import clocks
from anlan.sensing.digging import Path

FORMATS = ("json", "csv", "text")
MOST_VALUES = 200
FIELDS = {
    "": {"format", "each", "pattern", "headers", "delimiter", "device", "time", "values", "members", "skip", "note"},
    "source": {"path", "topic", "value", "prefix"},
    "time": {"path", "format", "zone", "shift", "arrival"},
    "value": {"key", "path", "unit", "factor", "offset", "map", "missing", "optional", "device"},
    "members": {"path", "unit", "leave"},
    "skip": {"path", "in"},
}


class Said(str):
    """A sentence that whoever shows it translates: what it was made of stands in `plain` and `names`."""

    __slots__ = ("names", "plain")
    plain: str
    names: Mapping[str, Any]

    def format(self, **names: Any) -> "Said":  # type: ignore[override]
        made = Said(str(self).format(**names))
        made.plain, made.names = self.plain, names
        return made


def _(plain: str) -> Said:
    """Mark a sentence for the catalogue."""
    made = Said(plain)
    made.plain, made.names = plain, {}
    return made


class Reading(NamedTuple):
    """One reading as a feed hands it on: `at` µs since 1970 UTC, `value` a number, truth or text, `unit` UCUM or ""."""

    device: str
    key: str
    at: int
    value: Any
    unit: str = ""
    payload: bytes = b""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a name comes from: a constant, a level of the topic (from 1), or a path."""

    value: str = ""
    topic: int = 0
    path: Path | None = None
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """One value of an item. `names` turns words into numbers, `missing` are values that say there is none."""

    key: Source
    path: Path
    unit: Source
    factor: float = 1.0
    offset: float = 0.0
    names: Mapping[str, float] | None = None
    missing: frozenset[str] = frozenset()
    optional: bool = False
    device: Source | None = None
    plain: bool = True  # neither factor nor offset nor words


@dataclass(frozen=True, slots=True)
class Mapped:
    """A mapping that was read; `at` reads a time in µs, none: readings are of when they came."""

    format: str
    each: tuple[str, ...]
    pattern: re.Pattern[str] | None
    headers: int
    delimiter: str
    device: Source | None
    time: Path | None
    at: Callable[[Any], int] | None
    shift: int
    values: tuple[Value, ...]
    members: Path | None
    members_unit: Source
    leave: frozenset[str]
    skip: tuple[tuple[Path, frozenset[str]], ...]


def read(document: Any) -> Mapped:
    """Return a mapping. Raises Invalid with every field that is wrong, by its dotted name."""
    errors: dict[str, str] = {}
    made = _Document(errors).read(document)
    if errors or made is None:
        raise Invalid(errors or {"": _("要一个 JSON 对象")})
    return made


class _Document:
    """Takes a document apart and gathers what is wrong with it."""

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors

    def read(self, said: Any) -> Mapped | None:
        if not self._object(said, "", ""):
            return None
        form = self._one(said.get("format", "json"), "format", FORMATS)
        path, at, shift = self._time(said.get("time"))
        values = self._list(said.get("values", []), "values")
        members = said.get("members")
        inner = members if members is not None and self._object(members, "members", "members") else {}
        if not values and not inner and not self.errors:
            self.errors["values"] = _("写一下哪些值要收：values 或 members")
        device = self._source(said.get("device"), "device") if said.get("device") is not None else None
        made = tuple(v for i, one in enumerate(values) if (v := self._value(one, f"values.{i}")) is not None)
        if device is None and (inner or any(v.device is None for v in made)):
            self.errors.setdefault("device", _("设备名在哪里：path、topic 或 value"))
        return Mapped(
            form, self._steps(said.get("each", "")), self._pattern(said.get("pattern"), form),
            int(self._number(said.get("headers", 1), "headers", 0, 50)), self._delimiter(said.get("delimiter", ",")),
            device, path, at, shift, made,
            self._path(inner.get("path"), "members.path") if inner else None,
            self._source(inner.get("unit", ""), "members.unit"),
            frozenset(str(name) for name in self._list(inner.get("leave", []), "members.leave")),
            self._skips(said.get("skip", [])),
        )  # fmt: skip

    def _object(self, said: Any, name: str, kind: str) -> bool:
        if not isinstance(said, Mapping):
            self.errors[name] = _("要一个 JSON 对象")
            return False
        for field in said:
            if field not in FIELDS[kind]:
                where = f"{name}.{field}" if name else str(field)
                self.errors[where] = _("没有这一项，可以写的是：{names}").format(names="、".join(sorted(FIELDS[kind])))
        return True

    def _list(self, said: Any, name: str) -> list[Any]:
        if not isinstance(said, list) or len(said) > MOST_VALUES:
            self.errors[name] = _("要一个列表，最多 {most} 个").format(most=MOST_VALUES)
            return []
        return said

    def _one(self, said: Any, name: str, choices: tuple[str, ...]) -> str:
        if said not in choices:
            self.errors[name] = _("要是其中一个：{names}").format(names="、".join(choices))
            return choices[0]
        return str(said)

    def _number(self, said: Any, name: str, least: float, most: float) -> float:
        if isinstance(said, bool) or not isinstance(said, int | float) or not least <= said <= most:
            self.errors[name] = _("要写数字，{least} 到 {most}").format(least=f"{least:g}", most=f"{most:g}")
            return max(least, 0.0)
        return said

    def _text(self, said: Any, name: str, most: int = 120, *, empty: bool = False) -> str:
        if not isinstance(said, str) or len(said) > most or "\0" in said or not (said.strip() or empty):
            self.errors[name] = _("要写文字，最多 {most} 个字").format(most=most)
            return ""
        return said

    def _path(self, said: Any, name: str) -> Path:
        try:
            return Path.of(said)
        except ValueError:
            self.errors[name] = _("要写路径，像 data.value；外层用 ^.，整条消息用 $.")
            return Path("", 0, ())

    def _source(self, said: Any, name: str) -> Source:
        if isinstance(said, str):
            return Source(self._text(said, name, empty=True))
        if not self._object(said, name, "source"):
            return Source()
        ways = [w for w in ("path", "topic", "value") if w in said]
        if len(ways) != 1:
            self.errors[name] = _("path、topic、value 写一个")
            return Source()
        prefix = self._text(said.get("prefix", ""), f"{name}.prefix", 60, empty=True)
        if ways == ["path"]:
            return Source(path=self._path(said["path"], f"{name}.path"), prefix=prefix)
        if ways == ["topic"]:
            return Source(topic=int(self._number(said["topic"], f"{name}.topic", 1, 40)), prefix=prefix)
        return Source(prefix + self._text(said["value"], f"{name}.value"))

    def _time(self, said: Any) -> tuple[Path | None, Callable[[Any], int] | None, int]:
        if said is None:
            self.errors["time"] = _('时间在哪里：path 和 format；没有时间的写 {"arrival": true}')
            return None, None, 0
        if not self._object(said, "time", "time") or said.get("arrival") is True:
            return None, None, 0
        form = self._text(said.get("format", "iso"), "time.format", 60)
        where: dt.tzinfo = dt.UTC
        shaped = form not in clocks.NAMED
        if "zone" in said:
            try:
                where = clocks.zone(self._text(said["zone"], "time.zone", 60))
            except ValueError:
                self.errors["time.zone"] = _("要写时区，像 +08:00 或 Asia/Shanghai")
        elif shaped and form:
            self.errors["time.zone"] = _("这样的时间里没有时区，要写 zone，像 +08:00")
        at = None
        try:
            at = clocks.reader(form, where)
        except ValueError:
            self.errors["time.format"] = _("要写 iso、s、ms、us，或者像 yyyyMMddHHmmss、yyyy-MM-dd HH:mm 的样子")
        shift = self._number(said.get("shift", 0), "time.shift", -86_400, 86_400)
        return self._path(said.get("path"), "time.path"), at, int(shift * 1_000_000)

    def _value(self, said: Any, name: str) -> Value | None:
        if not self._object(said, name, "value"):
            return None
        if said.get("key") is None:
            self.errors[f"{name}.key"] = _("写这个值叫什么，像 level、rain")
            return None
        factor = self._number(said.get("factor", 1), f"{name}.factor", -1e12, 1e12)
        offset = self._number(said.get("offset", 0), f"{name}.offset", -1e12, 1e12)
        names = self._names(said.get("map"), f"{name}.map")
        return Value(
            self._source(said["key"], f"{name}.key"), self._path(said.get("path"), f"{name}.path"),
            self._source(said.get("unit", ""), f"{name}.unit"), float(factor), float(offset), names,
            frozenset(map(written, self._list(said.get("missing", []), f"{name}.missing"))),
            said.get("optional") is True,
            self._source(said["device"], f"{name}.device") if said.get("device") is not None else None,
            factor == 1 and offset == 0 and names is None,
        )  # fmt: skip

    def _names(self, said: Any, name: str) -> Mapping[str, float] | None:
        if said is None:
            return None
        if (
            not isinstance(said, Mapping) or not said
            or not all(isinstance(v, int | float) and math.isfinite(v) for v in said.values())
        ):  # fmt: skip
            self.errors[name] = _('要写成 {"ALARM": 1, "NORMAL": 0}')
            return None
        return {str(word): float(number) for word, number in said.items()}

    def _skips(self, said: Any) -> tuple[tuple[Path, frozenset[str]], ...]:
        return tuple(filter(None, (self._skip(s, f"skip.{i}") for i, s in enumerate(self._list(said, "skip")))))

    def _skip(self, said: Any, name: str) -> tuple[Path, frozenset[str]] | None:
        if not self._object(said, name, "skip"):
            return None
        return self._path(said.get("path"), f"{name}.path"), frozenset(
            map(written, self._list(said.get("in"), f"{name}.in"))
        )

    def _steps(self, said: Any) -> tuple[str, ...]:
        if said == "":
            return ()
        return self._path(said, "each").steps

    def _pattern(self, said: Any, form: str) -> re.Pattern[str] | None:
        if form != "text":
            return None
        try:
            made = re.compile(self._text(said, "pattern", 1000))
        except re.error as wrong:
            self.errors["pattern"] = _("正则表达式不对：{why}").format(why=wrong)
            return None
        if not made.groupindex:
            self.errors.setdefault("pattern", _("要有取名的组，像 (?P<level>[0-9.]+)"))
        return made

    def _delimiter(self, said: Any) -> str:
        if not isinstance(said, str) or len(said) != 1 or said in '"\r\n\0':
            self.errors["delimiter"] = _("要写一个字符，像 , 或 ;")
            return ","
        return said


def written(said: Any) -> str:
    """Return a value as `map`, `missing` and `in` name it: true, 1, 1.5, ALARM."""
    if isinstance(said, bool):
        return "true" if said else "false"
    return f"{said:g}" if isinstance(said, float) and said.is_integer() else str(said).strip()

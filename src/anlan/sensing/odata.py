"""The query options of OGC SensorThings 1.1 (OData's): read into plain trees. Pure.

$filter grammar, weakest first: or, and, not, comparisons (eq ne gt ge lt le), add sub, mul div mod, minus, call, path.
Source: OGC 18-088 §9.3.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

DEEPEST = 40
COMPARISONS = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<geo>geography'[^']*')
    | (?P<span>duration'[^']*')
    | (?P<text>'(?:[^']|'')*')
    | (?P<time>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?)
    | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<word>[A-Za-z_@][\w.@]*(?:/[A-Za-z_@][\w.@-]*)*)
    | (?P<mark>[(),-])
    )""",
    re.VERBOSE,
)
_SPAN = re.compile(r"^(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$")


class Unreadable(ValueError):  # noqa: N818 - a sentence: the option is unreadable
    """A query option that cannot be read: which, and what was expected."""


@dataclass(frozen=True, slots=True)
class Path:
    """A property, or one reached over relations: ("Datastreams", "ObservedProperty", "name")."""

    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """A value: text, float, bool, datetime, timedelta, Geo or None."""

    value: Any


@dataclass(frozen=True, slots=True)
class Geo:
    """A geometry in WKT, longitude first."""

    wkt: str


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or a function with its arguments."""

    name: str
    args: tuple["Node", ...]


Node = Path | Literal | Call


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one collection; `expand` maps a relation to the options of what it brings."""

    filter: Node | None = None
    select: tuple[str, ...] = ()
    orderby: tuple[tuple[Path, bool], ...] = ()
    expand: dict[str, "Options"] = field(default_factory=dict)
    top: int | None = None
    skip: int = 0
    count: bool = False
    data_array: bool = False


def options(given: dict[str, str]) -> Options:
    """Read the options of an address. Raises Unreadable, naming the option."""
    known = {"$filter", "$select", "$orderby", "$expand", "$top", "$skip", "$count", "$resultFormat"}
    for name in given:
        if name.startswith("$") and name not in known:
            raise Unreadable(f"{name}: not an option of SensorThings 1.1")
    return Options(
        filter=where(given["$filter"]) if given.get("$filter") else None,
        select=tuple(part.strip() for part in given.get("$select", "").split(",") if part.strip()),
        orderby=order(given.get("$orderby", "")),
        expand=expand(given.get("$expand", "")),
        top=_number("$top", given["$top"]) if "$top" in given else None,
        skip=_number("$skip", given.get("$skip", "0")),
        count=_yes(given.get("$count", "false")),
        data_array=_format(given.get("$resultFormat", "")),
    )


def _number(name: str, text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise Unreadable(f"{name}: a whole number from 0 was expected, not {text[:40]!r}")
    return int(text)


def _yes(text: str) -> bool:
    if text not in {"true", "false"}:
        raise Unreadable(f"$count: true or false was expected, not {text[:40]!r}")
    return text == "true"


def _format(text: str) -> bool:
    if text not in {"", "dataArray"}:
        raise Unreadable(f"$resultFormat: only dataArray is supported, not {text[:40]!r}")
    return text == "dataArray"


def order(text: str) -> tuple[tuple[Path, bool], ...]:
    """Read "name asc,Datastream/id desc" into ((path, descending), …)."""
    found = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        words = part.split()
        if len(words) > 2 or (len(words) == 2 and words[1].lower() not in {"asc", "desc"}):
            raise Unreadable(f"$orderby: a property with asc or desc was expected, not {part[:60]!r}")
        found.append((Path(tuple(words[0].split("/"))), len(words) == 2 and words[1].lower() == "desc"))
    return tuple(found)


def expand(text: str) -> dict[str, Options]:
    """Read "Locations,Datastreams($top=1;$expand=Observations($top=3))" or "Datastreams/Sensor"."""
    found: dict[str, Options] = {}
    for item in _split(text, ","):
        name, _, inner = item.partition("(")
        if inner and not inner.endswith(")"):
            raise Unreadable(f"$expand: a bracket is not closed in {item[:60]!r}")
        given: dict[str, str] = {}
        for part in _split(inner[:-1], ";"):
            key, equals, value = part.partition("=")
            if not equals:
                raise Unreadable(f"$expand: $option=value was expected, not {part[:60]!r}")
            given[key.strip()] = value.strip()
        first, *rest = name.strip().split("/")
        if rest:
            given = {"$expand": "/".join(rest) + (f"({inner}" if inner else "")}
        made = options(given)
        if first in found:  # Datastreams/Sensor,Datastreams/Thing
            made = Options(
                found[first].filter or made.filter, found[first].select or made.select,
                found[first].orderby or made.orderby, found[first].expand | made.expand,
                made.top if made.top is not None else found[first].top, made.skip or found[first].skip,
                made.count or found[first].count,
            )  # fmt: skip
        found[first] = made
    return found


def _split(text: str, mark: str) -> Iterator[str]:
    """Split at a mark outside brackets and quotes."""
    depth, quoted, start = 0, False, 0
    for i, char in enumerate(text):
        if char == "'":
            quoted = not quoted
        elif not quoted:
            depth += (char == "(") - (char == ")")
            if depth < 0 or depth > DEEPEST:
                raise Unreadable(f"brackets do not fit in {text[:60]!r}")
            if char == mark and depth == 0:
                if text[start:i].strip():
                    yield text[start:i].strip()
                start = i + 1
    if depth or quoted:
        raise Unreadable(f"a bracket or a quote is not closed in {text[:60]!r}")
    if text[start:].strip():
        yield text[start:].strip()


def where(text: str) -> Node:
    """Read a $filter. Raises Unreadable: at which character, what was expected."""
    reader = _Reader(text)
    node = reader.either()
    if reader.kind:
        raise Unreadable(f"$filter: {reader.rest()} was not expected")
    return node


class _Reader:
    """One pass over a filter, a token ahead."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0
        self.kind, self.word, self.began = "", "", 0
        self.step()

    def step(self) -> None:
        if not self.text[self.at :].strip():
            self.kind, self.word, self.began = "", "", len(self.text)
            return
        found = _TOKEN.match(self.text, self.at)
        if not found:
            raise Unreadable(f"$filter: character {self.at + 1} {self.text[self.at : self.at + 20]!r} cannot be read")
        self.kind, self.began = str(found.lastgroup), found.start(str(found.lastgroup))
        self.word, self.at = found[str(found.lastgroup)], found.end()

    def rest(self) -> str:
        return f"{self.word!r} at character {self.began + 1}" if self.kind else "the end"

    def take(self, *words: str) -> str:
        """Take one of these tokens, "" where another stands."""
        if self.kind in {"word", "mark"} and self.word in words:
            token = self.word
            self.step()
            return token
        return ""

    def need(self, mark: str) -> None:
        if not self.take(mark):
            raise Unreadable(f"$filter: {mark!r} was expected, not {self.rest()}")

    def either(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unreadable("$filter: nested too deeply")
        node = self.both()
        while self.take("or"):
            node = Call("or", (node, self.both()))
        self.depth -= 1
        return node

    def both(self) -> Node:
        node = self.negated()
        while self.take("and"):
            node = Call("and", (node, self.negated()))
        return node

    def negated(self) -> Node:
        turns = 0
        while self.take("not"):
            turns += 1
        node = self.compared()
        return Call("not", (node,)) if turns % 2 else node

    def compared(self) -> Node:
        node = self.sum()
        if name := self.take(*COMPARISONS):
            return Call(name, (node, self.sum()))
        return node

    def sum(self) -> Node:
        node = self.product()
        while name := self.take("add", "sub"):
            node = Call(name, (node, self.product()))
        return node

    def product(self) -> Node:
        node = self.atom()
        while name := self.take("mul", "div", "mod"):
            node = Call(name, (node, self.atom()))
        return node

    def atom(self) -> Node:
        kind, word = self.kind, self.word
        if kind == "mark" and word == "-":
            self.step()
            return Call("neg", (self.atom(),))
        if kind == "mark" and word == "(":
            self.step()
            node = self.either()
            self.need(")")
            return node
        if kind in {"", "mark"}:
            raise Unreadable(f"$filter: a value was expected, not {self.rest()}")
        self.step()
        if kind == "word":
            return self.named(word)
        return Literal(_value(kind, word))

    def named(self, name: str) -> Node:
        if name in {"true", "false"}:
            return Literal(name == "true")
        if name == "null":
            return Literal(None)
        if not (self.kind == "mark" and self.word == "("):
            return Path(tuple(name.split("/")))
        self.step()
        args: list[Node] = []
        if not self.take(")"):
            args.append(self.either())
            while self.take(","):
                args.append(self.either())
            self.need(")")
        return Call(name, tuple(args))


def _value(kind: str, token: str) -> Any:
    if kind == "text":
        return token[1:-1].replace("''", "'")
    if kind == "number":
        return float(token)
    if kind == "geo":
        return Geo(token[len("geography'") : -1])
    if kind == "span":
        return span(token[len("duration'") : -1])
    return instant(token)


def span(text: str) -> dt.timedelta:
    """Read an ISO 8601 duration of days, hours, minutes, seconds. Raises Unreadable."""
    found = _SPAN.match(text)
    if not found or text.endswith(("P", "T")):
        raise Unreadable(f"{text[:40]!r} is no duration such as P1DT2H")
    sign, days, hours, minutes, seconds = found.groups()
    try:
        length = dt.timedelta(
            days=int(days or 0), hours=int(hours or 0), minutes=int(minutes or 0), seconds=float(seconds or 0)
        )
    except OverflowError as error:
        raise Unreadable(f"{text[:40]!r} is longer than can be counted") from error
    return -length if sign else length


def instant(text: str) -> dt.datetime:
    """Read an ISO 8601 instant; without an offset it is UTC. Raises Unreadable."""
    try:
        found = dt.datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise Unreadable(f"{text[:40]!r} is no time such as 2026-07-21T03:42:00Z") from error


def period(text: str) -> tuple[dt.datetime, dt.datetime | None]:
    """Read an instant or "start/end". Raises Unreadable, also where the end comes first."""
    first, slash, last = text.partition("/")
    start = instant(first)
    end = instant(last) if slash else None
    if end is not None and end < start:
        raise Unreadable(f"{text[:80]!r} ends before it begins")
    return start, end


_SEGMENT = re.compile(r"^([A-Za-z]+)(?:\(('(?:[^']|'')*'|-?\d+)\))?$")


def resource(path: str) -> list[tuple[str, str | None]]:
    """Read "Things('a')/Datastreams/$ref" into [("Things", "a"), ("Datastreams", None), ("$ref", None)]."""
    found: list[tuple[str, str | None]] = []
    for part in filter(None, path.split("/")):
        if part in {"$ref", "$value"}:
            found.append((part, None))
            continue
        match = _SEGMENT.match(part)
        if not match:
            raise Unreadable(f"the address has {part[:60]!r} where a name or Name(id) was expected")
        key = match[2]
        found.append((match[1], key[1:-1].replace("''", "'") if key and key.startswith("'") else key))
    return found

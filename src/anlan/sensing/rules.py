"""Rules as JSON documents: read, checked field by field, written back. Pure.

A rule says which readings of a stream deserve somebody's attention. The same code runs live and on history
(`sensing.watch`, `sensing.trial`). What a rule raises is called 内部风险提示: a 预警信号 is issued by the weather
service alone (domain-facts B2).

Kinds and their fields; seconds unless said otherwise, values in the stream's unit:

| kind | fields |
|---|---|
| threshold | levels {blue, yellow, orange, red: value}, direction up/down, margin or clear {level: value}, hold, rest |
| rate | the same, levels = change within `window`, which moves in steps of `step` |
| total | levels {level: [{hours, amount}, …]} (any of them is enough), margin, hold, rest, step |
| silence | interval, times (late by more than interval × times), level |
| range | least, most, jump between neighbours, agree (readings that make a jump believed), stuck (equal readings) |
| baseline | levels = deviations from the usual of that hour of the week, direction up/down/both, floor, offset |
| anomaly | level, rest: what is new for the stream (`sensing.detector`), without a number to choose |
| combination | when (all/any/not of {rule, level, within}), level |
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from anlan.sensing import fields
from anlan.sensing.fields import Expected, Fault, Reader

RuleError = fields.RuleError  # what `read` raises
LEVELS = ("blue", "yellow", "orange", "red")  # 蓝黄橙红; the level of an event is the place in this list, from 1
DAY = 86400
MOST_WINDOW = 30 * DAY
MOST_STEPS = 4096  # what a stream's window may remember
DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Ladder:
    """Levels of one measure: at `raises[level]` it is raised after `hold` s, ended after `rest` s beyond `clears`.

    Where `sign` is −1, lower is worse. Both are by level name; a level left out is never raised.
    """

    raises: Mapping[str, float]
    clears: Mapping[str, float]
    sign: int
    hold: float
    rest: float


@dataclass(frozen=True, slots=True)
class Threshold:
    ladder: Ladder


@dataclass(frozen=True, slots=True)
class Rate:
    """The change from the value in force `window` s ago (the window's start is rounded up to `step`) to now."""

    ladder: Ladder
    window: int
    step: int


@dataclass(frozen=True, slots=True)
class Total:
    """Sums over sliding windows: `levels[level]` = ((hours, amount), …), any of which raises the level."""

    levels: Mapping[str, tuple[tuple[float, float], ...]]
    margin: float
    hold: float
    rest: float
    step: int


@dataclass(frozen=True, slots=True)
class Silence:
    interval: float
    times: float
    level: str


@dataclass(frozen=True, slots=True)
class Range:
    """What is physically possible; `None` is not checked."""

    least: float | None
    most: float | None
    jump: float | None
    agree: int
    stuck: int | None


@dataclass(frozen=True, slots=True)
class Baseline:
    """Deviations, in spreads, from the median of the hour of the week; `sign` 0 = both directions."""

    ladder: Ladder
    both: bool
    floor: float
    offset: int


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something the stream has not done before; over after `rest` s without more of it."""

    level: str
    rest: float


@dataclass(frozen=True, slots=True)
class Leaf:
    """True where `rule` stood at `level` or above at the place within the last `within` s (0 = now)."""

    rule: str
    level: str
    within: float


@dataclass(frozen=True, slots=True)
class Node:
    """`verb` is "all", "any" or "not" (which has one part)."""

    verb: str
    parts: tuple["Node | Leaf", ...]


@dataclass(frozen=True, slots=True)
class Combination:
    when: Node | Leaf
    level: str


Rule = Threshold | Rate | Total | Silence | Range | Baseline | Anomaly | Combination


def _by_level(reader: Reader, least: float) -> dict[str, float]:
    given = {level: reader.number(level, least=least) for level in LEVELS if reader.fields.get(level) is not None}
    reader.rest_unknown()
    if not given and not reader.faults:
        reader.wrong("", Expected.LEVELS)
    return given


def _ladder(reader: Reader, directions: tuple[str, ...] = ("up", "down"), *, amounts: bool = False) -> Ladder:
    """Read the levels; `amounts`: they say how far, whichever the direction, and are never negative."""
    sign = -1 if reader.choice("direction", directions, directions[0]) == "down" else 1
    turn, least = (sign, 0) if amounts else (1, -math.inf)
    levels = reader.inner("levels")
    raises = {level: turn * value for level, value in _by_level(levels, least).items()}
    for before, after in zip(raises, list(raises)[1:], strict=False):
        if sign * (raises[after] - raises[before]) <= 0:
            levels.wrong(after, Expected.RISING, before)
    margin = reader.number("margin", 0, least=0)
    clears = {level: value - sign * margin for level, value in raises.items()}
    if "clear" in reader.fields:
        asked = reader.inner("clear")
        for level, value in ((name, turn * given) for name, given in _by_level(asked, least).items()):
            if level not in raises or sign * (raises[level] - value) < 0:
                asked.wrong(level, Expected.INSIDE, raises.get(level, ""))
            clears[level] = value
    return Ladder(raises, clears, sign, *_patience(reader))


def _patience(reader: Reader) -> tuple[float, float]:
    return reader.number("hold", 0, least=0, most=7 * DAY), reader.number("rest", 0, least=0, most=7 * DAY)


def _rate(reader: Reader) -> Rate:
    window = reader.count("window", least=1, most=MOST_WINDOW)
    step = reader.count("step", max(window // 36, 1), least=1)
    _fits(reader, window, step)
    return Rate(_ladder(reader, amounts=True), window, step)


def _fits(reader: Reader, window: int, step: int) -> None:
    if step and window % step:
        reader.wrong("step", Expected.MULTIPLE, f"{window} / n")
    elif step and window // step > MOST_STEPS:
        reader.wrong("step", Expected.AT_LEAST, math.ceil(window / MOST_STEPS))


def _total(reader: Reader) -> Total:
    step = reader.count("step", 300, least=1)
    table = reader.inner("levels")
    levels: dict[str, tuple[tuple[float, float], ...]] = {}
    for level in LEVELS:
        rows = table.fields.get(level)
        table.taken.add(level)
        if rows is None:
            continue
        if not isinstance(rows, list) or not rows:
            table.wrong(level, Expected.LIST)
            continue
        found = []
        for i, row in enumerate(rows):
            one = Reader(row, reader.faults, f"{table.under}.{level}.{i}")
            found.append((one.number("hours", least=1 / 60, most=MOST_WINDOW / 3600), one.number("amount", least=0)))
            one.rest_unknown()
            if found[-1][0] > 0:
                _fits(one, round(found[-1][0] * 3600), step)
        levels[level] = tuple(found)
    table.rest_unknown()
    if not levels and not reader.faults:
        table.wrong("", Expected.LEVELS)
    return Total(levels, reader.number("margin", 0, least=0), *_patience(reader), step)


def _range(reader: Reader) -> Range:
    least, most = reader.number("least", optional=True), reader.number("most", optional=True)
    jump = reader.number("jump", optional=True, least=0)
    agree = reader.count("agree", 3, least=2, most=1000)
    stuck = reader.count("stuck", least=2) if reader.fields.get("stuck") is not None else None
    reader.taken.add("stuck")
    if least >= most:
        reader.wrong("most", Expected.AT_LEAST, f"{least:g}")
    if not reader.faults and all(math.isnan(v) for v in (least, most, jump)) and stuck is None:
        reader.wrong("", Expected.SOMETHING)
    known = [None if math.isnan(v) else v for v in (least, most, jump)]
    return Range(known[0], known[1], known[2], agree, stuck)


def _baseline(reader: Reader) -> Baseline:
    both = reader.fields.get("direction", "both") == "both"
    ladder = _ladder(reader, ("both", "up", "down"), amounts=True)
    floor = reader.number("floor", least=0)
    offset = reader.number("offset", 8 * 3600, least=-14 * 3600, most=14 * 3600)
    return Baseline(ladder, both, floor, 0 if math.isnan(offset) else int(offset))


def _node(document: Any, faults: list[Fault], under: str, depth: int = 0) -> Node | Leaf:
    reader = Reader(document, faults, under)
    verb = next((v for v in ("all", "any", "not") if v in reader.fields), "")
    if not verb:
        name = reader.fields.get("rule")
        reader.taken.add("rule")
        if not isinstance(name, str) or not name:
            reader.wrong("rule", Expected.TEXT)
        leaf = Leaf(
            str(name), reader.choice("level", LEVELS, "blue"), reader.number("within", 0, least=0, most=7 * DAY)
        )
        reader.rest_unknown()
        return leaf
    reader.taken.add(verb)
    reader.rest_unknown()
    inner, path = reader.fields[verb], f"{under}.{verb}"
    if depth >= DEEPEST:
        reader.wrong(verb, Expected.AT_MOST, DEEPEST)
        return Node(verb, ())
    if verb == "not":
        return Node(verb, (_node(inner, faults, path, depth + 1),))
    if not isinstance(inner, list) or not inner:
        reader.wrong(verb, Expected.LIST)
        return Node(verb, ())
    return Node(verb, tuple(_node(part, faults, f"{path}.{i}", depth + 1) for i, part in enumerate(inner)))


def _combination(reader: Reader) -> Combination:
    reader.taken.add("when")
    when = _node(reader.fields.get("when"), reader.faults, "when")
    return Combination(when, reader.choice("level", LEVELS, "orange"))


KINDS: Mapping[str, Callable[[Reader], Rule]] = {
    "threshold": lambda reader: Threshold(_ladder(reader)),
    "rate": _rate,
    "total": _total,
    "silence": lambda reader: Silence(
        reader.number("interval", least=1, most=MOST_WINDOW),
        reader.number("times", 3, least=1, most=1000),
        reader.choice("level", LEVELS, "blue"),
    ),
    "range": _range,
    "baseline": _baseline,
    "anomaly": lambda reader: Anomaly(
        reader.choice("level", LEVELS, "blue"), reader.number("rest", 6 * 3600, least=0, most=7 * DAY)
    ),
    "combination": _combination,
}


def read(document: Any) -> Rule:
    """Return the rule of a JSON document. Raises `RuleError` with every field that is wrong, nested ones dotted."""
    faults: list[Fault] = []
    reader = Reader(document, faults)
    if faults:
        raise RuleError(faults)
    make = KINDS.get(str(reader.fields.get("kind")))
    if make is None:
        raise RuleError([Fault("kind", Expected.ONE_OF, ", ".join(KINDS))])
    rule = make(reader)
    reader.rest_unknown()
    if faults:
        raise RuleError(faults)
    return rule


def group(rule: Rule) -> tuple[Any, ...]:
    """Return the key of rules that one `Watch` can evaluate together: the same kind, windows and step."""
    match rule:
        case Rate(window=window, step=step):
            return ("rate", window, step)
        case Total(levels=levels, step=step):
            return ("total", step, tuple(sorted({hours for rows in levels.values() for hours, _ in rows})))
        case Baseline(offset=offset):
            return ("baseline", offset)
    return (type(rule).__name__.lower(),)


def shown(rule: Rule) -> dict[str, Any]:
    """Return the rule's values with every default filled in, for a page or a frozen copy."""
    return {"kind": type(rule).__name__.lower(), **asdict(rule)}

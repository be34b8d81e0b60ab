"""The expressions of an XLSForm: read once into plain lists, which the phone and the server evaluate alike.

A tree is JSON: a string in ["lit", …], a reference ["ref", name], ["self"] (the dot), ["col", name] (a column of the
choice sheet), an operator [op, a, b], ["neg", a], or ["call", name, …]. `evaluate` is total: it returns a text, a
number or a truth value for any tree that `parse` made and any answers, and never raises. Values follow XPath 1.0 with
ODK's dates: an answer is a text, "" where there is none; a date counts as days since 1970-01-01.
"""

import datetime as dt
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Tree = list[Any]
Value = str | float | bool | list[str]
LONGEST, DEEPEST, TEXT = 2_000, 40, 1_000  # characters of an expression, levels of a tree, characters of a text
PATTERN = 200  # characters of a regular expression

_TOKEN = re.compile(
    r"\s*(?:(?P<num>\d+(?:\.\d+)?|\.\d+)|(?P<str>'[^']*'|\"[^\"]*\")|\$\{\s*(?P<ref>[\w.-]+)\s*\}"
    r"|(?P<op><=|>=|!=|[=<>+*(),|-])|(?P<up>\.\.)|(?P<dot>\.)|(?P<word>[A-Za-z_][\w.-]*))",
)
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"),
)  # fmt: skip
_ARGUMENTS: dict[str, tuple[int, int]] = {
    "selected": (2, 2), "count-selected": (1, 1), "string-length": (1, 1), "regex": (2, 2), "today": (0, 0),
    "now": (0, 0), "if": (3, 3), "coalesce": (2, 2), "position": (0, 1), "not": (1, 1), "true": (0, 0), "false": (0, 0),
    "concat": (1, 20), "round": (1, 2), "int": (1, 1), "number": (1, 1), "string": (1, 1), "contains": (2, 2),
    "starts-with": (2, 2), "substr": (2, 3), "min": (1, 20), "max": (1, 20), "sum": (1, 1), "count": (1, 1),
}  # fmt: skip
_NESTED = re.compile(r"[+*}]\s*\)\s*[+*{]")  # (a+)+ may take for ever


class Wrong(ValueError):  # noqa: N818 - a sentence: the expression is wrong
    """An expression cannot be read; the text says where."""


@dataclass(frozen=True, slots=True)
class Env:
    """What an expression may ask: answers by name (a list for those of a repeat), the answer itself, the choice row."""

    answers: Mapping[str, Value] = field(default_factory=dict)
    own: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    position: int = 1
    now: dt.datetime = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def parse(text: str) -> Tree:
    """Return the tree of an expression. Raises Wrong."""
    if len(text) > LONGEST:
        raise Wrong(f"more than {LONGEST} characters")
    reader = _Reader(_tokens(text))
    tree = reader.level(0)
    if reader.tokens:
        raise Wrong(f"not understood from {reader.tokens[0][1]!r}")
    return tree


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        hit = _TOKEN.match(text, at)
        if hit is None:
            raise Wrong(f"not understood from {text[at : at + 20]!r}")
        kind = str(hit.lastgroup)
        found.append((kind, hit.group(kind)))
        at = hit.end()
    return found


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.depth = 0

    def level(self, at: int) -> Tree:
        if at == len(_LEVELS):
            return self.unary()
        left = self.level(at + 1)
        while self.tokens and self.tokens[0][0] in {"op", "word"} and self.tokens[0][1] in _LEVELS[at]:
            left = [self.tokens.pop(0)[1], left, self.level(at + 1)]
            if _depth(left) > DEEPEST:
                raise Wrong("too deep")
        return left

    def unary(self) -> Tree:
        if self.tokens and self.tokens[0] == ("op", "-"):
            self.tokens.pop(0)
            return ["neg", self.deeper(self.unary)]
        return self.primary()

    def deeper(self, read: Callable[[], Tree]) -> Tree:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Wrong("too deep")
        made = read()
        self.depth -= 1
        return made

    def primary(self) -> Tree:
        if not self.tokens:
            raise Wrong("ends too early")
        kind, said = self.tokens.pop(0)
        match kind:
            case "num":
                return ["lit", float(said)]
            case "str":
                return ["lit", said[1:-1]]
            case "ref":
                return ["ref", said]
            case "dot":
                return ["self"]
            case "word":
                return self.call(said) if self.tokens[:1] == [("op", "(")] else ["col", said]
            case "op" if said == "(":
                inner = self.deeper(lambda: self.level(0))
                self.expect(")")
                return inner
        raise Wrong(f"not understood: {said!r}")

    def call(self, name: str) -> Tree:
        if name not in _ARGUMENTS:
            raise Wrong(f"unknown function {name}()")
        self.tokens.pop(0)
        arguments: list[Tree] = []
        while self.tokens[:1] != [("op", ")")]:
            if arguments:
                self.expect(",")
            if name == "position" and self.tokens[:1] == [("up", "..")]:
                self.tokens.pop(0)
                break
            arguments.append(self.deeper(lambda: self.level(0)))
        self.expect(")")
        least, most = _ARGUMENTS[name]
        if not least <= len(arguments) <= most:
            raise Wrong(f"{name}() takes {least} to {most} values, here are {len(arguments)}")
        if name == "regex":
            _pattern(arguments[1])
        return ["call", name, *arguments]

    def expect(self, said: str) -> None:
        if self.tokens[:1] != [("op", said)]:
            raise Wrong(f"{said!r} is missing")
        self.tokens.pop(0)


def _depth(tree: Tree) -> int:
    return 1 + max((_depth(part) for part in tree if isinstance(part, list)), default=0)


def _pattern(tree: Tree) -> None:
    """Hold a regular expression to be a constant that cannot take for ever."""
    said = tree[1] if tree[0] == "lit" else None
    if not isinstance(said, str) or len(said) > PATTERN or _NESTED.search(said):
        raise Wrong("regex() takes a short constant without nested repetition")
    try:
        re.compile(said)
    except (re.error, RecursionError, OverflowError) as error:
        raise Wrong(f"regex: {error}") from error


def references(tree: Tree) -> set[str]:
    """Return the names of the answers that a tree asks for."""
    if tree[0] == "ref":
        return {tree[1]}
    return {name for part in tree if isinstance(part, list) for name in references(part)}


def evaluate(tree: Tree, env: Env) -> Value:  # noqa: PLR0911 - one return for each kind of node
    """Return what an expression comes to."""
    match tree[0]:
        case "lit":
            lit: Value = tree[1]
            return lit
        case "ref":
            return env.answers.get(tree[1], "")
        case "self":
            return env.own
        case "col":
            return env.columns.get(tree[1], "")
        case "neg":
            return -number(evaluate(tree[1], env))
        case "and":
            return truth(evaluate(tree[1], env)) and truth(evaluate(tree[2], env))
        case "or":
            return truth(evaluate(tree[1], env)) or truth(evaluate(tree[2], env))
        case "call":
            return _called(tree[1], tree[2:], env)
    a, b = evaluate(tree[1], env), evaluate(tree[2], env)
    if tree[0] in {"=", "!="}:
        return _equal(a, b) is (str(tree[0]) == "=")
    made: Value = _RECKON[tree[0]](number(a), number(b))
    return made


def _divided(a: float, b: float) -> float:
    if b == 0:
        return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1, b)
    return a / b


def _rest(a: float, b: float) -> float:
    return math.fmod(a, b) if b and math.isfinite(a) and not math.isnan(b) else math.nan


_RECKON: dict[str, Callable[[float, float], Value]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "+": operator.add, "-": operator.sub,
    "*": operator.mul, "div": _divided, "mod": _rest,
}  # fmt: skip


def _equal(a: Value, b: Value) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return truth(a) == truth(b)
    if isinstance(a, float) or isinstance(b, float):
        return number(a) == number(b)
    return text(a) == text(b)


def truth(value: Value) -> bool:
    """Return what a value is as a truth value."""
    if isinstance(value, float):
        return value != 0 and not math.isnan(value)
    return bool(value)


def number(value: Value) -> float:
    """Return what a value is as a number: NaN for what is none; a date as days since 1970-01-01, in UTC."""
    if isinstance(value, bool | float):
        return float(value)
    said = text(value).strip()
    if re.fullmatch(r"-?\d{1,300}(\.\d{1,300})?|-?\.\d{1,300}", said, re.ASCII):
        return float(said)
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", said, re.ASCII):
            return float((dt.date.fromisoformat(said) - dt.date(1970, 1, 1)).days)
        if re.match(r"\d{4}-\d\d-\d\dT", said, re.ASCII):
            at = dt.datetime.fromisoformat(said)
            return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp() / 86_400
    except (ValueError, OverflowError):
        return math.nan
    return math.nan


def text(value: Value) -> str:
    """Return what a value is as a text; of several answers the first."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if math.isnan(value) or math.isinf(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    if isinstance(value, list):
        return text(value[0]) if value else ""
    return value


def _many(value: Value) -> list[Value]:
    return list(value) if isinstance(value, list) else [value]


def _called(name: str, arguments: Sequence[Tree], env: Env) -> Value:
    if name == "if":
        return evaluate(arguments[1 if truth(evaluate(arguments[0], env)) else 2], env)
    if name in _TOLD:
        return _TOLD[name](env)
    values = [evaluate(a, env) for a in arguments]
    return _FUNCTIONS[name](*values) if name in _FUNCTIONS else _summed(name, values)


def _short(value: Value) -> str:
    return text(value)[:TEXT]


def _whole(value: Value) -> float:
    said = number(value)
    return float(math.trunc(said)) if math.isfinite(said) else said


def _cut(value: Value, *ends: Value) -> str:
    places = [max(int(_whole(e)), 0) if math.isfinite(number(e)) else 0 for e in ends]
    return _short(value)[places[0] : places[1] if len(places) > 1 else None]


_TOLD: dict[str, Callable[[Env], Value]] = {
    "today": lambda env: env.now.date().isoformat(), "now": lambda env: env.now.isoformat(),
    "position": lambda env: float(env.position), "true": lambda _env: True, "false": lambda _env: False,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "selected": lambda a, b: text(b) in _short(a).split(),
    "count-selected": lambda a: float(len(_short(a).split())),
    "string-length": lambda a: float(len(_short(a))),
    "regex": lambda a, b: re.search(text(b), _short(a)) is not None,
    "coalesce": lambda a, b: a if text(a) != "" else b,
    "not": lambda a: not truth(a),
    "concat": lambda *many: "".join(text(v) for v in many)[: 10 * TEXT],
    "round": lambda a, b=0.0: _rounded(number(a), number(b)),
    "int": _whole,
    "number": number,
    "string": text,
    "contains": lambda a, b: text(b) in _short(a),
    "starts-with": lambda a, b: _short(a).startswith(text(b)),
    "substr": _cut,
}


def _summed(name: str, values: Sequence[Value]) -> Value:
    flat = [one for value in values for one in _many(value)]
    if name == "count":
        return float(len([one for one in flat if text(one) != ""]))
    numbers = [number(one) for one in flat if text(one) != ""]
    if not numbers:
        return 0.0 if name == "sum" else math.nan
    if any(math.isnan(n) for n in numbers):
        return math.nan
    reckoned = {"min": min(numbers), "max": max(numbers), "sum": sum(numbers)}
    return float(reckoned[name])


def _rounded(value: float, places: float) -> float:
    if not math.isfinite(value):
        return value
    digits = int(min(max(places, -15), 15)) if math.isfinite(places) else 0
    scale = 10.0**digits
    scaled = value * scale
    return math.floor(scaled + 0.5) / scale if math.isfinite(scaled) else value

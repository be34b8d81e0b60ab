"""$filter and $orderby of SensorThings as conditions of the ORM, so that every value is a parameter."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    DateField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    IntegerField,
    OuterRef,
    Q,
    TextField,
    TimeField,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Ceil, Concat, Extract, Floor, Length, Lower, Round, StrIndex, Trim
from django.db.models.functions import Upper as Raise
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, IsNull, LessThan, LessThanOrEqual

from anlan.kernel import clock
from anlan.sensing.models import Datastream
from anlan.sensing.odata import COMPARISONS, Call, Geo, Literal, Node, Path, Unreadable
from anlan.sensing.queries.sta_kinds import KINDS, Column, Kind, key

LOOKUPS: dict[str, Any] = {
    "eq": Exact, "gt": GreaterThan, "ge": GreaterThanOrEqual, "lt": LessThan, "le": LessThanOrEqual,
}  # fmt: skip
FIELDS: dict[str, Any] = {
    "text": TextField, "number": FloatField, "time": DateTimeField, "bool": BooleanField, "date": DateField,
    "clock": TimeField,
}  # fmt: skip
_POLYGON = re.compile(r"^\s*POLYGON\s*\(\s*\(([^()]+)\)\s*\)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Json:
    """Something inside a JSON column."""

    field: str
    keys: tuple[str, ...]

    def node(self) -> Any:
        found: Any = F(self.field)
        for name in self.keys:
            found = KeyTransform(name, found)
        return found

    def text(self, *more: str) -> Any:
        *above, last = (*self.keys, *more)
        return KeyTextTransform(last, Json(self.field, tuple(above)).node())


@dataclass(frozen=True, slots=True)
class Term:
    """An expression and its type: text, number, time, date, clock, bool, span, null, id, json, result, told, geo."""

    of: Any
    type: str
    column: str = ""


def condition(node: Node, kind: Kind) -> Q:
    """Return the condition that a filter means for a kind. Raises Unreadable: what is wrong, what was expected."""
    if isinstance(node, Call) and node.name in {"and", "or"}:
        left, right = (condition(arg, kind) for arg in node.args)
        return left & right if node.name == "and" else left | right
    if isinstance(node, Call) and node.name == "not":
        return ~condition(node.args[0], kind)
    return _elsewhere(node, kind) or _own(node, kind)


def _own(node: Node, kind: Kind) -> Q:
    if isinstance(node, Call) and node.name in COMPARISONS:
        return _compared(node, kind)
    if isinstance(node, Call) and node.name in TESTS:
        return _tested(node, kind)
    term = _term(node, kind)
    if term.type not in {"bool", "json"}:
        raise Unreadable("$filter: a condition was expected, such as name eq 'x'")
    return Q(Exact(_as(term, "bool"), Value(True)))


def ordering(paths: tuple[tuple[Path, bool], ...], kind: Kind) -> list[Any]:
    """Return what to order by. Raises Unreadable."""
    found = []
    for path, down in paths:
        term = _path(path, kind)
        if kind.name == "Observations" and term.type == "id":
            found += [F("stream").desc() if down else F("stream").asc(), F("at").desc() if down else F("at").asc()]
            continue
        of = _as(term, {"json": "text", "result": "number", "told": "time", "id": "id"}.get(term.type, term.type))
        found.append(of.desc(nulls_last=True) if down else of.asc(nulls_last=True))
    return found


def _elsewhere(node: Node, kind: Kind) -> Q | None:
    """Return the condition of an observation's datastream, where the node speaks of it: there is no foreign key."""
    if kind.name != "Observations":
        return None
    firsts = {path.parts[0] for path in _paths(node)}
    if "FeatureOfInterest" in firsts:
        raise Unreadable("$filter: observations cannot be filtered by their feature of interest")
    if "Datastream" not in firsts:
        return None
    if firsts != {"Datastream"}:
        raise Unreadable("$filter: compare a datastream's properties with values, not with an observation's")
    inner = condition(_without_first(node), KINDS["Datastreams"])
    return Q(Exists(Datastream.objects.filter(inner, id=OuterRef("stream"))))


def _paths(node: Node) -> list[Path]:
    if isinstance(node, Path):
        return [node]
    return [path for arg in node.args for path in _paths(arg)] if isinstance(node, Call) else []


def _without_first(node: Node) -> Node:
    if isinstance(node, Path):
        return Path(node.parts[1:])
    return Call(node.name, tuple(_without_first(arg) for arg in node.args)) if isinstance(node, Call) else node


# --- terms


def _term(node: Node, kind: Kind) -> Term:
    if isinstance(node, Literal):
        return _literal(node.value)
    if isinstance(node, Path):
        return _path(node, kind)
    if node.name in ARITHMETIC:
        return _calculated(node, kind)
    if node.name not in FUNCTIONS:
        raise Unreadable(f"$filter: there is no function {node.name!r} here")
    takes, gives, build = FUNCTIONS[node.name]
    if len(node.args) not in takes[1]:
        raise Unreadable(f"$filter: {node.name} takes {' or '.join(map(str, takes[1]))} values, not {len(node.args)}")
    terms = [_as(_term(arg, kind), takes[0]) for arg in node.args]
    return Term(build(*terms), gives)


def _literal(value: Any) -> Term:
    if value is None:
        return Term(None, "null")
    if isinstance(value, Geo):
        return Term(value.wkt, "geo")
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "bool"), (float, "number"), (dt.datetime, "time"), (dt.timedelta, "span"), (str, "text"),
    )  # fmt: skip
    name = next(name for of, name in kinds if isinstance(value, of))
    field = FIELDS[name]() if name in FIELDS else None
    return Term(Value(value, field), name, value if name == "text" else "")


def _path(path: Path, kind: Kind) -> Term:
    reach, parts = "", list(path.parts)
    while parts and parts[0] in kind.links:
        link = kind.links[parts.pop(0)]
        if not link.reach:
            raise Unreadable(f"$filter: {'/'.join(path.parts)} cannot be asked for here")
        reach, kind = f"{reach}{link.reach}__", KINDS[link.to]
    whole, first = "/".join(parts), parts[0] if parts else "id"
    column = kind.columns.get(whole) or kind.columns.get(first)
    if column is None:
        able = ", ".join(sorted({*kind.columns, *kind.links} - {"@iot.id"}))
        raise Unreadable(f"{kind.name} have no {'/'.join(path.parts)[:60]!r}, only {able}")
    below = parts[1:] if whole not in kind.columns else []
    return _column(column, reach, below)


def _column(column: Column, reach: str, below: list[str]) -> Term:
    if below and column.type != "json":
        raise Unreadable(f"{'/'.join(below)[:60]!r} lies below nothing that has parts")
    if column.type in {"json", "told", "geo"}:
        return Term(Json(f"{reach}{column.field}", (*column.keys, *below)), column.type)
    return Term(F(f"{reach}{column.field}") if column.field else None, column.type, reach)


def _as(term: Term, wanted: str) -> Any:
    """Return the expression of a term as a type. Raises Unreadable where it cannot be one."""
    have = term.type
    if have == "told" and wanted == "time":
        return Cast(term.of.text(), DateTimeField())
    if have == "json":
        return _json(term.of, wanted)
    if have == "result" and wanted != "number":
        return _json(Json("other", ("result",)), wanted)
    if have == "result":
        return term.of
    if have == "id" and wanted in {"id", "text"}:
        return term.of if wanted == "id" else Cast(term.of, TextField())
    if have in {"geo", "null", "told"} or (have != wanted and not (have == "number" and wanted == "text")):
        raise Unreadable(f"$filter: {wanted} was expected, not {have}")
    return term.of if have == wanted else Cast(term.of, TextField())


def _json(of: Json, wanted: str) -> Any:
    """Return what stands in JSON as text, or as a number or truth where it is one, so that no row breaks a cast."""
    if wanted == "text":
        return of.text()
    is_a = {"number": "number", "bool": "boolean"}.get(wanted)
    if is_a is None:
        raise Unreadable(f"$filter: {wanted} was expected, not a value of free properties")
    kind_of = Func(of.node(), function="jsonb_typeof", output_field=TextField())
    field = FIELDS[wanted]
    return Case(When(Exact(kind_of, Value(is_a)), then=Cast(of.text(), field())), output_field=field())


# --- comparisons


def _compared(node: Call, kind: Kind) -> Q:
    left, right = (_term(arg, kind) for arg in node.args)
    if "id" in {left.type, right.type}:
        return _by_id(node, left, right, kind)
    if "null" in {left.type, right.type}:
        if node.name not in {"eq", "ne"}:
            raise Unreadable("$filter: null is only equal (eq) or not (ne)")
        other = right if left.type == "null" else left
        at = {"json": "text", "result": "number", "told": "time"}.get(other.type, other.type)
        return Q(IsNull(_as(other, at), node.name == "eq"))
    wanted = _common(left.type, right.type)
    a, b = _as(left, wanted), _as(right, wanted)
    if node.name == "ne":
        return ~Q(Exact(a, b))
    return Q(LOOKUPS[node.name](a, b))


def _common(left: str, right: str) -> str:
    loose = {"json": {"text", "number", "bool"}, "result": {"text", "number", "bool"}, "told": {"time"}}
    if left in loose and right in loose:
        return "text" if left == right == "json" else "number"
    if left in loose:
        left, right = right, left
    if right in loose:
        if left not in loose[right]:
            raise Unreadable(f"$filter: {left} cannot be compared with this property")
        return left
    if left != right:
        raise Unreadable(f"$filter: {left} cannot be compared with {right}")
    return left


def _by_id(node: Call, left: Term, right: Term, kind: Kind) -> Q:
    own, said = (left, right) if left.type == "id" else (right, left)
    if node.name not in {"eq", "ne"}:
        raise Unreadable("$filter: an id is only equal (eq) or not (ne)")
    text = str(int(said.of.value)) if said.type == "number" and isinstance(said.of, Value) else said.column
    path = next(arg for arg in node.args if isinstance(arg, Path))
    of = kind
    for part in path.parts:
        of = KINDS[of.links[part].to] if part in of.links else of
    found = key(of, text)
    if found is None:
        return Q(pk__in=[]) if node.name == "eq" else Q()
    own_id = {"stream": found[0], "at": found[1]} if of.name == "Observations" else {f"{own.column}id": found}
    same = Q(**own_id)
    return same if node.name == "eq" else ~same


# --- functions


ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
    "div": lambda a, b: a / Func(b, Value(0.0), function="nullif", output_field=FloatField()),
    "mod": lambda a, b: a % b, "neg": lambda a, b: a * b,
}  # fmt: skip


def _calculated(node: Call, kind: Kind) -> Term:
    terms = [_term(arg, kind) for arg in node.args]
    if node.name == "neg":
        return Term(ExpressionWrapper(_as(terms[0], "number") * Value(-1.0), FloatField()), "number")
    left, right = terms
    if right.type == "span" and left.type in {"time", "told"} and node.name in {"add", "sub"}:
        made = ARITHMETIC[node.name](_as(left, "time"), right.of)
        return Term(ExpressionWrapper(made, DateTimeField()), "time")
    a, b = _as(left, "number"), _as(right, "number")
    if node.name == "mod":
        a, b = Cast(a, IntegerField()), Func(Cast(b, IntegerField()), Value(0), function="nullif")
    return Term(ExpressionWrapper(ARITHMETIC[node.name](a, b), FloatField()), "number")


def _part(name: str) -> Callable[[Any], Any]:
    return lambda at: Cast(Extract(at, name, tzinfo=dt.UTC), FloatField())


_ONE, _TWO = frozenset({1}), frozenset({2})
FUNCTIONS: dict[str, tuple[tuple[str, frozenset[int]], str, Callable[..., Any]]] = {
    "length": (("text", _ONE), "number", lambda t: Cast(Length(t), FloatField())),
    "tolower": (("text", _ONE), "text", Lower),
    "toupper": (("text", _ONE), "text", Raise),
    "trim": (("text", _ONE), "text", Trim),
    "concat": (("text", _TWO), "text", lambda a, b: Concat(a, b, output_field=TextField())),
    "indexof": (("text", _TWO), "number", lambda a, b: Cast(StrIndex(a, b) - Value(1), FloatField())),
    "year": (("time", _ONE), "number", _part("year")),
    "month": (("time", _ONE), "number", _part("month")),
    "day": (("time", _ONE), "number", _part("day")),
    "hour": (("time", _ONE), "number", _part("hour")),
    "minute": (("time", _ONE), "number", _part("minute")),
    "second": (("time", _ONE), "number", _part("second")),
    "round": (("number", _ONE), "number", Round),
    "floor": (("number", _ONE), "number", Floor),
    "ceiling": (("number", _ONE), "number", Ceil),
    "now": (("time", frozenset({0})), "time", lambda: Value(clock.now(), DateTimeField())),
}
TESTS = frozenset({"startswith", "endswith", "substringof", "contains", "st_within", "geo.intersects", "st_intersects"})


def _tested(node: Call, kind: Kind) -> Q:
    if len(node.args) != 2:
        raise Unreadable(f"$filter: {node.name} takes 2 values, not {len(node.args)}")
    if "." in node.name or node.name.startswith("st_"):
        return _within(node, kind)
    terms = [_as(_term(arg, kind), "text") for arg in node.args]
    part, whole = terms if node.name == "substringof" else reversed(terms)
    at = StrIndex(whole, part)
    if node.name == "startswith":
        return Q(Exact(at, Value(1)))
    if node.name == "endswith":
        tail = Func(whole, Length(part), function="right", output_field=TextField())
        return Q(Exact(tail, part))
    return Q(GreaterThan(at, Value(0)))


def _within(node: Call, kind: Kind) -> Q:
    """Points in a polygon, by PostgreSQL's own geometry, so that no extension is needed (architecture §3)."""
    place, area = (_term(arg, kind) for arg in node.args)
    found = _POLYGON.match(area.of) if area.type == "geo" and isinstance(area.of, str) else None
    if place.type != "geo" or not isinstance(node.args[0], Path) or not found:
        raise Unreadable(f"$filter: {node.name}(location, geography'POLYGON((x y, …))') was expected")
    try:
        corners = [(float(x), float(y)) for x, y in (pair.split()[:2] for pair in found[1].split(","))]
    except ValueError as error:
        raise Unreadable(f"$filter: {found[1][:60]!r} are no pairs of numbers") from error
    ring = ",".join(f"({x},{y})" for x, y in corners)
    x, y = (Cast(place.of.text("coordinates", str(i)), FloatField()) for i in (0, 1))
    is_point = Exact(place.of.text("type"), Value("Point"))
    inside = _Inside(Value(ring), x, y, output_field=BooleanField())
    return Q(Exact(Case(When(is_point, then=inside), default=Value(False), output_field=BooleanField()), Value(True)))


class _Inside(Func):
    """polygon @> point."""

    def as_sql(self, compiler: Any, connection: Any, *_args: Any, **_extra: Any) -> Any:  # noqa: ARG002 - Django's
        ring, x, y = (compiler.compile(part) for part in self.source_expressions)
        return f"(({ring[0]})::polygon @> point({x[0]}, {y[0]}))", (*ring[1], *x[1], *y[1])

"""The fields of a JSON object, taken one by one; what is wrong is gathered, field by field. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

REMARKS = {"kind", "name", "note", "table"}  # what any document may carry besides


class Expected(StrEnum):
    """What a field should have held; `Fault.limit` completes it."""

    FIELD = "field"  # the field is missing
    NOTHING = "nothing"  # there is no such field in a rule of this kind
    NUMBER = "number"
    COUNT = "count"  # a whole number, at least `limit`
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ONE_OF = "one_of"
    LEVELS = "levels"  # at least one of the four levels
    RISING = "rising"  # each level further out than the one before; `limit` names that one
    INSIDE = "inside"  # the value that clears lies on the calm side of the one that raises
    OBJECT = "object"
    LIST = "list"
    TEXT = "text"
    MULTIPLE = "multiple"  # a multiple of `limit`
    SOMETHING = "something"  # the rule would check nothing


@dataclass(frozen=True, slots=True)
class Fault:
    """One field that is wrong: its dotted name, what was expected, and the limit or the choices."""

    field: str
    expected: Expected
    limit: str = ""


class RuleError(ValueError):
    """A document that is no rule; `faults` names every field."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{f.field}: {f.expected} {f.limit}".strip() for f in faults))
        self.faults = faults


class Reader:
    """Takes the fields of one JSON object and gathers what is wrong with them."""

    def __init__(self, document: Any, faults: list[Fault], under: str = "") -> None:
        self.under, self.faults, self.taken = under, faults, set(REMARKS)
        self.fields: dict[str, Any] = dict(document) if isinstance(document, Mapping) else {}
        if not isinstance(document, Mapping):
            self.wrong("", Expected.OBJECT)

    def wrong(self, name: str, expected: Expected, limit: object = "") -> None:
        self.faults.append(Fault(".".join(p for p in (self.under, name) if p), expected, str(limit)))

    def number(
        self, name: str, default: float | None = None, *, least: float = -math.inf, most: float = math.inf,
        optional: bool = False,
    ) -> float:  # fmt: skip
        self.taken.add(name)
        value = self.fields.get(name)
        if value is None:
            if default is None and not optional:
                self.wrong(name, Expected.FIELD)
            return math.nan if default is None else default
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.wrong(name, Expected.NUMBER)
            return math.nan
        if value < least:
            self.wrong(name, Expected.AT_LEAST, f"{least:g}")
        if value > most:
            self.wrong(name, Expected.AT_MOST, f"{most:g}")
        return float(value)

    def count(self, name: str, default: int | None = None, *, least: int = 1, most: float = math.inf) -> int:
        value = self.number(name, default, least=least, most=most)
        if not math.isnan(value) and value != int(value):
            self.wrong(name, Expected.COUNT, least)
        return 0 if math.isnan(value) else int(value)

    def choice(self, name: str, choices: tuple[str, ...], default: str = "") -> str:
        self.taken.add(name)
        value = self.fields.get(name, default)
        if value not in choices:
            self.wrong(name, Expected.ONE_OF, ", ".join(choices))
            return choices[0]
        return str(value)

    def inner(self, name: str) -> "Reader":
        self.taken.add(name)
        if name not in self.fields:
            self.wrong(name, Expected.FIELD)
            return Reader({}, [])
        return Reader(self.fields[name], self.faults, ".".join(p for p in (self.under, name) if p))

    def rest_unknown(self) -> None:
        for name in self.fields:
            if name not in self.taken:
                self.wrong(str(name), Expected.NOTHING)

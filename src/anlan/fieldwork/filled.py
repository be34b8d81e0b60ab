"""A filled-in form, checked as the phone should have: types, required, constraints, choices. The phone is not trusted.

Answers are {name: value}, groups laid open; a repeat is a list of such. What is not relevant is dropped, what is
calculated is reckoned anew. Values are kept as JSON: text, number, list of names (select_multiple), a date as ISO text,
a point as {"lon", "lat", "accuracy"}, a photo as the id of its upload.
"""

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from anlan.fieldwork import expressions
from anlan.fieldwork.expressions import Env, Value

ROWS, TEXT = 200, 5_000  # entries of a repeat, characters of a text
_PASSES = 5  # what depends on what depends on … : settled after a few rounds


@dataclass(frozen=True, slots=True)
class Bad:
    """One answer that cannot be taken: the question's name, which entry of a repeat (0: none), why, and words for it.

    `code`: required, type, choice, constraint, many. `message`: the form's own words, if it has any.
    """

    name: str
    code: str
    label: str = ""
    entry: int = 0
    message: str = ""


def leaves(questions: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield the questions of one level, groups laid open; a repeat is yielded itself."""
    for one in questions:
        if one["type"] == "group":
            yield from leaves(one["children"])
        else:
            yield one


def check(form: Mapping[str, Any], said: Mapping[str, Any], now: dt.datetime) -> tuple[dict[str, Any], list[Bad]]:
    """Return the answers as they are kept, and what is wrong with them. Never raises, whatever `said` holds."""
    return _Check(form, now).all(said)


class _Check:
    def __init__(self, form: Mapping[str, Any], now: dt.datetime) -> None:
        self.form, self.now = form, now
        self.bad: list[Bad] = []

    def all(self, said: Mapping[str, Any]) -> tuple[dict[str, Any], list[Bad]]:
        questions = self.form["questions"]
        raw = {k: v for k, v in said.items() if isinstance(k, str)}
        kept = self.level(questions, raw, {}, 0)
        for _round in range(_PASSES):
            self.bad = []
            again = self.level(questions, raw, self.asked(kept), 0)
            if again == kept:
                break
            kept = again
        return kept, self.bad

    def asked(self, kept: Mapping[str, Any]) -> dict[str, Value]:
        """Return the answers as expressions ask for them; those of a repeat as lists."""
        found: dict[str, Value] = {}
        for name, value in kept.items():
            if isinstance(value, list) and value and isinstance(value[0], dict):
                for entry in value:
                    for inner, one in entry.items():
                        held = found.setdefault(inner, [])
                        if isinstance(held, list):
                            held.append(_text(one))
                found[name] = [str(n) for n in range(1, len(value) + 1)]
            else:
                found[name] = _text(value)
        return found

    def level(
        self, questions: Sequence[Mapping[str, Any]], raw: Mapping[str, Any], answers: Mapping[str, Value], entry: int
    ) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for one in questions:
            env = Env({**answers, **{k: _text(v) for k, v in kept.items() if not _entries(v)}}, "", {},
                      max(entry, 1), self.now)  # fmt: skip
            if "relevant" in one and not expressions.truth(expressions.evaluate(one["relevant"], env)):
                continue
            if one["type"] == "group":
                kept |= self.level(one["children"], raw, env.answers, entry)
            elif one["type"] == "repeat":
                kept[one["name"]] = self.repeat(one, raw.get(one["name"]), env.answers)
            elif one["type"] == "calculate" or "calculation" in one:
                kept[one["name"]] = _plain(expressions.evaluate(one["calculation"], env))
            elif one["type"] != "note":
                value = self.answer(one, raw.get(one["name"]), env, entry)
                if value is not None:
                    kept[one["name"]] = value
        return kept

    def repeat(self, one: Mapping[str, Any], raw: Any, answers: Mapping[str, Value]) -> list[dict[str, Any]]:
        rows = [r for r in raw if isinstance(r, dict)] if isinstance(raw, list) else []
        if len(rows) > ROWS:
            self.wrong(one, "many", 0)
        outside = dict(answers)
        return [self.level(one["children"], row, outside, number) for number, row in enumerate(rows[:ROWS], 1)]

    def answer(self, one: Mapping[str, Any], raw: Any, env: Env, entry: int) -> Any:
        if raw is None or raw in ("", []):
            needed = one.get("required", False)
            if needed is True or (needed and expressions.truth(expressions.evaluate(needed, env))):
                self.wrong(one, "required", entry)
            return None
        value = _READ[one["type"]](raw)
        if value is None:
            self.wrong(one, "type", entry)
            return None
        if one["type"] in {"select_one", "select_multiple"} and not self.chosen(one, value, env):
            self.wrong(one, "choice", entry)
            return None
        own = Env({**env.answers, one["name"]: _text(value)}, _text(value), {}, env.position, env.now)
        if "constraint" in one and not expressions.truth(expressions.evaluate(one["constraint"], own)):
            self.wrong(one, "constraint", entry)
        return value

    def chosen(self, one: Mapping[str, Any], value: Any, env: Env) -> bool:
        wanted = set(value if isinstance(value, list) else [value])
        rows = self.form["choices"].get(one["list"], [])
        offered = {
            row["name"] for row in rows
            if "filter" not in one or expressions.truth(expressions.evaluate(
                one["filter"], Env(env.answers, "", row, env.position, env.now)))
        }  # fmt: skip
        return wanted <= offered

    def wrong(self, one: Mapping[str, Any], code: str, entry: int) -> None:
        own = {"constraint": "constraint_message", "required": "required_message"}.get(code, "")
        self.bad.append(Bad(one["name"], code, str(one.get("label", one["name"])), entry, str(one.get(own, ""))))


def _entries(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(str(v) for v in value)
    if isinstance(value, dict):
        return f"{value.get('lat')} {value.get('lon')} 0 {value.get('accuracy') or 0}"
    if isinstance(value, bool | float):
        return expressions.text(value)
    return str(value)


def _plain(value: Value) -> Any:
    """Return a calculated value as JSON: what is no number becomes a text."""
    if isinstance(value, float) and not isinstance(value, bool):
        if not math.isfinite(value):
            return ""
        return int(value) if value == int(value) and abs(value) < 1e15 else value
    return expressions.text(value) if isinstance(value, list) else value


def _read_text(raw: Any) -> str | None:
    said = str(raw) if isinstance(raw, str | int | float) else None
    return said if said is not None and len(said) <= TEXT else None


def _read_integer(raw: Any) -> int | None:
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        return raw if abs(raw) < 2**53 else None
    found = re.fullmatch(r"\s*(-?\d{1,15})\s*", raw, re.ASCII) if isinstance(raw, str) else None
    return int(found.group(1)) if found else None


def _read_decimal(raw: Any) -> float | int | None:
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int | float):
        return raw if math.isfinite(raw) and abs(raw) < 2**53 else None
    found = re.fullmatch(r"\s*(-?\d{1,15}(\.\d{1,10})?)\s*", raw, re.ASCII) if isinstance(raw, str) else None
    return float(found.group(1)) if found else None


def _read_date(raw: Any) -> str | None:
    if not isinstance(raw, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", raw, re.ASCII):
        return None
    try:
        return dt.date.fromisoformat(raw).isoformat()
    except ValueError:
        return None


def _read_names(raw: Any) -> list[str] | None:
    names = raw.split() if isinstance(raw, str) else raw
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names) or len(names) > 500:
        return None
    return list(dict.fromkeys(names))


def _read_point(raw: Any) -> dict[str, float] | None:
    """Read {"lon", "lat", "accuracy"} in degrees and metres, or ODK's "lat lon altitude accuracy"."""
    if isinstance(raw, str):
        parts = [expressions.number(p) for p in raw.split()]
        raw = (
            {"lat": parts[0], "lon": parts[1], "accuracy": parts[3] if len(parts) > 3 else 0} if len(parts) > 1 else {}
        )
    if not isinstance(raw, dict):
        return None
    lon, lat, near = (_read_decimal(raw.get(k)) for k in ("lon", "lat", "accuracy"))
    if lon is None or lat is None or abs(lon) > 180 or abs(lat) > 90:
        return None
    return {"lon": lon, "lat": lat} | ({"accuracy": near} if near is not None and near >= 0 else {})


def _read_upload(raw: Any) -> str | None:
    try:
        return str(UUID(raw)) if isinstance(raw, str) and len(raw) <= 45 else None
    except ValueError:
        return None


_READ: dict[str, Any] = {
    "text": _read_text, "barcode": _read_text, "integer": _read_integer, "decimal": _read_decimal, "date": _read_date,
    "select_one": _read_text, "select_multiple": _read_names, "geopoint": _read_point, "image": _read_upload,
}  # fmt: skip

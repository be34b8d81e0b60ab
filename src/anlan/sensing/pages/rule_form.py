"""The form of a rule: fields by its kind, from the document and back. Names are the document's own, dotted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anlan.kernel.authority import Invalid
from anlan.sensing.rules import LEVELS
from anlan.sensing.terms import RuleKind
from anlan.sensing.terms.rule_words import COLOURS

MINUTE = 60
WINDOWS = 2  # sums that each level of a total has room for
STEPS = 4000  # of a rate's window
LADDERS = frozenset({RuleKind.THRESHOLD, RuleKind.RATE, RuleKind.TOTAL})


@dataclass(frozen=True, slots=True)
class Field:
    """One input: `path` in the document, `factor` by which the form's number becomes the document's (60: minutes)."""

    path: str
    label: Any
    hint: Any = ""
    unit: Any = ""
    factor: int = 1
    choices: tuple[tuple[str, Any], ...] = ()


VALUE = "value"  # the unit of what is measured
_UP = Field("direction", gettext_lazy("方向"), choices=(("up", gettext_lazy("超过")), ("down", gettext_lazy("低于"))))
_LEVEL_CHOICES = tuple(COLOURS.items())
_MARGIN = Field("margin", gettext_lazy("退回多少才算结束"), gettext_lazy("免得在限值上下来回报"), VALUE)
_HOLD = Field("hold", gettext_lazy("满多久才报"), gettext_lazy("0 就是一到就报"), gettext_lazy("分钟"), MINUTE)
_REST = Field("rest", gettext_lazy("退回满多久算结束"), "", gettext_lazy("分钟"), MINUTE)
_LEVELS = tuple(Field(f"levels.{level}", COLOURS[level], unit=VALUE) for level in LEVELS)
_TOTALS = tuple(
    field
    for level in LEVELS
    for i in range(WINDOWS)
    for field in (
        Field(f"levels.{level}.{i}.hours", COLOURS[level], unit=gettext_lazy("小时")),
        Field(f"levels.{level}.{i}.amount", COLOURS[level], unit=VALUE),
    )
)
FIELDS: dict[str, tuple[Field, ...]] = {
    RuleKind.THRESHOLD: (_UP, *_LEVELS, _MARGIN, _HOLD, _REST),
    RuleKind.RATE: (
        Field("direction", gettext_lazy("方向"), choices=(("up", gettext_lazy("涨")), ("down", gettext_lazy("跌")))),
        Field("window", gettext_lazy("多长时间里"), "", gettext_lazy("分钟"), MINUTE), *_LEVELS, _MARGIN,
        _HOLD, _REST,
    ),
    RuleKind.TOTAL: (*_TOTALS, _MARGIN, _HOLD, _REST),
    RuleKind.SILENCE: (
        Field("interval", gettext_lazy("本来多久报一次"), "", gettext_lazy("分钟"), MINUTE),
        Field("times", gettext_lazy("晚到几倍算没有数据"), unit=gettext_lazy("倍")),
        Field("level", gettext_lazy("报哪一级"), choices=_LEVEL_CHOICES),
    ),
    RuleKind.RANGE: (
        Field("least", gettext_lazy("最小可能"), unit=VALUE), Field("most", gettext_lazy("最大可能"), unit=VALUE),
        Field("jump", gettext_lazy("一次最多变多少"), gettext_lazy("空着就不查"), VALUE),
        Field("agree", gettext_lazy("跳变连着几条才信"), unit=gettext_lazy("条")),
        Field("stuck", gettext_lazy("一模一样连着几条算卡住"), gettext_lazy("空着就不查"), gettext_lazy("条")),
    ),
}  # fmt: skip


def _get(spec: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(spec, Mapping):
            spec = spec.get(part)
        elif isinstance(spec, list):
            spec = spec[int(part)] if int(part) < len(spec) else None
        else:
            return None
    return spec


def shown(kind: str, spec: Mapping[str, Any], said: Mapping[str, Any], wrong: Mapping[str, str], unit: str) -> (
    dict[str, Any]
):  # fmt: skip
    """Return what the form draws: `levels` and `rest` of fields, or the document as JSON for kinds without a form."""
    if kind not in FIELDS:
        text = said.get("spec") if said else orjson.dumps(dict(spec), option=orjson.OPT_INDENT_2).decode()
        return {"json": text, "json_wrong": [f"{k}: {v}" for k, v in wrong.items() if k.startswith("spec")]}
    rows = []
    for field in FIELDS[kind]:
        value = _get(spec, field.path)
        number = f"{value / field.factor:g}" if isinstance(value, int | float) else value
        rows.append(
            {
                "name": f"spec.{field.path}", "label": field.label, "hint": field.hint,
                "unit": unit if field.unit == VALUE else field.unit, "choices": field.choices,
                "value": (said.get(f"spec.{field.path}", "") if said else "" if number is None else number),
                "wrong": wrong.get(f"spec.{field.path}", ""), "level": field.path.split(".")[1]
                if field.path.startswith("levels.") else "",
            }
        )  # fmt: skip
    return {
        "levels": [r for r in rows if r["level"]], "rest": [r for r in rows if not r["level"]],
        "pairs": kind == RuleKind.TOTAL, "levels_wrong": wrong.get("spec.levels", ""),
    }  # fmt: skip


def spec_of(kind: str, post: Mapping[str, str], base: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the document that a form says; `base` lends what the form does not show. Raises Invalid by field."""
    if kind not in FIELDS:
        return _json(kind, post.get("spec", ""))
    found: dict[str, Any] = {"kind": kind} | ({"levels": {}} if kind in LADDERS else {})
    wrong: dict[str, str] = {}
    for field in FIELDS[kind]:
        text = post.get(f"spec.{field.path}", "").strip().replace("，", "").replace(",", "")
        if text and field.choices:
            found[field.path] = text
        elif text:
            try:
                _put(found, field.path.split("."), _number(text, field.factor))
            except ValueError:
                wrong[f"spec.{field.path}"] = _("要填数字")
    if wrong:
        raise Invalid(wrong)
    if kind == RuleKind.TOTAL:
        found["levels"] = {level: [row for _i, row in sorted(rows.items())] for level, rows in found["levels"].items()}
    if base:
        found |= {k: base[k] for k in ("step", "note", "table") if k in base and k not in found}
    if kind == RuleKind.RATE:
        found["step"] = _step(found.get("window"), found.get("step"))
    return found


def _number(text: str, factor: int) -> float:
    number = float(text) * factor
    return int(number) if number.is_integer() else number


def _put(found: dict[str, Any], parts: list[str], value: float) -> None:
    for part in parts[:-1]:
        found = found.setdefault(part, {})
    found[parts[-1]] = value


def _step(window: Any, step: Any) -> int:
    """Return a step that divides the window: that of before where it does, else a minute, or the hour of long ones."""
    if not isinstance(window, int):
        return MINUTE
    if isinstance(step, int) and step and window % step == 0:
        return step
    return next((s for s in (MINUTE, 10 * MINUTE, 60 * MINUTE) if window % s == 0 and window // s <= STEPS), MINUTE)


def _json(kind: str, text: str) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Invalid({"spec": _("不是 JSON：%s") % error}) from error
    if not isinstance(found, dict):
        raise Invalid({"spec": _("要写成 JSON 对象")})
    return {"kind": kind} | found

"""A stream's readings as the chart island takes them: gaps stay gaps, limits are named lines, alarms are marks."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from anlan.kernel.clock import local
from anlan.sensing import rules
from anlan.sensing.batches import DAY, HOUR, SECOND, instant
from anlan.sensing.models import Alarm, Datastream, RuleVersion
from anlan.sensing.queries.readings import Series, Step
from anlan.sensing.readings import Floats, Ints
from anlan.sensing.terms import Mark
from anlan.sensing.terms.rule_words import COLOURS

POINTS = 600  # on a chart; more raw readings are drawn as the gravest of each step
MARKS = 12
AMOUNTS = frozenset({"rain", "count", "event", "trapped", "lift_fault"})  # readings that add up; others are states
GAP = 3  # intervals without a reading that are drawn as a gap


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn: `at` µs, `value` with NaN for a gap; `low`, `high` are the least and the most of each step."""

    at: Ints
    value: Floats
    low: Floats
    high: Floats


def unit_of(stream: Datastream) -> str:
    """Return the unit in plain words: the stream's, its property's where the two measure in the same, else the code."""
    shared = stream.property.properties.get("unit_name", "") if stream.unit == stream.property.unit else ""
    plain = "" if stream.unit == "1" else stream.unit
    return str(stream.unit_name or shared or plain)


def adds_up(stream: Datastream) -> bool:
    """Say whether sums, not means, are what its hours and days say."""
    return stream.property.code in AMOUNTS


def drawn(series: Series, stream: Datastream, step: Step) -> Drawn:
    """Return the points of a chart: doubtful readings left out, gaps as NaN, never more than about POINTS."""
    good = (series.mark != Mark.QUARANTINED) & np.isfinite(series.value)
    value = series.total if adds_up(stream) and step != "raw" else series.value
    at, value, low, high = series.at[good], value[good], series.low[good], series.high[good]
    if at.size > POINTS:
        at, value, low, high = _thinned(at, value, low, high, total=adds_up(stream))
        every = int(np.median(np.diff(at)))
    else:
        every = {"hour": HOUR, "day": DAY}.get(step, (stream.every or 0) * SECOND)
    if every and at.size > 1 and not adds_up(stream):
        holes = np.flatnonzero(np.diff(at) > GAP * every) + 1
        at = np.insert(at, holes, at[holes - 1] + every)
        value, low, high = (np.insert(a, holes, np.nan) for a in (value, low, high))
    return Drawn(at, value, low, high)


def _thinned(at: Ints, value: Floats, low: Floats, high: Floats, *, total: bool) -> tuple[Ints, Floats, Floats, Floats]:
    """Return POINTS steps of equal length: their sum, or their mean; with the least and the most of each."""
    width = max(int(at[-1] - at[0]) // POINTS + 1, 1)
    step = (at - at[0]) // width
    first = np.flatnonzero(np.diff(step, prepend=-1))
    sums = np.add.reduceat(value, first)
    count = np.diff(np.append(first, at.size))
    return (
        at[0] + step[first] * width, sums if total else sums / count, np.minimum.reduceat(low, first),
        np.maximum.reduceat(high, first),
    )  # fmt: skip


def limits(versions: Sequence[RuleVersion]) -> list[dict[str, Any]]:
    """Return the limits of threshold rules as lines: the value, its colour's name, and words."""
    found = []
    for version in versions:
        try:
            rule = rules.read(version.spec)
        except rules.RuleError:
            continue  # the rule's own page says what is wrong with it
        if isinstance(rule, rules.Threshold):
            found += [
                {"value": value, "level": level, "name": f"{COLOURS[level]} {value:g}"}
                for level, value in rule.ladder.raises.items()
            ]
    return found


def chart(
    stream: Datastream, points: Drawn, step: Step, lines: Sequence[dict[str, Any]], alarms: Sequence[Alarm]
) -> dict[str, Any] | None:
    """Return the chart's data, None where there are hardly any points. Limits far out are left to the words beside."""
    if np.isfinite(points.value).sum() < (1 if adds_up(stream) else 2):
        return None
    times = [local(instant(int(t))) for t in points.at]
    form = "%m-%d" if step == "day" else "%H:%M" if times[0].date() == times[-1].date() else "%m-%d %H:%M"
    low, high = float(np.nanmin(points.value)), float(np.nanmax(points.value))
    span = high - low or abs(high) or 1.0
    near = [one for one in lines if low - span <= one["value"] <= high + span]
    top = max([high, *(one["value"] for one in near)])
    bottom = min([low, *(one["value"] for one in near)])
    tick = 10.0 ** np.floor(np.log10((top - bottom or abs(top) or 1.0) / 2))
    name = _("%(what)s（%(span)s合计）") if adds_up(stream) and step != "raw" else "%(what)s"
    unit = unit_of(stream)
    bars = adds_up(stream)
    return {
        "kind": "bar" if bars else "line", "x": {"name": _("时间"), "values": [f"{t:{form}}" for t in times]},
        "y": {
            "name": stream.property.name, "unit": unit, "max": _tidy((np.floor(top / tick) + 1) * tick),
            "min": 0 if bars or 0 <= bottom <= top / 3 else _tidy((np.ceil(bottom / tick) - 1) * tick),
        },
        "series": [
            {
                "name": name % {"what": stream.property.name, "span": _("每天") if step == "day" else _("每小时")},
                "values": [None if np.isnan(v) else round(float(v), 4) for v in points.value],
            }
        ],
        "lines": near, "marks": _marks(points.at, alarms), "quiet": True,
    }  # fmt: skip


def _tidy(value: float) -> float:
    return float(f"{value:.3g}")


def _marks(at: Ints, alarms: Sequence[Alarm]) -> list[dict[str, Any]]:
    """Return the newest alarms as marks at the point they began, several at one point as one."""
    found: dict[int, int] = {}
    for alarm in alarms:
        place = int(np.searchsorted(at, alarm.began_at.timestamp() * SECOND, side="right")) - 1
        found[max(place, 0)] = found.get(max(place, 0), 0) + 1
    newest = sorted(found.items())[-MARKS:]
    return [{"at": i, "name": _("报警") if n == 1 else _("报警 %d 次") % n} for i, n in newest]


def rows(points: Drawn, most: int) -> list[tuple[dt.datetime, float, float, float]]:
    """Return the newest points as a table's rows, the newest first."""
    kept = np.flatnonzero(np.isfinite(points.value))[::-1][:most]
    return [
        (instant(int(points.at[i])), float(points.value[i]), float(points.low[i]), float(points.high[i])) for i in kept
    ]

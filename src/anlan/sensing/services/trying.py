"""A version tried on the stored past of the streams it holds for, before it judges anything (SEN-03)."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden, Invalid
from anlan.kernel.clock import local, now
from anlan.ledger import services as ledger
from anlan.sensing import arrays, baseline, rules, trial
from anlan.sensing.batches import instant, micros
from anlan.sensing.models import Rule, RuleVersion
from anlan.sensing.plausibility import Guard
from anlan.sensing.queries import rulebook as queries
from anlan.sensing.readings import Batch
from anlan.sensing.services.judging import LEARN_DAYS
from anlan.sensing.services.rulebook import checked
from anlan.sensing.terms import Can, Did, Mark

DAYS = 365
MOST = 2_000_000  # readings in one trial; then the past is cut to the newest days that fit
SHOWN = 30
_DAYS = """
    SELECT "on", sum(count) FROM sensing_day WHERE stream = ANY(%s) AND "on" >= %s GROUP BY 1 ORDER BY 1 DESC
"""
_PAST = """
    SELECT array_send(array_agg(stream)), array_send(array_agg(at)), array_send(array_agg(value)) FROM (
      SELECT stream, at, value FROM sensing_observation WHERE stream = ANY(%s) AND at >= %s AND at < %s
        AND mark = ANY(%s) AND value IS NOT NULL LIMIT %s) AS past
"""


@dataclass(frozen=True, slots=True)
class _Past:
    """Readings by slot (place in `streams`); `cut`: the days before `since` were too many."""

    streams: list[int]
    batch: Batch
    since: dt.datetime
    until: dt.datetime
    cut: bool


@transaction.atomic
def try_on_past(rule_id: UUID, number: int, *, by: Actor, days: int = DAYS) -> RuleVersion:
    """Run a version over the past of its streams and keep what came of it in `tried`; the same code as live.

    `tried` = {at, since, until, cut, streams, with_data, readings, alarms, a_year, seconds, longest, slots, levels,
    weeks: [[monday, alarms]], newest: [{stream, began, ended, top, peak}]}, of a range rule {…, doubted}.
    Raises Hidden, Refused, Invalid (no stream, no reading).
    """
    row = queries.lock(rule_id, by=by)
    authority.require(by, Can.RULES, at=row.place_path)
    version = row.versions.filter(number=number).first()
    if version is None:
        raise Hidden(_("没有这一版"))
    rule = checked(version.spec)
    told = _combination(row, rule, by, days) if isinstance(rule, rules.Combination) else _single(row, rule, by, days)
    version.tried = {"at": now().isoformat(), **told}
    version.save(update_fields=["tried"])
    ledger.record(Did.RULE_TRIED, row, by=by, name=row.name, count=told["alarms"], number=number)
    return version


def _past(streams: Sequence[int], days: int, marks: Sequence[int]) -> _Past:
    """Return the newest days of the past whose readings fit into MOST."""
    until = now()
    since = until - dt.timedelta(days=days)
    connection.ensure_connection()
    ids = arrays.Integers(np.array(streams, np.int64))
    with arrays.cursor(connection.connection) as cursor:
        cursor.execute(_DAYS, [ids, local(since).date()])
        readings, cut = 0, False
        for day, count in cursor.fetchall():
            readings += int(count)
            if readings > MOST:
                since, cut = local(until).replace(
                    year=day.year, month=day.month, day=day.day, hour=0, minute=0, second=0, microsecond=0
                ) + dt.timedelta(days=1), True  # fmt: skip
                break
        cursor.execute(_PAST, [ids, since, until, arrays.Smalls(np.array(marks)), 2 * MOST])
        stream, at, value = cursor.fetchone() or (None, None, None)
    order = np.array(sorted(streams), np.int64)
    slot = np.searchsorted(order, arrays.items(stream, "i4").astype(np.int64))
    return _Past(order.tolist(), Batch.of(slot, arrays.items(at, "i8"), arrays.items(value, "f8")), since, until, cut)


def _of(row: Rule, by: Actor, days: int, marks: Sequence[int]) -> _Past:
    streams = queries.streams(row, by=by)
    if not streams:
        raise Invalid(_("这条规则在这里没有对上一条数据流，没法试：看看设备种类和观测项选得对不对"))
    past = _past(streams, days, marks)
    if not len(past.batch):
        raise Invalid(_("这些数据流过去一年没有读数，没法试"))
    return past


def _run(rule: rules.Rule, past: _Past) -> trial.Tried:
    batch, usual = past.batch, None
    if isinstance(rule, rules.Baseline):  # what is usual is learned on the first weeks, and judged on the rest
        turn = int(batch.t.min()) + LEARN_DAYS * 86_400_000_000
        usual = baseline.learn(batch.where(batch.t < turn), len(past.streams), rule.offset)
        batch = batch.where(batch.t >= turn)
    return trial.run(
        [rule] * len(past.streams), batch.slot, batch.t, batch.value, usual=usual, until=micros(past.until)
    )


def _facts(past: _Past) -> dict[str, Any]:
    since = max(past.since, instant(int(past.batch.t.min())))
    return {
        "since": since.isoformat(), "until": past.until.isoformat(), "cut": past.cut,
        "streams": len(past.streams), "with_data": int(past.batch.owner.size), "readings": len(past.batch),
    }  # fmt: skip


def _single(row: Rule, rule: rules.Rule, by: Actor, days: int) -> dict[str, Any]:
    if isinstance(rule, rules.Range):
        past = _of(row, by, days, [Mark.GOOD, Mark.QUARANTINED, Mark.LATE])
        guard = Guard([rule] * len(past.streams))
        doubted = guard.step(guard.fresh(), past.batch) != 0
        return _facts(past) | {
            "alarms": 0, "doubted": int(doubted.sum()),
            "slots": int(np.unique(past.batch.slot[doubted]).size), "weeks": _weeks(past.batch.t[doubted].tolist()),
            "newest": [
                {"stream": past.streams[slot], "began": instant(t).isoformat(), "peak": value}
                for slot, t, value in sorted(
                    zip(past.batch.slot[doubted].tolist(), past.batch.t[doubted].tolist(),
                        past.batch.value[doubted].tolist(), strict=True), key=lambda one: -one[1],
                )[:SHOWN]
            ],
        }  # fmt: skip
    past = _of(row, by, days, [Mark.GOOD, Mark.LATE])
    tried = _run(rule, past)
    newest = np.argsort(tried.began)[::-1][:SHOWN]
    levels = Counter(rules.LEVELS[top - 1] for top in tried.top.tolist())
    return _facts(past) | tried.often() | {
        "levels": dict(levels), "weeks": _weeks(tried.began.tolist()),
        "newest": [
            {
                "stream": past.streams[int(tried.slot[i])], "began": instant(int(tried.began[i])).isoformat(),
                "ended": None if tried.open[i] else instant(int(tried.ended[i])).isoformat(),
                "top": int(tried.top[i]), "peak": float(tried.peak[i]) if np.isfinite(tried.peak[i]) else None,
            }
            for i in newest.tolist()
        ],
    }  # fmt: skip


def _combination(row: Rule, rule: rules.Combination, by: Actor, days: int) -> dict[str, Any]:
    """Try the rules that a combination names, each by the version in force, and it on them."""
    names = sorted(_named(rule.when))
    known = {str(found.id): found for found in queries.seen(by).filter(id__in=[n for n in names if _is_id(n)])}
    if missing := [name for name in names if name not in known]:
        raise Invalid({"spec.when": _("没有这几条规则：%s") % "、".join(missing)})
    parts: dict[str, trial.Tried] = {}
    places: dict[str, Sequence[str]] = {}
    pasts = []
    for name, found in known.items():
        version = found.versions.get(number=found.version)
        part = checked(version.spec)
        if isinstance(part, rules.Combination | rules.Range):
            raise Invalid({"spec.when": _("「%s」自己是组合或范围规则，不能再组合") % found.name})
        past = _of(found, by, days, [Mark.GOOD, Mark.LATE])
        parts[name], places[name] = _run(part, past), [row.place_path] * len(past.streams)
        pasts.append(past)
    until = max(past.until for past in pasts)
    spells = trial.combined(rule, parts, places, micros(until))
    since = min(max(past.since, instant(int(past.batch.t.min()))) for past in pasts)
    years = max((until - since).days, 1) / 365.25
    lasted = [(s.ended - s.began) / 1e6 for s in spells]
    return {
        "since": since.isoformat(), "until": until.isoformat(), "cut": any(p.cut for p in pasts),
        "streams": sum(len(p.streams) for p in pasts), "with_data": sum(int(p.batch.owner.size) for p in pasts),
        "readings": sum(len(p.batch) for p in pasts), "alarms": len(spells), "a_year": len(spells) / years,
        "seconds": sum(lasted), "longest": max(lasted, default=0.0), "slots": int(bool(spells)),
        "levels": {rule.level: len(spells)} if spells else {}, "weeks": _weeks([s.began for s in spells]),
        "newest": [
            {
                "stream": None, "began": instant(s.began).isoformat(), "peak": None,
                "ended": None if s.open else instant(s.ended).isoformat(), "top": rules.LEVELS.index(rule.level) + 1,
            }
            for s in spells[::-1][:SHOWN]
        ],
    }  # fmt: skip


def _named(part: rules.Node | rules.Leaf) -> set[str]:
    return {part.rule} if isinstance(part, rules.Leaf) else {n for p in part.parts for n in _named(p)}


def _is_id(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True


def _weeks(began: Sequence[int]) -> list[list[Any]]:
    """Return (Monday, how many began in its week) for each week that had any."""
    days = [local(instant(t)).date() for t in began]
    return [list(one) for one in sorted(Counter(
        (day - dt.timedelta(days=day.weekday())).isoformat() for day in days
    ).items())]  # fmt: skip

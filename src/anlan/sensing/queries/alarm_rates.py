"""How often a device or a rule cried wolf, by what was verified; real alarms only, exercises apart (SEN-04)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMonth

from anlan.kernel import authority
from anlan.kernel.authority import Actor
from anlan.kernel.clock import CHINA, local, now
from anlan.kernel.shares import wilson
from anlan.places import queries as places
from anlan.sensing.limits import Suggested, suggest
from anlan.sensing.models import Alarm, Rule, RuleVersion
from anlan.sensing.terms import Can, RuleKind, Verdict

MONTHS = (1, 3, 6, 12)
SHOWN = 100
CASES = 2_000  # verdicts of a rule that a suggestion looks at, the newest


@dataclass(frozen=True, slots=True)
class Rate:
    """Of `raised` alarms `judged` were found real or false, `false` of them false; `share` 0 … 1 of those judged.

    `low`, `high` are its 95 % Wilson interval in per cent. All three are None where none was judged.
    """

    id: UUID | None
    name: str
    note: str
    raised: int
    judged: int
    false: int

    @property
    def share(self) -> float | None:
        """False ones among those judged."""
        return self.false / self.judged if self.judged else None

    @property
    def low(self) -> int | None:
        """The lower end of the 95 % interval, in per cent."""
        found = wilson(self.false, self.judged)
        return round(found[0] * 100) if found else None

    @property
    def high(self) -> int | None:
        """The upper end of the 95 % interval, in per cent."""
        found = wilson(self.false, self.judged)
        return round(found[1] * 100) if found else None


def _counted(rows: "QuerySet[Any, Any]", *over: str) -> "QuerySet[Any, Any]":
    """Group alarms and count them."""
    grouped: Any = rows.values(*over)
    return cast(
        "QuerySet[Any, Any]",
        grouped.annotate(
            raised=Count("id"),
            judged=Count("id", filter=Q(verdict__in=[Verdict.REAL, Verdict.FALSE])),
            false=Count("id", filter=Q(verdict=Verdict.FALSE)),
        ),
    )


def since(months: int) -> dt.datetime:
    """Return the first moment of the month that lies so many months back, this one included."""
    today = local(now())
    month = today.year * 12 + today.month - months
    return dt.datetime(month // 12, month % 12 + 1, 1, tzinfo=CHINA)


def _rows(by: Actor, months: int, place: str) -> QuerySet[Alarm]:
    rows = Alarm.objects.filter(places.under(authority.scopes(by, Can.SEE), "place_path"), exercise_id=by.exercise)
    if place:
        rows = rows.filter(places.under([place], "place_path"))
    return rows.filter(raised_at__gte=since(months))


def by_thing(by: Actor, months: int, place: str = "") -> list[Rate]:
    """Return the rate of each device, the most false alarms first; at most SHOWN. One query."""
    rows = _counted(_rows(by, months, place), "thing_id", "thing__name", "thing__kind")
    return [
        Rate(r["thing_id"], r["thing__name"], r["thing__kind"], r["raised"], r["judged"], r["false"])
        for r in rows.order_by("-false", "-raised", "thing__name", "thing_id")[:SHOWN]
    ]


def by_rule(by: Actor, months: int, place: str = "") -> list[Rate]:
    """Return the rate of each rule, the most false alarms first; at most SHOWN. One query."""
    rows = _counted(_rows(by, months, place).exclude(rule=None), "rule_id", "rule__name", "rule__kind")
    return [
        Rate(r["rule_id"], r["rule__name"], r["rule__kind"], r["raised"], r["judged"], r["false"])
        for r in rows.order_by("-false", "-raised", "rule__name", "rule_id")[:SHOWN]
    ]


def by_month(by: Actor, months: int, place: str = "") -> list[Rate]:
    """Return the rate of each month, the oldest first. One query."""
    rows = _counted(_rows(by, months, place).annotate(month=TruncMonth("raised_at", tzinfo=CHINA)), "month")
    return [Rate(None, f"{r['month']:%Y-%m}", "", r["raised"], r["judged"], r["false"]) for r in rows.order_by("month")]


def suggestions(rules: Sequence[UUID]) -> dict[UUID, Suggested]:
    """Return a better limit for each threshold rule that has enough verdicts and would cry wolf less. Two queries.

    Verdicts on real alarms under the version in force count: under another one the limit was another.
    """
    ids = list(rules)
    named = Rule.objects.filter(id__in=ids, kind=RuleKind.THRESHOLD)
    versions = [
        v for v in RuleVersion.objects.filter(rule__in=named).select_related("rule") if v.number == v.rule.version
    ]
    cases: dict[UUID, list[tuple[float, bool]]] = {v.id: [] for v in versions}
    judged = Alarm.objects.filter(
        version__in=list(cases), exercise_id=None, verdict__in=[Verdict.REAL, Verdict.FALSE], peak__isnull=False
    )
    most = CASES * max(len(cases), 1)
    for version_id, peak, verdict in judged.order_by("-id").values_list("version_id", "peak", "verdict")[:most]:
        if version_id is not None and peak is not None and len(cases[version_id]) < CASES:
            cases[version_id].append((peak, verdict == Verdict.REAL))
    found: dict[UUID, Suggested] = {}
    for version in versions:
        levels = version.spec.get("levels")
        if isinstance(levels, dict):
            down = version.spec.get("direction") == "down"
            least = settings.ALARM_VERDICTS_LEAST
            better = suggest(levels, cases[version.id], least=least, down=down)
            if better is not None:
                found[version.rule_id] = better
    return found


def suggested(rule: UUID) -> Suggested | None:
    """Return a better limit for one rule, for its page."""
    return suggestions([rule]).get(rule)

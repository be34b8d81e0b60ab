"""The figures a leader asks for, from monthly sums: place, month, level, role; exercises apart (domain-facts B12)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection

from anlan.callout import counting
from anlan.callout.queries import boundaries
from anlan.callout.queries.listing import LEVELS
from anlan.callout.terms import FEW, MEASURED, MEASURES, TEMPO, Can, Measure
from anlan.kernel import authority, clock
from anlan.kernel.authority import Actor, Hidden
from anlan.people import queries as people
from anlan.places import queries as places

COLUMNS = ("calls", *MEASURED, *TEMPO)
LONGEST = 120  # months that one question may span


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: a place and everything under it, months `since` … `until` (first days, both included).

    `level` and `role` "" take all; `level` "none" takes calls without a colour.
    """

    place: str
    since: dt.date
    until: dt.date
    level: str = ""
    role: str = ""
    drill: bool = False
    now: bool = False  # in today's boundaries; else in those of then

    @property
    def months(self) -> list[dt.date]:
        """Every month asked for, the earliest first."""
        return [shift(self.since, n) for n in range(months_between(self.since, self.until) + 1)]

    def before(self) -> "Asked":
        """Return the same question of the months just before, as many."""
        count = len(self.months)
        return replace(self, since=shift(self.since, -count), until=shift(self.until, -count))


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums of one row of a table. `key` is what the row stands for: a path, a month, a level, a role."""

    key: str
    name: str
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def due(self) -> int:
        """How many had to answer (a person once in each call)."""
        return self.counts.get("due", 0)

    @property
    def few(self) -> bool:
        """So few that their share is not to be compared."""
        return self.due < FEW

    def of(self, counter: str) -> int:
        """Return one of COLUMNS."""
        return self.counts.get(counter, 0)

    def share(self, measure: Measure) -> tuple[int, int]:
        """Return a share's numerator and denominator."""
        return sum(self.of(c) for c in measure.of), self.of(measure.over)

    def seconds(self, measure: Measure) -> float | None:
        """Return a time in which such a part had answered; None where not so many have."""
        return counting.quantile(counting.tempo(self.counts), measure.quantile or 0, self.due)

    @property
    def figures(self) -> list[dict[str, object]]:
        """Every measure of terms.MEASURES: {measure, part, whole} or {measure, seconds}."""
        return [
            {"measure": m, "seconds": self.seconds(m)}
            if m.quantile is not None
            else dict(zip(("part", "whole"), self.share(m), strict=True)) | {"measure": m}
            for m in MEASURES
        ]


def shift(month: dt.date, by: int) -> dt.date:
    """Return the first day of the month so many months later (earlier where negative)."""
    number = month.year * 12 + month.month - 1 + by
    return dt.date(number // 12, number % 12 + 1, 1)


def months_between(since: dt.date, until: dt.date) -> int:
    """Return how many months `until` lies after `since`."""
    return (until.year - since.year) * 12 + until.month - since.month


def latest(months: int = 12) -> tuple[dt.date, dt.date]:
    """Return the first and the last of the latest months, this one included."""
    this = clock.local(clock.now()).date().replace(day=1)
    return shift(this, 1 - months), this


def within(place: str, by: Actor) -> str:
    """Return the path where the actor sees the calls of all of it. Raises Hidden."""
    if not authority.holds(by, Can.SEE, at=place) or not places.names([place]):
        raise Hidden(place)
    return place


def total(asked: Asked) -> Sums:
    """Return the sums of everything asked for."""
    rows = _sums("''", asked, [asked.place])
    return Sums("", "", rows.get("", {}))


def by_place(asked: Asked) -> list[Sums]:
    """Return the sums of the places right below, in the order of the tree; those without a call are left out."""
    below = {p.path: p.name for p in places.children(asked.place, closed=not asked.now)}
    found = _sums("place_path", asked, list(below))
    return [Sums(path, below[path], found[path]) for path in below if path in found]


def by_month(asked: Asked) -> list[Sums]:
    """Return the sums of every month asked for, empty ones too."""
    found = _sums("to_char(month, 'YYYY-MM')", asked, [asked.place])
    return [Sums(key, key, found.get(key, {})) for key in (f"{month:%Y-%m}" for month in asked.months)]


def by_level(asked: Asked) -> list[Sums]:
    """Return the sums by level, red first, calls without a colour last."""
    found = _sums("level", replace(asked, level=""), [asked.place])
    return [Sums(level or "none", level, found[level]) for level in (*LEVELS, "") if level in found]


def by_role(asked: Asked) -> list[Sums]:
    """Return the sums by the role in which people were called, the most senior first."""
    found = _sums("role", replace(asked, role=""), [asked.place], roles=True)
    known = {role.code: role.name for role in people.list_roles()}
    order = [*(code for code in known if code in found), *sorted(found.keys() - known.keys())]
    return [Sums(code, known.get(code, code), found[code]) for code in order]


def _sums(group: str, asked: Asked, paths: Sequence[str], *, roles: bool = False) -> dict[str, dict[str, int]]:
    """Return the sums by an expression (one of those above: no value of a request goes into it).

    In today's boundaries `calls` is left out: one call in two old places would count twice in the new one.
    """
    level = "" if not asked.level else "AND level = %(level)s"
    role = "AND role <> ''" if roles else "AND role = %(role)s"
    condition = f"month BETWEEN %(since)s AND %(until)s AND drill = %(drill)s {level} {role}"
    values: dict[str, Any] = {
        "since": asked.since, "until": asked.until, "drill": asked.drill,
        "level": "" if asked.level == "none" else asked.level, "role": asked.role,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT {group}, {", ".join(f"sum({c})::bigint" for c in COLUMNS)} FROM callout_statistic
                WHERE place_path = ANY(%(paths)s) AND {condition} GROUP BY 1""",
            values | {"paths": list(paths)},
        )
        found = {key: dict(zip(COLUMNS, numbers, strict=True)) for key, *numbers in cursor.fetchall()}
    if not asked.now:
        return found
    moved: dict[str, dict[str, float]] = {key: dict(row) for key, row in found.items()}
    for key, path, row in boundaries.shifts(group, condition, values, COLUMNS[1:], asked.since):
        for at in (p for p in paths if path.startswith(p)):
            into = moved.setdefault(at if group == "place_path" else key, {})
            for name, n in row.items():
                into[name] = into.get(name, 0) + n
    kept = {key: {c: round(n) for c, n in row.items() if c != "calls"} for key, row in moved.items()}
    return {key: row for key, row in kept.items() if any(row.values())}

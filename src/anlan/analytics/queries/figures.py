"""Every figure, from sums where the place is wide and from parts where it is small: the two give the same.

One question is a place, a period, what is left out and whether in exercises. It is answered for several periods in one
statement, and cut by one column, by the places below or by months.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection

from anlan.analytics import figures
from anlan.analytics.figures import Figure
from anlan.analytics.queries.definitions import Definition
from anlan.analytics.terms import COUNTERS, CUTS, DEPTHS, DIMENSIONS, Can, Event, periods
from anlan.analytics.terms.periods import Period
from anlan.analytics.terms.spec import EASY, Spec, Term
from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Hidden
from anlan.places import queries as places

AFTER = "["  # sorts behind every path below a prefix (COLLATE "C")
PARTS = "analytics_part"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question. `only` holds {column: values}; `drill` asks for exercises, which never mix with the rest."""

    place: str
    period: Period
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)
    drill: bool = False

    def at(self, place: str) -> "Asked":
        """Return the same question of another place."""
        return replace(self, place=place)

    def during(self, period: Period) -> "Asked":
        """Return the same question of another period."""
        return replace(self, period=period)


def home(by: Actor) -> str:
    """Return the widest place whose figures the actor may see; the tree's root where that is everything."""
    scopes = sorted(authority.scopes(by, Can.SEE), key=len)
    return next((s for s in scopes if s), "") or next((str(p.path) for p in places.roots(by)), "")


def within(place: str, by: Actor) -> str:
    """Return the path where the actor may see the figures of all of it. Raises Hidden."""
    if not authority.holds(by, Can.SEE, at=place) or not places.names([place]):
        raise Hidden(place)
    return place


def figure(asked: Asked, one: Definition) -> Figure:
    """Return one measure's figure."""
    return counted(asked, [one])[one.code]


def counted(asked: Asked, wanted: Sequence[Definition]) -> dict[str, Figure]:
    """Return {code: figure} of one place and period."""
    return cut(asked, wanted, "").get("", {}) or {d.code: _nothing(d) for d in wanted}


def several(
    asked: Asked, wanted: Sequence[Definition], stretches: Mapping[str, Period]
) -> dict[str, dict[str, Figure]]:
    """Return {name of the period: {code: figure}}."""
    found = _evaluate(asked, wanted, "", stretches)
    return {name: found.get((name, ""), {d.code: _nothing(d) for d in wanted}) for name in stretches}


def months(asked: Asked, wanted: Sequence[Definition]) -> dict[int, dict[str, Figure]]:
    """Return {month: {code: figure}} for each month of the period."""
    found = several(asked, wanted, {str(m): Period(m, m) for m in asked.period.months})
    return {int(name): row for name, row in found.items()}


def cut(asked: Asked, wanted: Sequence[Definition], column: str) -> dict[str, dict[str, Figure]]:
    """Return {value: {code: figure}} cut by a column of DIMENSIONS, or by "place": the places right below."""
    found = _evaluate(asked, wanted, column, {"": asked.period})
    return {key: row for (_name, key), row in found.items()}


def _nothing(one: Definition) -> Figure:
    return Figure(median=one.spec.sort == "median")


Found = dict[tuple[str, str], dict[str, Figure]]


def _evaluate(asked: Asked, wanted: Sequence[Definition], column: str, stretches: Mapping[str, Period]) -> Found:
    """Count what is wanted: {(name of a period, value of the column): {code: figure}}."""
    found: Found = defaultdict(dict)
    halves = [_numerator(one) for one in wanted if one.spec.part]
    by_filter = _by_filter(asked, [*wanted, *halves], column, stretches, found)
    for chosen, ones in by_filter.items():  # a statement for each different filter among the definitions
        only = _both(asked.only, dict(chosen))
        if only is not None:
            _shares(replace(asked, only=only), ones, column, stretches, found)
            _medians(replace(asked, only=only), ones, column, stretches, found)
    for row in found.values():
        for one in halves:
            whole, part = row.get(one.code[:-1]), row.pop(one.code, Figure())
            if whole is not None and whole.applies:
                row[one.code[:-1]] = replace(whole, part=part.whole)
        for one in wanted:
            row.setdefault(one.code, _nothing(one))
    if column:
        return {key: row for key, row in found.items() if any(f.whole or f.part for f in row.values())}
    return found


def _by_filter(
    asked: Asked, wanted: Sequence[Definition], column: str, stretches: Mapping[str, Period], found: Found
) -> dict[tuple[Any, ...], list[Definition]]:
    """Sort the definitions by their filters; those that cannot be cut that way, or count places, are answered here."""
    needed = {*asked.only, *({column} & set(DIMENSIONS))}
    by_filter: dict[tuple[Any, ...], list[Definition]] = defaultdict(list)
    for one in wanted:
        if one.spec.sort == "silent":
            _silent(asked, one, column, stretches, found)
        elif needed <= one.spec.by:
            by_filter[tuple(sorted((k, tuple(v)) for k, v in one.spec.filter.items()))].append(one)
        else:
            for name in stretches:
                found[name, ""][one.code] = Figure(applies=False, median=one.spec.sort == "median")
    return by_filter


def _numerator(one: Definition) -> Definition:
    """Return a definition whose whole is the numerator of one that narrows its numerator alone."""
    spec = one.spec
    return replace(one, code=one.code + "/", spec=Spec("share", spec.of, spec.of, {**spec.filter, **spec.part}))


def _both(asked: Mapping[str, Sequence[str]], own: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]] | None:
    """Return what both filters leave; None where that is nothing."""
    only = {k: list(v) for k, v in asked.items() if v}
    for name, values in own.items():
        kept = list(easy_kinds()) if list(values) == [EASY] and name == "kind" else list(values)
        only[name] = [v for v in only[name] if v in kept] if name in only else kept
        if not only[name]:
            return None
    return only  # type: ignore[return-value]


def easy_kinds() -> list[str]:
    """Return the codes of the kinds that the library gives a day at most."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT code FROM (SELECT DISTINCT ON (code) code, "limit" FROM hazards_kind
               WHERE published_at IS NOT NULL ORDER BY code, version DESC) k WHERE "limit" IN ('at_once', 'h24')"""
        )
        return [row[0] for row in cursor.fetchall()]


def source(
    asked: Asked, column: str, events: Iterable[Event], stretches: Iterable[Period]
) -> tuple[str, dict[str, Any]]:
    """Return SQL of (key, event, month, base, n, x, y) that holds every row the periods need, and its values.

    For several periods it is summed first, as each of them reads it.
    Rows that fall due after today are taken away: what is not due yet owes nothing yet.
    """
    stretches = list(stretches)
    last = max(p.until for p in stretches)
    values: dict[str, Any] = {
        "place": asked.place, "after": asked.place + AFTER, "last": last, "drill": asked.drill,
        "events": sorted(int(e) for e in events), "today": periods.today(), "wide": len(asked.place) + paths.WIDTH,
    }  # fmt: skip
    only = ""
    for name, chosen in asked.only.items():
        only += f" AND {name} = ANY(%(only_{name})s)"
        values[f"only_{name}"] = list(chosen)
    needed = frozenset({*asked.only, *({column} & set(DIMENSIONS))})
    kept = _cut_of(asked.place, column, needed)
    key = "left(place_path, %(wide)s)" if column == "place" else column or "''"
    common = f"event = ANY(%(events)s) AND drill = %(drill)s AND month <= %(last)s{only}"
    under = "place_path >= %(place)s AND place_path < %(after)s"
    below = f"{under} AND length(place_path) = %(wide)s" if column == "place" else "place_path = %(place)s"
    deeper = " AND length(place_path) >= %(wide)s" if column == "place" else ""
    if kept is None:
        rows = f"SELECT {key} AS key, event, month, base, n, x, y FROM {PARTS} WHERE {under}{deeper} AND {common}"
    else:
        values["cut"] = kept
        at = f"{below} AND cut = %(cut)s AND {common}"
        rows = f"SELECT {key} AS key, event, month, base, n, x, y FROM analytics_fact WHERE {at}"
    if last >= periods.number(values["today"]):
        values["this"] = periods.number(values["today"])
        rows += f""" UNION ALL SELECT {key}, event, month, base, -n, -x, -y FROM {PARTS}
          WHERE {under}{deeper} AND {common} AND event IN ({int(Event.OBLIGED)}, {int(Event.TASK)})
            AND month >= %(this)s AND day > %(today)s"""
    if len(stretches) > 1:
        sums = "sum(n) AS n, sum(x) AS x, sum(y) AS y"
        rows = f"SELECT key, event, month, base, {sums} FROM ({rows}) r GROUP BY 1, 2, 3, 4"
    return rows, values


def _cut_of(place: str, column: str, needed: frozenset[str]) -> int | None:
    """Return the narrowest cut of the sums that has the columns and the depth; None: the parts are read."""
    depth = paths.depth(place) + (column == "place")
    able = [c for c, kept in CUTS.items() if needed <= kept and c in DEPTHS.get(depth, ())]
    return min(able, key=lambda c: (len(CUTS[c]), c), default=None)


def _condition(term: Term) -> str:
    rule = {
        "in": "s.month BETWEEN p.since AND p.until",
        "upto": "s.month <= p.until",
        "before": "s.month < p.since",
        "first": "s.month BETWEEN p.since AND p.until AND s.base < p.since",
    }[term.rule]
    found = {"": "", "new": " AND s.base >= p.since", "stock": " AND s.base < p.since"}[term.found]
    return f"s.event = {int(term.event)} AND {rule}{found}"


def _asked_periods(stretches: Mapping[str, Period]) -> tuple[str, dict[str, Any]]:
    return (
        "unnest(%(names)s::text[], %(sinces)s::int[], %(untils)s::int[]) p (name, since, until)",
        {"names": list(stretches), "sinces": [p.since for p in stretches.values()],
         "untils": [p.until for p in stretches.values()]},
    )  # fmt: skip


def _shares(
    asked: Asked, ones: Sequence[Definition], column: str, stretches: Mapping[str, Period],
    found: Found,
) -> None:  # fmt: skip
    ones = [one for one in ones if one.spec.sort == "share"]
    plain = sorted({t.plain for one in ones for t in one.spec.terms})
    if not plain:
        return
    inner, values = source(asked, column, {t.event for t in plain}, stretches.values())
    periods_sql, more = _asked_periods(stretches)
    sums = ", ".join(
        f"COALESCE(sum(s.{COUNTERS[t.counter][1]}) FILTER (WHERE {_condition(t)}), 0)::bigint" for t in plain
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.name, s.key, {sums} FROM ({inner}) s JOIN {periods_sql} ON s.month <= p.until GROUP BY 1, 2",
            values | more,
        )
        for name, key, *numbers in cursor.fetchall():
            at = dict(zip(plain, numbers, strict=True))
            for one in ones:
                found[name, key][one.code] = Figure(_sum(one.spec.of, at), _sum(one.spec.over, at))


def _sum(terms: Iterable[Term], at: Mapping[Term, int]) -> int:
    return sum(t.sign * at[t.plain] for t in terms)


def _medians(
    asked: Asked, ones: Sequence[Definition], column: str, stretches: Mapping[str, Period],
    found: Found,
) -> None:  # fmt: skip
    ones = [one for one in ones if one.spec.sort == "median"]
    if not ones:
        return
    inner, values = source(asked, column, {Event.LATE}, stretches.values())
    periods_sql, more = _asked_periods(stretches)
    days: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT p.name, s.key, s.base, sum(s.n)::bigint FROM ({inner}) s
                JOIN {periods_sql} ON s.month BETWEEN p.since AND p.until GROUP BY 1, 2, 3 HAVING sum(s.n) <> 0""",
            values | more,
        )
        for name, key, base, n in cursor.fetchall():
            days[name, key][base] = n
    for at, histogram in days.items():
        made = Figure(whole=sum(histogram.values()), days=figures.median(histogram), median=True, histogram=histogram)
        for one in ones:
            found[at][one.code] = made


def _silent(
    asked: Asked, one: Definition, column: str, stretches: Mapping[str, Period],
    found: Found,
) -> None:  # fmt: skip
    if column not in {"", "place"} or asked.only:
        for name in stretches:
            found[name, ""][one.code] = Figure(applies=False)
        return
    wide = len(asked.place) + paths.WIDTH if column else 0
    for name, stretch in stretches.items():
        for key, silent, grids in silent_grids(asked, one.spec, stretch, wide):
            found[name, key][one.code] = Figure(silent, grids)


def silent_grids(asked: Asked, spec: Spec, stretch: Period, wide: int) -> list[tuple[str, int, int]]:
    """Return (path of `wide` characters or "", grids without a report, grids) at the end of a period."""
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH grids AS (
                 SELECT path FROM places_place WHERE path >= %(place)s AND path < %(after)s AND level = 'grid'
                   AND (since IS NULL OR since <= %(since)s) AND (until IS NULL OR until > %(day)s)),
               lengths AS (SELECT DISTINCT length(path) AS n FROM grids),
               spoke AS (
                 SELECT DISTINCT left(r.place_path, l.n) AS path FROM (
                   SELECT DISTINCT place_path FROM analytics_part WHERE event = 1 AND month BETWEEN %(from)s AND %(to)s
                     AND place_path >= %(place)s AND place_path < %(after)s AND drill = %(drill)s) r, lengths l
                 WHERE length(r.place_path) >= l.n)
               SELECT left(g.path, %(wide)s), count(*) FILTER (WHERE s.path IS NULL), count(*)
               FROM grids g LEFT JOIN spoke s USING (path) WHERE length(g.path) >= %(wide)s GROUP BY 1""",
            {
                "place": asked.place, "after": asked.place + AFTER, "from": stretch.until - spec.window + 1,
                "to": stretch.until, "drill": asked.drill, "wide": wide,
                "since": periods.first_day(stretch.until - spec.window + 1),
                "day": min(periods.last_day(stretch.until), periods.today()),
            },
        )  # fmt: skip
        return list(cursor.fetchall())

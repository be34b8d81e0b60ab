"""Everything counted anew from the tables: what differs is named, and mended piece by piece.

A piece is some thousand subjects, or an event in a month: each a transaction of about a second, since a long one would
hold back every cursor of the ledger. Between its first and its last piece a rebuild shows figures that are partly old;
whatever changes meanwhile is counted as ever (`rollup.refresh`), under the same lock, and the last piece leaves all
exact. Broken off, it is done again from the start.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from anlan.analytics.projections import COLUMNS, EVENTS, KEY, PROJECTIONS, TABLES
from anlan.analytics.services.rollup import DIMENSIONS, FACT_KEY, LOCK, refresh
from anlan.analytics.terms import CUT_FULL, CUTS, DEPTHS
from anlan.kernel import paths

CHUNK = 10_000  # subjects written at once
MANY = 20_000  # subjects astray from which all is written anew instead of one by one
MEMORY = "128MB"  # to sort and hash in: a month of a large city fits
_NAMES = ", ".join(COLUMNS)
_SAME = " AND ".join(f"p.{c} = f.{c}" for c in KEY)
_REST = tuple(c for c in COLUMNS if c not in KEY)
_FACT = ", ".join(FACT_KEY)
_LAST = UUID(int=2**128 - 1)


@dataclass(slots=True)
class Differences:
    """What a recount found: subjects, by sort, that were not counted as the tables say; sums unlike their parts."""

    subjects: dict[str, list[UUID]] = field(default_factory=dict)
    facts: list[tuple[Any, ...]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(self.subjects.values()) or bool(self.facts)


def recount(*, mend: bool = True) -> Differences:
    """Count everything anew from the tables, name what differs, and mend it where asked. Reads everything."""
    found = Differences({what: _astray(what) for what in PROJECTIONS})
    if mend:
        if sum(map(len, found.subjects.values())) > MANY:
            rebuild()
        else:
            for what, subjects in found.subjects.items():
                refresh(what, subjects)
    found.facts = _wrong_sums()
    if mend:
        for event, month in sorted({(key[2], key[4]) for key in found.facts}):
            _sum_up(event, month)
        _write("DELETE FROM analytics_fact WHERE (n, x, y) = (0, 0, 0)", {})
    return found


def rebuild() -> tuple[int, int]:
    """Write every part and sum anew: for a first run over what is there. Returns (parts, sums) that changed."""
    parts = sum(_lay(what, after, last) for what in PROJECTIONS for after, last in _stretches(TABLES[what]))
    return parts, sum(_sum_up(event, month) for event, month in _months())


def _rows(sql: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{MEMORY}'")
        cursor.execute(sql, values)
        return list(cursor.fetchall())


@transaction.atomic
def _write(sql: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{MEMORY}'")
        cursor.execute(f"SELECT {LOCK}")  # a statement of its own, so that the next one's snapshot is after it
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def _stretches(table: str) -> list[tuple[UUID, UUID]]:
    """Return (after, up to) of stretches of ids with CHUNK rows, which together hold every id there can be."""
    numbered = f"SELECT id, row_number() OVER (ORDER BY id) AS n FROM {table}"
    found = _rows(f"SELECT id FROM ({numbered}) t WHERE n % {CHUNK} = 0 ORDER BY id")
    ends = [UUID(int=0), *(row[0] for row in found), _LAST]
    return list(pairwise(ends))


def _lay(what: str, after: UUID, last: UUID) -> int:
    """Write the parts of a stretch of subjects, their sums apart; parts of subjects that are gone go."""
    return _write(
        f"""WITH fresh ({_NAMES}) AS MATERIALIZED (
              {PROJECTIONS[what].format(where="t.id > %(after)s AND t.id <= %(last)s")}
            ), gone AS (
              DELETE FROM analytics_part p WHERE p.subject > %(after)s AND p.subject <= %(last)s
                AND p.event = ANY(%(events)s) AND NOT EXISTS (SELECT FROM fresh f WHERE {_SAME})
            )
            INSERT INTO analytics_part AS p ({_NAMES}) SELECT {_NAMES} FROM fresh ORDER BY {", ".join(KEY)}
            ON CONFLICT ({", ".join(KEY)}) DO UPDATE SET {", ".join(f"{c} = excluded.{c}" for c in _REST)}
            WHERE ({", ".join(f"p.{c}" for c in _REST)})
              IS DISTINCT FROM ({", ".join(f"excluded.{c}" for c in _REST)})""",
        {"after": after, "last": last, "events": list(EVENTS[what])},
    )


def _months() -> list[tuple[int, int]]:
    """Return every (event, month) that has parts or sums."""
    return [
        (row[0], row[1])
        for row in _rows(
            "SELECT event, month FROM analytics_part UNION SELECT event, month FROM analytics_fact ORDER BY 1, 2"
        )
    ]


def _sum_up(event: int, month: int) -> int:
    """Write the sums of one event in one month as their parts say. Returns how many changed."""
    part = "(SELECT * FROM analytics_part WHERE event = %(event)s AND month = %(month)s)"
    key = " AND ".join(f"t.{c} = f.{c}" for c in FACT_KEY)
    return _write(
        f"""WITH RECURSIVE wide (path) AS (
              (SELECT place_path FROM analytics_fact ORDER BY 1 LIMIT 1)
              UNION ALL SELECT (SELECT place_path FROM analytics_fact WHERE place_path > w.path ORDER BY 1 LIMIT 1)
              FROM wide w WHERE w.path IS NOT NULL
            ), fresh ({_FACT}, n, x, y) AS MATERIALIZED (
              SELECT * FROM ({sums(part)}) d (k1, k2, k3, k4, k5, k6, k7, k8, k9, k10, k11, n, x, y)
              WHERE (n, x, y) <> (0, 0, 0)
            ), gone AS (
              DELETE FROM analytics_fact t WHERE t.place_path = ANY(ARRAY(SELECT path FROM wide))
                AND t.cut = ANY(%(cuts)s) AND t.event = %(event)s AND t.drill = ANY('{{f,t}}') AND t.month = %(month)s
                AND NOT EXISTS (SELECT FROM fresh f WHERE {key})
            )
            INSERT INTO analytics_fact AS t ({_FACT}, n, x, y) SELECT * FROM fresh ORDER BY {_FACT}
            ON CONFLICT ({_FACT}) DO UPDATE SET n = excluded.n, x = excluded.x, y = excluded.y
            WHERE (t.n, t.x, t.y) <> (excluded.n, excluded.x, excluded.y)""",
        {"event": event, "month": month, "cuts": list(CUTS)},
    )


def _astray(what: str) -> list[UUID]:
    rows = _rows(
        f"""WITH fresh ({_NAMES}) AS ({PROJECTIONS[what].format(where="true")}),
              was AS (SELECT {_NAMES} FROM analytics_part WHERE event = ANY(%(events)s))
            SELECT DISTINCT subject FROM (
              SELECT {_NAMES} FROM (SELECT 1 AS sign, * FROM fresh UNION ALL SELECT -1, * FROM was) u
              GROUP BY {_NAMES} HAVING sum(sign) <> 0) d""",
        {"events": list(EVENTS[what])},
    )
    return [row[0] for row in rows]


def _wrong_sums() -> list[tuple[Any, ...]]:
    return _rows(
        f"""SELECT {_FACT} FROM (
              SELECT {_FACT}, n, x, y FROM analytics_fact
              UNION ALL SELECT {_FACT}, -n, -x, -y FROM ({sums("analytics_part")}) d ({_FACT}, n, x, y)) u
            GROUP BY {_FACT} HAVING (sum(n), sum(x), sum(y)) <> (0, 0, 0)"""
    )


def _sets() -> tuple[str, str]:
    """Return the grouping sets, one for each cut that there is at a depth, and SQL rows (which one, its cut)."""
    sets, codes = [], []
    columns = [*(f"p{depth}" for depth in DEPTHS), *DIMENSIONS]
    for depth, cuts in DEPTHS.items():
        for cut in sorted(cuts):
            kept = {f"p{depth}", *CUTS[cut]}
            sets.append(f"({', '.join(c for c in columns if c in kept)})")
            mask = sum(1 << at for at, c in enumerate(reversed(columns)) if c not in kept)  # as GROUPING() makes it
            codes.append(f"({mask}, {cut})")
    return ", ".join(sets), ", ".join(codes)


def sums(source: str) -> str:
    """Return SQL of the facts that rows of parts (a relation or a sub-select) make: each is read once."""
    sets, codes = _sets()
    steps = ", ".join(
        f"CASE WHEN length(place_path) >= {d * paths.WIDTH} THEN left(place_path, {d * paths.WIDTH}) END AS p{d}"
        for d in DEPTHS
    )
    at = ", ".join(f"p{d}" for d in DEPTHS)
    dimensions = ", ".join(DIMENSIONS)
    stars = ", ".join(f"COALESCE(s.{d}, '*')" for d in DIMENSIONS)
    return f"""SELECT COALESCE({at}), c.cut, s.event, s.drill, s.month, s.base, {stars}, s.n, s.x, s.y
    FROM (
      SELECT {at}, event, drill, month, base, {dimensions}, GROUPING({at}, {dimensions}) AS kept,
        sum(n)::int AS n, sum(x)::int AS x, sum(y)::int AS y
      FROM (SELECT {steps}, event, drill, month, base, {dimensions}, n, x, y FROM {source} q) r
      GROUP BY event, drill, month, base, GROUPING SETS ({sets})
    ) s JOIN (VALUES {codes}) c (kept, cut) ON c.kept = s.kept
    WHERE COALESCE({at}) IS NOT NULL
      AND (c.cut IN (0, {CUT_FULL}) OR (c.cut = 5 AND s.owner <> '') OR (c.cut IN (2, 3) AND s.event <= 4)
           OR (c.cut = 1 AND s.event <= 5) OR (c.cut = 4 AND s.event IN (1, 2, 3, 4, 5, 8)))"""

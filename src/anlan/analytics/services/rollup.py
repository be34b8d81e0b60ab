"""Sums kept in step with what they sum: a subject's old share is taken away and its new one added, in one statement.

Whatever is done twice is done once: the share that is in the sums stands in `analytics_part`. `recounting` names what
differs from a count made anew from the tables themselves, and mends it.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connection, transaction

from anlan.analytics.models import Stale
from anlan.analytics.projections import COLUMNS, EVENTS, KEY, PROJECTIONS
from anlan.analytics.terms import CUT_FULL, CUTS, DEPTHS
from anlan.kernel import paths

BATCH = 500  # subjects a statement: a writing transaction stays under a second
LOCK = "pg_advisory_xact_lock(hashtext('analytics.rollup'))"
FACT_KEY = ("place_path", "cut", "event", "drill", "month", "base", "trade", "kind", "grade", "source", "owner")
DIMENSIONS = ("trade", "kind", "grade", "source", "owner")
_NAMES = ", ".join(COLUMNS)
_SAME = " AND ".join(f"p.{c} = f.{c}" for c in KEY)
_REST = tuple(c for c in COLUMNS if c not in KEY)


def _cuts() -> str:
    """Return SQL rows (depth, cut, which columns are kept …), one for each cut that there is at a depth."""
    rows = []
    for depth, cuts in DEPTHS.items():
        for cut in sorted(cuts):
            kept = ", ".join(str(c in CUTS[cut]).lower() for c in DIMENSIONS)
            rows.append(f"({depth}, {cut}, {kept})")
    return ", ".join(rows)


def sums(source: str) -> str:
    """Return SQL of the facts that a few rows of parts (a relation or a sub-select) make: each row once for each cut.

    `recounting.sums` says the same of many rows, reading each once.
    """
    kept = ", ".join(f"CASE WHEN c.by_{d} THEN s.{d} ELSE '*' END" for d in DIMENSIONS)
    names = ", ".join(f"by_{d}" for d in DIMENSIONS)
    return f"""SELECT left(s.place_path, c.depth * {paths.WIDTH}), c.cut, s.event, s.drill, s.month, s.base, {kept},
      sum(s.n)::int, sum(s.x)::int, sum(s.y)::int
    FROM {source} s JOIN (VALUES {_cuts()}) c (depth, cut, {names})
      ON length(s.place_path) >= c.depth * {paths.WIDTH}
    WHERE (c.cut IN (0, {CUT_FULL}) OR (c.cut = 5 AND s.owner <> '') OR (c.cut IN (2, 3) AND s.event <= 4)
           OR (c.cut = 1 AND s.event <= 5) OR (c.cut = 4 AND s.event IN (1, 2, 3, 4, 5, 8)))
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11"""


_ADD = f"""INSERT INTO analytics_fact AS t ({", ".join(FACT_KEY)}, n, x, y)
SELECT * FROM ({{sums}}) d (k1, k2, k3, k4, k5, k6, k7, k8, k9, k10, k11, n, x, y) WHERE (d.n, d.x, d.y) <> (0, 0, 0)
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
ON CONFLICT ({", ".join(FACT_KEY)}) DO UPDATE SET n = t.n + excluded.n, x = t.x + excluded.x, y = t.y + excluded.y"""


def _refreshing(what: str) -> str:
    negated = _NAMES.replace("n, x, y", "-n, -x, -y")
    return f"""
WITH fresh ({_NAMES}) AS MATERIALIZED ({PROJECTIONS[what].format(where="t.id = ANY(%(ids)s)")}),
was AS MATERIALIZED (
  SELECT {_NAMES} FROM analytics_part WHERE subject = ANY(%(ids)s) AND event = ANY(%(events)s)
), gone AS (
  DELETE FROM analytics_part p USING was w WHERE {" AND ".join(f"p.{c} = w.{c}" for c in KEY)}
    AND NOT EXISTS (SELECT FROM fresh f WHERE {_SAME})
), put AS (
  INSERT INTO analytics_part AS p ({_NAMES}) SELECT {_NAMES} FROM fresh
  ON CONFLICT ({", ".join(KEY)}) DO UPDATE SET {", ".join(f"{c} = excluded.{c}" for c in _REST)}
  WHERE ({", ".join(f"p.{c}" for c in _REST)}) IS DISTINCT FROM ({", ".join(f"excluded.{c}" for c in _REST)})
), moved ({_NAMES}) AS (SELECT {_NAMES} FROM fresh UNION ALL SELECT {negated} FROM was)
{_ADD.format(sums=sums("moved"))}"""


@transaction.atomic
def _refresh(what: str, ids: Sequence[UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {LOCK}")  # a statement of its own, so that the next one's snapshot is after it
        cursor.execute(_refreshing(what), {"ids": list(ids), "events": list(EVENTS[what])})


def refresh(what: str, ids: Iterable[UUID]) -> int:
    """Count subjects ("hazard", "visit", "object", "task") anew, whether or not they changed. Returns how many."""
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), BATCH):
        _refresh(what, wanted[start : start + BATCH])
    return len(wanted)


def of_visits(visits: Sequence[UUID]) -> None:
    """Count visits anew, with the objects they saw and the tasks they did."""
    refresh("visit", visits)
    with connection.cursor() as cursor:
        cursor.execute("SELECT object_id, task_id FROM hazards_visit WHERE id = ANY(%s)", [list(visits)])
        rows = cursor.fetchall()
    refresh("object", (o for o, _ in rows if o))
    refresh("task", (t for _, t in rows if t))


def note_tasks() -> int:
    """Note the tasks that were laid or taken off, to be counted by the next job. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO analytics_stale (what, subject, at)
               SELECT 'task', t.id, now() FROM hazards_task t WHERE (t.state <> 'void') <> EXISTS (
                 SELECT FROM analytics_part p WHERE p.subject = t.id AND p.event = 8)
               ON CONFLICT DO NOTHING"""
        )
        return int(cursor.rowcount)


def catch_up() -> int:
    """Count anew what changed without an entry of its own. Returns how many subjects."""
    done = 0
    for what in PROJECTIONS:
        while waiting := list(
            Stale.objects.filter(what=what).order_by("subject").values_list("subject", flat=True)[:BATCH]
        ):
            with transaction.atomic():
                refresh(what, waiting)
                Stale.objects.filter(what=what, subject__in=waiting).delete()
            done += len(waiting)
    return done

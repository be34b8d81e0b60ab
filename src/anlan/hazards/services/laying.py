"""Tasks out of plans: set-based for a whole city, and again without harm.

What is due within some days of every running plan is laid on its object. Plans of several departments on one object
within some days share ONE task (综合查一次), each with a part of its own: an object never has two open tasks. What is
due later than that waits for a later run.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from anlan.hazards.models import Programme
from anlan.hazards.queries.objects import today
from anlan.hazards.terms import Did
from anlan.hazards.terms.inspections import GENRE_DAYS, Genre
from anlan.kernel.authority import Actor, machine
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.people.queries import Rooted

CHUNK = 20_000  # objects in one transaction, which stays under a second

_DAYS = " ".join(f"WHEN '{genre}' THEN {days}" for genre, days in GENRE_DAYS.items())
# Which plan wants which object by when. A first day is spread over the plan's span by the two ids, so that a year's
# plan does not fall due for a whole city on one day; a later one counts from the last task of the same plan.
WANTED = f"""
SELECT p.id AS programme, p.line, p.organisation_id, p.checklists, o.id AS object, o.place_path, o.post_id, o.pace_days,
  p.to_day, GREATEST(%(today)s::date, CASE
    WHEN p.genre = 'special' THEN COALESCE(p.to_day, p.from_day + 30)
    WHEN last.due_on IS NOT NULL THEN GREATEST(
      last.due_on + s.days, CASE WHEN p.genre = 'routine' AND p.every IS NULL THEN o.next_due_on END)
    WHEN p.genre = 'routine' AND p.every IS NULL THEN GREATEST(o.next_due_on, p.from_day)
    ELSE p.from_day + (abs(hashtext(p.id::text || o.id::text)::bigint) %% s.days)::int
  END) AS due, (last.due_on IS NOT NULL AND p.genre = 'special') AS over
FROM hazards_programme p
JOIN hazards_object o ON o.place_path >= p.place_path AND o.place_path < p.place_path || E'\\x7f'
  AND o.closed_at IS NULL AND o.risk >= p.least_risk
  AND ((cardinality(p.object_kinds) = 0 AND cardinality(p.object_ids) = 0) OR o.kind = ANY(p.object_kinds)
       OR o.id = ANY(p.object_ids))
CROSS JOIN LATERAL (SELECT GREATEST(COALESCE(p.every, CASE p.genre {_DAYS} ELSE o.pace_days END), 1) AS days) s
LEFT JOIN LATERAL (
  SELECT max(t.due_on) AS due_on FROM hazards_task t JOIN hazards_task_part tp ON tp.task_id = t.id
  WHERE t.object_id = o.id AND tp.programme_id = p.id AND t.exercise_id IS NULL
    AND t.state <> 'void') last ON true
WHERE p.closed_at IS NULL AND p.from_day <= %(today)s::date + %(ahead)s
  AND (p.to_day IS NULL OR p.to_day >= %(today)s)"""

LAY = f"""
WITH wanted AS MATERIALIZED (
  SELECT * FROM ({WANTED} AND o.id > %(after)s AND o.id <= %(upto)s) w
  WHERE NOT over AND due <= COALESCE(to_day, 'infinity')
    AND (due <= %(today)s::date + %(ahead)s OR programme = ANY(%(once)s))
), open_now AS (
  SELECT t.id, t.object_id, t.due_on FROM hazards_task t
  WHERE t.state = 'open' AND t.exercise_id IS NULL AND t.object_id IN (SELECT object FROM wanted)
), fresh AS (
  SELECT object, min(place_path) AS place_path, min(due) AS due, (array_agg(post_id))[1] AS post_id FROM wanted
  WHERE object NOT IN (SELECT object_id FROM open_now) GROUP BY object
), made AS (
  INSERT INTO hazards_task (id, object_id, place_path, on_day, due_on, state, joint, post_id, reason)
  SELECT gen_random_uuid(), f.object, f.place_path, %(today)s, f.due, 'open', false, f.post_id, '' FROM fresh f
  ON CONFLICT DO NOTHING RETURNING id, object_id, due_on
), parts AS (
  INSERT INTO hazards_task_part (id, task_id, programme_id, line, organisation_id, checklists, signed_name, conclusion,
    reason, excused, excused_name)
  SELECT gen_random_uuid(), t.id, w.programme, w.line, w.organisation_id, w.checklists, '', '', '', '', ''
  FROM wanted w JOIN (TABLE open_now UNION ALL TABLE made) t ON t.object_id = w.object
  WHERE w.due <= t.due_on + %(merge)s OR w.programme = ANY(%(once)s)
  ON CONFLICT DO NOTHING RETURNING task_id
)
SELECT (SELECT count(*) FROM made), (SELECT count(*) FROM parts), (SELECT array_agg(DISTINCT task_id) FROM parts)"""

# What another plan wants sooner sets the day of a task that is open already.
PULL = f"""
UPDATE hazards_task t SET due_on = q.due FROM (
  SELECT object, min(due) AS due FROM ({WANTED} AND o.id > %(after)s AND o.id <= %(upto)s) w
  WHERE NOT over AND due <= %(today)s::date + %(ahead)s AND due <= COALESCE(to_day, 'infinity')
    AND programme <> ALL(%(once)s) GROUP BY object) q
WHERE t.object_id = q.object AND t.state = 'open' AND t.exercise_id IS NULL AND t.due_on > q.due"""

# A task is joint when more than one department has a part in it; it is due when the first of them wants it.
JOIN = """
UPDATE hazards_task t SET joint = q.departments > 1
FROM (SELECT task_id, count(DISTINCT COALESCE(organisation_id::text, line)) AS departments FROM hazards_task_part
      WHERE task_id = ANY(%s) GROUP BY task_id) q
WHERE q.task_id = t.id AND t.state = 'open' AND t.joint <> (q.departments > 1)"""


def lay(*, by: Actor | None = None) -> int:
    """Lay every task that is due soon; returns how many new ones. Twice is once; may run on several hosts."""
    by = by or machine("hazards.lay")
    bounds = _bounds()
    made = parts = 0
    for after, upto in bounds:
        with transaction.atomic():
            tasks, added, touched = _lay(after, upto)
            if touched:
                join(touched)
            if tasks or added:
                ledger.record(Did.TASKS_LAID, _subject(), by=by, count=tasks, parts=added)
        made, parts = made + tasks, parts + added
    return made


def join(tasks: Sequence[UUID]) -> None:
    """Say of tasks whether several departments have a part in them."""
    with connection.cursor() as cursor:
        cursor.execute(JOIN, [list(tasks)])


def miss(*, by: Actor | None = None) -> int:
    """Count what is past its day and was not done: it stays to be made up for, and nobody is punished."""
    by = by or machine("hazards.miss")
    total = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE hazards_task SET state = 'missed' WHERE id IN (SELECT id FROM hazards_task "
                "WHERE state = 'open' AND due_on < %s LIMIT %s FOR UPDATE SKIP LOCKED)",
                [today(), CHUNK],
            )
            count = int(cursor.rowcount)
            if count:
                ledger.record(Did.TASKS_MISSED, _subject(), by=by, count=count)
        total += count
        if count < CHUNK:
            return total


def preview(plan: Programme, *, days: int = 366) -> tuple[int, int]:
    """Return how many objects a plan (saved or not) would reach now, and about how many tasks in so many days."""
    end = min(plan.to_day or dt.date.max, today() + dt.timedelta(days=days - 1))
    span = max((end - max(plan.from_day, today())).days + 1, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT count(*), COALESCE(sum(CASE WHEN %(genre)s = 'special' THEN 1 ELSE GREATEST(%(span)s / GREATEST(
                  COALESCE(%(every)s::int, CASE %(genre)s {_DAYS} ELSE o.pace_days END), 1), 1) END), 0)
                FROM hazards_object o WHERE o.place_path >= %(path)s AND o.place_path < %(path)s || E'\\x7f'
                  AND o.closed_at IS NULL AND o.risk >= %(risk)s
                  AND ((cardinality(%(kinds)s::text[]) = 0 AND cardinality(%(ids)s::uuid[]) = 0)
                       OR o.kind = ANY(%(kinds)s::text[]) OR o.id = ANY(%(ids)s::uuid[]))""",
            {
                "genre": plan.genre, "span": span, "every": plan.every, "path": plan.place_path,
                "risk": plan.least_risk, "kinds": list(plan.object_kinds), "ids": list(plan.object_ids),
            },
        )  # fmt: skip
        objects, tasks = cursor.fetchone()
    return int(objects), int(tasks)


def _bounds() -> list[tuple[UUID, UUID]]:
    """Return the ids between which the open objects of running plans lie, CHUNK at a time."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM hazards_object
                WHERE closed_at IS NULL) q WHERE n % {CHUNK} = 0 ORDER BY id"""
        )
        marks = [row[0] for row in cursor.fetchall()]
    lows = [UUID(int=0), *marks]
    return list(zip(lows, [*marks, UUID(int=2**128 - 1)], strict=True))


def _lay(after: UUID, upto: UUID) -> tuple[int, int, list[UUID]]:
    """Lay one chunk. A special plan is laid at once, however far its last day: who goes chooses when."""
    once = list(Programme.objects.filter(genre=Genre.SPECIAL, closed_at=None).values_list("id", flat=True))
    params: dict[str, Any] = {
        "today": today(), "ahead": settings.INSPECT_AHEAD_DAYS, "merge": settings.INSPECT_MERGE_DAYS, "after": after,
        "upto": upto, "once": once,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(PULL, params)
        cursor.execute(LAY, params)
        made, parts, touched = cursor.fetchone()
    return int(made), int(parts), list(touched or [])


def _subject() -> Rooted:
    return Rooted(uuid7(), "hazards.tasks")

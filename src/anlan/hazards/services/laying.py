"""Tasks out of plans: for a whole city in a few statements per chunk of objects, and again without harm.

What is due within some days of every running plan is laid on its object. Plans of several departments on one object
within some days share ONE task (综合查一次), each with a part of its own: an object never has two open tasks. What is
due later than that waits for a later run.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from anlan.hazards import dues
from anlan.hazards.dues import Asks
from anlan.hazards.models import Object, Programme, Task, TaskPart
from anlan.hazards.queries.objects import today, under
from anlan.hazards.terms import Did
from anlan.hazards.terms.inspections import GENRE_DAYS
from anlan.kernel.authority import Actor, machine
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.people.queries import Rooted

CHUNK = 5_000  # objects in one transaction, which stays under a second
AT_ONCE = 5_000  # a plan that reaches no more objects is laid while its page waits

_DAYS = " ".join(f"WHEN '{genre}' THEN {days}" for genre, days in GENRE_DAYS.items())
LAST = """
SELECT tp.programme_id, t.object_id, max(t.due_on) FROM hazards_task t JOIN hazards_task_part tp ON tp.task_id = t.id
WHERE t.object_id = ANY(%s) AND t.due_on >= %s AND t.exercise_id IS NULL AND t.state <> 'void'
  AND tp.programme_id = ANY(%s) GROUP BY 1, 2"""

TASKS = """
INSERT INTO hazards_task (id, object_id, place_path, on_day, due_on, state, joint, post_id, reason)
SELECT q.id, q.object, q.path, %s, q.due, 'open', false, q.post, ''
FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::date[], %s::uuid[]) AS q(id, object, path, due, post)"""
PARTS = """
INSERT INTO hazards_task_part (id, task_id, programme_id, line, organisation_id, checklists, signed_name, conclusion,
  reason, excused, excused_name)
SELECT gen_random_uuid(), q.task, p.id, p.line, p.organisation_id, p.checklists, '', '', '', '', ''
FROM unnest(%s::uuid[], %s::uuid[]) AS q(task, plan) JOIN hazards_programme p ON p.id = q.plan"""
PULL = """
UPDATE hazards_task t SET due_on = q.due FROM unnest(%s::uuid[], %s::date[]) AS q(id, due) WHERE t.id = q.id"""

# A task is joint when more than one department has a part in it.
JOIN = """
UPDATE hazards_task t SET joint = q.departments > 1
FROM (SELECT task_id, count(DISTINCT COALESCE(organisation_id::text, line)) AS departments FROM hazards_task_part
      WHERE task_id = ANY(%s) GROUP BY task_id) q
WHERE q.task_id = t.id AND t.state = 'open' AND t.joint <> (q.departments > 1)"""


Thing = tuple[UUID, str, str, int, int, dt.date | None, UUID | None]
COLUMNS = ("id", "place_path", "kind", "risk", "pace_days", "next_due_on", "post_id")


@dataclass(frozen=True, slots=True)
class Running:
    """A running plan and what it asks, ready to be held against thousands of objects."""

    id: UUID
    path: str
    least_risk: int
    asks: Asks
    kinds: frozenset[str]
    ids: frozenset[UUID]

    def wants(self, identifier: UUID, path: str, kind: str, risk: int) -> bool:
        """Say whether the plan reaches an object."""
        fits = path.startswith(self.path) and risk >= self.least_risk
        return fits and (not (self.kinds or self.ids) or kind in self.kinds or identifier in self.ids)


def lay(*, by: Actor | None = None, plans: Iterable[UUID] | None = None) -> int:
    """Lay every task that is due soon, of all plans or of some; returns how many new ones. Twice is once."""
    by = by or machine("hazards.lay")
    running = _running(plans)
    if not running:
        return 0
    reach = Q(pk__in=[])
    for one in running:
        reach |= under(one.path) if not one.ids or one.kinds else Q(id__in=list(one.ids))
    made, after = 0, UUID(int=0)
    while True:
        with transaction.atomic():
            found = Object.objects.filter(reach, id__gt=after, closed_at=None).order_by("id")
            locked = found.select_for_update(no_key=True)  # whoever adds a part by hand waits, or we do
            things: list[Thing] = list(locked.values_list(*COLUMNS)[:CHUNK])
            tasks, parts = _lay(things, running)
            if tasks or parts:
                ledger.record(Did.TASKS_LAID, _subject(), by=by, count=tasks, parts=parts)
        made += tasks
        if len(things) < CHUNK:
            return made
        after = things[-1][0]


def _running(plans: Iterable[UUID] | None) -> list[Running]:
    day = today()
    rows = Programme.objects.filter(closed_at=None, from_day__lte=day + dt.timedelta(days=settings.INSPECT_AHEAD_DAYS))
    rows = rows.filter(Q(to_day=None) | Q(to_day__gte=day)).order_by("id")
    if plans is not None:
        rows = rows.filter(id__in=list(plans))
    return [
        Running(
            p.id, p.place_path, p.least_risk,
            Asks(p.id, p.genre, p.from_day, p.to_day, p.every or GENRE_DAYS.get(p.genre)),
            frozenset(p.object_kinds), frozenset(p.object_ids),
        )
        for p in rows
    ]  # fmt: skip


def _lay(things: Sequence[Thing], running: Sequence[Running]) -> tuple[int, int]:
    """Lay one chunk of locked objects; returns (new tasks, new parts)."""
    day, merge = today(), dt.timedelta(days=settings.INSPECT_MERGE_DAYS)
    ids = [one[0] for one in things]
    last = _last(ids, running, day)
    rows = Task.objects.filter(object_id__in=ids, state="open", exercise_id=None)
    tasks = {thing: (task, due) for task, thing, due in rows.values_list("id", "object_id", "due_on")}
    parts_now = TaskPart.objects.filter(task__in=rows, programme__isnull=False)
    held = set(parts_now.values_list("task_id", "programme_id"))
    fresh: list[tuple[Any, ...]] = []
    parts: list[tuple[UUID, UUID]] = []
    pulled: list[tuple[UUID, dt.date]] = []
    for thing in things:
        task, due = tasks.get(thing[0], (None, None))
        wanted = [(on, one) for on, one in _wanted(thing, running, last, day) if (task, one.id) not in held]
        if not wanted:
            continue
        soonest = min((on for on, one in wanted if not one.asks.once), default=None)
        if task is None or due is None:
            task, due = uuid7(), min(on for on, _one in wanted)
            fresh.append((task, thing[0], thing[1], due, thing[6]))
        elif soonest is not None and soonest < due:
            due = soonest
            pulled.append((task, due))
        parts += [(task, one.id) for on, one in wanted if on <= due + merge or one.asks.once]
    with connection.cursor() as cursor:
        if fresh:
            cursor.execute(TASKS, [day, *map(list, zip(*fresh, strict=True))])
        if pulled:
            cursor.execute(PULL, [*map(list, zip(*pulled, strict=True))])
        if parts:
            cursor.execute(PARTS, [*map(list, zip(*parts, strict=True))])
            cursor.execute(JOIN, [[task for task, _plan in parts]])
    return len(fresh), len(parts)


def _wanted(
    thing: Thing, running: Sequence[Running], last: Mapping[tuple[UUID, UUID], dt.date], day: dt.date
) -> Iterator[tuple[dt.date, Running]]:
    """Yield (last day, plan) of what plans want of an object soon; a special plan at once, however far its end."""
    identifier, path, kind, risk, pace, next_due, _post = thing
    soon = day + dt.timedelta(days=settings.INSPECT_AHEAD_DAYS)
    for one in running:
        if one.wants(identifier, path, kind, risk):
            due = dues.due(one.asks, identifier, pace, next_due, last.get((one.id, identifier)), day)
            if due is not None and (due <= soon or one.asks.once):
                yield due, one


def _last(ids: Sequence[UUID], running: Sequence[Running], day: dt.date) -> dict[tuple[UUID, UUID], dt.date]:
    """Return {(plan, object): the last day of its latest task}, as far back as any plan looks."""
    longest = max((one.asks.days or dues.LONGEST for one in running if not one.asks.once), default=0)
    since = day - dt.timedelta(days=longest + settings.INSPECT_AHEAD_DAYS)
    since = min([since, *(one.asks.from_day for one in running if one.asks.once)])
    with connection.cursor() as cursor:
        cursor.execute(LAST, [list(ids), since, [one.id for one in running]])
        return {(plan, thing): on for plan, thing, on in cursor.fetchall()}


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


def _subject() -> Rooted:
    return Rooted(uuid7(), "hazards.tasks")

"""How often each object is inspected, worked out anew from what happened: a few statements for thousands of objects."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from anlan.hazards import frequency
from anlan.hazards.frequency import Record, Rule
from anlan.hazards.terms.inspections import OUTSIDE
from anlan.kernel.clock import local, now

CHUNK = 5_000
# `clean`: visits since the last one at which something failed. A self-check is credible while no look-over of it found
# less than four in five answers alike.
RECORDS = """
SELECT o.id, o.risk, o.every, o.pace_days, o.pace_why, o.clean_run, o.next_due_on, o.made_at,
  (SELECT count(*) FROM (
     SELECT bool_or(v.failed > 0) OVER (ORDER BY v.done_at DESC, v.id DESC) AS seen FROM hazards_visit v
     WHERE v.object_id = o.id AND v.exercise_id IS NULL AND v.source <> ALL(%(outside)s)
     ORDER BY v.done_at DESC, v.id DESC LIMIT 12) streak WHERE NOT seen) AS now_clean,
  EXISTS (SELECT FROM hazards_visit s WHERE s.object_id = o.id AND s.source = 'self_check' AND s.exercise_id IS NULL
     AND s.done_at > %(self_since)s AND NOT EXISTS (
       SELECT FROM hazards_visit r WHERE r.object_id = o.id AND r.of_visit_id = s.id
         AND r.agreed * 5 < r.compared * 4)) AS credible,
  EXISTS (SELECT FROM hazards_hazard h WHERE h.object_id = o.id AND h.exercise_id IS NULL AND h.grade = 'major'
     AND h.arrived_at > %(since)s AND h.state NOT IN ('rejected', 'merged', 'withdrawn')) AS major,
  EXISTS (SELECT FROM hazards_hazard h WHERE h.object_id = o.id AND h.exercise_id IS NULL
     AND (h.recurs_id IS NOT NULL OR h.reopened > 0) AND h.arrived_at > %(since)s
     AND h.state NOT IN ('rejected', 'merged', 'withdrawn')) AS recurred,
  (SELECT max(v.done_at) FROM hazards_visit v WHERE v.object_id = o.id AND v.exercise_id IS NULL
     AND v.source <> ALL(%(outside)s)) AS last
FROM hazards_object o WHERE o.closed_at IS NULL AND """


def rule() -> Rule:
    """Return the table of the settings."""
    return Rule(settings.INSPECT_DAYS, settings.INSPECT_CLEAN)


def refresh(ids: Sequence[UUID]) -> int:
    """Work out the pace and the next day of these objects; returns how many changed."""
    return _write(_read("o.id = ANY(%(ids)s)", {"ids": list(ids)}))


def refresh_all() -> int:
    """Work it out for every open object, in chunks with a transaction each: hazards and time have moved on."""
    changed, after = 0, UUID(int=0)
    while True:
        with transaction.atomic():
            rows = _read(f"o.id > %(after)s ORDER BY o.id LIMIT {CHUNK}", {"after": after})
            changed += _write(rows)
        if len(rows) < CHUNK:
            return changed
        after = rows[-1][0]


def _read(condition: str, params: dict[str, Any]) -> list[Any]:
    moment = now()
    params |= {
        "outside": [str(s) for s in OUTSIDE], "since": moment - dt.timedelta(days=settings.INSPECT_LOOK_BACK_DAYS),
        "self_since": moment - dt.timedelta(days=settings.SELF_CHECK_DAYS),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(RECORDS + condition, params)
        return list(cursor.fetchall())


def _write(rows: Sequence[Any]) -> int:
    table, changed = rule(), []
    for i, risk, every, days, why, clean, due, made, now_clean, credible, major, recurred, last in rows:
        found = frequency.pace(Record(risk, every, now_clean, credible, major, recurred), table)
        first = local(made).date() + dt.timedelta(days=1 + i.int % found.days)  # a city's objects come in on one day
        on = local(last).date() + dt.timedelta(days=found.days) if last else first
        if (found.days, found.why, now_clean, on) != (days, why, clean, due):
            changed.append((i, found.days, found.why, now_clean, on, last))
    if changed:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE hazards_object o SET pace_days = q.days, pace_why = q.why, clean_run = q.clean, "
                "next_due_on = q.due, last_visit_at = q.last FROM unnest(%s::uuid[], %s::int[], %s::text[], "
                "%s::int[], %s::date[], %s::timestamptz[]) AS q(id, days, why, clean, due, last) WHERE o.id = q.id",
                [list(column) for column in zip(*changed, strict=True)],
            )
    return len(changed)

"""The register of forms, and what filling them costs (burden, EVL-03): sums of places, never of persons."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from anlan.analytics.models import FormEntry
from anlan.analytics.terms import Can
from anlan.analytics.terms.periods import Period
from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Hidden
from anlan.kernel.clock import CHINA
from anlan.places import queries as places


def entries(by: Actor, *, state: str = "") -> QuerySet[FormEntry]:
    """Return the forms that the actor may see: those of their places, and those that bind them from above."""
    scopes = authority.scopes(by, Can.SEE)
    above = {up for scope in scopes for up in paths.ancestors(scope)}
    found = FormEntry.objects.filter(places.under(scopes, "place_path") | Q(place_path__in=above))
    if state:
        found = found.filter(state=state)
    return found.order_by("-asked_at")


def entry(entry_id: UUID, *, by: Actor, locked: bool = False) -> FormEntry:
    """Return one. Raises Hidden, also where it is absent."""
    if not entries(by).filter(id=entry_id).exists():
        raise Hidden(str(entry_id))
    rows = FormEntry.objects.select_for_update() if locked else FormEntry.objects.all()
    return rows.get(id=entry_id)


def binding(place: str) -> QuerySet[FormEntry]:
    """Return the admitted forms that people of a place fill: its own, those below it, those from above."""
    here = Q(place_path__startswith=place) | Q(place_path__in=paths.ancestors(place))
    return FormEntry.objects.filter(here, state="admitted", ended_at=None)


def admitted_count(place: str) -> int:
    """Return how many forms bind a place: its own and those from above."""
    return FormEntry.objects.filter(place_path__in=paths.ancestors(place), state="admitted", ended_at=None).count()


def asked_elsewhere(place: str) -> dict[str, str]:
    """Return {field: form} of what forms ask for at this place already: admitted ones, and ones on the phones."""
    rows = binding(place).values_list("name", "fields")
    asked = {field["name"]: name for name, fields in rows for field in fields}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT f.title, v.compiled -> 'questions' FROM fieldwork_form f
               JOIN fieldwork_formversion v ON v.form_id = f.id AND v.number = f.current
               WHERE f.retired_at IS NULL AND (f.place_path = ANY(%s) OR f.place_path LIKE %s || '%%')""",
            [paths.ancestors(place), place],
        )
        for title, questions in cursor.fetchall():
            read = json.loads(questions) if isinstance(questions, str) else questions
            asked |= {label: title for q in read or [] if (label := label_of(q))}
    return asked


def label_of(question: Mapping[str, Any]) -> str:
    """Return what a question of a form on phones is called, in the form's first language."""
    label = question.get("label") or question.get("name") or ""
    return str(next(iter(label.values()), "")) if isinstance(label, dict) else str(label)


def passed(form: str) -> bool:
    """Say whether a published form's code has passed the gate."""
    return bool(form) and FormEntry.objects.filter(form=form, state="admitted", ended_at=None).exists()


@dataclass(frozen=True, slots=True)
class Burden:
    """What filling costs at a place in a period. Minutes are of whoever filled anything on a day."""

    forms: int
    systems: int
    fields: int
    known: int
    minutes_a_day: float | None
    timed: int
    reports: int
    fields_a_report: float | None
    twice: int


def burden(place: str, period: Period) -> Burden:
    """Count from the records' own times and contents. `timed`: records and visits that say how long they took."""
    since, until = (dt.datetime.combine(day, dt.time(), CHINA) for day in period.days)
    until += dt.timedelta(days=1)
    values = {"place": place, "after": place + "[", "since": since, "until": until}
    kept = list(binding(place).values_list("genre", "fields"))
    fields = [field for _genre, rows in kept for field in rows]
    minutes, timed = _minutes(values)
    reports, mean = _fields(values)
    return Burden(
        forms=sum(genre != "system" for genre, _rows in kept), systems=1 + sum(g == "system" for g, _r in kept),
        fields=len(fields), known=sum(bool(f.get("known")) for f in fields), minutes_a_day=minutes, timed=timed,
        reports=reports, fields_a_report=mean, twice=_twice(values),
    )  # fmt: skip


def _one(sql: str, values: dict[str, Any]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row: tuple[Any, ...] = cursor.fetchone()
        return row


def _minutes(values: dict[str, Any]) -> tuple[float | None, int]:
    """Return the mean of minutes a person and day, over who filled anything; times of over two hours are left out."""
    mean, timed = _one(
        """WITH spent AS (
             SELECT v.by AS who, (v.done_at AT TIME ZONE 'Asia/Shanghai')::date AS day,
               EXTRACT(epoch FROM v.done_at - v.began_at) AS s
             FROM hazards_visit v WHERE v.place_path >= %(place)s AND v.place_path < %(after)s
               AND v.began_at IS NOT NULL AND v.done_at >= %(since)s AND v.done_at < %(until)s AND v.exercise_id IS NULL
             UNION ALL
             SELECT r.pseudonym, (r.arrived_at AT TIME ZONE 'Asia/Shanghai')::date,
               CASE WHEN jsonb_typeof(r.body -> 'spent_s') = 'number' THEN (r.body ->> 'spent_s')::float END
             FROM fieldwork_record r WHERE r.place_path >= %(place)s AND r.place_path < %(after)s
               AND r.arrived_at >= %(since)s AND r.arrived_at < %(until)s AND r.exercise IS NULL
               AND r.kind <> 'hazards.visit')
           SELECT avg(m), COALESCE(sum(k), 0) FROM (
             SELECT sum(s) / 60 AS m, count(*) AS k FROM spent WHERE s > 0 AND s <= 7200 GROUP BY who, day) d""",
        values,
    )
    return (None if mean is None else round(float(mean), 1)), int(timed)


def _fields(values: dict[str, Any]) -> tuple[int, float | None]:
    """Return how many reports came from phones, and how many fields a person filled in each on average."""
    count, mean = _one(
        """SELECT count(*), avg((SELECT count(*) FROM jsonb_each_text(r.body) f
             WHERE f.value <> '' AND f.key IN ('text', 'kind', 'where', 'place', 'source', 'photos')))
           FROM fieldwork_record r WHERE r.place_path >= %(place)s AND r.place_path < %(after)s
             AND r.arrived_at >= %(since)s AND r.arrived_at < %(until)s AND r.kind = 'hazards.report'
             AND jsonb_typeof(r.body) = 'object' AND r.exercise IS NULL""",
        values,
    )
    return int(count), None if mean is None else round(float(mean), 1)


def _twice(values: dict[str, Any]) -> int:
    """Return how many reports were merged into one that the same person had entered."""
    return int(
        _one(
            """SELECT count(*) FROM hazards_hazard h JOIN hazards_hazard l ON l.id = h.lead_id
               WHERE h.place_path >= %(place)s AND h.place_path < %(after)s AND h.state = 'merged'
                 AND h.arrived_at >= %(since)s AND h.arrived_at < %(until)s AND h.reported_by = l.reported_by
                 AND h.exercise_id IS NULL""",
            values,
        )[0]
    )

"""Plans, tasks and visits as they are read: what is due where, by whom, and what became of it."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Prefetch, Q, QuerySet, Sum

from anlan.hazards.models import Answer, ChecklistVersion, Hazard, Object, Programme, Task, TaskPart, Visit
from anlan.hazards.queries.objects import today, under, within
from anlan.hazards.terms import Can
from anlan.hazards.terms.inspections import OUTSIDE, TaskState
from anlan.kernel.authority import Actor, Hidden


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """How tasks are narrowed: by their last day. `state` one of TaskState, "" for all but void ones."""

    place: str = ""
    state: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    joint: bool = False
    programme: UUID | None = None
    text: str = ""


PARTS = Prefetch("parts", TaskPart.objects.select_related("programme").order_by("id"))


def tasks(what: TaskFilter, *, by: Actor) -> QuerySet[Task]:
    """Return the tasks of the actor's places, the soonest first, with their objects and parts."""
    found = Task.objects.filter(within(by, Can.SEE, Can.INSPECT), under(what.place), exercise_id=by.exercise)
    found = found.filter(state=what.state) if what.state else found.exclude(state=TaskState.VOID)
    if what.since:
        found = found.filter(due_on__gte=what.since)
    if what.until:
        found = found.filter(due_on__lte=what.until)
    if what.joint:
        found = found.filter(joint=True)
    if what.programme:
        found = found.filter(parts__programme=what.programme)
    if what.text:
        found = found.filter(Q(object__name__contains=what.text) | Q(object__where__contains=what.text))
    return found.select_related("object").prefetch_related(PARTS).order_by("due_on", "place_path", "id")


def mine_today(by: Actor) -> QuerySet[Task]:
    """Return what the actor has to inspect today: tasks of their own posts, and unassigned ones of their places."""
    posts = [seat.post for seat in by.seats]
    here = Q(pk__in=[])
    for seat in by.seats:
        here |= Q(place_path=seat.path, post_id=None)
    found = Task.objects.filter(Q(post_id__in=posts) | here, state=TaskState.OPEN, due_on__lte=today())
    found = found.filter(within(by, Can.INSPECT), exercise_id=by.exercise)
    return found.select_related("object").prefetch_related(PARTS).order_by("due_on", "-object__risk", "id")


def mine_soon(by: Actor, days: int = 7) -> QuerySet[Task]:
    """Return what comes next for the actor's posts."""
    posts = [seat.post for seat in by.seats]
    at = [seat.path for seat in by.seats]
    found = Task.objects.filter(Q(post_id__in=posts) | Q(post_id=None, place_path__in=at), state=TaskState.OPEN)
    found = found.filter(within(by, Can.INSPECT), due_on__gt=today(), due_on__lte=today() + dt.timedelta(days=days))
    return found.select_related("object").prefetch_related(PARTS).order_by("due_on", "-object__risk", "id")


def task(task_id: UUID, *, by: Actor) -> Task:
    """Return a task the actor may see, with its object and parts. Raises Hidden."""
    seen = Task.objects.filter(within(by, Can.SEE, Can.INSPECT), id=task_id)
    found = seen.select_related("object").prefetch_related(PARTS).first()
    if found is None:
        raise Hidden
    return found


def open_task(of: Object) -> Task | None:
    """Return the open task of an object."""
    return Task.objects.filter(object=of, state=TaskState.OPEN, exercise_id=None).prefetch_related(PARTS).first()


def lock_task(task_id: UUID) -> Task | None:
    """Lock a task for a change."""
    return Task.objects.select_for_update().filter(id=task_id).first()


def calendar(place: str, first: dt.date, last: dt.date, *, by: Actor) -> dict[dt.date, dict[str, int]]:
    """Return {day: {"due", "done", "missed", "open", "joint"}} of tasks by their last day. No drill is in it."""
    rows = (
        Task.objects.filter(within(by, Can.SEE, Can.INSPECT), under(place), exercise_id=None)
        .filter(due_on__range=(first, last)).exclude(state=TaskState.VOID).values_list("due_on")
        .annotate(**_COUNTED, joint=Count("id", filter=Q(joint=True))).order_by("due_on")
    )  # fmt: skip
    return {
        day: {"due": due, "done": done, "missed": missed, "open": left, "joint": joint}
        for day, due, done, missed, left, joint in rows
    }


_COUNTED: dict[str, Any] = {
    "due": Count("id"),
    "done": Count("id", filter=Q(state=TaskState.DONE)),
    "missed": Count("id", filter=Q(state=TaskState.MISSED)),
    "left": Count("id", filter=Q(state=TaskState.OPEN)),
}


def by_place(place: str, first: dt.date, last: dt.date, *, by: Actor) -> list[tuple[str, int, int, int]]:
    """Return (path, 应检, 已检, 漏检) of each place right below a place, by last day; the place itself first.

    A task that was done late counts as done. No drill is in it.
    """
    with connection.cursor() as cursor:
        scope, params = _scope(by)
        cursor.execute(
            f"""SELECT left(t.place_path, %(width)s) AS path, count(*), count(*) FILTER (WHERE t.state = 'done'),
                  count(*) FILTER (WHERE t.state = 'missed')
                FROM hazards_task t WHERE t.place_path >= %(path)s AND t.place_path < %(path)s || E'\\x7f' AND {scope}
                  AND t.due_on BETWEEN %(first)s AND %(last)s AND t.state <> 'void' AND t.exercise_id IS NULL
                GROUP BY 1 ORDER BY 1""",
            params | {"width": len(place) + 4, "path": place, "first": first, "last": last},
        )
        return [(str(path), int(due), int(done), int(missed)) for path, due, done, missed in cursor.fetchall()]


def _scope(by: Actor) -> tuple[str, dict[str, str]]:
    scopes = sorted({g.path for g in by.grants if g.can in {Can.SEE, Can.INSPECT}})
    if by.machine or "" in scopes:
        return "true", {}
    parts = [f"(t.place_path >= %(s{i})s AND t.place_path < %(s{i})s || E'\\x7f')" for i in range(len(scopes))]
    return f"({' OR '.join(parts) or 'false'})", {f"s{i}": path for i, path in enumerate(scopes)}


# --- plans


def programmes(place: str, state: str, *, by: Actor) -> QuerySet[Programme]:
    """Return the plans of the actor's places; `state` "open", "closed" or "all"."""
    found = Programme.objects.filter(within(by, Can.SEE, Can.INSPECT, Can.PLAN), under(place))
    if state != "all":
        found = found.filter(closed_at__isnull=state != "closed")
    return found.order_by("-made_at")


def one_programme(programme_id: UUID, *, by: Actor) -> Programme:
    """Return a plan. Raises Hidden."""
    found = programmes("", "all", by=by).filter(id=programme_id).first()
    if found is None:
        raise Hidden
    return found


def lock_programme(programme_id: UUID, by: Actor) -> Programme:
    """Lock a plan for a change. Raises Hidden."""
    found = Programme.objects.select_for_update().filter(id=programme_id).first()
    if found is None or not programmes("", "all", by=by).filter(id=programme_id).exists():
        raise Hidden
    return found


def progress(ids: Iterable[UUID]) -> Mapping[UUID, dict[str, int]]:
    """Return {plan: {"all", "signed", "missed"}} of its parts."""
    rows = (
        TaskPart.objects.filter(programme_id__in=list(ids), task__exercise_id=None).exclude(task__state="void")
        .values_list("programme_id").annotate(
            n=Count("id"), signed=Count("id", filter=Q(signed_at__isnull=False)),
            missed=Count("id", filter=Q(signed_at=None, task__state="missed")),
        ).order_by()
    )  # fmt: skip
    return {i: {"all": n, "signed": signed, "missed": missed} for i, n, signed, missed in rows}


# --- checklists that a task, an object or a visit is checked against


def versions_of(checklists: Iterable[UUID]) -> list[ChecklistVersion]:
    """Return the newest published version of each checklist, in the order given."""
    order = {one: n for n, one in enumerate(checklists)}
    newest = (
        ChecklistVersion.objects.filter(checklist_id__in=list(order), published_at__isnull=False)
        .order_by("checklist_id", "-number").distinct("checklist_id").select_related("checklist")
    )  # fmt: skip
    return sorted(newest, key=lambda v: order[v.checklist_id])


# --- visits


@dataclass(frozen=True, slots=True)
class VisitFilter:
    """How visits are narrowed. `wrong`: only those at which something failed."""

    place: str = ""
    source: str = ""
    wrong: bool = False
    since: dt.datetime | None = None
    until: dt.datetime | None = None


def visits(what: VisitFilter, *, by: Actor) -> QuerySet[Visit]:
    """Return the visits of the actor's places, the latest first."""
    found = Visit.objects.filter(within(by, Can.SEE, Can.INSPECT), under(what.place), exercise_id=by.exercise)
    if what.source:
        found = found.filter(source=what.source)
    if what.wrong:
        found = found.filter(failed__gt=0)
    if what.since:
        found = found.filter(done_at__gte=what.since)
    if what.until:
        found = found.filter(done_at__lt=what.until)
    return found.select_related("object").order_by("-done_at", "-id")


def visit(visit_id: UUID, *, by: Actor) -> Visit:
    """Return a visit the actor may see: of their places, or their own. Raises Hidden."""
    own = Q(by=by.pseudonym) if by.pseudonym else Q(pk__in=[])
    found = Visit.objects.filter(within(by, Can.SEE, Can.INSPECT) | own, id=visit_id).select_related("object").first()
    if found is None:
        raise Hidden
    return found


def answers_of(row: Visit) -> list[Answer]:
    """Return the answers of a visit with their questions, in order."""
    found = Answer.objects.filter(visit=row).select_related("item__version__checklist")
    return sorted(found, key=lambda a: (str(a.item.version_id), a.item.position))


def hazards_from(row: Visit) -> dict[UUID | None, Hazard]:
    """Return the hazards that came from a visit, by the item that failed (None: reported in words)."""
    return {h.item_id: h for h in Hazard.objects.filter(visit_id=row.id).order_by("-arrived_at")}


def last_visit_of(ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    """Return {object: when it was last checked by itself or a third party}."""
    rows = Visit.objects.filter(object_id__in=list(ids), source__in=list(OUTSIDE)).values_list("object_id")
    return dict(rows.annotate(at=Max("done_at")).order_by())


def agreement(place: str, since: dt.datetime, *, by: Actor) -> tuple[int, int, int]:
    """Return (look-overs, answers alike, answers compared) of checks by others at a place since a day."""
    rows = Visit.objects.filter(within(by, Can.SEE), under(place), of_visit_id__isnull=False, done_at__gte=since)
    found = rows.filter(exercise_id=None).aggregate(n=Count("id"), alike=Sum("agreed"), of=Sum("compared"))
    return found["n"], found["alike"] or 0, found["of"] or 0

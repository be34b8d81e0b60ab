"""An inspection is brought in: once, against what was published, signed for the parts that it was done for."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from anlan.fieldwork.services import uploads as files
from anlan.hazards import frequency
from anlan.hazards.models import Answer, ChecklistVersion, Hazard, Item, Object, Task, TaskPart, Visit, VisitVersion
from anlan.hazards.queries import library, objects
from anlan.hazards.queries import tasks as queries
from anlan.hazards.services import hints, pacing, rounds
from anlan.hazards.terms import Can, Did, Result, Source
from anlan.hazards.terms.inspections import OUTSIDE, VISIT_SOURCES, Done, Genre, TaskState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import local, now
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.places import queries as places

NOTE, CONCLUSION = 400, 1000  # characters
CLAIMED_DAYS = 3


def visit(done: Done, *, by: Actor) -> Visit:
    """Keep an inspection; the same `client` from the same person again is the visit that there is.

    Nothing wrong is one tap. It signs the parts of its task that are the actor's (or the one named); the task is done
    once every part is signed or excused. A device's time ahead of ours becomes ours. Raises Hidden, Refused, Conflict
    (closed object, a task that is over, parts that wait for others), Invalid (by field).
    """
    known = _known(done, by)
    if known:
        return known
    try:
        with transaction.atomic():
            return _keep(done, by)
    except IntegrityError:
        known = _known(done, by)
        if known is None:
            raise
        return known


def _known(done: Done, by: Actor) -> Visit | None:
    return Visit.objects.filter(client_id=done.client, by=by.pseudonym).select_related("object").first()


def _keep(done: Done, by: Actor) -> Visit:
    thing, path = _place(done, by)
    authority.require(by, Can.INSPECT, at=path)
    outside = done.source in OUTSIDE
    task, parts = (None, []) if outside else _task(done, thing, by)
    versions = _versions(done, thing, parts)
    answers = _answers(done, versions)
    seat = by.acting(path, Can.INSPECT)
    moment = now()
    counts = {r: sum(1 for result, _note in answers.values() if result == r) for r in Result}
    row = Visit.objects.create(
        client_id=done.client, exercise_id=by.exercise, place_path=path, object=thing,
        task_id=task.id if task else None, source=_source(done, task, parts),
        line=parts[0].line if parts else "", by=by.pseudonym, by_person=by.person,
        by_name=by.name[:60], by_title=seat.title[:120] if seat else "", began_at=_past(done.began_at, moment),
        done_at=_past(done.done_at, moment) or moment, arrived_at=moment, offline=done.offline,
        nothing_wrong=done.nothing_wrong, passed=counts[Result.PASS], failed=counts[Result.FAIL],
        not_applicable=counts[Result.NA], conclusion=done.conclusion.strip()[:CONCLUSION],
        present=[" ".join(n.split())[:60] for n in done.present if n.strip()][:20], unit=done.unit.strip()[:120],
        lon=done.lon, lat=done.lat, uploads=[u.id for u in files.own(done.uploads, by=by)] if done.uploads else [],
    )  # fmt: skip
    if row.uploads:
        hints.hang(row.uploads, row, by=by)
    Answer.objects.bulk_create(Answer(visit=row, item_id=i, result=r, note=n) for i, (r, n) in answers.items())
    VisitVersion.objects.bulk_create(VisitVersion(visit=row, version_id=v.id) for v in versions)
    if task:
        _sign(row, task, parts, by)
    _claim(row, [i for i, (r, _n) in answers.items() if r == Result.FAIL], by)
    if thing and by.exercise is None:
        pacing.refresh([thing.id])
    ledger.record(
        Did.VISITED, row, by=by, at=row.done_at, chain=thing.id if thing else None, count=row.failed,
        nothing_wrong=row.nothing_wrong, hazard_source=row.source, offline=row.offline, task=row.task_id,
    )  # fmt: skip
    if task and task.state == TaskState.DONE and by.exercise is None:
        rounds.settle(task, by=by)
    return row


def _claim(row: Visit, failed: Sequence[UUID], by: Actor) -> None:
    """Tie the hazards that the same person made of failed items, before this visit had come, to it."""
    if failed and row.object_id and by.pseudonym:
        since = row.arrived_at - dt.timedelta(days=CLAIMED_DAYS)
        made = Hazard.objects.filter(visit_id=None, object_id=row.object_id, item_id__in=failed)
        made.filter(reported_by=by.pseudonym, arrived_at__gte=since).update(visit_id=row.id)


def _place(done: Done, by: Actor) -> tuple[Object | None, str]:
    if done.object is None:
        if not done.place:
            raise Invalid({"object": _("查的是哪一处？选一处对象，或者选一个网格")})
        places.by_path(done.place)
        return None, done.place
    thing = objects.lock(done.object, by)
    if thing.closed_at:
        raise Conflict(_("「{name}」已经停用了，不用再查").format(name=thing.name))
    return thing, thing.place_path


def _task(done: Done, thing: Object | None, by: Actor) -> tuple[Task | None, list[TaskPart]]:
    """Return the task, locked, and the parts that this visit signs. Without one named, the object's open task."""
    if thing is None:
        return None, []
    if done.task:
        task = queries.lock_task(done.task)
        if task is None or task.object_id != thing.id:
            raise Hidden
        if task.state == TaskState.VOID:
            raise Conflict(_("这个任务不用做了：{reason}").format(reason=task.reason))
    else:
        task = Task.objects.select_for_update().filter(object=thing, state="open", exercise_id=by.exercise).first()
        if task is None:
            return None, []
    waiting = list(task.parts.select_related("programme").filter(signed_at=None, excused="").order_by("id"))
    if done.part:
        parts = [p for p in waiting if p.id == done.part]
        if not parts:
            raise Conflict(_("这一份已经签过了"))
        if not may_sign(parts[0], task, by):
            raise authority.Refused(Can.INSPECT, task.place_path)
        return task, parts
    parts = signable(waiting, by)
    if not parts and task.state == TaskState.OPEN and waiting and done.task:
        names = people.organisation_names({p.organisation_id for p in waiting if p.organisation_id})
        raise Conflict(_("剩下的要这些部门自己签：{names}").format(names="、".join(names.values())))
    return task, parts


def signable(waiting: Iterable[TaskPart], by: Actor) -> list[TaskPart]:
    """Return the parts that are the actor's: their own department's, and those that no department goes to itself."""
    own = organisations(by)
    return [p for p in waiting if p.organisation_id is None or p.organisation_id in own]


def may_sign(part: TaskPart, task: Task, by: Actor) -> bool:
    """Say whether the actor may sign a part: their own, or any where they manage the plans."""
    return bool(signable([part], by)) or authority.holds(by, Can.PLAN, at=task.place_path)


def organisations(by: Actor) -> set[UUID]:
    """Return the organisations of the actor's posts."""
    return set(people.organisation_ids({seat.post for seat in by.seats}).values()) if by.seats else set()


def _versions(done: Done, thing: Object | None, parts: Sequence[TaskPart]) -> list[ChecklistVersion]:
    """Return the published versions it was done against. Raises Invalid for one that was never published."""
    if done.versions:
        found = list(ChecklistVersion.objects.filter(id__in=list(done.versions), published_at__isnull=False))
        if len(found) != len(set(done.versions)):
            raise Invalid({"versions": _("检查表换过了，回到任务里重新打开")})
        return found
    if done.answers:
        items = Item.objects.filter(id__in=list(done.answers)).select_related("version")
        return list({i.version_id: i.version for i in items if i.version.published_at}.values())
    named = queries.versions_of({c for p in parts for c in p.checklists})
    return named or (library.checklist_for(thing.kind) if thing else [])


def _answers(done: Done, versions: Sequence[ChecklistVersion]) -> dict[UUID, tuple[str, str]]:
    """Return the answers, checked. Raises Invalid that says which question and what was expected."""
    known = {i.id: i for i in library.items(v.id for v in versions)}
    wrong: dict[str, str] = {}
    found: dict[UUID, tuple[str, str]] = {}
    for item, (result, note) in done.answers.items():
        if item not in known:
            wrong[str(item)] = _("这一项不在这张检查表里，回到任务里重新打开")
        elif result not in set(Result):
            wrong[str(item)] = _("「{question}」选合格、不合格或不适用").format(question=known[item].question[:20])
        else:
            found[item] = (result, " ".join(note.split())[:NOTE])
    failed = [i for i, (result, _note) in found.items() if result == Result.FAIL]
    if done.nothing_wrong and failed:
        wrong["nothing_wrong"] = _("有 {count} 项不合格，不能写「没问题」").format(count=len(failed))
    if not wrong and not found and not done.nothing_wrong and not done.conclusion.strip():
        wrong[""] = _("还什么都没填：没问题就点「没问题」，有问题就点出来")
    if wrong:
        raise Invalid(wrong)
    return found


def _source(done: Done, task: Task | None, parts: Sequence[TaskPart]) -> str:
    if done.source:
        if done.source not in VISIT_SOURCES:
            raise Invalid({"source": _("没有这种检查")})
        return done.source
    if task is None:
        return Source.DAILY
    genres = {p.programme.genre for p in parts if p.programme}
    if task.joint:
        return Source.JOINT
    if Genre.SPECIAL in genres:
        return Source.SPECIAL
    return Source.DAILY if genres <= {Genre.DAILY, Genre.ROUTINE} and genres else Source.INSPECTION


def _past(at: dt.datetime | None, moment: dt.datetime) -> dt.datetime | None:
    return min(at, moment) if at else None


def _sign(row: Visit, task: Task, parts: Sequence[TaskPart], by: Actor) -> None:
    said = row.conclusion or (_("没问题") if row.nothing_wrong else _("{count} 项不合格").format(count=row.failed))
    task.parts.filter(id__in=[p.id for p in parts]).update(
        visit_id=row.id, signed_at=row.done_at, signed_by=by.pseudonym, signed_name=by.name[:60], conclusion=said
    )
    for part in parts:
        if part.of_visit_id:
            _compare(row, part.of_visit_id)
    finish(task, row.done_at)


def finish(task: Task, at: dt.datetime) -> None:
    """A task is done once every part is signed or excused; done late it is done, and keeps its day."""
    if task.state in {TaskState.OPEN, TaskState.MISSED} and not task.parts.filter(signed_at=None, excused="").exists():
        task.state, task.done_at = TaskState.DONE, at
        task.save(update_fields=["state", "done_at"])


def _compare(row: Visit, of: UUID) -> None:
    """Say how far a spot-check agrees with the check that it looks over, by question."""
    first, second = _by_code(of), _by_code(row.id)
    row.of_visit_id = of
    row.agreed, row.compared = frequency.agreement(first, second)
    if not row.compared:  # one of the two was a single tap: compare what both say on the whole
        other = Visit.objects.filter(id=of).values_list("failed", flat=True).first()
        row.agreed, row.compared = int((other == 0) == (row.failed == 0)), 1
    row.save(update_fields=["of_visit_id", "agreed", "compared"])


def _by_code(visit_id: UUID) -> Mapping[str, str]:
    rows = Answer.objects.filter(visit_id=visit_id).values_list("item__version__checklist_id", "item__code", "result")
    return {f"{checklist} {code}": result for checklist, code, result in rows}


@transaction.atomic
def excuse(part_id: UUID, reason: str, *, by: Actor) -> Task:
    """Say why a department did not come to a joint inspection; the others' part stands. Twice is once.

    Raises Hidden, Refused (whoever manages the plans may), Conflict (signed already), Invalid (reason).
    """
    part = TaskPart.objects.filter(id=part_id).first()
    task = queries.lock_task(part.task_id) if part else None
    if part is None or task is None or not authority.holds(by, Can.SEE, at=task.place_path):
        raise Hidden
    authority.require(by, Can.PLAN, at=task.place_path)
    part.refresh_from_db()
    if part.excused:
        return task
    if part.signed_at:
        raise Conflict(_("这个部门已经签过了"))
    if not reason.strip():
        raise Invalid({"reason": _("写一句为什么没来")})
    part.excused, part.excused_name = reason.strip()[:200], by.name[:60]
    part.save(update_fields=["excused", "excused_name"])
    ledger.record(Did.PART_EXCUSED, task, by=by, chain=task.object_id, opinion=part.excused)
    finish(task, now())
    if task.state == TaskState.DONE and by.exercise is None:
        rounds.settle(task, by=by)
    return task


def words_for(row: Visit, item: Item, note: str) -> dict[str, Any]:
    """Return what a hazard that comes of a failed item starts with: words, kind, suggested limit."""
    said = f"{item.question}：{_('不合格')}" + (f"。{note}" if note else "")
    name = row.object.name if row.object else ""
    return {"text": f"{name}：{said}" if name else said, "kind": item.kind, "limit": item.limit, "grade": item.grade}


def day_of(row: Visit) -> dt.date:
    """Return the day of a visit on China's wall clock."""
    return local(row.done_at).date()

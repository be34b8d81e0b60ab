"""Plans of inspection: made, stopped, and asked for by a finding (专项任务)."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from anlan.hazards.models import Checklist, Object, Programme, Task, TaskPart
from anlan.hazards.queries import objects as things
from anlan.hazards.queries import tasks as queries
from anlan.hazards.queries.objects import today
from anlan.hazards.services import laying
from anlan.hazards.terms import Can, Did
from anlan.hazards.terms.inspections import OBJECT_KINDS, Genre, Plan
from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.places import queries as places


@transaction.atomic
def programme(plan: Plan, *, by: Actor) -> Programme:
    """Make a plan; its tasks are laid by the next run. Raises Refused, Hidden (no such place), Invalid (by field)."""
    authority.require(by, Can.PLAN, at=plan.place)
    row = draft(plan)
    row.made_by, row.made_name = by.pseudonym, by.name
    row.save(force_insert=True)
    ledger.record(Did.PROGRAMME_MADE, row, by=by, name=row.name, genre=row.genre)
    return row


def draft(plan: Plan) -> Programme:
    """Return a plan as it would be saved, for its preview. Raises Hidden (no such place), Invalid (by field)."""
    places.by_path(plan.place)
    wrong: dict[str, str] = {}
    name = " ".join(plan.name.split())
    begin = plan.from_day or today()
    if not 1 <= len(name) <= 120:
        wrong["name"] = _("计划名称要 1 到 120 个字")
    if plan.genre not in set(Genre):
        wrong["genre"] = _("选一种计划")
    if plan.to_day and plan.to_day < begin:
        wrong["to_day"] = _("结束的那天要在开始以后")
    if plan.genre == Genre.SPECIAL and not plan.to_day:
        wrong["to_day"] = _("专项计划要写哪天以前查完")
    if plan.every is not None and not 1 <= plan.every <= 3650:
        wrong["every"] = _("几天查一次，写 1 到 3650，空着就按计划的种类")
    if plan.least_risk not in {1, 2, 3, 4}:
        wrong["least_risk"] = _("风险是 1（低）到 4（重大）")
    if set(plan.object_kinds) - set(OBJECT_KINDS):
        wrong["object_kinds"] = _("没有这种对象")
    known = set(Checklist.objects.filter(id__in=list(plan.checklists)).values_list("id", flat=True))
    if set(plan.checklists) - known:
        wrong["checklists"] = _("没有这张检查表")
    if wrong:
        raise Invalid(wrong)
    return Programme(
        place_path=plan.place, name=name, genre=plan.genre, line=plan.line.strip()[:40],
        organisation_id=plan.organisation, object_kinds=list(plan.object_kinds), object_ids=list(plan.objects),
        checklists=list(plan.checklists), least_risk=plan.least_risk, every=plan.every, from_day=begin,
        to_day=plan.to_day, basis=plan.basis.strip()[:200], reason=plan.reason.strip(),
    )  # fmt: skip


@transaction.atomic
def stop_programme(programme_id: UUID, reason: str, *, by: Actor) -> Programme:
    """Stop a plan: its open parts are taken off, and tasks that nothing else asks for go with them. Twice is once."""
    row = queries.lock_programme(programme_id, by)
    authority.require(by, Can.PLAN, at=row.place_path)
    if row.closed_at:
        return row
    if not reason.strip():
        raise Invalid({"reason": _("写一句为什么停")})
    row.closed_at, row.closed_why = now(), reason.strip()[:200]
    row.save(update_fields=["closed_at", "closed_why"])
    mine = TaskPart.objects.filter(programme=row, signed_at=None, task__state="open")
    touched = list(mine.values_list("task_id", flat=True))
    mine.delete()
    left = set(TaskPart.objects.filter(task_id__in=touched).values_list("task_id", flat=True))
    Task.objects.filter(id__in=set(touched) - left).update(state="void", reason=_("计划停了"))
    waits = set(TaskPart.objects.filter(task_id__in=left, signed_at=None, excused="").values_list("task_id", flat=True))
    Task.objects.filter(id__in=left - waits, state="open").update(state="done", done_at=now())
    laying.join(sorted(left))
    ledger.record(Did.PROGRAMME_STOPPED, row, by=by, opinion=row.closed_why, count=len(touched))
    return row


@transaction.atomic
def special(
    of: Sequence[str] | Sequence[UUID], title: str, reason: str, checklists: Sequence[UUID], due_on: dt.date, *,
    by: Actor,
) -> list[Programme]:  # fmt: skip
    """Make a special task (专项任务) out of a finding: for every object under some paths, or for some objects.

    One plan for each path; one for the objects together. Its tasks are laid at once. Raises Refused, Hidden, Invalid.
    """
    ids = [one for one in of if isinstance(one, UUID)]
    wanted: list[tuple[str, list[UUID]]] = [(one, []) for one in of if isinstance(one, str)]
    if ids:
        spots = list(Object.objects.filter(id__in=ids, closed_at=None).values_list("place_path", flat=True))
        if not spots:
            raise Conflict(_("这些对象都停用了，没有可查的"))
        ups = reversed(paths.ancestors(spots[0]))
        wanted.append((next((up for up in ups if all(s.startswith(up) for s in spots)), ""), ids))
    if not wanted:
        raise Invalid({"objects": _("选地方或对象")})
    made = [
        programme(
            Plan(title, path, Genre.SPECIAL, objects=objects, checklists=checklists, to_day=due_on, reason=reason),
            by=by,
        )
        for path, objects in wanted
    ]
    laying.lay(by=by, plans=[one.id for one in made])
    return made


@transaction.atomic
def ask_professional(
    object_id: UUID, reason: str, *, by: Actor, organisation: UUID | None = None, line: str = "",
    checklists: Sequence[UUID] = (), of_visit: UUID | None = None,
) -> TaskPart:  # fmt: skip
    """Ask a department to look at an object (需专业部门): a part on its open task, or a task of its own.

    Twice is once while it waits. Raises Hidden, Refused, Conflict (closed), Invalid (reason).
    """
    row = things.lock(object_id, by)
    authority.require(by, Can.INSPECT, at=row.place_path)
    if row.closed_at:
        raise Conflict(_("这一处已经停用了"))
    if not reason.strip():
        raise Invalid({"reason": _("写一句要看什么")})
    part = add_part(row, reason, organisation=organisation, line=line, checklists=checklists, of_visit=of_visit)
    ledger.record(Did.LOOK_ASKED, row, by=by, opinion=part.reason)
    return part


def add_part(
    row: Object, reason: str, *, organisation: UUID | None = None, line: str = "", checklists: Sequence[UUID] = (),
    of_visit: UUID | None = None,
) -> TaskPart:  # fmt: skip
    """Put a part that no plan asks for on the object's open task, or on a new one."""
    task = Task.objects.filter(object=row, state="open", exercise_id=None).first()
    if task is None:
        due = today() + dt.timedelta(days=settings.INSPECT_LOOK_DAYS)
        task = Task.objects.create(
            object=row, place_path=row.place_path, on_day=today(), due_on=due, post_id=row.post_id,
            reason=reason.strip()[:200],
        )  # fmt: skip
    part, _new = TaskPart.objects.get_or_create(
        task=task, programme=None, organisation_id=organisation, line=line.strip()[:40], of_visit_id=of_visit,
        reason=reason.strip()[:200], signed_at=None, defaults={"checklists": list(checklists)},
    )  # fmt: skip
    laying.join([task.id])
    return part

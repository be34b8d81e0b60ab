"""The task board: a community posts, people claim and leave freely, the community confirms with one tap."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority, clock
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.ledger import services as ledger
from anlan.people import lifecycle, queries, terms
from anlan.people.models import Checkin, Claim, Task

MOST = 999


@dataclass(frozen=True, slots=True)
class TaskDraft:
    """A task to post: what, where, when, how many people, which skills help (any of them; none: everybody)."""

    title: str
    where: str
    starts_at: dt.datetime | None
    wanted: int | None
    what: str = ""
    ends_at: dt.datetime | None = None
    skills: Sequence[str] = ()
    urgent: bool = False


@transaction.atomic
def post_task(draft: TaskDraft, *, place_path: str, by: Actor) -> Task:
    """Put a task on the board of a community or street. Raises Refused, Invalid (every field that is wrong)."""
    authority.require(by, terms.Can.CHECKINS, at=place_path)
    errors: dict[str, str] = {}
    title, where, what = (" ".join(text.split()) for text in (draft.title, draft.where, draft.what))
    if not 2 <= len(title) <= 60:
        errors["title"] = _("写明做什么，2 到 60 个字")
    if not 1 <= len(where) <= 120:
        errors["where"] = _("写明在哪儿，最多 120 个字")
    if len(what) > 300:
        errors["what"] = _("最多 %d 个字") % 300
    if draft.starts_at is None:
        errors["starts_at"] = _("写明什么时候开始")
    elif draft.ends_at is not None and draft.ends_at <= draft.starts_at:
        errors["ends_at"] = _("结束要在开始以后")
    if draft.wanted is None or not 1 <= draft.wanted <= MOST:
        errors["wanted"] = _("要几个人：1 到 %d") % MOST
    if set(draft.skills) - set(queries.skills()):
        errors["skills"] = _("没有这些技能：%s") % "、".join(sorted(set(draft.skills) - set(queries.skills())))
    if errors or draft.starts_at is None or draft.wanted is None:
        raise Invalid(errors)
    made = Task.objects.create(
        place_path=place_path, title=title, where=where, what=what, starts_at=draft.starts_at, ends_at=draft.ends_at,
        wanted=draft.wanted, skills=list(draft.skills), urgent=draft.urgent, by_name=by.name, exercise=by.exercise,
    )  # fmt: skip
    ledger.record(terms.Did.TASK_POSTED, made, by=by, title=title, wanted=draft.wanted)
    return made


@transaction.atomic
def claim_task(task_id: UUID, checkin_id: UUID, *, by: Actor) -> Claim:
    """Take a task on; behind the wanted number one waits. Twice is once; whoever left may come back, at the end.

    The person themselves or the community's desk may. Raises Hidden, Conflict (not open, not on the list), Invalid
    (skills).
    """
    checkin = queries.lock_checkin(checkin_id, by)
    task = Task.objects.select_for_update().filter(id=task_id).first()
    if task is None or not checkin.place_path.startswith(task.place_path):
        raise Hidden
    if task.state != terms.TaskState.OPEN:
        raise Conflict(_("这个任务已经不招人了"))
    if checkin.state != terms.CheckinState.LISTED:
        raise Conflict(_("社区确认以后才能认领任务"))
    if task.skills and not set(task.skills) & set(checkin.skills):
        raise Invalid({"skills": _("这个任务要会：%s。会的话先改自己的技能") % "、".join(task.skills)})
    there = Claim.objects.filter(task=task, checkin=checkin).first()
    if there is not None and there.state != terms.ClaimState.WITHDRAWN:
        return there
    full = task.claims.filter(state=terms.ClaimState.CLAIMED).count() >= task.wanted
    claim = there or Claim(task=task, checkin=checkin)
    claim.state, claim.at = terms.ClaimState.WAITING if full else terms.ClaimState.CLAIMED, clock.now()
    claim.save()
    ledger.record(
        terms.Did.TASK_CLAIMED,
        task,
        by=by,
        title=task.title,
        pseudonym=checkin.person.pseudonym,
        state=str(claim.state),
    )
    return claim


@transaction.atomic
def leave_task(task_id: UUID, checkin_id: UUID, *, by: Actor) -> None:
    """Give a claim back, without a reason; the first who waits moves up. Twice is once. Raises Hidden, Conflict."""
    checkin = queries.lock_checkin(checkin_id, by)
    task = Task.objects.select_for_update().filter(id=task_id).first()
    claim = Claim.objects.filter(task=task, checkin=checkin).first() if task else None
    if task is None or claim is None:
        raise Hidden
    if claim.state == terms.ClaimState.WITHDRAWN:
        return
    if task.state != terms.TaskState.OPEN:
        raise Conflict(_("这个任务已经办完或不办了"))
    claim.state = terms.ClaimState.WITHDRAWN
    claim.save(update_fields=["state"])
    promote(task)
    ledger.record(terms.Did.TASK_LEFT, task, by=by, title=task.title, pseudonym=checkin.person.pseudonym)


def promote(task: Task) -> None:
    """Let those who wait move up while there is room, in the order they came. The task is locked by the caller."""
    room = task.wanted - task.claims.filter(state=terms.ClaimState.CLAIMED).count()
    if room > 0:
        waiting = task.claims.filter(state=terms.ClaimState.WAITING).order_by("at", "id").values_list("id", flat=True)
        Claim.objects.filter(id__in=list(waiting[:room])).update(state=terms.ClaimState.CLAIMED)


@transaction.atomic
def finish_task(task_id: UUID, *, by: Actor) -> Task:
    """Confirm with one tap that a task is done, for everybody who claimed it. Twice is once. Raises Hidden."""
    task = queries.lock_task(task_id, by)
    if task.state == terms.TaskState.DONE:
        return task
    lifecycle.TASK.move(task, terms.Did.TASK_DONE, by=by)
    task.done_at, task.done_by = clock.now(), by.name
    task.save(update_fields=["state", "done_at", "done_by"])
    count = task.claims.filter(state=terms.ClaimState.CLAIMED).update(state=terms.ClaimState.DONE)
    task.claims.filter(state=terms.ClaimState.WAITING).update(state=terms.ClaimState.WITHDRAWN)
    ledger.record(terms.Did.TASK_DONE, task, by=by, title=task.title, count=count)
    return task


@transaction.atomic
def close_task(task_id: UUID, *, by: Actor) -> Task:
    """Take a finished task off the board. Raises Hidden, Conflict."""
    return _move(task_id, terms.Did.TASK_CLOSED, by)


@transaction.atomic
def cancel_task(task_id: UUID, *, by: Actor) -> Task:
    """Say that a task is not to be done; nobody is bound any more. Raises Hidden, Conflict."""
    return _move(task_id, terms.Did.TASK_CANCELLED, by)


def _move(task_id: UUID, did: terms.Did, by: Actor) -> Task:
    task = queries.lock_task(task_id, by)
    lifecycle.TASK.move(task, did, by=by)
    task.save(update_fields=["state"])
    ledger.record(did, task, by=by, title=task.title)
    return task


def step_back(checkin: Checkin) -> None:
    """Give back every open claim of somebody who leaves, and let those who wait move up."""
    live = (terms.ClaimState.CLAIMED, terms.ClaimState.WAITING)
    tasks = Task.objects.select_for_update().filter(claims__checkin=checkin, claims__state__in=live).order_by("id")
    for task in list(tasks):  # a person has a handful
        task.claims.filter(checkin=checkin).update(state=terms.ClaimState.WITHDRAWN)
        if task.state == terms.TaskState.OPEN:
            promote(task)

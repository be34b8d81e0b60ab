"""Checks by others: a unit checks itself, or a third party checks it, by a link without an account (ENT-03).

What they report themselves is marked (自报免罚窗口), and some of their checks are looked over by lot (抽检).
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from anlan.hazards.models import Hazard, Item, Object, Task, TaskPart, Visit
from anlan.hazards.queries.objects import today
from anlan.hazards.services import laying, visits
from anlan.hazards.services.reporting import report
from anlan.hazards.terms import Can, Did, Found, Result, Source
from anlan.hazards.terms.inspections import OUTSIDE, Done
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, machine
from anlan.kernel.clock import now
from anlan.ledger import services as ledger

SALT = "hazards.outside-check"
BY = machine("hazards.outside-check")
SAMPLED_DAYS = 7  # a check is drawn for looking over within so many days after it came
REMARK = 500


@dataclass(frozen=True, slots=True)
class Link:
    """What a link opens: which object, who checks ("self_check" or "third_party"), on whose behalf."""

    object: Object
    source: str
    unit: str


def token(thing: Object, *, by: Actor, source: str = Source.SELF_CHECK, unit: str = "") -> str:
    """Return the token of a link to check an object. Raises Refused, Invalid (source, unit)."""
    authority.require(by, Can.PLAN, at=thing.place_path)
    if source not in OUTSIDE:
        raise Invalid({"source": _("没有这种检查")})
    unit = " ".join(unit.split())[:60]
    if source == Source.THIRD_PARTY and not unit:
        raise Invalid({"unit": _("写一下是哪家机构来查")})
    return signing.dumps([thing.id.hex, thing.link_no, source, unit], salt=SALT)


def opened(text: str) -> Link:
    """Return what a token opens. Raises Hidden for a wrong or renewed one, and for a closed object."""
    try:
        identifier, number, source, unit = signing.loads(text, salt=SALT)
        found = Object.objects.filter(id=UUID(identifier), link_no=number, closed_at=None).first()
    except (signing.BadSignature, ValueError, TypeError):
        raise Hidden from None
    if found is None:
        raise Hidden
    return Link(found, source, unit)


def left_today(thing: Object) -> int:
    """Return how many more checks by link an object takes within 24 hours."""
    since = now() - dt.timedelta(days=1)
    sent = Visit.objects.filter(object=thing, source__in=list(OUTSIDE), arrived_at__gte=since).count()
    return max(settings.SELF_CHECK_DAILY - sent, 0)


@transaction.atomic
def submit(text: str, done: Done, *, name: str, remark: str = "") -> Visit:
    """Keep a check that came by a link; every failed item, and the remark, become hazards that they report themselves.

    Raises Hidden, Conflict (too many today), Invalid (by field).
    """
    link = opened(text)
    Object.objects.select_for_update().filter(id=link.object.id).first()
    known = Visit.objects.filter(client_id=done.client, by=None).first()
    if known is not None:
        if known.object_id != link.object.id:
            raise Hidden
        return known
    name = " ".join(name.split())[:40]
    if not name:
        raise Invalid({"name": _("写一下谁查的")})
    if not left_today(link.object):
        raise Conflict(
            _("今天已经交了 {count} 次，明天再交；有急事打电话给社区").format(count=settings.SELF_CHECK_DAILY)
        )
    nothing = done.nothing_wrong and not remark.strip()
    sent = Done(
        client=done.client, object=link.object.id, answers=done.answers, versions=done.versions,
        nothing_wrong=nothing, conclusion=done.conclusion or remark.strip()[:REMARK], source=link.source,
        unit=" ".join(filter(None, (link.unit or link.object.name, name))), began_at=done.began_at,
    )  # fmt: skip
    row = visits.visit(sent, by=BY)
    failed = {i: note for i, (result, note) in done.answers.items() if result == Result.FAIL}
    items = {i.id: i for i in Item.objects.filter(id__in=list(failed))}
    for item, note in failed.items():
        said = visits.words_for(row, items[item], note)
        report(_found(row, link, said["text"], item, said["kind"]), by=BY)
    if remark.strip():
        report(_found(row, link, f"{link.object.name}：{remark.strip()[:REMARK]}", None, ""), by=BY)
    return row


def _found(row: Visit, link: Link, text: str, item: UUID | None, kind: str) -> Found:
    return Found(
        text=text, client=uuid.uuid5(row.id, str(item or "")), kind=kind, source=link.source, place=row.place_path,
        where=link.object.where, lon=link.object.lon, lat=link.object.lat, object=link.object.id, visit=row.id,
        item=item,
    )  # fmt: skip


def grace_until(hazard: Hazard) -> dt.datetime | None:
    """Return until when a hazard that its unit reported itself is within the window (自报免罚窗口), None for others."""
    if hazard.source != Source.SELF_CHECK:
        return None
    return hazard.arrived_at + dt.timedelta(days=settings.SELF_CHECK_GRACE_DAYS)


def drawn(visit_id: UUID) -> bool:
    """Say whether the lot falls on a check: the same seed gives the same answer to whoever draws again."""
    lot = hashlib.sha256(f"{settings.SPOT_CHECK_SEED}:{visit_id}".encode()).digest()
    return int.from_bytes(lot[:4]) % 10_000 < settings.SPOT_CHECK_PERCENT * 100


@transaction.atomic
def sample(*, by: Actor | None = None) -> int:
    """Draw checks of the last days for looking over, and ask for each on its object's task. Twice is once."""
    by = by or machine("hazards.sample")
    since = now() - dt.timedelta(days=SAMPLED_DAYS)
    rows = Visit.objects.filter(source__in=list(OUTSIDE), arrived_at__gte=since, exercise_id=None)
    chosen = {v.id: v for v in rows.filter(object__closed_at=None).select_related("object") if drawn(v.id)}
    asked = set(TaskPart.objects.filter(of_visit_id__in=list(chosen)).values_list("of_visit_id", flat=True))
    fresh = [v for i, v in chosen.items() if i not in asked and v.object is not None]
    if not fresh:
        return 0
    due = today() + dt.timedelta(days=settings.INSPECT_LOOK_DAYS)
    things = {v.object.id: v.object for v in fresh if v.object}
    list(Object.objects.select_for_update().filter(id__in=list(things)).order_by("id").values_list("id"))
    held = {t.object_id: t for t in Task.objects.filter(object_id__in=list(things), state="open", exercise_id=None)}
    made = {
        i: Task(object=o, place_path=o.place_path, on_day=today(), due_on=due, post_id=o.post_id, reason=_("抽检"))
        for i, o in things.items() if i not in held
    }  # fmt: skip
    Task.objects.bulk_create(made.values())
    tasks = held | made
    parts = [
        TaskPart(task=tasks[v.object.id], of_visit_id=v.id, reason=_("抽检：{unit}查过的").format(unit=v.unit)[:200])
        for v in fresh if v.object
    ]  # fmt: skip
    TaskPart.objects.bulk_create(parts)
    laying.join([t.id for t in tasks.values()])
    for v in fresh:
        if v.object:
            ledger.record(Did.LOOK_ASKED, v.object, by=by, opinion=_("抽检"), visit=v.id)
    return len(parts)


def answers_of(pairs: Mapping[str, str], notes: Mapping[str, str]) -> dict[UUID, tuple[str, str]]:
    """Return a form's answers by item: only those that were given. Raises Invalid for what is no item."""
    try:
        return {UUID(item): (result, notes.get(item, "")) for item, result in pairs.items() if result}
    except ValueError:
        raise Invalid({"": _("这一页不完整，刷新后重新填")}) from None

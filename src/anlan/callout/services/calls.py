"""Calls: prepared, approved by somebody else where the rule says so, started, taken over, called off, ended."""

import datetime as dt
from os.path import commonprefix
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from anlan.callout import lifecycle
from anlan.callout.models import Call, Policy
from anlan.callout.services import closing, directives, fanout, policies, reviews, tallies, templates
from anlan.callout.terms import CallState, Can, Did, Draft, Kind, Level
from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import local, now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.people.terms import Targeting

TITLE, BODY = 120, 2000  # most characters
HEIRS = (Kind.FIRST, Kind.CHANGE, Kind.ALL_CLEAR, Kind.CANCEL)


@transaction.atomic
def prepare(draft: Draft, *, by: Actor) -> Call:
    """Make a call that is not yet sent; where a second person must approve, it waits for them.

    Whoever prepares must hold `callout.prepare` over every targeted path. Raises Refused, Invalid field by field.
    """
    for path in draft.targeting.paths:
        authority.require(by, Can.PREPARE, at=path)
    check(draft)
    policy = policies.choose(draft)
    identifier, drill = uuid7(), draft.exercise is not None or draft.status != "actual" or by.exercise is not None
    call = Call(
        id=identifier,
        chain_id=draft.chain or _heritage(draft) or identifier,
        exercise_id=draft.exercise or by.exercise,
        drill=drill,
        genre=draft.genre,
        alert_id=draft.alert_id,
        supersedes=draft.supersedes,
        prepared_by=by.pseudonym,
        **worded(draft, policy),
    )
    body = call.policy
    if needs_second(call) and not draft.hold:
        lifecycle.CALL.move(call, Did.SUBMITTED, by=by)
        if draft.auto and body["auto_send_after"] is not None:
            call.auto_send_at = now() + dt.timedelta(seconds=body["auto_send_after"])
    call.save(force_insert=True)
    ledger.record(
        Did.PREPARED, call, by=by, title=call.title, level=call.level, policy=policy.code, version=policy.version,
        targeting=call.targeting, supersedes=call.supersedes, kind=call.kind,
    )  # fmt: skip
    return call


def worded(draft: Draft, policy: Policy) -> dict[str, Any]:
    """Return what of a draft may be changed until it starts, as fields of a call."""
    said = dict(draft.instructions)
    if draft.by_role:
        said = templates.by_role(draft) | said
    return {
        "place_path": draft.place_path if draft.place_path is not None else shared(draft.targeting.paths),
        "kind": draft.kind,
        "directive": draft.directive,
        "level": draft.level,
        "hazard": draft.hazard,
        "title": draft.title.strip(),
        "body": draft.body.strip(),
        "instructions": said,
        "targeting": draft.targeting.as_json(),
        "policy_code": policy.code,
        "policy": policy.body | {"code": policy.code, "version": policy.version, "name": policy.name},
        "valid_until": draft.valid_until,
        "result_due": draft.result_due,
        "sender_path": draft.sender_path or "",
        "copies": draft.copies,
    }


def check(draft: Draft) -> None:
    """Raise Invalid, field by field, for a draft that cannot be a call."""
    wrong: dict[str, str] = directives.wrong(draft)
    if not 1 <= len(draft.title.strip()) <= TITLE:
        wrong["title"] = _("标题要写 1 到 {most} 个字").format(most=TITLE)
    if not 1 <= len(draft.body.strip()) <= BODY:
        wrong["body"] = _("内容要写 1 到 {most} 个字").format(most=BODY)
    if draft.level not in set(Level):
        wrong["level"] = _("级别只能是红、橙、黄、蓝或不分级")
    if draft.kind not in set(Kind):
        wrong["kind"] = _("不认识这种叫应")
    if draft.status not in {"actual", "exercise", "test"}:
        wrong["status"] = _("只能是实况、演练或测试")
    if not draft.targeting.paths:
        wrong["targeting"] = _("选至少一个地方")
    if not all(any(paths.contains(led, path) for path in draft.targeting.paths) for led in draft.targeting.at):
        wrong["targeting"] = _("加叫的上级，只能是所选地方的上级")
    if draft.valid_until is not None and draft.valid_until <= now():
        wrong["valid_until"] = _("失效时间已经过了")
    if wrong:
        raise Invalid(wrong)


def _heritage(draft: Draft) -> UUID | None:
    return (
        Call.objects.filter(id=draft.supersedes).values_list("chain_id", flat=True).first()
        if draft.supersedes
        else None
    )


def shared(targeted: tuple[str, ...]) -> str:
    """Return the deepest place that holds every path; "" where they share none."""
    prefix = commonprefix(targeted)  # noqa: RUF071 - place paths are cut to whole segments below
    return prefix[: len(prefix) // paths.WIDTH * paths.WIDTH]


def needs_second(call: Call) -> bool:
    """Say whether somebody other than the drafter must approve. Drills are not held up; safety news are not either."""
    return bool(call.policy.get("second_person")) and not call.drill


def lock(call_id: UUID, *, by: Actor) -> Call:
    """Return a call under lock. Raises Hidden where there is none or the actor may not see it."""
    call = Call.objects.select_for_update().filter(id=call_id).first()
    if call is None or not authority.holds(by, Can.SEE, at=call.place_path):
        raise Hidden(str(call_id))
    return call


@transaction.atomic
def submit(call_id: UUID, *, by: Actor) -> Call:
    """Ask for approval again, after a call was returned."""
    call = lock(call_id, by=by)
    lifecycle.CALL.move(call, Did.SUBMITTED, by=by)
    call.save(update_fields=["state"])
    ledger.record(Did.SUBMITTED, call, by=by, title=call.title)
    return call


@transaction.atomic
def approve(call_id: UUID, *, by: Actor, start_now: bool = True) -> Call:
    """Approve what somebody else prepared and, unless told otherwise, start it in the same act.

    Raises Refused (also for the drafter), Hidden, Conflict (it was approved, returned or sent meanwhile).
    """
    call = lock(call_id, by=by)
    lifecycle.CALL.move(call, Did.APPROVED, by=by)
    if not by.machine and by.pseudonym == call.prepared_by:
        raise authority.Refused(Can.APPROVE, call.place_path)
    call.approved_at, call.approved_by, call.auto_send_at = now(), by.pseudonym, None
    call.save(update_fields=["state", "approved_at", "approved_by", "auto_send_at"])
    ledger.record(Did.APPROVED, call, by=by, title=call.title)
    if start_now:
        lifecycle.CALL.move(call, Did.STARTED, by=authority.machine(by.name))
        _run(call, by=by)
    return call


@transaction.atomic
def send_back(call_id: UUID, reason: str, *, by: Actor) -> Call:
    """Return a call to its drafter, with the reason. Raises Refused, Hidden, Conflict, Invalid without a reason."""
    if not reason.strip():
        raise Invalid({"reason": _("写上退回的原因")})
    call = lock(call_id, by=by)
    lifecycle.CALL.move(call, Did.RETURNED, by=by)
    call.approved_at = call.approved_by = call.auto_send_at = None
    call.save(update_fields=["state", "approved_at", "approved_by", "auto_send_at"])
    ledger.record(Did.RETURNED, call, by=by, title=call.title, reason=reason.strip())
    return call


@transaction.atomic
def start(call_id: UUID, *, by: Actor, now: bool = False, reason: str = "") -> Call:
    """Start a call: from here on every person is called and nothing of it changes any more.

    `now` sends without the second person: with a reason, and somebody owes its review. Raises Refused, Hidden,
    Conflict (approval is lacking; or another officer was first), Invalid (no reason).
    """
    call = lock(call_id, by=by)
    if needs_second(call) and call.approved_by is None:
        if not now:
            if call.state in {CallState.AWAITING, CallState.DRAFT}:
                raise Conflict(_("要另一个人同意才能发；等不及可以写明原因紧急发出，事后补审"))
        elif not reason.strip():
            raise Invalid({"reason": _("写上为什么等不及审批")})
        lifecycle.CALL.move(call, lifecycle.SEND_NOW, by=by)
        _urgent(call, reason)
    else:
        lifecycle.CALL.move(call, Did.STARTED, by=by)
    _run(call, by=by)
    return call


def _urgent(call: Call, reason: str) -> None:
    call.urgent_reason = reason.strip()
    call.review_due = now() + dt.timedelta(seconds=call.policy["review_within"])


def _run(call: Call, *, by: Actor) -> None:
    """Set a call running, take the older one's ladder over, and call the most senior persons, in one transaction."""
    for path in call.targeting["paths"]:
        authority.require(by, Can.START if call.approved_by is None else Can.SEE, at=path)
    directives.still_ahead(call)
    older = _stop_older(call, by=by)
    call.started_at, call.token, call.auto_send_at = now(), uuid7(), None
    call.serial = None if call.genre else _serial(call)
    call.save()
    first = fanout.begin(call)
    ledger.record(
        Did.STARTED, call, by=by, title=call.title, level=call.level, first=first, urgent=bool(call.urgent_reason),
        supersedes=call.supersedes, private={"reason": call.urgent_reason} if call.urgent_reason else None,
    )  # fmt: skip
    if older is not None:
        ledger.record(Did.TAKEN_OVER, older, by=by, by_call=call.id)
    if call.review_due is not None:
        reviews.owe(call, by=by)
    tallies.signal(call.id)


def _stop_older(call: Call, *, by: Actor) -> Call | None:
    """Stop the ladder of the call that this one replaces: for everybody at once, before anybody is called anew."""
    if call.supersedes is None:
        return None
    older = Call.objects.select_for_update().filter(id=call.supersedes).first()
    if older is None or older.state != CallState.RUNNING:
        raise Conflict(_("原来那次叫应已经不在进行中，或者别人已经接过去了"))
    if older.drill != call.drill:
        raise Conflict(_("演练和实况不能互相接替"))
    lifecycle.CALL.move(older, Did.TAKEN_OVER, by=by)
    older.token, older.superseded_by, older.ended_at = uuid7(), call.id, now()
    older.save(update_fields=["state", "token", "superseded_by", "ended_at"])
    return older


def _serial(call: Call) -> int:
    """Return the next number of the year, real calls and drills apart; two starts at once wait for one another."""
    year = local(now()).replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('callout_call.serial'))")
    last = Call.objects.filter(started_at__gte=year, drill=call.drill).aggregate(last=Max("serial"))["last"]
    return (last or 0) + 1


def upgrade(old_call_id: UUID, draft: Draft, *, by: Actor) -> Call:
    """Prepare the call that takes over a running one (yellow → orange → red, or a change of words).

    Its start stops the old ladder for all and moves the open obligations, so that nobody climbs two. Raises Hidden,
    Conflict where the old one does not run.
    """
    old = Call.objects.filter(id=old_call_id).first()
    if old is None or not authority.holds(by, Can.SEE, at=old.place_path):
        raise Hidden(str(old_call_id))
    if old.state != CallState.RUNNING:
        raise Conflict(_("原来那次叫应已经不在进行中"))
    values = {name: getattr(draft, name) for name in Draft.__slots__}
    values |= {
        "supersedes": old.id,
        "chain": old.chain_id,
        "exercise": old.exercise_id,
        "status": "test" if old.drill else draft.status,
        "alert_id": draft.alert_id or old.alert_id,
    }
    return prepare(Draft(**values), by=by)


def change(
    call_id: UUID, *, by: Actor, title: str | None = None, body: str | None = None, level: str | None = None
) -> Call:
    """Prepare the same call with other words or another level; everybody must answer anew."""
    return upgrade(call_id, _again(call_id, Kind.CHANGE, title, body, level), by=by)


@transaction.atomic
def all_clear(call_id: UUID, *, by: Actor, title: str, body: str) -> Call:
    """Tell everybody that the danger is over, at once; nobody need answer, and the old ladder ends."""
    made = upgrade(call_id, _again(call_id, Kind.ALL_CLEAR, title, body, ""), by=by)
    return start(made.id, by=by)


@transaction.atomic
def cancel(call_id: UUID, reason: str, *, by: Actor, tell: bool = True) -> Call:
    """Call a call off. One that runs: its ladder stops for all, and everybody is told, unless `tell` is False.

    Raises Refused, Hidden, Conflict, Invalid without a reason.
    """
    if not reason.strip():
        raise Invalid({"reason": _("写上取消的原因")})
    call = lock(call_id, by=by)
    ran = call.state == CallState.RUNNING
    if ran and tell:
        title = _("取消：{title}").format(title=call.title)[:TITLE]
        authority.require(by, Can.END, at=call.place_path)
        made = upgrade(call_id, _again(call_id, Kind.CANCEL, title, reason, ""), by=by)
        start(made.id, by=by)
        call.refresh_from_db()
    else:
        lifecycle.CALL.move(call, Did.CANCELLED, by=by)
        call.token, call.ended_at, call.auto_send_at = uuid7(), now(), None
        call.save(update_fields=["state", "token", "ended_at", "auto_send_at"])
        closing.later(call)
    ledger.record(Did.CANCELLED, call, by=by, reason=reason.strip(), told=ran and tell)
    return call


@transaction.atomic
def end(call_id: UUID, *, by: Actor) -> Call:
    """End a call: the ladder stops, whoever is silent stays silent in the report, links answer too late."""
    call = lock(call_id, by=by)
    lifecycle.CALL.move(call, Did.ENDED, by=by)
    call.token, call.ended_at = uuid7(), now()
    call.save(update_fields=["state", "token", "ended_at"])
    lapsed = tallies.total(call.id).get("silent", 0)
    ledger.record(Did.ENDED, call, by=by, lapsed=lapsed)
    closing.later(call)
    return call


@transaction.atomic
def send_due() -> int:
    """Start, as a machine, what waited too long for its approver, and end what is no longer valid. Returns how many."""
    moment = now()
    waiting = Call.objects.select_for_update(skip_locked=True).filter(
        state=CallState.AWAITING, auto_send_at__lte=moment
    )
    by = authority.machine("callout.auto-send")
    count = 0
    for call in waiting:
        minutes = (moment - call.prepared_at).total_seconds() / 60
        lifecycle.CALL.move(call, lifecycle.SEND_NOW, by=by)
        _urgent(call, _("{minutes:.0f} 分钟没有人审批，按规则自动发出").format(minutes=minutes))
        try:
            with transaction.atomic():
                _run(call, by=by)
        except Conflict:
            Call.objects.filter(id=call.id).update(auto_send_at=None)
            continue
        count += 1
    over = Call.objects.filter(state=CallState.RUNNING, valid_until__lte=moment).values_list("id", flat=True)
    for identifier in over:
        end(identifier, by=authority.machine("callout.validity"))
        count += 1
    return count


def _again(call_id: UUID, kind: Kind, title: str | None, body: str | None, level: str | None) -> Draft:
    old = Call.objects.filter(id=call_id).first()
    if old is None:
        raise Hidden(str(call_id))
    return Draft(
        title=old.title if title is None else title,
        body=old.body if body is None else body,
        targeting=Targeting.from_json(old.targeting),
        level=old.level if level is None else level,
        hazard=old.hazard,
        kind=kind,
        valid_until=None if kind in {Kind.ALL_CLEAR, Kind.CANCEL} else old.valid_until,
        place_path=old.place_path,
        **directives.carried_on(old, kind),
    )

"""More time, a stopped clock, 挂账: one asks, another decides (HZD-05)."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.hazards import queries
from anlan.hazards.models import Hazard, PleaRow
from anlan.hazards.services import acting, clock, duties
from anlan.hazards.terms import PLEA_NAMES, Can, Did, HazardState, Plea, PleaState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused
from anlan.kernel.clock import local, now

FARTHEST = dt.timedelta(days=366 * 5)


@transaction.atomic
def ask(
    hazard_id: UUID,
    plea: str,
    reason: str,
    *,
    wanted: dt.datetime | None = None,
    by: Actor,
    revision: int | None = None,
) -> PleaRow:
    """Ask for more time (`wanted`: until when), a stopped clock or 挂账: the owner, or whoever assigns or fills in.

    Raises Hidden, Refused, Conflict (one is open already, or not in this state), Invalid.
    """
    said = acting.said(reason, field="reason")
    if plea not in set(Plea):
        raise Invalid({"plea": _("只能申请：延期、暂停计时、挂账")})
    found = acting.hold(hazard_id, by=by, revision=revision)
    able = queries.may_rectify(found, by) or authority.holds(by, Can.ASSIGN, at=found.place_path)
    queries.require(able, Can.RECTIFY, found)
    if by.pseudonym is None:
        raise Refused(Can.RECTIFY, found.place_path)
    if plea not in queries.askable(found):
        raise Conflict(_("这条隐患现在是「{state}」，不能申请{plea}").format(
            state=acting.word(found), plea=PLEA_NAMES[Plea(plea)]))  # fmt: skip
    if plea == Plea.EXTEND:
        _later(found, wanted)
    if found.pleas.filter(state=PleaState.ASKED).exists():
        raise Conflict(_("已经有一个申请在等批，批了再申请"))
    made = PleaRow.objects.create(
        hazard=found, kind=plea, reason=said, wanted=wanted, asked_by=by.pseudonym, asked_name=by.name[:60]
    )
    acting.keep(found)
    acting.record(Did.ASKED, found, by=by, plea=plea, opinion=said, wanted=wanted)
    duties.decide(found, made, by=by)
    return made


def _later(found: Hazard, wanted: dt.datetime | None) -> None:
    moment = now()
    if wanted is None or wanted <= max(moment, found.due_at or moment) or wanted > moment + FARTHEST:
        raise Invalid({"wanted": _("写明延到哪一天：要晚于现在的期限")})


@transaction.atomic
def decide(
    plea_id: UUID,
    *,
    granted: bool,
    opinion: str,
    review_on: dt.date | None = None,
    by: Actor,
    revision: int | None = None,
) -> PleaRow:
    """Grant or refuse what another asked for. `review_on` is when to look again: needed for 挂账.

    Raises Hidden, Refused, Conflict (one's own, or decided already), Invalid.
    """
    said = acting.said(opinion)
    about = PleaRow.objects.filter(id=plea_id).values_list("hazard_id", flat=True).first()
    if about is None:
        raise Hidden(_("没有这个申请"))
    found = acting.hold(about, by=by, revision=revision)
    row = PleaRow.objects.select_for_update().get(id=plea_id)
    authority.require(by, Can.APPROVE, at=found.place_path)
    if by.pseudonym is None:
        raise Refused(Can.APPROVE, found.place_path)
    if row.state != PleaState.ASKED:
        raise Conflict(_("这个申请已经办过了"))
    if row.asked_by == by.pseudonym:
        raise Conflict(_("这是你自己申请的，要由别人批"))
    row.state = PleaState.GRANTED if granted else PleaState.REFUSED
    row.decided_at, row.decided_by, row.decided_name, row.opinion = now(), by.pseudonym, by.name[:60], said
    duties.met(found, Did.GRANTED, by=by)
    acting.record(Did.GRANTED if granted else Did.REFUSED, found, by=by, plea=row.kind, opinion=said)
    if granted:
        _grant(found, row, review_on, by=by)
    row.save()
    acting.keep(found)
    what = PLEA_NAMES[Plea(row.kind)]
    words = _("同意{plea}：{said}") if granted else _("不同意{plea}：{said}")
    duties.tell_person(found, row.asked_by, words.format(plea=what, said=said), by=by)
    return row


def _grant(found: Hazard, row: PleaRow, review_on: dt.date | None, *, by: Actor) -> None:
    moment = now()
    if row.kind not in queries.askable(found):
        raise Conflict(_("这条隐患现在是「{state}」，不能{plea}了").format(
            state=acting.word(found), plea=PLEA_NAMES[Plea(row.kind)]))  # fmt: skip
    if row.kind == Plea.EXTEND:
        _later(found, row.wanted)
        clock.extend(found, row.wanted or moment, moment)
        acting.record(Did.EXTENDED, found, by=by, due_at=found.due_at, due_words=clock.words(found))
        duties.again(found, by=by)
        return
    if row.kind == Plea.LIST or review_on is not None:
        _review_day(review_on)
    row.review_on = review_on
    clock.pause(found, moment)
    if row.kind == Plea.PAUSE:
        acting.record(Did.PAUSED, found, by=by, opinion=row.reason, review_on=review_on)
        duties.again(found, by=by)
        return
    acting.move(found, Did.LISTED, by=by)
    acting.record(Did.LISTED, found, by=by, opinion=row.reason, review_on=review_on)
    duties.free(found, _("挂账了"), by=by)


def _review_day(day: dt.date | None) -> None:
    today = local(now()).date()
    if day is None or not today < day <= today + FARTHEST:
        raise Invalid({"review_on": _("写明哪天复核：要在今天以后")})


@transaction.atomic
def continue_clock(hazard_id: UUID, *, by: Actor, revision: int | None = None) -> Hazard:
    """Let a paused clock run again with what was left. The owner may, and whoever assigns or approves."""
    found = acting.hold(hazard_id, by=by, revision=revision)
    able = queries.is_owner(found, by) or any(
        authority.holds(by, can, at=found.place_path) for can in (Can.ASSIGN, Can.APPROVE)
    )
    queries.require(able, Can.ASSIGN, found)
    acting.within(found, HazardState.ASSIGNED)
    if found.paused_at is None:
        raise Conflict(_("没有暂停计时"))
    clock.go_on(found, now())
    end(found, only_running=True)
    acting.keep(found)
    acting.record(Did.CONTINUED, found, by=by, due_at=found.due_at, due_words=clock.words(found))
    duties.met(found, Did.RESUMED, by=by)
    duties.rectify(found, by=by)
    return found


@transaction.atomic
def resume(hazard_id: UUID, *, by: Actor, revision: int | None = None) -> Hazard:
    """Take it off the books of what cannot be rectified yet (摘账): it is to be assigned, with what time was left."""
    found = acting.hold(hazard_id, by=by, revision=revision)
    acting.move(found, Did.RESUMED, by=by)
    clock.go_on(found, now())
    end(found)
    acting.keep(found)
    acting.record(Did.RESUMED, found, by=by, due_at=found.due_at)
    duties.met(found, Did.RESUMED, by=by)
    duties.assign(found, by=by)
    return found


@transaction.atomic
def review(hazard_id: UUID, opinion: str, *, review_on: dt.date, by: Actor, revision: int | None = None) -> Hazard:
    """Look again at what is paused or 挂账, and leave it so until another day. Raises Refused, Conflict, Invalid."""
    said = acting.said(opinion)
    found = acting.hold(hazard_id, by=by, revision=revision)
    authority.require(by, Can.APPROVE, at=found.place_path)
    row = found.pleas.select_for_update().filter(state=PleaState.GRANTED, kind__in=[Plea.LIST, Plea.PAUSE]).last()
    if row is None or (found.state != HazardState.LISTED and found.paused_at is None):
        raise Conflict(_("没有挂账，也没有暂停计时"))
    _review_day(review_on)
    row.review_on, row.review_owed = review_on, False
    row.save(update_fields=["review_on", "review_owed"])
    acting.keep(found)
    acting.record(Did.NOTED, found, by=by, opinion=_("复核：{said}").format(said=said), review_on=review_on)
    duties.met(found, Did.RESUMED, by=by)
    return found


def end(found: Hazard, *, only_running: bool = False) -> None:
    """What was granted is over; what was asked is moot, unless only what runs ends."""
    running = found.pleas.filter(state=PleaState.GRANTED, kind__in=[Plea.PAUSE, Plea.LIST])
    running.update(state=PleaState.ENDED, ended_at=now())
    if not only_running:
        found.pleas.filter(state=PleaState.ASKED).update(state=PleaState.VOID, ended_at=now())

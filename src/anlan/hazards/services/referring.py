"""违法行为移送: to the enforcement department, with receipt and result back to the hazard (HZD-11)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from anlan.callout.services import obligations
from anlan.callout.terms import Owed
from anlan.hazards import lifecycle
from anlan.hazards.models import Hazard, Referral
from anlan.hazards.queries import oversight as queries
from anlan.hazards.services import acting, duties, supervising
from anlan.hazards.terms import Can, Did, HazardState, ReferralState
from anlan.kernel.authority import Actor, Conflict, Invalid, Refused, machine, require
from anlan.kernel.clock import CHINA, local, now
from anlan.kernel.workdays import add_workdays
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.people.queries import Target

ASKED, BATCH = 3, 200
END_OF_DAY = dt.time(18)
TEXT = (("webpush", "sms_http", "email"),)


@dataclass(frozen=True, slots=True)
class Case:
    """A violation as the form hands it in: to whom, whose, what happened, which rule, which evidence."""

    organisation: UUID
    letter: str
    who: str
    facts: str
    basis: str
    evidence: str


@transaction.atomic
def refer(hazard_id: UUID, case: Case, *, by: Actor) -> Referral:
    """Hand a violation to the enforcement department. Raises Hidden, Refused, Conflict (one is open there), Invalid."""
    hazard = acting.hold(hazard_id, by=by)
    require(by, Can.REFER, at=hazard.place_path)
    if by.pseudonym is None:
        raise Refused(Can.REFER, hazard.place_path)
    if hazard.state in {HazardState.REPORTED, HazardState.REJECTED, HazardState.MERGED, HazardState.WITHDRAWN}:
        raise Conflict(_("确认过的隐患才能移送"))
    name = dict(queries.enforcers(hazard)).get(case.organisation)
    values = _case(case, known=name is not None)
    seat = by.acting(hazard.place_path, Can.REFER)
    try:
        with transaction.atomic():
            made = Referral.objects.create(
                hazard=hazard, place_path=hazard.place_path, exercise_id=hazard.exercise_id,
                organisation_id=case.organisation, organisation_name=name or "", sent_by=by.pseudonym,
                sent_person=by.person, sent_post=seat.post if seat else None, sent_name=by.name[:60],
                receipt_due=_due(), **values,
            )  # fmt: skip
    except IntegrityError:
        raise Conflict(_("这条隐患移送那个单位的还没有结果，先看那一件")) from None
    if not hazard.referred:
        hazard.referred = True
        acting.keep(hazard)
    acting.record(Did.REFERRED, hazard, by=by, whom=made.organisation_name, letter=made.letter, referral=made.id)
    _ask(made, hazard, by=by)
    return made


def _case(case: Case, *, known: bool) -> dict[str, str]:
    wrong, values = {}, {}
    if not known:
        wrong["organisation"] = _("从列出来的部门里选移送给哪个单位")
    for name, most, words in (("letter", 60, _("写移送函文号")), ("who", 120, _("写明是谁违法：单位或者个人")),
                              ("facts", 2000, _("写明违法事实")), ("basis", 300, _("写明违反哪一条")),
                              ("evidence", 2000, _("列出证据清单"))):  # fmt: skip
        values[name] = getattr(case, name).strip()
        if not 2 <= len(values[name]) <= most:
            wrong[name] = _("{what}，2 到 {most} 个字").format(what=words, most=most)
    if wrong:
        raise Invalid(wrong)
    return values


def _due() -> dt.datetime:
    day = add_workdays(local(now()).date(), settings.REFERRAL_RECEIPT_DAYS)
    return dt.datetime.combine(day, END_OF_DAY, CHINA)


def _ask(row: Referral, hazard: Hazard, *, by: Actor) -> None:
    """Lay the receipt on the department's posts; it is reminded and climbs there, and chase() tells the sender."""
    theirs = list(people.answering(people.posts_of(row.organisation_id)[:ASKED]).values())
    left = max(int((row.receipt_due - now()).total_seconds()), 60)
    steps = (
        {"at": left * 2 // 3, "act": "again", "send": [list(group) for group in TEXT]},
        {"at": left, "act": "superior"}, {"at": left * 2, "act": "superior"},
    )  # fmt: skip
    head = _("签收移送：{letter}").format(letter=row.letter)
    obligations.owe_many([_owed(row, t, Did.REFERRAL_RECEIVED, head, row.receipt_due, steps) for t in theirs], by=by)
    if not theirs:
        ledger.record(Did.UNWATCHED, hazard, by=by, wanted=str(Did.REFERRAL_RECEIVED))


@transaction.atomic
def chase() -> int:
    """No receipt came in time: tell whoever sent it and whoever answers one level above, once.

    A batch; returns how many there were: run it until that is 0.
    """
    moment = now()
    rows = Referral.objects.filter(state=ReferralState.SENT, receipt_due__lt=moment, chased_at=None)
    locked = rows.select_for_update(skip_locked=True, of=("self",)).select_related("hazard")
    late = list(locked.order_by("receipt_due", "id")[:BATCH])
    Referral.objects.filter(id__in=[row.id for row in late]).update(chased_at=moment)
    lines = [duties.line(r.hazard, whom=r.organisation_name, letter=r.letter, referral=r.id) for r in late]
    ledger.record_many(Did.REFERRAL_LATE, lines, by=machine("hazards.referrals"))
    senders = {t.person_id: t for t in duties.persons({r.sent_person for r in late if r.sent_person})}
    above = _above(late)
    news = []
    for row in late:
        head = _("移送过期没回执：{whom}，{letter}").format(whom=row.organisation_name, letter=row.letter)
        told = {t.person_id: t for t in [*above[row.id], *(senders[p] for p in [row.sent_person] if p in senders)]}
        news += [_owed(row, t, Did.NOTED, head) for t in told.values()]
    obligations.tell_many(news)
    return len(late)


def _above(rows: Sequence[Referral]) -> dict[UUID, list[Target]]:
    """Return who answers one level above each sender's post; where that post has none above, the nearest supervisor."""
    seats = people.answering([row.sent_post for row in rows if row.sent_post])
    up = people.answering(sorted({t.superior_post_id for t in seats.values() if t.superior_post_id}))
    found: dict[UUID, list[Target]] = {}
    rest: dict[str, list[Target]] = {}
    for row in rows:
        seat = seats.get(row.sent_post) if row.sent_post else None
        one = up.get(seat.superior_post_id) if seat and seat.superior_post_id else None
        if one is None and row.place_path not in rest:
            rest[row.place_path] = people.holders(Can.SUPERVISE, at=row.place_path)
        others = [one] if one else [t for t in rest[row.place_path] if t.person_id != row.sent_person][:1]
        found[row.id] = others
    return found


def _owed(row: Referral, t: Target, did: Did, why: str, due: dt.datetime | None = None, steps: Any = ()) -> Owed:
    seated, exercise = t.post_id != t.person_id, row.exercise_id
    return Owed(
        subject_type="hazards.referral", subject_id=row.id, did=did, person=t.person_id, pseudonym=t.pseudonym,
        place_path=row.place_path, why=why, due_at=due, post=t.post_id if seated else None,
        post_title=t.post_title, role=t.role_code, rank=t.rank, deputy=t.deputy_person_id,
        superior=t.superior_post_id, chain=row.hazard.chain_id, exercise=exercise, drill=exercise is not None,
        ladder=tuple(steps), carriers=TEXT, link=f"/referrals/{row.id}",
    )  # fmt: skip


def _take(referral_id: UUID, did: Did, *, by: Actor) -> Referral:
    """Lock a referral that lies with the actor's own organisation. Raises Hidden, Refused, Conflict."""
    row = queries.referral(referral_id, by=by, locked=True)
    if by.pseudonym is None or row.organisation_id not in queries.organisations(by):
        raise Refused(Can.REFER, row.place_path)
    try:
        lifecycle.REFERRAL.move(row, did, by=by)
    except Conflict:
        raise Conflict(_("这件移送别人已经办了这一步，看一眼再说")) from None
    return row


@transaction.atomic
def receive(referral_id: UUID, case_number: str = "", *, by: Actor) -> Referral:
    """Sign the receipt."""
    row = _take(referral_id, Did.REFERRAL_RECEIVED, by=by)
    row.received_at, row.received_by, row.received_name = now(), by.pseudonym, by.name[:60]
    row.case_number = case_number.strip()[:60]
    row.save()
    _note(row, Did.REFERRAL_RECEIVED, by=by)
    obligations.meet_all(row.id, Did.REFERRAL_RECEIVED, by=by)
    head = _("查处完报结果：{letter}").format(letter=row.letter)
    mine = duties.persons([by.person] if by.person else [])
    obligations.owe_many([_owed(row, t, Did.REFERRAL_RESULT, head) for t in mine], by=by)
    _tell(row, _("{whom}签收了移送 {letter}").format(whom=row.organisation_name, letter=row.letter), by=by)
    return row


@transaction.atomic
def conclude(referral_id: UUID, words: str, *, by: Actor) -> Referral:
    """File the result: it flows back to the hazard, and its people are told."""
    return _end(referral_id, Did.REFERRAL_RESULT, words, by=by)


@transaction.atomic
def give_back(referral_id: UUID, words: str, *, by: Actor) -> Referral:
    """It is not theirs: back to the sender, with the reason."""
    return _end(referral_id, Did.REFERRAL_RETURNED, words, by=by)


def _end(referral_id: UUID, did: Did, words: str, *, by: Actor) -> Referral:
    said = acting.said(words, field="words")
    row = _take(referral_id, did, by=by)
    row.result, row.result_at, row.result_by, row.result_name = said, now(), by.pseudonym, by.name[:60]
    row.save()
    _note(row, did, by=by, opinion=said)
    obligations.meet_all(row.id, Did.REFERRAL_RECEIVED, by=by)
    if did == Did.REFERRAL_RESULT:
        obligations.meet_all(row.id, did, by=by)
    else:
        obligations.void(row.id, _("退回去了"), by=by, did=Did.REFERRAL_RESULT)
    verb = _("退回了移送") if did == Did.REFERRAL_RETURNED else _("报来查处结果")
    _tell(row, _("{whom}{verb} {letter}：{said}").format(
        whom=row.organisation_name, verb=verb, letter=row.letter, said=said[:60]), by=by)  # fmt: skip
    return row


def _note(row: Referral, did: Did, *, by: Actor, **values: Any) -> None:
    acting.record(did, row.hazard, by=by, whom=row.organisation_name, letter=row.letter, referral=row.id, **values)


def _tell(row: Referral, words: str, *, by: Actor) -> None:
    """Tell the sender, and whoever has a hand in the hazard."""
    sender = duties.persons([row.sent_person]) if row.sent_person else []
    told = {t.person_id: t for t in [*supervising.hands(row.hazard), *sender] if t.pseudonym != by.pseudonym}
    obligations.tell([_owed(row, t, Did.NOTED, words) for t in told.values()], by=by)

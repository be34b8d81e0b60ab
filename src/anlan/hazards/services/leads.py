"""失职线索: opened, confirmed and ended by persons, never by a rule; the person concerned is heard first (EVL-02).

Three guards, each held by the database too: at least two entries of evidence about that very person; whoever opened it
neither confirms nor ends it; no finding before the person answered or the time for it passed.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from anlan.callout.services import obligations
from anlan.callout.terms import Owed
from anlan.hazards import lifecycle
from anlan.hazards.models import LeadAnswer, NeglectLead
from anlan.hazards.queries import conduct as pages
from anlan.hazards.queries import leads as queries
from anlan.hazards.services import acting, duties
from anlan.hazards.terms import ENDINGS, LEAD_NAMES, Can, Did, LeadState
from anlan.kernel.authority import Actor, Conflict, Invalid, Refused, require
from anlan.kernel.clock import CHINA, local, now
from anlan.kernel.workdays import add_workdays
from anlan.ledger import queries as entries_of
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.people.queries import Target

ASKED = 3
END_OF_DAY = dt.time(18)
TEXT = (("webpush", "sms_http", "email"),)


@transaction.atomic
def open_lead(pseudonym: UUID, entries: Sequence[UUID], reason: str, *, by: Actor) -> NeglectLead:
    """Open a lead on chosen entries. A person does, never a machine, never about oneself, never in a drill.

    The person is told at once and has LEAD_ANSWER_DAYS working days; somebody else is asked to confirm. Raises Hidden,
    Refused, Conflict (in a drill), Invalid (too few entries, entries that do not concern the person, no reason).
    """
    person = pages.subject(pseudonym, by=by)
    require(by, Can.CONDUCT, at=person.place_path)
    if by.pseudonym is None or by.pseudonym == pseudonym:
        raise Refused(Can.CONDUCT, person.place_path)
    if by.exercise is not None:
        raise Conflict(_("演练里不提失职线索；退出演练再说"))
    chosen = list(dict.fromkeys(entries))
    wrong = {}
    if evidence := _unfit(chosen, pseudonym, by=by):
        wrong["entries"] = evidence
    said = reason.strip()
    if not 10 <= len(said) <= 1000:
        wrong["reason"] = _("写清楚凭什么，10 到 1000 个字")
    if wrong:
        raise Invalid(wrong)
    made = NeglectLead.objects.create(
        person=pseudonym, person_name=person.name[:60], place_path=person.place_path, entries=chosen, reason=said,
        opened_by=by.pseudonym, opened_name=by.name[:60], answer_due=_due(),
    )  # fmt: skip
    ledger.record(Did.LEAD_OPENED, made, by=by, count=len(chosen), of=pseudonym)
    _tell(made, pseudonym, _("有一件事想听你说说，还没有认定什么。{day}前写下你的说明").format(
        day=f"{local(made.answer_due):%m-%d %H:%M}"))  # fmt: skip
    asked = seconds(made)
    due = made.answer_due
    obligations.owe_many([_owed(made, t, _("复核一条失职线索：有没有必要查清"), due) for t in asked], by=by)
    return made


def _unfit(chosen: Sequence[UUID], pseudonym: UUID, *, by: Actor) -> str:
    """Say why entries are no evidence about a person, or nothing: too few, unseen, or somebody else's."""
    least = settings.LEAD_EVIDENCE
    found = [e for e in entries_of.entries(chosen) if entries_of.may_see(e, by)]
    if len(chosen) < least or len(found) != len(chosen):
        return _("至少选 {least} 条台账记录作依据，看得到的才能选").format(least=least)
    others = len(found) - len(pages.concerning(found, pseudonym))
    if others:
        return _("有 {count} 条记录不是这个人做的，也不是落到这个人名下的任务，不能作依据").format(count=others)
    return ""


def seconds(row: NeglectLead) -> list[Target]:
    """Return who can confirm or end a lead: the nearest holders of the permission, without its opener and person."""
    not_these = {row.opened_by, row.person}
    able = [t for t in people.holders(Can.CONDUCT, at=row.place_path) if t.pseudonym not in not_these]
    nearest = max((len(t.place_path) for t in able), default=0)
    return [t for t in able if len(t.place_path) == nearest][:ASKED]


@transaction.atomic
def confirm_lead(lead_id: UUID, opinion: str, *, by: Actor) -> NeglectLead:
    """A second person confirms that there is something to look into: no finding yet. Raises Hidden, Refused, Conflict,
    Invalid.
    """
    row = _take(lead_id, Did.LEAD_CONFIRMED, by=by)
    row.confirmed_at, row.confirmed_by, row.confirmed_name = now(), by.pseudonym, by.name[:60]
    said = acting.said(opinion)
    row.save()
    obligations.meet_all(row.id, Did.LEAD_CONFIRMED, by=by)
    ledger.record(Did.LEAD_CONFIRMED, row, by=by, opinion=said)
    return row


@transaction.atomic
def answer_lead(lead_id: UUID, words: str, *, by: Actor) -> LeadAnswer:
    """The person concerned answers in writing, as often as they like, until there is a finding; each answer is kept.

    Raises Hidden, Refused, Conflict, Invalid.
    """
    row = queries.lead(lead_id, by=by, locked=True)
    if by.pseudonym is None or row.person != by.pseudonym:
        raise Refused(Can.CONDUCT, row.place_path)
    if row.state in ENDINGS:
        raise Conflict(_("已经有结论，不能再补说明"))
    said = words.strip()
    if not 2 <= len(said) <= 3000:
        raise Invalid({"words": _("写下你的说明，2 到 3000 个字")})
    made = LeadAnswer.objects.create(lead=row, words=said, by=by.pseudonym)
    ledger.record(Did.LEAD_ANSWERED, row, by=by, private={"answer": said})
    for one in {row.opened_by, row.confirmed_by} - {None}:
        _tell(row, one, _("{name}对线索作了说明，看一眼").format(name=row.person_name))
    return made


@transaction.atomic
def end_lead(lead_id: UUID, finding: str, opinion: str, *, by: Actor) -> NeglectLead:
    """Close a lead as 不成立, 免责 (容错登记) or 移送纪检; the last two need a confirmed one.

    Whoever opened it never ends it, and nobody does before the person was heard. Raises Hidden, Refused, Conflict,
    Invalid.
    """
    if finding not in {str(e) for e in ENDINGS}:
        raise Invalid({"finding": _("结论只有不成立、免责、移送纪检")})
    row = _take(lead_id, finding, by=by)
    if not queries.heard(row):
        raise Conflict(_("先听本人说：等本人说明，或者过了 {day}，才能下结论").format(
            day=f"{local(row.answer_due):%Y-%m-%d %H:%M}"))  # fmt: skip
    said = acting.said(opinion)
    row.ended_at, row.ended_by, row.ended_name, row.opinion = now(), by.pseudonym, by.name[:60], said
    row.save()
    obligations.meet_all(row.id, Did.LEAD_CONFIRMED, by=by)
    ledger.record(Did.LEAD_ENDED, row, by=by, lead_state=row.state, opinion=said)
    _tell(row, row.person, _("关于你的那条线索有结论了：{finding}").format(finding=LEAD_NAMES[LeadState(row.state)][1]))
    return row


def _take(lead_id: UUID, verb: str, *, by: Actor) -> NeglectLead:
    """Lock a lead and take a step that needs a second person. Raises Hidden, Refused, Conflict."""
    row = queries.lead(lead_id, by=by, locked=True)
    if by.pseudonym is None or row.person == by.pseudonym:
        raise Refused(Can.CONDUCT, row.place_path)
    require(by, Can.CONDUCT, at=row.place_path)
    if row.opened_by == by.pseudonym:
        raise Conflict(_("线索是你提的，复核和结论都要由另一个人来"))
    try:
        lifecycle.LEAD.move(row, verb, by=by)
    except Conflict:
        raise Conflict(_("这条线索现在办不了这一步：先由另一个人复核，有结论的不再动")) from None
    return row


def _due() -> dt.datetime:
    day = add_workdays(local(now()).date(), settings.LEAD_ANSWER_DAYS)
    return dt.datetime.combine(day, END_OF_DAY, CHINA)


def _tell(row: NeglectLead, pseudonym: UUID | None, words: str) -> None:
    targets = duties.persons(people.persons_of([pseudonym] if pseudonym else []).values())
    obligations.tell_many([_owed(row, t, words, None, did=Did.LEAD_OPENED, carriers=TEXT) for t in targets])


def _owed(
    row: NeglectLead,
    target: Target,
    why: str,
    due: dt.datetime | None,
    *,
    did: Did = Did.LEAD_CONFIRMED,
    carriers: Iterable[tuple[str, ...]] = (),
) -> Owed:
    seated = target.post_id != target.person_id
    return Owed(
        subject_type="hazards.neglectlead", subject_id=row.id, did=did, person=target.person_id,
        pseudonym=target.pseudonym, place_path=row.place_path, why=why, due_at=due,
        post=target.post_id if seated else None, post_title=target.post_title, role=target.role_code,
        rank=target.rank, carriers=tuple(carriers), link=f"/conduct/leads/{row.id}",
    )  # fmt: skip

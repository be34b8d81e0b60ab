"""重大隐患: reported upward and taken note of; put under supervision, followed up, lifted (HZD-11)."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from anlan.callout.services import obligations
from anlan.callout.terms import Owed
from anlan.hazards.models import FollowUp, Hazard, MajorReport, Supervision
from anlan.hazards.queries import oversight as queries
from anlan.hazards.queries import rights
from anlan.hazards.services import acting, duties
from anlan.hazards.terms import OPEN, Can, Did, Grade, HazardState, SupervisionLevel
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused, require
from anlan.kernel.clock import local, now
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.people.queries import Target

ASKED = 3
TEXT = (("webpush", "sms_http", "email"),)


@dataclass(frozen=True, slots=True)
class Order:
    """挂牌督办 as the form hands it in: `body` puts it up, `letter` is its number, `demands` what must be done."""

    level: str
    body: str
    letter: str
    title: str
    demands: str
    due_on: dt.date | None = None


@transaction.atomic
def report_up(hazard_ids: Sequence[UUID], *, by: Actor) -> int:
    """Lay it on the level above to take note of hazards that became major. Once each; returns of how many.

    Whoever graded it is not asked. Where nobody above can be found an entry says so, and the list shows it.
    """
    rows = Hazard.objects.filter(id__in=list(hazard_ids), grade=Grade.MAJOR, state__in=list(OPEN), upward=None)
    found = list(rows.order_by("id"))
    due = now() + dt.timedelta(hours=settings.MAJOR_REPORT_HOURS)
    MajorReport.objects.bulk_create([MajorReport(hazard=h, due_at=due) for h in found], ignore_conflicts=True)
    laid: list[Owed] = []
    for hazard in found:
        above = [t for t in people.holders(Can.SUPERVISE, at=hazard.place_path) if t.pseudonym != hazard.confirmed_by]
        nearest = max((len(t.place_path) for t in above), default=0)
        asked = [t for t in above if len(t.place_path) == nearest][:ASKED]
        laid += [_owed(hazard, Did.TAKEN_NOTE, t, _("重大隐患，请知悉"), due, climbs=True) for t in asked]
        ledger.record(Did.LAID_UP if asked else Did.UNWATCHED, hazard, by=by, wanted=str(Did.TAKEN_NOTE))
    obligations.owe_many(laid, by=by)
    return len(found)


@transaction.atomic
def take_note(hazard_id: UUID, words: str, *, by: Actor) -> MajorReport:
    """The level above takes note: never whoever graded it. Raises Hidden, Refused, Conflict, Invalid."""
    hazard = acting.hold(hazard_id, by=by)
    require(by, Can.SUPERVISE, at=hazard.place_path)
    person = _person(by, hazard)
    report = MajorReport.objects.select_for_update().filter(hazard=hazard).first()
    if report is None or report.taken_at is not None:
        raise Conflict(_("这条没有等上级知悉的，可能别人已经看过"))
    if hazard.confirmed_by == person:
        raise Conflict(_("重大是你定的，要由上级的另一个人知悉"))
    seat = by.acting(hazard.place_path, Can.SUPERVISE)
    report.taken_at, report.taken_by, report.taken_name = now(), person, by.name[:60]
    report.taken_title, report.words = (seat.title if seat else "")[:120], acting.said(words)
    report.save()
    acting.record(Did.TAKEN_NOTE, hazard, by=by, opinion=report.words)
    duties.met(hazard, Did.TAKEN_NOTE, by=by)
    return report


@transaction.atomic
def supervise(hazard_id: UUID, order: Order, *, by: Actor) -> Supervision:
    """Put a major hazard under supervision. Raises Hidden, Refused, Conflict, Invalid."""
    hazard = acting.hold(hazard_id, by=by)
    require(by, Can.SUPERVISE, at=hazard.place_path)
    person = _person(by, hazard)
    if hazard.grade != Grade.MAJOR or hazard.state not in OPEN:
        raise Conflict(_("没销号的重大隐患才挂牌督办"))
    if hazard.supervised:
        raise Conflict(_("这条已经挂牌督办，先看看是谁挂的"))
    values = _order(order)
    made = Supervision.objects.create(
        hazard=hazard, place_path=hazard.place_path, exercise_id=hazard.exercise_id, by=person, by_name=by.name[:60],
        **values,
    )  # fmt: skip
    hazard.supervised = True
    acting.keep(hazard)
    acting.record(Did.SUPERVISED, hazard, by=by, supervision_level=order.level, letter=made.letter, due_on=made.due_on)
    tell_hands(hazard, _("挂牌督办：{title}（{letter}）").format(title=made.title, letter=made.letter), by=by)
    return made


def _order(order: Order) -> dict[str, Any]:
    wrong, values = {}, {}
    if order.level not in set(SupervisionLevel):
        wrong["level"] = _("选哪一级督办")
    for name, most, words in (("body", 80, _("写明哪个单位督办")),
                              ("letter", 60, _("写督办文号，比如「柳街督〔2026〕3 号」")),
                              ("title", 120, _("写督办通知的题目")), ("demands", 1000, _("写明督办要求"))):  # fmt: skip
        text = getattr(order, name).strip()
        values[name] = text
        if not 2 <= len(text) <= most:
            wrong[name] = _("{what}，2 到 {most} 个字").format(what=words, most=most)
    if order.due_on is not None and order.due_on < local(now()).date():
        wrong["due_on"] = _("督办期限不能在今天以前")
    if wrong:
        raise Invalid(wrong)
    return values | {"level": order.level, "due_on": order.due_on}


@transaction.atomic
def follow_up(supervision_id: UUID, letter: str, words: str, *, by: Actor) -> FollowUp:
    """Send a 跟踪函; its answer is owed by whoever has to rectify. Raises Hidden, Refused, Conflict, Invalid."""
    row, hazard = _open(supervision_id, by=by)
    require(by, Can.SUPERVISE, at=hazard.place_path)
    number = letter.strip()
    if not 2 <= len(number) <= 60:
        raise Invalid({"letter": _("写跟踪函文号，2 到 60 个字")})
    if row.letters.filter(letter=number).exists():
        raise Conflict(_("这个文号的跟踪函已经发过"))
    made = FollowUp.objects.create(
        supervision=row, letter=number, words=acting.said(words), by=_person(by, hazard), by_name=by.name[:60]
    )
    acting.record(Did.FOLLOWED_UP, hazard, by=by, letter=number, opinion=made.words)
    due = now() + dt.timedelta(hours=settings.FOLLOW_UP_HOURS)
    head = _("回复跟踪函 {letter}").format(letter=number)
    obligations.owe_many([_owed(hazard, Did.FOLLOW_ANSWERED, t, head, due, climbs=True) for t in hands(hazard)], by=by)
    return made


@transaction.atomic
def answer(follow_id: UUID, words: str, *, by: Actor) -> FollowUp:
    """Answer a 跟踪函: by whoever has a hand in the hazard. Raises Hidden, Refused, Conflict, Invalid."""
    row = queries.follow_up(follow_id, by=by, locked=True)
    hazard = acting.hold(row.supervision.hazard_id, by=by)
    rights.require(rights.may_work(hazard, by), Can.RECTIFY, hazard)
    if row.answered_at is not None:
        raise Conflict(_("这份跟踪函已经回复过"))
    row.answer, row.answered_at = acting.said(words), now()
    row.answered_by, row.answered_name = _person(by, hazard), by.name[:60]
    row.save()
    acting.record(Did.FOLLOW_ANSWERED, hazard, by=by, letter=row.letter, opinion=row.answer)
    if not FollowUp.objects.filter(supervision=row.supervision, answered_at=None).exists():
        duties.met(hazard, Did.FOLLOW_ANSWERED, by=by)
    return row


@transaction.atomic
def lift(supervision_id: UUID, opinion: str, *, by: Actor) -> Supervision:
    """Lift the supervision once it is rectified, or no longer major: never by whoever rectified it.

    Raises Hidden, Refused, Conflict, Invalid.
    """
    row, hazard = _open(supervision_id, by=by)
    require(by, Can.SUPERVISE, at=hazard.place_path)
    if hazard.grade == Grade.MAJOR and hazard.state != HazardState.RECTIFIED:
        raise Conflict(_("整改完、报了验收，才能解除挂牌督办"))
    rights.another_judges(hazard, by)
    row.lifted_at, row.lifted_by, row.lifted_name = now(), _person(by, hazard), by.name[:60]
    row.opinion = acting.said(opinion)
    row.save()
    hazard.supervised = False
    acting.keep(hazard)
    acting.record(Did.UNSUPERVISED, hazard, by=by, letter=row.letter, opinion=row.opinion)
    obligations.void(hazard.id, _("督办解除了"), by=by, did=Did.FOLLOW_ANSWERED)
    tell_hands(hazard, _("解除挂牌督办（{letter}）").format(letter=row.letter), by=by)
    return row


def _open(supervision_id: UUID, *, by: Actor) -> tuple[Supervision, Hazard]:
    row = Supervision.objects.select_for_update(of=("self",)).filter(id=supervision_id).first()
    if row is None:
        raise Hidden
    hazard = acting.hold(row.hazard_id, by=by)
    if row.lifted_at is not None:
        raise Conflict(_("这个督办已经解除"))
    return row, hazard


def hands(hazard: Hazard) -> list[Target]:
    """Return who rectifies, else who assigned or confirmed it."""
    owners = duties.owners(hazard)
    if owners:
        return owners
    names = [n for n in (hazard.assigned_by, hazard.confirmed_by) if n]
    return duties.persons(people.persons_of(names).values())[:ASKED]


def tell_hands(hazard: Hazard, words: str, *, by: Actor) -> None:
    """Tell whoever has a hand in it: the owner, who assigned and who confirmed."""
    names = [n for n in (hazard.assigned_by, hazard.confirmed_by) if n and n != by.pseudonym]
    told = {t.person_id: t for t in [*duties.owners(hazard), *duties.persons(people.persons_of(names).values())]}
    obligations.tell([_owed(hazard, Did.NOTED, t, words, None) for t in told.values()], by=by)


def _owed(
    hazard: Hazard, did: Did, target: Target, head: str, due: dt.datetime | None, *, climbs: bool = False
) -> Owed:
    seated = target.post_id != target.person_id
    left = max(int((due - now()).total_seconds()), 60) if due else 0
    steps: Iterable[dict[str, Any]] = (
        {"at": left * 2 // 3, "act": "again", "send": [list(group) for group in TEXT]},
        {"at": left, "act": "superior"}, {"at": left * 2, "act": "superior"},
    ) if climbs else ()  # fmt: skip
    return Owed(
        subject_type="hazards.hazard", subject_id=hazard.id, did=did, person=target.person_id,
        pseudonym=target.pseudonym, place_path=hazard.place_path, why=duties.why(hazard, head), due_at=due,
        post=target.post_id if seated else None, post_title=target.post_title, role=target.role_code, rank=target.rank,
        deputy=target.deputy_person_id, superior=target.superior_post_id, chain=hazard.chain_id,
        exercise=hazard.exercise_id, drill=hazard.exercise_id is not None, ladder=tuple(steps), carriers=TEXT,
        link=f"/hazards/{hazard.id}/oversight",
    )  # fmt: skip


def _person(by: Actor, hazard: Hazard) -> UUID:
    if by.pseudonym is None:
        raise Refused(Can.SUPERVISE, hazard.place_path)
    return by.pseudonym

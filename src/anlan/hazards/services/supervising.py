"""重大隐患: reported upward and taken note of; put under supervision, followed up, lifted (HZD-11)."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from anlan.callout.services import obligations
from anlan.callout.terms import Owed
from anlan.hazards.models import FollowUp, Hazard, MajorReport, Supervision
from anlan.hazards.queries import oversight as queries
from anlan.hazards.queries import rights
from anlan.hazards.services import acting, duties
from anlan.hazards.terms import OPEN, Can, Did, Grade, HazardState, SupervisionLevel
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused, machine, require
from anlan.kernel.clock import local, now
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.people.queries import Target

ASKED, BATCH = 3, 200
TEXT = (("webpush", "sms_http", "email"),)
ANEW = ["laid_at", "due_at", "asked", "ended_at", "taken_at", "taken_by", "taken_name", "taken_title", "words"]


@dataclass(frozen=True, slots=True)
class Order:
    """挂牌督办 as the form hands it in: `body` puts it up, `letter` is its number, `demands` what must be done."""

    level: str
    body: str
    letter: str
    title: str
    demands: str
    due_on: dt.date | None


@transaction.atomic
def report_up(hazard_ids: Collection[UUID], *, by: Actor) -> int:
    """Lay it on the level above to take note of hazards that are major: once each, anew after it was over.

    Whoever graded it is not asked. Where nobody above can be found an entry says so, and the list shows it. Returns
    of how many.
    """
    rows = Hazard.objects.select_for_update().filter(id__in=hazard_ids, grade=Grade.MAJOR, state__in=list(OPEN))
    held = list(rows.order_by("id"))
    standing = set(MajorReport.objects.filter(hazard__in=held, ended_at=None).values_list("hazard_id", flat=True))
    fresh = [h for h in held if h.id not in standing]
    asked = duties.take_note(fresh, by=by)
    due = now() + dt.timedelta(hours=settings.MAJOR_REPORT_HOURS)
    MajorReport.objects.bulk_create(
        [MajorReport(hazard=h, due_at=due, asked=asked[h.id]) for h in fresh],
        update_conflicts=True, unique_fields=["hazard"], update_fields=ANEW,
    )  # fmt: skip
    ledger.record_many(Did.LAID_UP, [duties.line(h) for h in fresh if asked[h.id]], by=by)
    return len(fresh)


def catch_up() -> int:
    """Report a batch of major hazards that no report stands for: those graded before there were any.

    Idempotent. Returns of how many; run it until that is 0.
    """
    rows = Hazard.objects.filter(grade=Grade.MAJOR, state__in=list(OPEN))
    rows = rows.filter(Q(upward=None) | Q(upward__ended_at__isnull=False))
    return report_up(list(rows.order_by("id").values_list("id", flat=True)[:BATCH]), by=machine("hazards.major"))


@transaction.atomic
def take_note(hazard_id: UUID, words: str, *, by: Actor) -> MajorReport:
    """The level above takes note: never whoever graded it. Raises Hidden, Refused, Conflict, Invalid."""
    hazard = acting.hold(hazard_id, by=by)
    require(by, Can.SUPERVISE, at=hazard.place_path)
    person = _person(by, hazard)
    report = MajorReport.objects.select_for_update().filter(hazard=hazard, ended_at=None, taken_at=None).first()
    if report is None:
        raise Conflict(_("这条没有等上级知悉的，可能别人已经看过"))
    if duties.grader(hazard) == person:
        raise Conflict(_("重大是你定的，要由上级的另一个人知悉"))
    seat = by.acting(hazard.place_path, Can.SUPERVISE)
    report.words = acting.said(words, field="words")
    report.taken_at, report.taken_by, report.taken_name = now(), person, by.name[:60]
    report.taken_title = (seat.title if seat else "")[:120]
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
    if order.due_on is None:
        wrong["due_on"] = _("写明督办期限")
    elif order.due_on < local(now()).date():
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
    said = acting.said(words, field="words")
    if hazard.grade != Grade.MAJOR:
        raise Conflict(_("已经不是重大隐患，不用再发跟踪函，解除挂牌督办就行"))
    if row.letters.filter(letter=number).exists():
        raise Conflict(_("这个文号的跟踪函已经发过"))
    due = now() + dt.timedelta(hours=settings.FOLLOW_UP_HOURS)
    made = FollowUp.objects.create(
        supervision=row, letter=number, words=said, due_at=due, by=_person(by, hazard), by_name=by.name[:60]
    )
    acting.record(Did.FOLLOWED_UP, hazard, by=by, letter=number, opinion=made.words)
    head = _("回复跟踪函 {letter}").format(letter=number)
    asked = [t for t in hands(hazard) if t.pseudonym != by.pseudonym]
    steps = _steps(due)
    obligations.owe_many([_owed(hazard, Did.FOLLOW_ANSWERED, t, head, due, steps, of=made) for t in asked], by=by)
    if not asked:
        ledger.record(Did.UNWATCHED, hazard, by=by, wanted=str(Did.FOLLOW_ANSWERED))
    return made


@transaction.atomic
def answer(follow_id: UUID, words: str, *, by: Actor) -> FollowUp:
    """Answer a 跟踪函: whoever has a hand in the hazard, never whoever sent it.

    Raises Hidden, Refused, Conflict, Invalid.
    """
    row = queries.follow_up(follow_id, by=by, locked=True)
    hazard = acting.hold(row.supervision.hazard_id, by=by)
    rights.require(rights.may_work(hazard, by), Can.RECTIFY, hazard)
    person = _person(by, hazard)
    if row.by == person:
        raise Conflict(_("跟踪函是你发的，要由整改的人回复"))
    if row.answered_at is not None:
        raise Conflict(_("这份跟踪函已经回复过"))
    if row.supervision.lifted_at is not None:
        raise Conflict(_("督办已经解除，不用回复了"))
    row.answer, row.answered_at = acting.said(words, field="words"), now()
    row.answered_by, row.answered_name = person, by.name[:60]
    row.save()
    acting.record(Did.FOLLOW_ANSWERED, hazard, by=by, letter=row.letter, opinion=row.answer)
    obligations.meet_all(row.id, Did.FOLLOW_ANSWERED, by=by)
    told = duties.persons(people.persons_of([row.by]).values())
    head = _("跟踪函 {letter} 回复了：{said}").format(letter=row.letter, said=row.answer[:60])
    obligations.tell([_owed(hazard, Did.NOTED, t, head) for t in told], by=by)
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
    row.opinion = acting.said(opinion, field="words")
    row.save()
    hazard.supervised = False
    acting.keep(hazard)
    acting.record(Did.UNSUPERVISED, hazard, by=by, letter=row.letter, opinion=row.opinion)
    obligations.void_many([one.id for one in row.letters.all()], _("督办解除了"), by=by)
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


@transaction.atomic
def lapse() -> int:
    """Tell whoever supervises, and whoever has a hand in it, once, that the day of a supervision has gone by.

    A batch; returns how many there were: run it until that is 0.
    """
    rows = Supervision.objects.filter(lifted_at=None, lapsed_at=None, due_on__lt=local(now()).date())
    late = list(rows.select_for_update(skip_locked=True, of=("self",)).select_related("hazard").order_by("id")[:BATCH])
    Supervision.objects.filter(id__in=[row.id for row in late]).update(lapsed_at=now())
    by = machine("hazards.supervision")
    lines = [duties.line(row.hazard, letter=row.letter, due_on=row.due_on) for row in late]
    ledger.record_many(Did.SUPERVISION_LATE, lines, by=by)
    for row in late:
        head = _("挂牌督办过了期限（{letter}）").format(letter=row.letter)
        tell_hands(row.hazard, head, by=by, also=[row.by])
    return len(late)


def tell_hands(hazard: Hazard, words: str, *, by: Actor, also: Sequence[UUID] = ()) -> None:
    """Tell whoever has a hand in it: the owner, who assigned and who confirmed; and pseudonyms `also`."""
    names = [n for n in (hazard.assigned_by, hazard.confirmed_by, *also) if n and n != by.pseudonym]
    told = {t.person_id: t for t in [*duties.owners(hazard), *duties.persons(people.persons_of(names).values())]}
    obligations.tell([_owed(hazard, Did.NOTED, t, words) for t in told.values()], by=by)


def _steps(due: dt.datetime) -> tuple[dict[str, Any], ...]:
    """Return the ladder of a letter: reminded before its end, to the superior at its end, and on."""
    left = max(int((due - now()).total_seconds()), 60)
    return (
        {"at": left * 2 // 3, "act": "again", "send": [list(group) for group in TEXT]},
        {"at": left, "act": "superior"}, {"at": left * 2, "act": "superior"},
    )  # fmt: skip


def _owed(
    hazard: Hazard,
    did: Did,
    target: Target,
    head: str,
    due: dt.datetime | None = None,
    steps: tuple[dict[str, Any], ...] = (),
    *,
    of: FollowUp | None = None,
) -> Owed:
    seated = target.post_id != target.person_id
    return Owed(
        subject_type="hazards.followup" if of else "hazards.hazard", subject_id=of.id if of else hazard.id, did=did,
        person=target.person_id, pseudonym=target.pseudonym, place_path=hazard.place_path,
        why=duties.why(hazard, head), due_at=due, post=target.post_id if seated else None,
        post_title=target.post_title, role=target.role_code, rank=target.rank, deputy=target.deputy_person_id,
        superior=target.superior_post_id, chain=hazard.chain_id, exercise=hazard.exercise_id,
        drill=hazard.exercise_id is not None, ladder=steps, carriers=TEXT, link=f"/hazards/{hazard.id}/oversight",
    )  # fmt: skip


def _person(by: Actor, hazard: Hazard) -> UUID:
    if by.pseudonym is None:
        raise Refused(Can.SUPERVISE, hazard.place_path)
    return by.pseudonym

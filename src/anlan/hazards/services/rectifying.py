"""What is done about it: a plan with 五落实, interim control, the rectification itself (HZD-06)."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.fieldwork.services import uploads as files
from anlan.hazards import queries
from anlan.hazards.models import ControlRow, Hazard, PlanRow, RoundRow
from anlan.hazards.services import acting, assigning, clock, confirming, duties, pleas, reporting
from anlan.hazards.terms import OPEN, Can, Control, Did, Found, Grade, Limit, Owner, Phase
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import now

COST = 10**13  # fen; more is a slip of the hand
PLAN = ("responsibility", "measures", "funds", "deadline", "contingency")


@transaction.atomic
def plan(
    hazard_id: UUID,
    *,
    responsibility: str,
    measures: str,
    funds: str,
    deadline: str,
    contingency: str,
    by: Actor,
    revision: int | None = None,
) -> PlanRow:
    """Lay down who, how, with what money, by when, and what if (五落实); each version is kept.

    Raises Hidden, Refused, Conflict, Invalid (each of the five that is missing).
    """
    found = acting.hold(hazard_id, by=by, revision=revision)
    able = queries.may_rectify(found, by) or authority.holds(by, Can.ASSIGN, at=found.place_path)
    queries.require(able, Can.RECTIFY, found)
    acting.within(found, *queries.WORKING)
    given = dict(zip(PLAN, (responsibility, measures, funds, deadline, contingency), strict=True))
    clean = {name: text.strip()[: acting.MOST] for name, text in given.items()}
    if wrong := {name: _("五落实缺一样都不行，写一句") for name, text in clean.items() if len(text) < 2}:
        raise Invalid(wrong)
    made = PlanRow.objects.create(
        hazard=found, version=found.plans.count() + 1, made_by=_who(found, by), made_name=by.name[:60], **clean
    )
    acting.keep(found)
    acting.record(Did.PLANNED, found, by=by, version=made.version)
    return made


@transaction.atomic
def control(hazard_id: UUID, kind: str, words: str, *, by: Actor, revision: int | None = None) -> ControlRow:
    """Keep people out of harm until it is rectified; `kind` of terms.Control.

    Raises Hidden, Refused, Conflict, Invalid.
    """
    said = acting.said(words, field="words")
    if kind not in set(Control):
        raise Invalid({"kind": _("临时管控只有：贴警示、停用、围起来、人撤走、派人看着、别的办法")})
    found = acting.hold(hazard_id, by=by, revision=revision)
    acting.within(found, *OPEN)
    queries.require(queries.may_work(found, by), Can.RECTIFY, found)
    made = ControlRow.objects.create(
        hazard=found, kind=kind, words=said[:400], by=_who(found, by), by_name=by.name[:60]
    )
    acting.keep(found)
    acting.record(Did.CONTROLLED, found, by=by, control=kind, opinion=said)
    return made


@transaction.atomic
def lift(control_id: UUID, words: str, *, by: Actor, revision: int | None = None) -> ControlRow:
    """End an interim control. Raises Hidden, Refused, Conflict (lifted already), Invalid."""
    said = acting.said(words, field="words")
    about = ControlRow.objects.filter(id=control_id).values_list("hazard_id", flat=True).first()
    if about is None:
        raise Hidden(_("没有这项临时管控"))
    found = acting.hold(about, by=by, revision=revision)
    queries.require(queries.may_work(found, by), Can.RECTIFY, found)
    row = ControlRow.objects.select_for_update().get(id=control_id)
    if row.lifted_at is not None:
        raise Conflict(_("这项管控已经由{name}解除了").format(name=row.lifted_name))
    row.lifted_at, row.lifted_by, row.lifted_name = now(), _who(found, by), by.name[:60]
    row.save()
    acting.keep(found)
    acting.record(Did.UNCONTROLLED, found, by=by, control=row.kind, opinion=said)
    return row


def _who(found: Hazard, by: Actor) -> UUID:
    if by.pseudonym is None:
        raise authority.Refused(Can.RECTIFY, found.place_path)
    return by.pseudonym


@transaction.atomic
def rectify(
    hazard_id: UUID,
    words: str,
    *,
    uploads: Sequence[UUID] = (),
    cost: int | None = None,
    name: str = "",
    by: Actor,
    revision: int | None = None,
) -> Hazard:
    """Say that it is done: `cost` in fen; `name` of a unit without an account for which the actor fills it in.

    Whoever fills it in stands for it, and cannot accept it either. Raises Hidden, Refused, Conflict, Invalid.
    """
    found = acting.hold(hazard_id, by=by, revision=revision)
    attempt = apply(found, words, cost=cost, name=name, by=by)
    acting.keep(found)
    attempt.save()
    count = reporting.keep_photos(found, files.own(uploads, by=by), Phase.AFTER, by=by)
    note(found, attempt, photos=count, by=by)
    duties.accept(found, by=by)
    return found


def apply(found: Hazard, words: str, *, cost: int | None, name: str, by: Actor) -> RoundRow:
    """Take the step on a locked row, storing nothing; returns the round to be stored."""
    said = acting.said(words, field="words")
    if cost is not None and not 0 <= cost < COST:
        raise Invalid({"cost": _("花费填分，0 到 {most}").format(most=COST)})
    queries.require(queries.may_rectify(found, by), Can.RECTIFY, found)
    if name.strip() and not authority.holds(by, Can.RECTIFY, at=found.place_path):
        raise Invalid({"name": _("只有能代填的岗位才写单位名，自己整改的留空")})
    acting.move(found, Did.RECTIFIED, by=by)
    if found.paused_at is not None:
        clock.go_on(found, now())
    pleas.end(found)
    acting.sign(found, "rectified", by=by, can=Can.RECTIFY, name=name.strip())
    found.rounds += 1
    found.cost = cost if cost is not None else found.cost
    found.opinion = said
    return RoundRow(
        hazard=found, number=found.rounds, words=said, cost=cost, done_at=found.rectified_at or now(),
        done_by=_who(found, by), done_name=found.rectified_name, entered_by=by.pseudonym if name.strip() else None,
    )  # fmt: skip


def note(found: Hazard, attempt: RoundRow, *, photos: int, by: Actor) -> None:
    """Leave the entry of a rectification."""
    acting.record(
        Did.RECTIFIED, found, by=by, opinion=attempt.words, number=attempt.number, cost=attempt.cost, photos=photos,
        whom=attempt.done_name,
    )  # fmt: skip
    duties.met(found, Did.RECTIFIED, by=by)
    duties.free(found, _("整改完了"), by=by)


@transaction.atomic
def settle(
    hazard_id: UUID,
    words: str,
    *,
    grade: str = Grade.GENERAL,
    kind: str = "",
    owner: Owner | None = None,
    uploads: Sequence[UUID] = (),
    cost: int | None = None,
    by: Actor,
    revision: int | None = None,
) -> Hazard:
    """Rectified on the spot (当场整改): confirm, assign and rectify in one act; the acceptance stays with another.

    The actor may confirm, assign and fill in here; `owner` names who did it, the actor where it is left out. Raises
    Hidden, Refused, Conflict, Invalid.
    """
    found = acting.hold(hazard_id, by=by, revision=revision)
    confirming.apply(found, grade=grade, limit=Limit.AT_ONCE, kind=kind, basis="", opinion="", by=by)
    acting.keep(found)
    confirming.note(found, by=by)
    whom = owner or Owner(name=by.name, person=by.person)
    assigning.apply(found, whom, limit=Limit.AT_ONCE, opinion="", by=by)
    acting.keep(found)
    assigning.note(found, by=by)
    attempt = apply(found, words, cost=cost, name="" if owner is None else owner.name, by=by)
    acting.keep(found)
    attempt.save()
    count = reporting.keep_photos(found, files.own(uploads, by=by), Phase.AFTER, by=by)
    note(found, attempt, photos=count, by=by)
    duties.accept(found, by=by)
    return found


@transaction.atomic
def report_settled(
    found: Found,
    words: str,
    *,
    grade: str = Grade.GENERAL,
    owner: Owner | None = None,
    uploads: Sequence[UUID] = (),
    cost: int | None = None,
    by: Actor,
) -> Hazard:
    """Report what was rectified on the spot already, in one act; the same `client` again changes nothing."""
    made = reporting.report(found, by=by)
    if made.confirmed_by is not None:
        return made
    return settle(made.id, words, grade=grade, owner=owner, uploads=uploads, cost=cost, by=by)

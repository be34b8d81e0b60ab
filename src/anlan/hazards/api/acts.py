"""What may be done to a hazard over HTTP: one schema, one table of verbs."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Field, Schema

from anlan.hazards import queries, services
from anlan.hazards.terms import Grade, Owner
from anlan.kernel.authority import Actor, Invalid
from anlan.kernel.clock import CHINA


class OwnerIn(Schema):
    """Who has to rectify: a name, or an organisation, a post, a person."""

    name: str = ""
    organisation: UUID | None = None
    post: UUID | None = None
    person: UUID | None = None


class HazardActIn(Schema):
    """One act. `act` is a verb of ACTS; each reads only what it needs. `revision` is the one you saw: 409 if older.

    `opinion` holds the words of every act (reason, what was done, what was seen); `cost` is in fen.
    """

    act: str
    revision: int | None = None
    opinion: str = ""
    grade: str = ""
    limit: str = ""
    kind: str = ""
    basis: str = ""
    into: UUID | None = None
    owner: OwnerIn | None = None
    cost: int | None = None
    name: str = ""
    plea: str = ""
    plea_id: UUID | None = None
    granted: bool | None = None
    wanted: dt.datetime | None = None
    review_on: dt.date | None = None
    look_back_on: dt.date | None = None
    good: bool | None = None
    phase: str = ""
    control: str = ""
    control_id: UUID | None = None
    responsibility: str = ""
    measures: str = ""
    funds: str = ""
    deadline: str = ""
    contingency: str = ""
    uploads: list[UUID] = Field(default_factory=list)


def aware(at: dt.datetime | None) -> dt.datetime | None:
    """Return a time without an offset as China's wall clock meant it."""
    return at.replace(tzinfo=CHINA) if at is not None and at.tzinfo is None else at


def _confirm(one: UUID, a: HazardActIn, by: Actor) -> Any:
    return services.confirm(
        one, grade=a.grade, limit=a.limit, kind=a.kind, basis=a.basis, opinion=a.opinion, by=by, revision=a.revision
    )


def _owner(a: HazardActIn) -> Owner:
    given = a.owner or OwnerIn()
    return Owner(given.name, given.organisation, given.post, given.person)


def _rectify(one: UUID, a: HazardActIn, by: Actor) -> Any:
    return services.rectify(one, a.opinion, uploads=a.uploads, cost=a.cost, name=a.name, by=by, revision=a.revision)


def _settle(one: UUID, a: HazardActIn, by: Actor) -> Any:
    return services.settle(
        one, a.opinion, grade=a.grade or Grade.GENERAL, kind=a.kind, owner=_owner(a) if a.owner else None,
        uploads=a.uploads, cost=a.cost, by=by, revision=a.revision,
    )  # fmt: skip


def _plan(one: UUID, a: HazardActIn, by: Actor) -> Any:
    return services.plan(
        one, responsibility=a.responsibility, measures=a.measures, funds=a.funds, deadline=a.deadline,
        contingency=a.contingency, by=by, revision=a.revision,
    )  # fmt: skip


def _ask(one: UUID, a: HazardActIn, by: Actor) -> Any:
    return services.ask(one, a.plea, a.opinion, wanted=aware(a.wanted), by=by, revision=a.revision)


def _decide(one: UUID, a: HazardActIn, by: Actor) -> Any:
    plea = _of(one, a.plea_id, "plea_id", {row.id for row in queries.pleas_of(queries.hazard(one, by=by))})
    if a.granted is None:
        raise Invalid({"granted": _("写明同意还是不同意")})
    return services.decide(
        plea, granted=a.granted, opinion=a.opinion, review_on=a.review_on, by=by, revision=a.revision
    )


def _lift(one: UUID, a: HazardActIn, by: Actor) -> Any:
    row = _of(one, a.control_id, "control_id", {row.id for row in queries.controls_of(queries.hazard(one, by=by))})
    return services.lift(row, a.opinion, by=by, revision=a.revision)


def _of(_one: UUID, given: UUID | None, field: str, known: set[UUID]) -> UUID:
    if given is None or given not in known:
        raise Invalid({field: _("这条隐患上没有它")})
    return given


def _look_back(one: UUID, a: HazardActIn, by: Actor) -> Any:
    if a.good is None:
        raise Invalid({"good": _("写明还好不好")})
    return services.look_back(one, good=a.good, opinion=a.opinion, uploads=a.uploads, by=by, revision=a.revision)


def _merge(one: UUID, a: HazardActIn, by: Actor) -> Any:
    if a.into is None:
        raise Invalid({"into": _("并到哪一条")})
    return services.merge(one, a.into, by=by, revision=a.revision)


def _review(one: UUID, a: HazardActIn, by: Actor) -> Any:
    if a.review_on is None:
        raise Invalid({"review_on": _("写明哪天复核：要在今天以后")})
    return services.review(one, a.opinion, review_on=a.review_on, by=by, revision=a.revision)


ACTS: dict[str, Callable[[UUID, HazardActIn, Actor], Any]] = {
    "confirm": _confirm,
    "reject": lambda one, a, by: services.reject(one, a.opinion, by=by, revision=a.revision),
    "reconsider": lambda one, a, by: services.reconsider(one, a.opinion, by=by, revision=a.revision),
    "withdraw": lambda one, a, by: services.withdraw(one, a.opinion, by=by, revision=a.revision),
    "merge": _merge,
    "part": lambda one, a, by: services.part(one, a.opinion, by=by, revision=a.revision),
    "regrade": lambda one, a, by: services.regrade(one, a.grade, a.opinion, by=by, revision=a.revision),
    "assign": lambda one, a, by: services.assign(
        one, _owner(a), limit=a.limit, opinion=a.opinion, by=by, revision=a.revision
    ),
    "reassign": lambda one, a, by: services.reassign(
        one, _owner(a), limit=a.limit, opinion=a.opinion, by=by, revision=a.revision
    ),
    "send-back": lambda one, a, by: services.send_back(one, a.opinion, by=by, revision=a.revision),
    "remind": lambda one, a, by: services.remind(one, a.opinion, by=by, revision=a.revision),
    "plan": _plan,
    "control": lambda one, a, by: services.control(one, a.control, a.opinion, by=by, revision=a.revision),
    "lift": _lift,
    "rectify": _rectify,
    "settle": _settle,
    "accept": lambda one, a, by: services.accept(
        one, a.opinion, look_back_on=a.look_back_on, by=by, revision=a.revision
    ),
    "refuse": lambda one, a, by: services.refuse(one, a.opinion, by=by, revision=a.revision),
    "ask": _ask,
    "decide": _decide,
    "continue-clock": lambda one, a, by: services.continue_clock(one, by=by, revision=a.revision),
    "resume": lambda one, a, by: services.resume(one, by=by, revision=a.revision),
    "review": _review,
    "look-back": _look_back,
    "reopen": lambda one, a, by: services.reopen(one, a.opinion, by=by, revision=a.revision),
    "note": lambda one, a, by: services.note(one, a.opinion, by=by, revision=a.revision),
    "add-photos": lambda one, a, by: services.add_photos(one, a.uploads, a.phase, by=by, revision=a.revision),
}

"""Another one judges the rectification: it is good, or not; later somebody looks back (HZD-01, HZD-06)."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.fieldwork.services import uploads as files
from anlan.hazards import queries
from anlan.hazards.models import Hazard, RoundRow
from anlan.hazards.services import acting, clock, duties, reporting
from anlan.hazards.terms import Can, Did, HazardState, Phase
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.kernel.clock import local, now

FARTHEST = dt.timedelta(days=366 * 2)  # of a look back


@transaction.atomic
def accept(
    hazard_id: UUID, opinion: str, *, look_back_on: dt.date | None = None, by: Actor, revision: int | None = None
) -> Hazard:
    """It is good: the hazard is closed, and its reporters are told. Never by whoever rectified it.

    `look_back_on` is a day on which somebody looks again. Raises Hidden, Refused, Conflict, Invalid.
    """
    said = acting.said(opinion)
    found = acting.hold(hazard_id, by=by, revision=revision)
    today = local(now()).date()
    if look_back_on is not None and not today < look_back_on <= today + FARTHEST:
        raise Invalid({"look_back_on": _("回头看的日子要在今天以后、两年以内")})
    acting.unsupervised(found)
    _judge(found, Did.ACCEPTED, said, passed=True, by=by)
    acting.sign(found, "accepted", by=by, can=Can.ACCEPT)
    found.look_back_on, found.look_back_owed = look_back_on, False
    acting.keep(found)
    acting.record(Did.ACCEPTED, found, by=by, opinion=said, look_back_on=look_back_on, number=found.rounds)
    duties.met(found, Did.ACCEPTED, by=by)
    duties.free(found, _("销号了"), by=by)
    duties.drop_upward(found, _("销号了"), by=by)
    duties.tell_everybody(found, _("整改好了，验收通过，已经销号。谢谢你。"), by=by)
    return found


@transaction.atomic
def refuse(hazard_id: UUID, opinion: str, *, by: Actor, revision: int | None = None) -> Hazard:
    """It is not good yet: back to rectification, and counted. The wait for the judgement is not the owner's time."""
    said = acting.said(opinion)
    found = acting.hold(hazard_id, by=by, revision=revision)
    done = found.rectified_at
    _judge(found, Did.NOT_ACCEPTED, said, passed=False, by=by)
    found.refusals += 1
    if done is not None:
        clock.skip(found, done, now())
    acting.unsign(found, "rectified")
    acting.keep(found)
    acting.record(
        Did.NOT_ACCEPTED, found, by=by, opinion=said, count=found.refusals, due_at=found.due_at,
        due_words=clock.words(found),
    )  # fmt: skip
    duties.met(found, Did.ACCEPTED, by=by)
    duties.rectify(found, by=by)
    return found


def _judge(found: Hazard, did: Did, said: str, *, passed: bool, by: Actor) -> None:
    authority.require(by, Can.ACCEPT, at=found.place_path)
    if found.state == HazardState.RECTIFIED:
        queries.another_judges(found, by)
    acting.move(found, did, by=by)
    found.opinion = said
    RoundRow.objects.filter(hazard=found, number=found.rounds).update(
        judged_at=now(), judged_by=by.pseudonym, judged_name=by.name[:60], passed=passed, opinion=said
    )


@transaction.atomic
def look_back(
    hazard_id: UUID,
    *,
    good: bool,
    opinion: str,
    uploads: Sequence[UUID] = (),
    by: Actor,
    revision: int | None = None,
) -> Hazard:
    """Say how it looks later; where it is back again it is opened anew. Never by whoever rectified it.

    Raises Hidden, Refused, Conflict, Invalid.
    """
    said = acting.said(opinion)
    found = acting.hold(hazard_id, by=by, revision=revision)
    authority.require(by, Can.ACCEPT, at=found.place_path)
    acting.within(found, HazardState.CLOSED)
    queries.another_judges(found, by)
    found.look_back_on, found.look_back_owed = None, False
    count = reporting.keep_photos(found, files.own(uploads, by=by), Phase.RECHECK, by=by)
    acting.record(Did.LOOKED_BACK, found, by=by, opinion=said, good=good, photos=count)
    duties.met(found, Did.LOOKED_BACK, by=by)
    if good:
        acting.keep(found)
    else:
        _open_again(found, said, by=by)
    return found


@transaction.atomic
def reopen(hazard_id: UUID, opinion: str, *, by: Actor, revision: int | None = None) -> Hazard:
    """It is back: open it anew, confirmed as it is; what was done before stays in the rounds.

    Raises Hidden, Refused, Conflict, Invalid.
    """
    said = acting.said(opinion)
    found = acting.hold(hazard_id, by=by, revision=revision)
    authority.require(by, Can.CONFIRM, at=found.place_path)
    _open_again(found, said, by=by)
    return found


def _open_again(found: Hazard, said: str, *, by: Actor) -> None:
    acting.move(found, Did.REOPENED, by=by)
    acting.unsign(found, "assigned", "rectified", "accepted")
    clock.clear(found)
    found.reopened += 1
    found.look_back_on, found.look_back_owed, found.opinion = None, False, said
    acting.keep(found)
    acting.record(Did.REOPENED, found, by=by, opinion=said, count=found.reopened)
    duties.free(found, _("重新打开了"), by=by)
    duties.assign(found, by=by)
    duties.tell_everybody(found, _("又出现了，重新整改。"), by=by)

"""Somebody has to rectify it, by a time; it goes to another; it comes back."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.hazards import queries
from anlan.hazards.models import Hazard
from anlan.hazards.services import acting, clock, duties, pleas
from anlan.hazards.terms import Can, Did, HazardState, Owner
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.kernel.clock import now
from anlan.people import queries as people


@transaction.atomic
def assign(
    hazard_id: UUID, owner: Owner, *, limit: str = "", opinion: str = "", by: Actor, revision: int | None = None
) -> Hazard:
    """Give it to whoever has to rectify it; the clock starts now, unless one runs already and no limit is given.

    Raises Hidden, Refused, Conflict, Invalid («owner», «limit»).
    """
    found = acting.hold(hazard_id, by=by, revision=revision)
    apply(found, owner, limit=limit, opinion=opinion, by=by)
    acting.keep(found)
    note(found, by=by)
    duties.rectify(found, by=by)
    return found


def apply(found: Hazard, owner: Owner, *, limit: str, opinion: str, by: Actor) -> None:
    """Take the step on a locked row, storing nothing."""
    give(found, owner)
    acting.move(found, Did.ASSIGNED, by=by)
    acting.sign(found, "assigned", by=by, can=Can.ASSIGN)
    found.opinion = acting.said(opinion, needed=False)
    if limit or found.due_at is None:
        clock.begin(found, clock.choose(limit or found.limit, found.grade), now())


def note(found: Hazard, *, by: Actor) -> None:
    """Leave the entry of an assignment."""
    acting.record(Did.ASSIGNED, found, by=by, **_values(found))
    duties.met(found, Did.ASSIGNED, by=by)


def give(found: Hazard, owner: Owner) -> None:
    """Write the owner down. Raises Invalid («owner») where nobody is named, or somebody who is not there."""
    name = owner.name.strip()
    if owner.person is not None:
        known = people.names([owner.person]).get(owner.person)
        name = name or known or ""
        if known is None:
            raise Invalid({"owner": _("没有这个人，重新选一下")})
    if owner.post is not None:
        held = people.post_titles([owner.post]).get(owner.post)
        name = name or held or ""
        if held is None:
            raise Invalid({"owner": _("没有这个岗位，或者已经撤了，重新选一下")})
    if owner.organisation is not None:
        called = people.organisation_names([owner.organisation]).get(owner.organisation)
        name = name or called or ""
        if called is None:
            raise Invalid({"owner": _("没有这个单位，重新选一下")})
    if len(name) < 2:
        raise Invalid({"owner": _("写明谁来整改，比如「竹苑物业」或者店名")})
    found.owner_organisation, found.owner_post, found.owner_person = owner.organisation, owner.post, owner.person
    found.owner_name = name[:120]


def _values(found: Hazard) -> dict[str, object]:
    return {
        "owner": found.owner_name, "limit": found.limit, "due_at": found.due_at, "opinion": found.opinion,
        "due_words": clock.words(found), "provisional": found.due_provisional,
    }  # fmt: skip


@transaction.atomic
def reassign(
    hazard_id: UUID, owner: Owner, *, limit: str = "", opinion: str = "", by: Actor, revision: int | None = None
) -> Hazard:
    """Give it to another. The clock goes on, unless a limit is given. Raises Hidden, Refused, Conflict, Invalid."""
    found = acting.hold(hazard_id, by=by, revision=revision)
    give(found, owner)
    acting.move(found, Did.REASSIGNED, by=by)
    acting.sign(found, "assigned", by=by, can=Can.ASSIGN)
    found.opinion = acting.said(opinion, needed=False)
    if limit:
        clock.begin(found, clock.choose(limit, found.grade), now())
        pleas.end(found)
    acting.keep(found)
    acting.record(Did.REASSIGNED, found, by=by, **{**_values(found), "opinion": found.opinion or _("换人整改")})
    duties.free(found, _("改派给别人了"), by=by, but=Did.GRANTED)
    if found.paused_at is None:
        duties.rectify(found, by=by)
    return found


@transaction.atomic
def send_back(hazard_id: UUID, opinion: str, *, by: Actor, revision: int | None = None) -> Hazard:
    """It is not ours to rectify: whoever assigned it decides anew. The clock goes on: sending back buys no time.

    The owner may, and whoever assigns. Raises Hidden, Refused, Conflict, Invalid.
    """
    reason = acting.said(opinion)
    found = acting.hold(hazard_id, by=by, revision=revision)
    queries.require(
        queries.is_owner(found, by) or authority.holds(by, Can.ASSIGN, at=found.place_path), Can.ASSIGN, found
    )
    acting.move(found, Did.RETURNED, by=by)
    clock.go_on(found, now())
    pleas.end(found)
    found.opinion = reason
    acting.keep(found)
    acting.record(Did.RETURNED, found, by=by, opinion=reason, of=found.owner_name)
    duties.free(found, _("退回了"), by=by)
    duties.assign(found, by=by)
    return found


@transaction.atomic
def remind(hazard_id: UUID, words: str, *, by: Actor, revision: int | None = None) -> int:
    """Remind whoever has to rectify it (催办). Returns how many were told: 0 where the owner has no account.

    Whoever assigns may, and whoever supervises. Raises Hidden, Refused, Conflict, Invalid.
    """
    said = acting.said(words, field="words")
    found = acting.hold(hazard_id, by=by, revision=revision)
    acting.within(found, HazardState.ASSIGNED)
    able = any(authority.holds(by, can, at=found.place_path) for can in (Can.ASSIGN, Can.SUPERVISE))
    queries.require(able, Can.ASSIGN, found)
    acting.record(Did.REMINDED, found, by=by, opinion=said)
    return duties.tell_owner(found, _("催办，{due}：{words}").format(due=clock.words(found), words=said))

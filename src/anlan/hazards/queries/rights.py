"""Who may do which step to a hazard now: services refuse by it, pages draw their buttons by it."""

from django.utils.translation import gettext as _

from anlan.hazards.models import Hazard, PleaRow
from anlan.hazards.terms import OPEN, Can, Did, Plea, PleaState
from anlan.hazards.terms import HazardState as H
from anlan.kernel.authority import Actor, Conflict, Refused, holds
from anlan.people import queries as people

WORKING = (H.CONFIRMED, H.ASSIGNED, H.LISTED)
GRADED = (H.CONFIRMED, H.ASSIGNED, H.RECTIFIED, H.LISTED)


def is_owner(hazard: Hazard, by: Actor) -> bool:
    """Say whether the actor, one of their posts or its organisation has to rectify it."""
    if by.person is not None and by.person == hazard.owner_person:
        return True
    posts = {seat.post for seat in by.seats}
    if hazard.owner_post in posts:
        return True
    return hazard.owner_organisation is not None and hazard.owner_organisation in set(
        people.organisation_ids(posts).values()
    )


def may_rectify(hazard: Hazard, by: Actor) -> bool:
    """Say whether the actor is the owner, or may fill in for one who has no account."""
    return holds(by, Can.RECTIFY, at=hazard.place_path) or is_owner(hazard, by)


def may_work(hazard: Hazard, by: Actor) -> bool:
    """Say whether the actor has a hand in it: owner, or confirms, assigns or fills in here."""
    cans = (Can.CONFIRM, Can.ASSIGN, Can.RECTIFY)
    return any(holds(by, can, at=hazard.place_path) for can in cans) or is_owner(hazard, by)


def require(allowed: bool, can: str, hazard: Hazard) -> None:  # noqa: FBT001 - a condition, read as one
    """Raise Refused unless `allowed`; `can` is the permission that would have allowed it."""
    if not allowed:
        raise Refused(can, hazard.place_path)


def rectified_it(hazard: Hazard, by: Actor) -> bool:
    """Say whether the actor rectified it, entered that it was, or is the person who had to: never who accepts it."""
    last = hazard.attempts.order_by("-number").first()
    mine = {hazard.rectified_by} | ({last.done_by, last.entered_by} if last else set())
    return (by.pseudonym is not None and by.pseudonym in mine) or (
        by.person is not None and by.person == hazard.owner_person
    )


def another_judges(hazard: Hazard, by: Actor) -> None:
    """Raise Conflict where the actor would judge their own work (HZD-01), Refused for a machine: a person answers."""
    if by.pseudonym is None:
        raise Refused(Can.ACCEPT, hazard.place_path)
    if rectified_it(hazard, by):
        raise Conflict(_("整改是你做的或者你填的，要由别人验收"))


def acts(hazard: Hazard, *, by: Actor) -> list[Did]:
    """Return what the actor may do to it now, the likeliest first: the verbs of the services, one button each."""
    at, state = hazard.place_path, hazard.state
    rights = {can: holds(by, can, at=at) for can in Can}
    owner = is_owner(hazard, by)
    rectifies = owner or rights[Can.RECTIFY]
    works = rectifies or rights[Can.CONFIRM] or rights[Can.ASSIGN]
    judges = rights[Can.ACCEPT] and by.pseudonym is not None and not rectified_it(hazard, by)
    plea = PleaRow.objects.filter(hazard=hazard, state=PleaState.ASKED).first() if state in OPEN else None
    decides = plea is not None and rights[Can.APPROVE] and by.pseudonym not in {None, plea.asked_by}
    mine = by.pseudonym is not None and by.pseudonym == hazard.reported_by
    table: list[tuple[Did, bool]] = [
        (Did.CONFIRMED, state == H.REPORTED and rights[Can.CONFIRM]),
        (Did.ASSIGNED, state == H.CONFIRMED and rights[Can.ASSIGN]),
        (Did.RECTIFIED, state == H.ASSIGNED and rectifies),
        (Did.ACCEPTED, state == H.RECTIFIED and judges),
        (Did.NOT_ACCEPTED, state == H.RECTIFIED and judges),
        (Did.GRANTED, decides),
        (Did.REFUSED, decides),
        (Did.CONTINUED, state == H.ASSIGNED and hazard.paused_at is not None and (owner or rights[Can.ASSIGN])),
        (Did.RESUMED, state == H.LISTED and rights[Can.ASSIGN]),
        (Did.LOOKED_BACK, state == H.CLOSED and hazard.look_back_on is not None and judges),
        (Did.MERGED, state in {H.REPORTED, H.CONFIRMED, H.ASSIGNED} and rights[Can.CONFIRM]),
        (Did.REJECTED, state in {H.REPORTED, H.CONFIRMED} and rights[Can.CONFIRM]),
        (Did.REASSIGNED, state == H.ASSIGNED and rights[Can.ASSIGN]),
        (Did.RETURNED, state == H.ASSIGNED and (owner or rights[Can.ASSIGN])),
        (Did.REGRADED, state in GRADED and rights[Can.CONFIRM]),
        (Did.PLANNED, state in WORKING and (rectifies or rights[Can.ASSIGN])),
        (Did.CONTROLLED, state in OPEN and works),
        (Did.UNCONTROLLED, works and hazard.controls.filter(lifted_at=None).exists()),
        (Did.ASKED, state in {H.CONFIRMED, H.ASSIGNED} and plea is None and (rectifies or rights[Can.ASSIGN])),
        (Did.REMINDED, state == H.ASSIGNED and (rights[Can.ASSIGN] or rights[Can.SUPERVISE])),
        (Did.PARTED, state == H.MERGED and rights[Can.CONFIRM]),
        (Did.RECONSIDERED, state in {H.REJECTED, H.WITHDRAWN} and rights[Can.CONFIRM]),
        (Did.REOPENED, state == H.CLOSED and rights[Can.CONFIRM]),
        (Did.WITHDRAWN, state == H.REPORTED and mine),
        (Did.EVIDENCE_ADDED, works or mine or rights[Can.ACCEPT] or rights[Can.INSPECT]),
        (Did.NOTED, works or mine or rights[Can.SEE]),
    ]
    return [did for did, allowed in table if allowed]


def askable(hazard: Hazard) -> list[Plea]:
    """Return what may be asked for in the state that it is in."""
    if hazard.state == H.ASSIGNED:
        return [Plea.EXTEND, Plea.LIST] if hazard.paused_at else [Plea.EXTEND, Plea.PAUSE, Plea.LIST]
    return [Plea.LIST] if hazard.state == H.CONFIRMED else []

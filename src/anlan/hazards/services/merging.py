"""Duplicates: one hazard is merged into another, every reporter kept and told; and parted again."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.hazards.models import Hazard
from anlan.hazards.services import acting, clock, duties, pleas
from anlan.hazards.terms import OPEN, Can, Did, Grade, HazardState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid


@transaction.atomic
def merge(hazard_id: UUID, into: UUID, *, by: Actor, revision: int | None = None) -> Hazard:
    """Let one hazard wait with another that is the same; its reporter is told, now and at the other's end.

    What was merged into it goes along: a merge is never two deep. Raises Hidden, Refused, Conflict, Invalid («into»).
    """
    if hazard_id == into:
        raise Invalid({"into": _("不能并到自己")})
    locked = {one: acting.hold(one, by=by) for one in sorted({hazard_id, into})}  # in order: two never wait in a ring
    found, other = locked[hazard_id], locked[into]
    if revision is not None and revision < found.revision:
        raise acting.changed(found)
    if found.exercise_id != other.exercise_id:
        raise Invalid({"into": _("演练的和真的不能并在一起")})
    if other.lead_id is not None:
        raise Invalid({"into": _("那一条自己已经并走了，请并到它并去的那一条")})
    if other.state not in OPEN:
        raise Invalid({"into": _("那一条现在是「{state}」，不能再并进去").format(state=acting.word(other))})
    authority.require(by, Can.CONFIRM, at=other.place_path)
    acting.unsupervised(found)
    acting.move(found, Did.MERGED, by=by)
    found.lead = other
    clock.clear(found)
    pleas.end(found)
    acting.keep(found)
    acting.keep(other)
    acting.record(Did.MERGED, found, by=by, into=other.id, number=other.number)
    acting.record(Did.ABSORBED, other, by=by, of=found.id, number=found.number)
    duties.met(found, Did.CONFIRMED, by=by)
    duties.free(found, _("并到另一条一起办"), by=by)
    duties.drop_upward(found, _("并到另一条一起办"), by=by)
    Hazard.objects.filter(lead=found).update(lead=other)
    duties.tell_reporter(found, _("和别人报的是同一个隐患，并在一起办；你报的也留着，办完告诉你。"), by=by)
    return found


@transaction.atomic
def part(hazard_id: UUID, opinion: str, *, by: Actor, revision: int | None = None) -> Hazard:
    """Take a merged hazard out again: it is confirmed for itself. Raises Hidden, Refused, Conflict, Invalid."""
    said = acting.said(opinion)
    found = acting.hold(hazard_id, by=by, revision=revision)
    acting.move(found, Did.PARTED, by=by)
    _alone(found, said, by=by)
    duties.tell_reporter(found, _("拆开来单独办了。"), by=by)
    return found


def _alone(found: Hazard, said: str, *, by: Actor) -> None:
    found.lead, found.opinion = None, said
    found.grade, found.limit, found.graded_by = Grade.UNSET, "", None
    acting.unsign(found, "confirmed", "assigned")
    clock.clear(found)
    acting.keep(found)
    acting.record(Did.PARTED, found, by=by, opinion=said)
    duties.confirm(found, by=by)


def hand_on(found: Hazard) -> None:
    """Let the oldest hazard that was merged into one taken back be looked at instead, the others with it."""
    rest = list(Hazard.objects.select_for_update().filter(lead=found, state=HazardState.MERGED).order_by("id"))
    if not rest:
        return
    by = authority.machine("hazards.merging", exercise=found.exercise_id)
    heir = rest[0]
    acting.move(heir, Did.PARTED, by=by)
    _alone(heir, _("并去的那条被报的人撤回了"), by=by)
    Hazard.objects.filter(id__in=[one.id for one in rest[1:]]).update(lead=heir)

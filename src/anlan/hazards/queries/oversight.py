"""Major hazards, supervision and referrals, narrowed to the actor's places and to their organisation (HZD-11)."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from anlan.hazards.models import FollowUp, Hazard, MajorReport, Referral, Supervision
from anlan.hazards.queries import scope
from anlan.hazards.terms import OPEN, Can, Grade, HazardState, ReferralState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.kernel.clock import now
from anlan.people import queries as people
from anlan.places import queries as places

UNNOTED = Q(upward__isnull=False, upward__taken_at=None, upward__ended_at=None)
GOING = Q(state__in=[ReferralState.SENT, ReferralState.RECEIVED])


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands above a hazard: the report upward, the supervision not lifted yet, what was handed over."""

    upward: MajorReport | None
    supervision: Supervision | None
    unanswered: int
    referrals: list[Referral]


def report_of(hazard: Hazard) -> MajorReport | None:
    """Return the report upward that stands for a major hazard; of one that is over, only where somebody took note."""
    found: MajorReport | None = getattr(hazard, "upward", None)
    over = hazard.state not in OPEN and found is not None and found.taken_at is not None
    return found if found is None or found.ended_at is None or over else None


def standing(hazard: Hazard) -> Standing:
    """Return what stands above a hazard; it asks only for what the hazard's flags say there is."""
    upward = report_of(hazard) if hazard.grade == Grade.MAJOR else None
    open_ones = hazard.supervisions.filter(lifted_at=None).annotate(
        waiting=Count("letters", filter=Q(letters__id__isnull=False, letters__answered_at=None))
    )
    supervision = open_ones.first() if hazard.supervised else None
    waiting = int(getattr(supervision, "waiting", 0)) if hazard.grade == Grade.MAJOR else 0
    referrals = list(hazard.referrals.order_by("-sent_at", "-id")) if hazard.referred else []
    return Standing(upward, supervision, waiting, referrals)


def major(by: Actor, *, view: str = "open", text: str = "", place: str = "") -> QuerySet[Hazard]:
    """Return major hazards of the actor's places: `view` open (longest first), unnoted, supervised, closed."""
    rows = scope.within(by).filter(grade=Grade.MAJOR).select_related("upward")
    if place:
        rows = rows.filter(places.under([place], "place_path"))
    if text:
        rows = rows.filter(Q(text__icontains=text) | Q(number__icontains=text) | Q(owner_name__icontains=text))
    match view:
        case "unnoted":
            rows = rows.filter(UNNOTED, state__in=list(OPEN))
        case "supervised":
            rows = rows.filter(supervised=True)
        case "closed":
            return rows.filter(state=HazardState.CLOSED).order_by("-accepted_at", "id")
        case _:
            rows = rows.filter(state__in=list(OPEN))
    return rows.order_by("confirmed_at", "id")


def counts(by: Actor) -> dict[str, int]:
    """Return how many stand in each view, in one query."""
    is_open = Q(state__in=list(OPEN))
    found = scope.within(by).filter(grade=Grade.MAJOR).aggregate(
        open=Count("id", filter=is_open),
        unnoted=Count("id", filter=is_open & UNNOTED),
        supervised=Count("id", filter=Q(supervised=True)),
        closed=Count("id", filter=Q(state=HazardState.CLOSED)),
        late=Count("id", filter=is_open & Q(due_at__lt=now(), paused_at=None)),
    )  # fmt: skip
    return {k: int(v) for k, v in found.items()}


def supervisions(hazard: Hazard) -> list[Supervision]:
    """Return what a hazard was put under, with its letters, the latest first."""
    return list(hazard.supervisions.prefetch_related("letters").order_by("-at"))


def supervision(supervision_id: UUID, *, by: Actor) -> Supervision:
    """Return one of a hazard that the actor may see. Raises Hidden."""
    row = Supervision.objects.select_related("hazard").filter(id=supervision_id).first()
    if row is None:
        raise Hidden
    scope.hazard(row.hazard_id, by=by)
    return row


def follow_up(follow_id: UUID, *, by: Actor, locked: bool = False) -> FollowUp:
    """Return a 跟踪函 of a hazard that the actor may see. Raises Hidden."""
    rows = FollowUp.objects.filter(id=follow_id)
    row = (rows.select_for_update(of=("self",)) if locked else rows).select_related("supervision__hazard").first()
    if row is None:
        raise Hidden
    scope.hazard(row.supervision.hazard_id, by=by)
    return row


def organisations(by: Actor) -> set[UUID]:
    """Return the organisations of the actor's posts."""
    posts = {seat.post for seat in by.seats}
    return set(people.organisation_ids(posts).values()) if posts else set()


def referrals(by: Actor, *, view: str = "all", text: str = "") -> QuerySet[Referral]:
    """Return what came to the actor's organisation, and what was sent from their places; `view` open, late, done.

    In an exercise that one's alone, outside it only what is real.
    """
    rows = _seen(by).filter(exercise_id=by.exercise)
    if text:
        rows = rows.filter(Q(letter__icontains=text) | Q(who__icontains=text) | Q(organisation_name__icontains=text))
    match view:
        case "late":
            return rows.filter(state=ReferralState.SENT, receipt_due__lt=now()).order_by("receipt_due", "id")
        case "open":
            return rows.filter(GOING).order_by("receipt_due", "id")
        case "done":
            return rows.exclude(GOING).order_by("-result_at", "-id")
    return rows.order_by("-sent_at", "-id")


def referral_counts(by: Actor) -> dict[str, int]:
    """Return how many stand in each view, in one query."""
    found = referrals(by).aggregate(
        open=Count("id", filter=GOING),
        late=Count("id", filter=Q(state=ReferralState.SENT, receipt_due__lt=now())),
        done=Count("id", filter=~GOING),
        all=Count("id"),
    )
    return {k: int(v) for k, v in found.items()}


def _seen(by: Actor) -> QuerySet[Referral]:
    mine = Q(organisation_id__in=organisations(by))
    return Referral.objects.filter(mine | places.under(authority.scopes(by, Can.SEE), "place_path"))


def referral(referral_id: UUID, *, by: Actor, locked: bool = False) -> Referral:
    """Return one referral that the actor may see, of whichever exercise: a link leads to it. Raises Hidden."""
    rows = _seen(by).filter(id=referral_id)
    found = (rows.select_for_update(of=("self",)) if locked else rows).select_related("hazard").first()
    if found is None:
        raise Hidden
    return found


def days_open(hazard: Hazard) -> int:
    """Return for how many whole days it has stood since it was confirmed, until closed."""
    start = hazard.confirmed_at or hazard.arrived_at
    end = hazard.accepted_at if hazard.state == HazardState.CLOSED and hazard.accepted_at else now()
    return max((end - start) // dt.timedelta(days=1), 0)


def enforcers(hazard: Hazard) -> list[tuple[UUID, str]]:
    """Return the organisations of the hazard's city to which a violation may be handed, departments first."""
    return people.departments_of(hazard.place_path)

"""失职线索, narrowed to the actor's scope and to what is about themselves (EVL-02)."""

from uuid import UUID

from django.db.models import Count, Q, QuerySet

from anlan.hazards.models import NeglectLead
from anlan.hazards.terms import ENDINGS, Can, LeadState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.kernel.clock import now
from anlan.places import queries as places

VIEWS = {
    "waiting": Q(state=LeadState.OPENED),
    "confirmed": Q(state=LeadState.CONFIRMED),
    "ended": Q(state__in=list(ENDINGS)),
}


def leads(by: Actor, *, person: UUID | None = None, view: str = "") -> QuerySet[NeglectLead]:
    """Return the leads that the actor may see: of their scope, and those about themselves. The latest first."""
    scope = places.under(authority.scopes(by, Can.CONDUCT), "place_path")
    own = Q(person=by.pseudonym) if by.pseudonym else Q(pk__in=[])
    rows = NeglectLead.objects.filter(scope | own).filter(VIEWS.get(view, Q()))
    return (rows.filter(person=person) if person else rows).order_by("-opened_at", "-id")


def counts(by: Actor) -> dict[str, int]:
    """Return how many stand in each view, in one query."""
    return leads(by).aggregate(**{name: Count("id", filter=which) for name, which in VIEWS.items()})


def lead(lead_id: UUID, *, by: Actor, locked: bool = False) -> NeglectLead:
    """Return one lead. Raises Hidden."""
    rows = leads(by).filter(id=lead_id)
    found = (rows.select_for_update() if locked else rows).first()
    if found is None:
        raise Hidden
    return found


def heard(row: NeglectLead) -> bool:
    """Say whether the person concerned was heard: they answered, or the time that they had for it is over."""
    return now() >= row.answer_due or row.answers.exists()

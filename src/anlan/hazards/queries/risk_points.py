"""Risk points as they are read, with the hazards that refer to them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from anlan.hazards.models import Hazard, RiskPoint
from anlan.hazards.queries.objects import today, under, within
from anlan.hazards.terms import OPEN, Can
from anlan.kernel.authority import Actor, Hidden

SORTS = {"name": "name", "-name": "-name", "risk": "risk", "-risk": "-risk", "review": "review_on"}


@dataclass(frozen=True, slots=True)
class RiskFilter:
    """How the ledger is narrowed. `due`: only those whose review is due. `state`: "open", "closed", "all"."""

    place: str = ""
    trade: str = ""
    risk: int | None = None
    due: bool = False
    state: str = "open"
    text: str = ""
    sort: str = ""


def risk_points(what: RiskFilter, *, by: Actor) -> QuerySet[RiskPoint]:
    """Return the risk points of the actor's places."""
    found = RiskPoint.objects.filter(within(by, Can.SEE), under(what.place))
    if what.state != "all":
        found = found.filter(closed_at__isnull=what.state == "open")
    if what.trade:
        found = found.filter(trade=what.trade)
    if what.risk:
        found = found.filter(risk=what.risk)
    if what.due:
        found = found.filter(review_on__lte=today())
    if what.text:
        found = found.filter(Q(name__contains=what.text) | Q(where__contains=what.text) | Q(words__contains=what.text))
    return found.order_by(SORTS.get(what.sort, "-risk"), "review_on", "id")


def risk_point(risk_id: UUID, *, by: Actor) -> RiskPoint:
    """Return a risk point. Raises Hidden."""
    found = RiskPoint.objects.filter(within(by, Can.SEE), id=risk_id).select_related("object").first()
    if found is None:
        raise Hidden
    return found


def lock(risk_id: UUID, by: Actor) -> RiskPoint:
    """Lock a risk point for a change. Raises Hidden."""
    found = RiskPoint.objects.select_for_update(of=("self",)).filter(within(by, Can.SEE), id=risk_id).first()
    if found is None:
        raise Hidden
    return found


def hazards_at(row: RiskPoint) -> QuerySet[Hazard]:
    """Return the hazards that refer to a risk point, the latest first."""
    return Hazard.objects.filter(risk_point_id=row.id).order_by("-arrived_at")


def open_hazards(ids: Iterable[UUID]) -> Mapping[UUID, int]:
    """Return {risk point: how many of its hazards are open}."""
    rows = Hazard.objects.filter(risk_point_id__in=list(ids), state__in=list(OPEN)).values_list("risk_point_id")
    return {i: n for i, n in rows.annotate(n=Count("id")).order_by() if i}


def at_object(object_id: UUID) -> QuerySet[RiskPoint]:
    """Return the open risk points of an object."""
    return RiskPoint.objects.filter(object_id=object_id, closed_at=None).order_by("-risk", "name")

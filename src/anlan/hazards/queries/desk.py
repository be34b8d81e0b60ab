"""What the desk adds to the list: how many wait, words for places and kinds, points for the map, the search box."""

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Avg, Count, Q, QuerySet
from django.db.models.functions import Left

from anlan.hazards.models import Hazard, SavedView
from anlan.hazards.queries import listing, scope
from anlan.hazards.queries.listing import Filter
from anlan.hazards.terms import OPEN, Can, Grade, HazardState
from anlan.kernel import authority
from anlan.kernel.authority import Actor
from anlan.places import queries as places

COUNTED = 50_000  # above, a list is long enough: nobody pages there, so it is not counted to its end
POINTS = 300  # single points of one map; above, they stand together by place
RECURRING = Q(recurs__isnull=False) | Q(reopened__gt=0)


def state_counts(what: Filter, *, by: Actor) -> dict[str, int] | None:
    """Return how many of each state, whatever states are chosen; None above COUNTED. One query."""
    rows = listing.hazards(replace(what, states=(), sort=""), by=by).order_by()[: COUNTED + 1]
    figures: dict[str, Any] = {str(s): Count("place_path", filter=Q(state=s)) for s in HazardState}
    found = rows.aggregate(total=Count("place_path"), **figures)
    return None if found.pop("total") > COUNTED else found


def counted(rows: QuerySet[Hazard]) -> int:
    """Return how many there are, counted no further than COUNTED."""
    return rows.order_by()[: COUNTED + 1].count()


def standing(by: Actor) -> dict[str, int]:
    """Return what the default views count, of what is open, and how many wait for the actor. Two queries."""
    rows = scope.within(by).filter(state__in=list(OPEN))
    found = rows.aggregate(
        late=Count("place_path", filter=listing.due("overdue")),
        major=Count("place_path", filter=Q(grade=Grade.MAJOR)),
        listed=Count("place_path", filter=Q(state=HazardState.LISTED)),
        recur=Count("place_path", filter=RECURRING),
        open=Count("place_path"),
    )
    return found | {"todo": listing.hazards(Filter(mine="owed"), by=by).order_by().count()}


def search(text: str, *, by: Actor, limit: int) -> list[Hazard]:
    """Return hazards whose number or words fit, the newest first; for the search box of every page."""
    if not authority.anywhere(by, [Can.SEE]):
        return []
    return list(listing.hazards(Filter(q=text), by=by)[:limit])


def saved_views(by: Actor) -> list[SavedView]:
    """Return the actor's own views, in the order in which they were made."""
    return list(SavedView.objects.filter(person_id=by.person).order_by("made_at", "id")) if by.person else []


where_of = places.with_parent


@dataclass(frozen=True, slots=True)
class Pin:
    """What the map shows: one hazard, or the `count` of a place. Degrees, WGS-84."""

    lon: float
    lat: float
    count: int
    path: str
    hazard: Hazard | None = None


def pins(what: Filter, *, by: Actor) -> tuple[list[Pin], int]:
    """Return the points of a map, and how many hazards have none. Up to POINTS single ones, else sums by place."""
    every = listing.hazards(what, by=by)
    without = counted(every.filter(lon=None))
    rows = every.filter(lon__isnull=False)
    single = list(rows[: POINTS + 1])
    if len(single) <= POINTS:
        return [Pin(h.lon or 0.0, h.lat or 0.0, 1, h.place_path, h) for h in single], without
    depth = len(what.place) or min((len(s) for s in authority.scopes(by, Can.SEE)), default=0)
    cut = rows.order_by().annotate(cut=Left("place_path", depth + 4)).values("cut")
    grouped = cut.annotate(count=Count("place_path"), x=Avg("lon"), y=Avg("lat")).order_by("-count")[:POINTS]
    return [Pin(g["x"], g["y"], g["count"], g["cut"]) for g in grouped], without

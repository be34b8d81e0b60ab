"""Objects that are inspected: narrowed to the actor's places, found, counted, told apart from doubles."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Q, QuerySet, When

from anlan.hazards.models import Hazard, Object, Visit
from anlan.hazards.terms import OPEN, Can
from anlan.hazards.terms.inspections import NINE_SMALL, RISK_NAMES
from anlan.kernel import authority, clock
from anlan.kernel.authority import Actor, Hidden
from anlan.places import queries as places

SORTS = {
    "name": "name", "-name": "-name", "place": "place_path", "-place": "-place_path", "risk": "risk", "-risk": "-risk",
    "due": "next_due_on", "-due": "-next_due_on", "last": "last_visit_at", "-last": "-last_visit_at",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ObjectFilter:
    """How the list is narrowed. `due`: "late", "week", "never" (not visited yet). `state`: "open", "closed", "all"."""

    place: str = ""
    kind: str = ""
    risk: int | None = None
    due: str = ""
    sleeps: bool = False
    state: str = "open"
    text: str = ""
    sort: str = ""


def today() -> dt.date:
    """Return the day on China's wall clock."""
    return clock.local(clock.now()).date()


def within(by: Actor, *cans: str, field: str = "place_path") -> Q:
    """Return the condition that a row lies where the actor holds any of the permissions."""
    scopes = {path for can in cans for path in authority.scopes(by, can)}
    if "" in scopes:
        return Q()
    found = Q(pk__in=[])
    for path in scopes:
        found |= Q(**{f"{field}__gte": path, f"{field}__lt": path + "\x7f"})
    return found


def under(path: str, field: str = "place_path") -> Q:
    """Return the condition that a row lies at a place or below it."""
    return Q(**{f"{field}__gte": path, f"{field}__lt": path + "\x7f"}) if path else Q()


def objects(what: ObjectFilter, *, by: Actor) -> QuerySet[Object]:
    """Return the objects of the actor's places, narrowed and sorted."""
    found = Object.objects.filter(within(by, Can.SEE, Can.INSPECT), under(what.place))
    if what.state != "all":
        found = found.filter(closed_at__isnull=what.state == "open")
    if what.kind:
        found = found.filter(kind__in=NINE_SMALL if what.kind == "nine" else [what.kind])
    if what.risk:
        found = found.filter(risk=what.risk)
    if what.sleeps:
        found = found.filter(facts__sleeps=True)
    if what.due == "late":
        found = found.filter(next_due_on__lt=today())
    elif what.due == "week":
        found = found.filter(next_due_on__range=(today(), today() + dt.timedelta(days=7)))
    elif what.due == "never":
        found = found.filter(last_visit_at=None)
    if what.text:
        found = found.filter(
            Q(name__contains=what.text) | Q(where__contains=what.text) | Q(code=what.text)
            | Q(keeper_name=what.text)
        )  # fmt: skip
    return found.order_by(SORTS.get(what.sort, "next_due_on"), "id")


def one(object_id: UUID, *, by: Actor) -> Object:
    """Return an object the actor may see. Raises Hidden."""
    found = Object.objects.filter(within(by, Can.SEE, Can.INSPECT), id=object_id).select_related("parent").first()
    if found is None:
        raise Hidden
    return found


def lock(object_id: UUID, by: Actor) -> Object:
    """Lock an object for a change. Raises Hidden."""
    seen = Q() if by.machine else within(by, Can.SEE, Can.INSPECT)
    found = Object.objects.select_for_update(of=("self",)).filter(seen, id=object_id).first()
    if found is None:
        raise Hidden
    return found


def parts(of: Object) -> QuerySet[Object]:
    """Return the trades under the same roof (多业态): what has this object as its parent."""
    return of.parts.filter(closed_at=None).order_by("name")


def alike(kind: str, name: str, place: str, *, but: UUID | None = None) -> list[Object]:
    """Return open objects of the same name near the place (its community): likely the same one, seen before saving."""
    near = place[:-4] if len(place) > 16 else place
    found = Object.objects.filter(under(near), name=" ".join(name.split()), closed_at=None)
    found = found.exclude(id=but) if but else found
    return sorted(found[:5], key=lambda o: o.kind != kind)


def known(names: Iterable[str], codes: Iterable[tuple[str, str]], root: str) -> tuple[set[tuple[str, str]], set[str]]:
    """Return which (place, name) pairs and which "scheme code" marks are taken below a place: for a table coming in."""
    wanted = list(codes)
    named = Object.objects.filter(under(root), name__in=set(names), closed_at=None).values_list("place_path", "name")
    coded = Object.objects.filter(code__in=[code for _scheme, code in wanted]).values_list("scheme", "code")
    return set(named), {f"{scheme} {code}" for scheme, code in coded}


def tops(near: str) -> list[Object]:
    """Return the mixed-use places near a path that other trades may stand under."""
    community = near[:16] if len(near) > 16 else near
    found = Object.objects.filter(under(community), parent=None, closed_at=None, kind__in=["mixed", "crowd", "house"])
    return list(found.order_by("name")[:60])


def visits(of: Object) -> QuerySet[Visit]:
    """Return the visits to an object, the latest first."""
    return of.visits.order_by("-done_at", "-id")


def hazards_of(ids: Iterable[UUID]) -> QuerySet[Hazard]:
    """Return the hazards of objects, open ones first, then the latest."""
    over = Case(When(state__in=list(OPEN), then=0), default=1)
    return Hazard.objects.filter(object_id__in=list(ids)).order_by(over, "-arrived_at")


def open_hazards(ids: Iterable[UUID]) -> Mapping[UUID, int]:
    """Return {object: how many of its hazards are open}."""
    found = Hazard.objects.filter(object_id__in=list(ids), state__in=list(OPEN)).values_list("object_id")
    return dict(found.annotate(n=Count("id")).order_by())


def counts(place: str, *, by: Actor) -> dict[str, int]:
    """Return how many objects there are at a place and below: all, late, highest risk, lived in."""
    rows = Object.objects.filter(within(by, Can.SEE, Can.INSPECT), under(place), closed_at=None)
    return rows.aggregate(
        all=Count("id"), late=Count("id", filter=Q(next_due_on__lt=today())), high=Count("id", filter=Q(risk=4)),
        sleeps=Count("id", filter=Q(facts__sleeps=True)),
    )  # fmt: skip


def geojson(what: ObjectFilter, *, by: Actor, limit: int) -> dict[str, Any]:
    """Return the objects that have a position as GeoJSON points (WGS-84)."""
    rows = objects(what, by=by).filter(lon__isnull=False, lat__isnull=False)
    found = rows.values_list("id", "name", "lon", "lat", "risk")[:limit]
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature", "id": str(i), "geometry": {"type": "Point", "coordinates": [lon, lat]},
                "properties": {
                    "kind": "thing", "name": name, "note": str(RISK_NAMES[risk]), "url": f"/inspections/objects/{i}",
                },
            }
            for i, name, lon, lat, risk in found
        ],
    }  # fmt: skip


where = places.with_parent

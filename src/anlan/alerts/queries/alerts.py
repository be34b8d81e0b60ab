"""Warnings, narrowed to what touches where the actor may see."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import shapely
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from anlan.alerts import terms
from anlan.alerts.cap_shapes import circle
from anlan.alerts.models import Alert, AlertPlace
from anlan.alerts.queries.scope import below, touching
from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Hidden
from anlan.kernel.clock import CHINA, now
from anlan.places import queries as places


def visible(by: Actor) -> QuerySet[Alert]:
    """Return the alerts that touch where the actor may see: a grid officer sees the warning of the whole city."""
    scopes = authority.scopes(by, terms.Can.SEE)
    rows = Alert.objects.all()
    if "" not in scopes:
        covers = AlertPlace.objects.filter(touching(scopes), alert=OuterRef("pk"))
        rows = rows.filter(Exists(covers) | below(scopes))
    return rows.filter(exercise_id=by.exercise) if by.exercise else rows


def alert(alert_id: UUID, *, by: Actor) -> Alert:
    """Return an alert. Raises Hidden, also where it is absent."""
    found = visible(by).select_related("intake", "supersedes").filter(pk=alert_id).first()
    if found is None:
        raise Hidden(_("没有这条预警"))
    return found


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of alerts may be narrowed by; empty means any. `view`: active, all, drill, unplaced."""

    view: str = "active"
    level: str = ""
    hazard: str = ""
    place: str = ""
    text: str = ""
    since: dt.date | None = None
    until: dt.date | None = None


VIEWS = {
    "active": Q(state="active", drill=False),
    "todo": Q(state="active", drill=False, handled_at=None, rank__gte=3),
    "all": Q(drill=False),
    "drill": Q(drill=True),
    "unplaced": Q(unplaced=True, drill=False),
}


def alerts(by: Actor, where: Filter) -> QuerySet[Alert]:
    """Return the alerts of a list: the highest level first among the active ones, else the newest first."""
    rows = visible(by).filter(VIEWS.get(where.view, VIEWS["active"]))
    if where.level:
        rows = rows.filter(level=where.level if where.level != "none" else "")
    if where.hazard:
        rows = rows.filter(hazard=where.hazard)
    if where.place:
        covers = AlertPlace.objects.filter(touching([where.place]), alert=OuterRef("pk"))
        rows = rows.filter(Exists(covers))
    if where.text:
        words = Q(headline__icontains=where.text) | Q(sender_name__icontains=where.text)
        rows = rows.filter(words | Q(identifier__startswith=where.text))
    if where.since:
        rows = rows.filter(received_at__gte=dt.datetime.combine(where.since, dt.time(), CHINA))
    if where.until:
        end = dt.datetime.combine(where.until, dt.time(), CHINA) + dt.timedelta(days=1)
        rows = rows.filter(received_at__lt=end)
    order = ("-rank", "-received_at") if where.view in {"active", "todo"} else ("-received_at",)
    return rows.defer("infos", "findings", "description", "instruction").order_by(*order)


def counts(by: Actor) -> dict[str, int]:
    """Return how many alerts each saved view holds."""
    rows = visible(by)
    return {view: rows.filter(condition).count() for view, condition in VIEWS.items()}


def hazards(by: Actor) -> list[str]:
    """Return the hazards that occur, for a filter."""
    return list(visible(by).exclude(hazard="").values_list("hazard", flat=True).distinct().order_by("hazard")[:100])


def places_of(alert_id: UUID) -> list[tuple[str, str, float | None]]:
    """Return (path, name, share) of the places an alert covers, the widest first."""
    rows = list(AlertPlace.objects.filter(alert_id=alert_id).order_by("place_path").values_list("place_path", "share"))
    names = places.names(path for path, _share in rows)
    return [(path, names.get(path, path), share) for path, share in rows]


def chain(found: Alert, *, by: Actor) -> QuerySet[Alert]:
    """Return the alerts of the same affair, the newest first."""
    return visible(by).filter(chain_id=found.chain_id).defer("infos", "findings").order_by("-sent", "-id")


@dataclass(frozen=True, slots=True)
class InForce:
    """A warning in force as the shell shows it."""

    level: str
    title: str
    where: str
    issuer: str
    issued_at: dt.datetime
    until: dt.datetime
    url: str


BAND = 20


def in_force(by: Actor) -> list[InForce]:
    """Return the real red and orange warnings in force where the actor stands, the gravest first."""
    mine = paths.minimal(path for path in authority.scopes(by, terms.Can.SEE))
    if not mine or not Alert.objects.filter(state=terms.AlertState.ACTIVE, drill=False, rank__gte=3).exists():
        return []
    rows = list(
        visible(by)
        .filter(state=terms.AlertState.ACTIVE, drill=False, rank__gte=3, expires_at__gt=now())
        .exclude(msg_type="Cancel")
        .defer("infos", "findings")
        .order_by("-rank", "-sent")[:BAND]
    )
    where = where_of(rows)
    return [
        InForce(a.level, title_of(a), where.get(a.id, ""), a.sender_name, a.sent, a.expires_at, f"/alerts/{a.id}")
        for a in rows
    ]


def title_of(found: Alert) -> str:
    """Return «暴雨红色预警»; the event as the sender wrote it where no colour is known."""
    colour = terms.COLOUR[terms.Level(found.level)] if found.level else ""
    return f"{found.hazard}{colour}预警" if colour else found.event or found.headline


def where_of(rows: Sequence[Alert], *, most: int = 4) -> dict[UUID, str]:
    """Return in words where each alert holds: up to four names, then how many more. Two statements for a whole page."""
    covered: dict[UUID, list[str]] = {}
    pairs = AlertPlace.objects.filter(alert__in=[a.id for a in rows]).order_by("place_path")
    for alert_id, path in pairs.values_list("alert_id", "place_path"):
        covered.setdefault(alert_id, []).append(path)
    # Many places of one alert are told by the places right above them, which fewer words can hold.
    short = {key: _fewer(found, most) for key, found in covered.items()}
    names = places.names({path for found in short.values() for path in found})
    return {
        key: "、".join(names.get(p, "") for p in found[:most])
        + (_("等 {count} 处").format(count=len(found)) if len(found) > most else "")
        for key, found in short.items()
    }


def _fewer(found: list[str], most: int) -> list[str]:
    while len(found) > most and len({len(p) for p in found}) == 1 and len(found[0]) > 2 * paths.WIDTH:
        found = sorted({paths.parent(p) for p in found})
    return found


FEATURES = 400


def features(alert_id: UUID, *, by: Actor) -> dict[str, Any]:
    """Return the map of an alert as GeoJSON: the places it covers with their share, and what it drew itself."""
    found = alert(alert_id, by=by)
    atlas = places.atlas()
    covered: list[shapely.Geometry] = []
    made: list[dict[str, Any]] = []
    for path, name, share in places_of(found.id)[:FEATURES]:
        shape = atlas.shape_of(path)
        if shape is not None:
            covered.append(shape)
            note = "" if share is None else f"{share:.0%}"
            drawn = shapely.geometry.mapping(shapely.set_precision(shapely.simplify(shape, 0.0003), 1e-6))
            kept = {
                "kind": "warned",
                "name": name,
                "level": found.level or None,
                "note": note,
                "url": f"/places/{path}",
            }
            made.append({"type": "Feature", "geometry": drawn, "properties": kept})
    for info in found.infos[:1]:
        for area in info["areas"]:
            rings = [ring for ring in area["polygons"] if len(ring) > 3]
            made.extend(
                {
                    "type": "Feature",
                    "geometry": {"type": "Polygon", "coordinates": [ring]},
                    "properties": {"kind": "drawn", "name": area["name"], "level": found.level or None},
                }
                for ring in rings
            )
            for lon, lat, radius in area["circles"]:
                shape = shapely.Point(lon, lat) if radius == 0 else circle(lon, lat, radius)
                made.append(
                    {
                        "type": "Feature",
                        "geometry": shapely.geometry.mapping(shape),
                        "properties": {"kind": "drawn", "name": area["name"], "level": found.level or None},
                    }
                )
    return {"type": "FeatureCollection", "features": made + places.around(covered)}

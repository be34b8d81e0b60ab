"""Things and their streams: narrowed to the actor's places, found, counted, with how they fare."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, Max, OrderBy, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from anlan.kernel import authority, clock
from anlan.kernel.authority import Actor, Hidden
from anlan.places import queries as places
from anlan.sensing.models import Alarm, Datastream, Latest, ObservedProperty, Thing
from anlan.sensing.terms import KIND_NAMES, Can, ThingKind

SORTS: dict[str, str | OrderBy] = {
    "name": "name", "-name": "-name", "place": "place_path", "-place": "-place_path", "kind": "kind", "-kind": "-kind",
    "due": F("calibration_due").asc(nulls_last=True), "-due": F("calibration_due").desc(nulls_last=True),
    "battery": F("battery").asc(nulls_last=True), "-battery": F("battery").desc(nulls_last=True),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ThingFilter:
    """How the list is narrowed. `fares`: "alarm", "silent", "never" (heard), "due" (calibration), "battery"."""

    place: str = ""
    kind: str = ""
    fares: str = ""
    state: str = "open"
    text: str = ""
    sort: str = ""


def seen(by: Actor) -> QuerySet[Thing]:
    """Return the things of the actor's places: in an exercise that one's alone, outside it only what is real."""
    scopes = [path for can in (Can.SEE, Can.MANAGE) for path in authority.scopes(by, can)]
    return Thing.objects.filter(places.under(scopes, "place_path"), exercise_id=by.exercise)


def things(what: ThingFilter, *, by: Actor) -> QuerySet[Thing]:
    """Return the things of the actor's places, narrowed and sorted."""
    found = seen(by)
    if what.place:
        found = found.filter(places.under((what.place,), "place_path"))
    if what.state != "all":
        found = found.filter(stopped_at__isnull=what.state == "open")
    if what.kind:
        found = found.filter(kind=what.kind)
    if what.text:
        found = found.filter(Q(name__contains=what.text) | Q(device=what.text) | Q(owner__contains=what.text))
    if what.fares in FARES:
        found = found.filter(FARES[what.fares]())
    return found.order_by(SORTS.get(what.sort, "place_path"), "name", "id")


def told(found: QuerySet[Thing]) -> QuerySet[Thing]:
    """Return things with `alarming`, `silent` (truths) and `heard_at`, the time of the newest reading."""
    latest = Latest.objects.filter(stream__thing=OuterRef("pk")).order_by().values("stream__thing")
    return found.annotate(
        alarming=FARES["alarm"](), silent=FARES["silent"](), heard_at=Subquery(latest.annotate(m=Max("at")).values("m"))
    )


def _latest(**narrowed: Any) -> Exists:
    return Exists(Latest.objects.filter(stream__thing=OuterRef("pk"), **narrowed))


FARES = {
    "alarm": lambda: Q(Exists(Alarm.objects.filter(thing=OuterRef("pk")).exclude(state="closed"))),
    "silent": lambda: Q(_latest(silent_since__isnull=False)),
    "never": lambda: ~Q(_latest()),
    "due": lambda: Q(calibration_due__lte=clock.local(clock.now()).date()),
    "battery": lambda: Q(battery__lt=0.2),
}


def thing(thing_id: UUID, *, by: Actor) -> Thing:
    """Return a thing that the actor may see. Raises Hidden, also where it is absent."""
    found = seen(by).filter(id=thing_id).first()
    if found is None:
        raise Hidden(_("没有这台设备"))
    return found


def lock(thing_id: UUID, *, by: Actor) -> Thing:
    """Lock a thing for a change. Raises Hidden."""
    found = seen(by).select_for_update(of=("self",)).filter(id=thing_id).first()
    if found is None:
        raise Hidden(_("没有这台设备"))
    return found


def streams_of(things: Iterable[UUID]) -> list[Datastream]:
    """Return the streams of things with property and newest reading, in one query."""
    found = Datastream.objects.filter(thing_id__in=list(things)).select_related("property", "latest")
    return list(found.order_by("thing_id", "id"))


def stream(stream_id: int, *, by: Actor) -> Datastream:
    """Return a stream of a thing that the actor may see, with thing and property. Raises Hidden."""
    found = Datastream.objects.filter(id=stream_id, thing__in=seen(by)).select_related("thing", "property", "sensor")
    row = found.first()
    if row is None:
        raise Hidden(_("没有这条数据流"))
    return row


def properties() -> dict[str, ObservedProperty]:
    """Return the observed properties that have a code of ours, by it."""
    return {str(row.code): row for row in ObservedProperty.objects.filter(code__isnull=False).order_by("id")}


def taken(devices: Iterable[str]) -> dict[str, UUID]:
    """Return {device: thing} of the names that are taken, whoever may see them: a name is one everywhere."""
    rows = Thing.objects.filter(device__in=list(devices)).values_list("device", "id")
    return {str(device): thing for device, thing in rows}


def counts(place: str, *, by: Actor) -> dict[str, dict[str, int]]:
    """Return, by kind of thing at a place and below: all, silent, in alarm, never heard."""
    found = things(ThingFilter(place=place), by=by).order_by()
    rows = found.values("kind").annotate(
        all=Count("id"), silent=Count("id", filter=FARES["silent"]()), alarm=Count("id", filter=FARES["alarm"]()),
        never=Count("id", filter=FARES["never"]()),
    )  # fmt: skip
    return {row["kind"]: {name: int(row[name]) for name in ("all", "silent", "alarm", "never")} for row in rows}


def geojson(what: ThingFilter, *, by: Actor, limit: int) -> dict[str, Any]:
    """Return the things that have a position as GeoJSON points (WGS-84)."""
    rows = things(what, by=by).filter(lon__isnull=False).values_list("id", "name", "kind", "lon", "lat")[:limit]
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature", "id": str(i), "geometry": {"type": "Point", "coordinates": [lon, lat]},
                "properties": {
                    "kind": "thing", "name": name, "note": str(KIND_NAMES[ThingKind(kind)]),
                    "url": f"/sensing/things/{i}",
                },
            }
            for i, name, kind, lon, lat in rows
        ],
    }  # fmt: skip

"""SensorThings writes: entities with what is nested in them, observations by the same door as all others."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from anlan.kernel.authority import Conflict, Hidden, Invalid
from anlan.ledger import services as ledger
from anlan.places import queries as places
from anlan.sensing.models import (
    Datastream,
    FeatureOfInterest,
    HistoricalLocation,
    Location,
    ObservedProperty,
    Sensor,
    Thing,
)
from anlan.sensing.queries import sta as queries
from anlan.sensing.queries.sta_kinds import KINDS
from anlan.sensing.services.sta_observations import Door, Waiting, moment
from anlan.sensing.terms import KIND_NAMES, Did


@transaction.atomic
def create(kind: str, body: Mapping[str, Any], *, door: Door, parent: tuple[str, Any] | None = None) -> Any:
    """Make an entity and what is nested in it; return its row, an observation's id.

    `parent` is (relation seen from the new one, row): Things(1)/Datastreams gives ("Thing", thing). Raises Invalid (by
    JSON path), Hidden (a reference leads nowhere), Conflict.
    """
    made = _Making(door)
    row = made.make(kind, body, parent, "")
    if made.waiting.at:
        made.waiting.keep(door)
    return row


class _Making:
    """One deep insert: what was made so far, and the observations that wait for its end."""

    def __init__(self, door: Door) -> None:
        self.door, self.waiting = door, Waiting()

    def make(self, kind: str, body: Any, parent: tuple[str, Any] | None, at: str) -> Any:
        if not isinstance(body, Mapping):
            raise Invalid({at or "": _("应当是一个 JSON 对象")})
        given = {parent[0]: parent[1]} if parent else {}
        makers = {
            "Things": self.thing, "Locations": self.location, "Sensors": self.sensor, "Datastreams": self.datastream,
            "ObservedProperties": self.property, "Observations": self.observation,
            "FeaturesOfInterest": self.feature, "HistoricalLocations": self.history,
        }  # fmt: skip
        return makers[kind](body, given, at)

    def reference(self, name: str, kind: str, body: Mapping[str, Any], given: Mapping[str, Any], at: str) -> Any:
        """Return the row that a relation to one names: made here, referred to by @iot.id, or the parent."""
        if name in given:
            return given[name]
        said = body.get(name)
        if not isinstance(said, Mapping):
            raise Invalid({f"{at}{name}": _("要写明是哪一个，或者写全了一起建")})
        return self.link(kind, said, f"{at}{name}.")

    def link(self, kind: str, said: Any, at: str) -> Any:
        """Return the row that @iot.id refers to (clients send the rest along), or one made here."""
        if isinstance(said, Mapping) and said.get("@iot.id") is not None:
            return named(kind, said["@iot.id"], at, self.door)
        return self.make(kind, said, None, at)

    def texts(self, body: Mapping[str, Any], at: str, needed: Iterable[str] = ("name",)) -> dict[str, Any]:
        said = {name: body.get(name) for name in needed}
        wrong = {f"{at}{name}": _("不能空着") for name, text in said.items() if not isinstance(text, str) or not text}
        if not isinstance(body.get("properties", {}) or {}, Mapping):
            wrong[f"{at}properties"] = _("应当是一个 JSON 对象")
        if wrong:
            raise Invalid(wrong)
        return {
            "name": str(body.get("name", ""))[:200], "description": str(body.get("description") or ""),
            "properties": dict(body.get("properties") or {}),
        }  # fmt: skip

    def thing(self, body: Mapping[str, Any], given: Mapping[str, Any], at: str) -> Thing:
        texts = self.texts(body, at)
        kind = texts["properties"].get("kind")
        row = Thing(
            **texts, place_path=self.door.path, kind=kind if kind in set(KIND_NAMES) else "other",
            exercise_id=self.door.by.exercise, device=_device(texts["properties"]),
        )  # fmt: skip
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError as error:
            raise Conflict(_("设备编号 {device} 已经登记过了").format(device=row.device)) from error
        spots = [given["Locations"]] if "Locations" in given else []
        spots += [self.link("Locations", one, where) for one, where in several(body, "Locations", at)]
        if spots:
            stand(row, spots, self.door)
        for one, where in several(body, "Datastreams", at):
            self.make("Datastreams", one, ("Thing", row), where)
        ledger.record(Did.THING_ADDED, row, by=self.door.by, name=row.name, code=row.kind)
        return row

    def location(self, body: Mapping[str, Any], given: Mapping[str, Any], at: str) -> Location:
        texts = self.texts(body, at, ("name", "encodingType"))
        if not isinstance(body.get("location"), Mapping):
            raise Invalid({f"{at}location": _("应当是 GeoJSON，例如 {example}").format(example='{"type": "Point", …}')})
        row = Location.objects.create(**texts, encoding=body["encodingType"][:60], location=body["location"])
        FeatureOfInterest.objects.create(
            name=row.name, description=row.description, encoding=row.encoding, feature=row.location, location=row
        )
        if "Things" in given:
            stand(given["Things"], [row], self.door)
        for one, where in several(body, "Things", at):
            stand(self.link("Things", one, where), [row], self.door)
        return row

    def sensor(self, body: Mapping[str, Any], given: Mapping[str, Any], at: str) -> Sensor:  # noqa: ARG002
        texts = self.texts(body, at, ("name", "encodingType"))
        row = Sensor.objects.create(**texts, encoding=body["encodingType"][:60], metadata=body.get("metadata", ""))
        for one, where in several(body, "Datastreams", at):
            self.make("Datastreams", one, ("Sensor", row), where)
        return row

    def property(self, body: Mapping[str, Any], given: Mapping[str, Any], at: str) -> ObservedProperty:  # noqa: ARG002
        texts = self.texts(body, at, ("name", "definition"))
        row = ObservedProperty.objects.create(**texts, definition=body["definition"][:400])
        for one, where in several(body, "Datastreams", at):
            self.make("Datastreams", one, ("ObservedProperty", row), where)
        return row

    def datastream(self, body: Mapping[str, Any], given: Mapping[str, Any], at: str) -> Datastream:
        texts = self.texts(body, at, ("name", "observationType"))
        unit = body.get("unitOfMeasurement")
        if not isinstance(unit, Mapping):
            raise Invalid({f"{at}unitOfMeasurement": _("应当有 name、symbol、definition 三项")})
        thing = self.reference("Thing", "Things", body, given, at)
        of = self.reference("ObservedProperty", "ObservedProperties", body, given, at)
        row = Datastream(
            **texts, thing=thing, property=of, sensor=self.reference("Sensor", "Sensors", body, given, at),
            place_path=thing.place_path, observation_type=body["observationType"][:120],
            unit=str(unit.get("symbol") or "")[:24], unit_name=str(unit.get("name") or "")[:60],
            unit_definition=str(unit.get("definition") or "")[:200],
            key=str(texts["properties"].get("key") or of.code or texts["name"])[:60],
        )  # fmt: skip
        taken = set(thing.datastreams.values_list("key", flat=True))
        if row.key in taken:
            row.key = next(k for n in range(2, 10_000) if (k := f"{row.key[:54]}-{n}") not in taken)
        row.save()
        for one, where in several(body, "Observations", at):
            self.make("Observations", one, ("Datastream", row), where)
        return row

    def observation(self, body: Mapping[str, Any], given: Mapping[str, Any], at: str) -> str:
        stream = self.reference("Datastream", "Datastreams", body, given, at)
        said = dict(body)
        feature = given.get("FeatureOfInterest")
        if feature is None and "FeatureOfInterest" in body:
            feature = self.reference("FeatureOfInterest", "FeaturesOfInterest", body, given, at)
        if feature is not None:
            said["foi"] = str(feature.pk)
        try:
            return self.waiting.add(stream.pk, said)
        except Invalid as error:
            raise Invalid({f"{at}{name}": text for name, text in error.errors.items()}) from error

    def feature(self, body: Mapping[str, Any], given: Mapping[str, Any], at: str) -> FeatureOfInterest:  # noqa: ARG002
        texts = self.texts(body, at, ("name", "encodingType"))
        if not isinstance(body.get("feature"), Mapping):
            raise Invalid({f"{at}feature": _("应当是 GeoJSON，例如 {example}").format(example='{"type": "Point", …}')})
        return FeatureOfInterest.objects.create(**texts, encoding=body["encodingType"][:60], feature=body["feature"])

    def history(self, body: Mapping[str, Any], given: Mapping[str, Any], at: str) -> HistoricalLocation:
        thing = self.reference("Thing", "Things", body, given, at)
        row = HistoricalLocation.objects.create(thing=thing, time=moment(body.get("time"), f"{at}time"))
        row.locations.set([self.link("Locations", one, where) for one, where in several(body, "Locations", at)])
        return row


def named(kind: str, identifier: Any, at: str, door: Door) -> Any:
    """Return what an @iot.id of a body refers to. Raises Invalid."""
    try:
        return queries.one(KINDS[kind], str(identifier), door.seen)
    except Hidden as error:
        at = at.removesuffix(".")
        raise Invalid({f"{at}.@iot.id": _("没有这一项：{id}").format(id=str(identifier)[:60])}) from error


def several(body: Mapping[str, Any], name: str, at: str = "") -> list[tuple[Any, str]]:
    """Return what a body nests under a name, one or many, each with where it stands."""
    found = body.get(name, [])
    return [(one, f"{at}{name}.{n}.") for n, one in enumerate(found if isinstance(found, list) else [found])]


def stand(thing: Thing, spots: list[Location], door: Door) -> None:
    """Put a thing where its locations say: its point, the place that holds it, and since when."""
    thing.locations.set(spots)
    past = HistoricalLocation.objects.create(thing=thing)
    past.locations.set(spots)
    point = next((p for spot in spots if (p := _point(spot.location))), None)
    if point:
        thing.lon, thing.lat = point
        near = places.locate_many([point])[0]
        thing.place_path = near if near and near.startswith(door.path) else thing.place_path
        thing.save(update_fields=["lon", "lat", "place_path"])
        thing.datastreams.update(place_path=thing.place_path)


def _point(geometry: Mapping[str, Any]) -> tuple[float, float] | None:
    said = geometry.get("geometry", geometry) if isinstance(geometry, Mapping) else {}
    try:
        if said.get("type") == "Point":
            lon, lat = map(float, said["coordinates"][:2])
            return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None
    except (TypeError, ValueError, KeyError, AttributeError):
        return None
    return None


def _device(properties: Mapping[str, Any]) -> str | None:
    said = properties.get("device")
    return said[:120] if isinstance(said, str) and said else None

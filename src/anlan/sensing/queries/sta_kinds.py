"""The eight kinds of SensorThings entities over our tables: names, properties, relations."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model

from anlan.sensing.models import (
    Datastream,
    FeatureOfInterest,
    HistoricalLocation,
    Location,
    Observation,
    ObservedProperty,
    Sensor,
    Thing,
)


@dataclass(frozen=True, slots=True)
class Column:
    """A property: ORM field, type (id, text, time, json, result, geo; told: a time in JSON), keys in JSON."""

    field: str
    type: str = "text"
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A relation to many or one of a kind; `reach` is the ORM path to it, `back` from it, "" where there is none."""

    to: str
    many: bool
    reach: str = ""
    back: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of entity; `key` reads an id of an address, None where it is none of this kind."""

    name: str
    one: str
    model: type[Model]
    columns: Mapping[str, Column]
    links: Mapping[str, Link]
    order: tuple[str, ...] = ("id",)


_BASE = {"id": Column("id", "id"), "@iot.id": Column("id", "id"), "name": Column("name")}
_TEXTS = _BASE | {"description": Column("description"), "properties": Column("properties", "json")}
_CODED = _TEXTS | {"encodingType": Column("encoding")}

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("Things", "Thing", Thing, _TEXTS, {
            "Locations": Link("Locations", True, "locations", "things"),
            "HistoricalLocations": Link("HistoricalLocations", True, "history", "thing"),
            "Datastreams": Link("Datastreams", True, "datastreams", "thing"),
        }),
        Kind("Locations", "Location", Location, _CODED | {"location": Column("location", "geo")}, {
            "Things": Link("Things", True, "things", "locations"),
            "HistoricalLocations": Link("HistoricalLocations", True, "history", "locations"),
        }),
        Kind("HistoricalLocations", "HistoricalLocation", HistoricalLocation, {
            "id": Column("id", "id"), "@iot.id": Column("id", "id"), "time": Column("time", "time"),
        }, {
            "Thing": Link("Things", False, "thing", "history"),
            "Locations": Link("Locations", True, "locations", "history"),
        }),
        Kind("Datastreams", "Datastream", Datastream, _TEXTS | {
            "observationType": Column("observation_type"), "unitOfMeasurement/name": Column("unit_name"),
            "unitOfMeasurement/symbol": Column("unit"), "unitOfMeasurement/definition": Column("unit_definition"),
            "phenomenonTime": Column("latest__at", "time"),
        }, {
            "Thing": Link("Things", False, "thing", "datastreams"),
            "Sensor": Link("Sensors", False, "sensor", "datastreams"),
            "ObservedProperty": Link("ObservedProperties", False, "property", "datastreams"),
            "Observations": Link("Observations", True),
        }),
        Kind("Sensors", "Sensor", Sensor, _CODED | {"metadata": Column("metadata", "json")}, {
            "Datastreams": Link("Datastreams", True, "datastreams", "sensor"),
        }),
        Kind("ObservedProperties", "ObservedProperty", ObservedProperty,
             _TEXTS | {"definition": Column("definition")},
             {"Datastreams": Link("Datastreams", True, "datastreams", "property")}),
        Kind("Observations", "Observation", Observation, {
            "id": Column("", "id"), "@iot.id": Column("", "id"), "phenomenonTime": Column("at", "time"),
            "result": Column("value", "result"), "resultTime": Column("other", "told", ("resultTime",)),
            "resultQuality": Column("other", "json", ("resultQuality",)),
            "validTime": Column("other", "json", ("validTime",)),
            "parameters": Column("other", "json", ("parameters",)),
        }, {
            "Datastream": Link("Datastreams", False),
            "FeatureOfInterest": Link("FeaturesOfInterest", False),
        }, ("at", "stream")),
        Kind("FeaturesOfInterest", "FeatureOfInterest", FeatureOfInterest,
             _CODED | {"feature": Column("feature", "geo")}, {"Observations": Link("Observations", True)}),
    )
}  # fmt: skip
SINGULAR = {kind.one: kind.name for kind in KINDS.values()}
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_STEP = dt.timedelta(microseconds=1)


def key(kind: Kind, text: str) -> Any:
    """Return the key that an id of an address or a body means, None where it is none of this kind.

    An observation's id is "<datastream>-<µs since 1970>": the same stream at the same time is the same reading.
    """
    try:
        if kind.name == "Observations":
            stream, _, at = text.partition("-")
            return int(stream), EPOCH + int(at) * _STEP
        if kind.name == "Datastreams":
            number = int(text)
            return number if 0 < number < 2**31 else None
        return UUID(text)
    except (ValueError, OverflowError):
        return None


def identifier(row: Any) -> Any:
    """Return the @iot.id of a row."""
    if isinstance(row, Observation):
        return f"{row.stream}-{(row.at - EPOCH) // _STEP}"
    return row.pk if isinstance(row.pk, int) else str(row.pk)

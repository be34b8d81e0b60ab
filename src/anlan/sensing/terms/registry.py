"""What somebody says of a thing and its streams when they register or change it."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class StreamDraft:
    """One datastream: `property` is the code of an observed property, `key` what payloads call it (empty: the code).

    `every` is in seconds; `low`, `high` what is possible here, empty for the property's own; `unit` is UCUM.
    """

    property: str
    key: str = ""
    name: str = ""
    unit: str = ""
    every: int | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class ThingDraft:
    """One device at a place (path). `lon`, `lat` are degrees of `scheme` (wgs84, gcj02, bd09)."""

    place: str
    kind: str
    name: str
    device: str = ""
    description: str = ""
    lon: float | None = None
    lat: float | None = None
    scheme: str = "wgs84"
    organisation: UUID | None = None
    owner: str = ""
    maker: str = ""
    post: UUID | None = None
    life_safety: bool | None = None
    calibration_due: dt.date | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    streams: tuple[StreamDraft, ...] = ()


USUAL: dict[str, tuple[StreamDraft, ...]] = {
    "rain": (StreamDraft("rain", every=300),),
    "river": (StreamDraft("level", every=300), StreamDraft("flow", every=300)),
    "waterlog": (StreamDraft("depth", every=300),),
    "smoke": (StreamDraft("smoke"), StreamDraft("battery", every=86_400)),
    "gas": (StreamDraft("gas", every=600),),
    "shed": (StreamDraft("smoke"), StreamDraft("temperature", every=600), StreamDraft("current", every=600)),
    "lift": (StreamDraft("lift_fault"), StreamDraft("trapped")),
    "slope": (StreamDraft("displacement", every=3600),),
    "weather": tuple(StreamDraft(code, every=600) for code in ("temperature", "humidity", "wind")),
    "gate": (StreamDraft("count", every=900),),
    "video": (StreamDraft("event"),),
    "other": (),
}  # fmt: skip
"""What a kind of thing usually measures, offered when one is registered."""

"""What a phone keeps of alarms to work without a network: those that its owner has to verify."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from anlan.kernel.authority import Actor
from anlan.sensing.queries import alarms
from anlan.sensing.queries.alarms import Filter
from anlan.sensing.terms import COLOUR_NAMES, KIND_NAMES, Level, ThingKind

MOST = 50


class Alarms:
    """Alarms that wait for a verdict of the actor; few, so they are always given whole."""

    def of(self, by: Actor, since: dt.datetime | None) -> Mapping[str, Any]:  # noqa: ARG002 - ports.Pack's signature
        """Return {"alarms": [...]}: id, number, name, kind, words, level, level_name, where, life, raised_at, revision,
        lon, lat. Two queries, one of them for places.
        """
        rows = list(alarms.alarms(by, Filter(view="mine"))[:MOST])
        where = alarms.where_of({a.place_path for a in rows})
        return {
            "whole": True,
            "alarms": [
                {
                    "id": str(a.id), "number": a.number, "name": a.thing.name,
                    "kind": str(KIND_NAMES[ThingKind(a.thing.kind)]), "words": a.words, "level": a.level,
                    "level_name": str(COLOUR_NAMES[Level(a.level)]), "where": where.get(a.place_path, ""),
                    "life": a.life_safety, "raised_at": a.raised_at, "revision": a.revision, "lon": a.thing.lon,
                    "lat": a.thing.lat,
                }
                for a in rows
            ],
        }  # fmt: skip

"""Where a phone's owner works, for the field page to draw and to name without a network: the pack `places.ground`."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from anlan.incidents import queries as incidents
from anlan.kernel import authority
from anlan.kernel.authority import Actor
from anlan.people import queries as people
from anlan.places import queries as places

LINES = 200  # roads and rivers drawn
POINTS = 400  # of one line


class Ground:
    """The nearest post's place: its name in full, its border, roads and water around it, the duty desk's line."""

    def of(self, by: Actor, since: dt.datetime | None) -> Mapping[str, Any]:
        """Return {"ground": {place, where, phone, phone_name, shape, lines}}; {} where it was brought already today.

        Borders and lines change by the month, so a phone that has them is not sent them again within the day.
        """
        path = max((s.path for s in by.seats), key=len, default="")
        if not path or (since is not None and since.date() == dt.datetime.now(dt.UTC).date()):
            return {}
        name, phone = people.duty_line(path)
        seen = any(path.startswith(scope) for scope in authority.scopes(by, "places.read"))
        drawn = places.features(path, by=by)["features"] if seen else []
        lines = [line for one in drawn if one["properties"]["kind"] in {"river", "road"} for line in _lines(one)]
        return {
            "ground": {
                "place": path, "where": incidents.where_of({path})[path], "phone": phone, "phone_name": name,
                "shape": next((one["geometry"] for one in drawn if one["properties"]["kind"] == "here"), None),
                "lines": lines[:LINES],
            }
        }  # fmt: skip


def _lines(feature: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a feature's lines as {kind, name, at}; an area is drawn by its edge."""
    shape, kinds = feature["geometry"], feature["properties"]
    return [
        {"kind": kinds["kind"], "name": kinds.get("name", ""), "at": [list(point[:2]) for point in part[:POINTS]]}
        for part in _parts(shape["type"], shape["coordinates"])
    ]


def _parts(kind: str, at: Any) -> list[Any]:
    match kind:
        case "LineString":
            return [at]
        case "MultiLineString":
            return list(at)
        case "Polygon":
            return list(at[:1])
        case "MultiPolygon":
            return [one[0] for one in at]
    return []

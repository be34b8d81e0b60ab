"""What is drawn under the places: rivers and roads within a box."""

from typing import Any

import shapely

from anlan.places.models import Scenery

MOST = 1_500  # features of one map; the longest come first


def scenery(bounds: tuple[float, float, float, float]) -> list[dict[str, Any]]:
    """Return GeoJSON features of the rivers and roads that touch a box (west, south, east, north; WGS-84)."""
    west, south, east, north = bounds
    rows = list(
        Scenery.objects.filter(west__lte=east, east__gte=west, south__lte=north, north__gte=south)
        .order_by("kind", "-length")
        .values_list("kind", "name", "shape")[:MOST]
    )
    shapes = shapely.from_wkb([bytes(row[2]) for row in rows])
    tolerance = max(east - west, north - south) / 2_000
    drawn = shapely.clip_by_rect(shapely.simplify(shapes, tolerance), west, south, east, north)
    return [
        {"type": "Feature", "geometry": shapely.geometry.mapping(shape), "properties": {"kind": row[0], "name": row[1]}}
        for row, shape in zip(rows, drawn, strict=True)
        if not shape.is_empty
    ]


def around(shapes: "list[shapely.Geometry]") -> list[dict[str, Any]]:
    """Return the scenery around some shapes; none for none."""
    if not shapes:
        return []
    west, south, east, north = (float(x) for x in shapely.total_bounds(shapes))
    return scenery((west, south, east, north))

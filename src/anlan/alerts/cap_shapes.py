"""Polygons and circles of an alert as geometry, whatever their faults."""

import math
from collections.abc import Iterable

import shapely

from anlan.alerts.reading import Area

_KM_PER_DEGREE = 111.32
_SIDES = 64
_RING = 3


def outline(areas: Iterable[Area]) -> shapely.Geometry | None:
    """Return the union of all polygons and circles in WGS-84; None where nothing is drawn that has an extent.

    A ring that is open is closed, one that crosses itself is mended; one outside the earth or with fewer than three
    points is left out (the reading's findings name it). A circle of radius 0 is its point.
    """
    shapes: list[shapely.Geometry] = []
    for area in areas:
        rings = (r for r in area.polygons if len(set(r)) >= _RING and all(_on_earth(lon, lat) for lon, lat in r))
        shapes.extend(shapely.make_valid(shapely.Polygon(ring)) for ring in rings)
        circles = (c for c in area.circles if _on_earth(c[0], c[1]) and 0 <= c[2] < math.inf)
        shapes.extend(circle(*one) for one in circles)
    if not shapes:
        return None
    whole = shapely.union_all(shapes)
    return None if whole.is_empty else whole


def _on_earth(lon: float, lat: float) -> bool:
    return -180 <= lon <= 180 and -90 <= lat <= 90


def circle(lon: float, lat: float, radius: float) -> shapely.Geometry:
    """Return a circle of `radius` km as a polygon of 64 sides; a bare point for radius 0."""
    if radius == 0:
        return shapely.Point(lon, lat)
    across = radius / _KM_PER_DEGREE
    along = across / max(math.cos(math.radians(lat)), 0.01)
    turns = [2 * math.pi * i / _SIDES for i in range(_SIDES)]
    return shapely.Polygon([(lon + along * math.cos(t), lat + across * math.sin(t)) for t in turns])

"""The atlas of this process, and what it answers."""

import datetime as dt
from collections.abc import Sequence
from threading import Lock
from typing import Any

import shapely
from numpy.typing import ArrayLike

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.places import coords, terms
from anlan.places.atlas import NOWHERE, Atlas, Sheet
from anlan.places.models import Place, Tree
from anlan.places.queries.scenery import around
from anlan.places.queries.tree import open_on, today, under

_TOLERANCE = {  # degrees, about what one pixel is worth where such a place fills a screen
    terms.Level.PROVINCE: 0.004,
    terms.Level.CITY: 0.002,
    terms.Level.DISTRICT: 0.0008,
    terms.Level.STREET: 0.0003,
    terms.Level.COMMUNITY: 0.0001,
}
FEATURES = 3000


class _Kept:
    """The one atlas of the process and the stamp it was made under."""

    def __init__(self) -> None:
        self.key: tuple[str, dt.date] | None = None
        self.atlas = Atlas([])
        self.lock = Lock()


_kept = _Kept()


def atlas() -> Atlas:
    """Return the atlas of the tree as it is now: one small query, and a rebuild where shapes changed since."""
    key = (str(Tree.objects.values_list("shapes", flat=True).get(pk=1)), today())
    if _kept.key != key:
        with _kept.lock:
            if _kept.key != key:
                rows = Place.whole.filter(open_on(), shape__isnull=False).values_list("path", "level", "shape")
                _kept.atlas = Atlas([Sheet(p, level, bytes(wkb)) for p, level, wkb in rows if wkb], version=key[0])
                _kept.key = key
    return _kept.atlas


def locate(lon: float, lat: float) -> Place | None:
    """Return the deepest place at a WGS-84 point."""
    path = atlas().path_at(lon, lat)
    return None if path is None else Place.objects.filter(path=path).first()


def locate_many(points: ArrayLike) -> list[str | None]:
    """Return the path of the deepest place at each WGS-84 point (n, 2)."""
    book = atlas()
    return [None if i == NOWHERE else book.paths[i] for i in book.locate(points)]


def touched(area: shapely.Geometry | str) -> list[tuple[str, float]]:
    """Return the deepest places with shapes that a WGS-84 geometry (or its WKT) touches, with the share of each.

    Raises Invalid for WKT that cannot be read.
    """
    if isinstance(area, str):
        try:
            area = shapely.from_wkt(area)
        except shapely.errors.ShapelyError as error:
            raise Invalid({"area": f"不是可读的 WKT 图形：{error}"}) from error
    return atlas().touched(area)


def touched_circle(lon: float, lat: float, radius: float) -> list[tuple[str, float]]:
    """Return what a circle of `radius` metres on the sphere touches."""
    return atlas().touched(coords.circle(lon, lat, radius))


def features(path: str, *, by: Actor, crs: str = terms.Crs.WGS84, exact: bool = False) -> dict[str, Any]:
    """Return a GeoJSON collection: the place itself and its children, simplified for their level.

    Neighbours are simplified together, so that their common borders still fit. At most `FEATURES` features.
    """
    scopes = authority.scopes(by, terms.Can.READ)
    near = under([path]) & (open_on()) if path else open_on()
    rows = Place.whole.filter(near, under(scopes), shape__isnull=False)
    rows = rows.filter(parent__path=path) | rows.filter(path=path) if path else rows.filter(parent__isnull=True)
    found = list(
        rows.order_by("path").values_list("path", "name", "level", "code", "population", "households", "shape")[
            :FEATURES
        ]
    )
    shapes = _simplified([bytes(row[6] or b"") for row in found], [row[2] for row in found], exact=exact)
    shapes = [
        shapely.transform(s, lambda xy: coords.from_wgs84(xy, crs)) if crs != terms.Crs.WGS84 else s for s in shapes
    ]
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": row[0],
                "geometry": shapely.geometry.mapping(shape),
                "properties": {
                    "kind": "here" if row[0] == path else "place",
                    "name": row[1],
                    "url": f"/places/{row[0]}",
                    "path": row[0],
                    "place_level": row[2],
                    "code": row[3],
                    "population": row[4],
                    "households": row[5],
                },
            }
            for row, shape in zip(found, shapes, strict=True)
        ]
        + ([] if exact or crs != terms.Crs.WGS84 else around(shapes)),
    }


def _simplified(wkb: Sequence[bytes], levels: Sequence[str], *, exact: bool) -> list[shapely.Geometry]:
    shapes = list(shapely.from_wkb(list(wkb)))
    if exact:
        return shapes
    made = list(shapes)
    for level in set(levels):
        mine = [i for i, one in enumerate(levels) if one == level]
        tolerance = _TOLERANCE.get(terms.Level(level), 0.00002)
        # coverage simplification wants polygons; anything else is simplified by itself
        if all(shapes[i].geom_type in {"Polygon", "MultiPolygon"} for i in mine):
            thin = shapely.coverage_simplify([shapes[i] for i in mine], tolerance)
        else:
            thin = shapely.simplify([shapes[i] for i in mine], tolerance)
        for i, shape in zip(mine, thin, strict=True):
            made[i] = shapes[i] if shape.is_empty else shape
    return [shapely.set_precision(s, 1e-6, mode="pointwise") for s in made]

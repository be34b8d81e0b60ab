"""The ground of an invented city: one Voronoi mesh of grids, merged upwards, so that every border fits its neighbours.

Worked in kilometres on a plane, then laid on the sphere (WGS-84) around CENTRE.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

CENTRE = (112.8, 30.9)  # longitude, latitude: nowhere in particular
_KM_LAT = 110.57
_KM_LON = 111.32 * float(np.cos(np.radians(CENTRE[1])))

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shapes = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Ground:
    """`cells` are the grids' shapes (km), and `owner[k]` says which child of level k each cell belongs to."""

    outline: shapely.Polygon
    cells: Shapes
    centres: Floats
    owner: list[Ints]


def outline(rng: np.random.Generator, radius: float) -> shapely.Polygon:
    """Return a wobbly round border, about `radius` km."""
    angle = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    wave = sum(rng.uniform(0.02, 0.11) / k * np.cos(k * angle + rng.uniform(0, 6.28)) for k in range(2, 12))
    reach = radius * (1 + wave)
    return shapely.Polygon(np.column_stack([reach * np.cos(angle) * 1.25, reach * np.sin(angle) * 0.85]))


def _sites(rng: np.random.Generator, border: shapely.Polygon, count: int) -> Floats:
    """Scatter `count` points within the border, thick near the centre as cities are, no two close together."""
    west, south, east, north = border.bounds
    found = np.empty((0, 2))
    shapely.prepare(border)
    span = max(east - west, north - south)
    while len(found) < count * 1.3:
        points = rng.uniform((west, south), (east, north), size=(count * 4, 2))
        far = np.hypot(points[:, 0], points[:, 1]) / span
        points = points[rng.random(len(points)) < np.exp(-((far * 3.2) ** 2)) + 0.05]
        found = np.vstack([found, points[shapely.contains_xy(border, points[:, 0], points[:, 1])]])
    return found[:count]


def _relaxed(points: Floats, border: shapely.Polygon) -> Shapes:
    """Return the Voronoi cells of the points within the border, in the points' order."""
    cells = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=border, ordered=True)
    parts = shapely.intersection(shapely.get_parts(cells), border)
    return np.array([max(p.geoms, key=lambda g: g.area) if hasattr(p, "geoms") else p for p in parts], dtype=object)


def _split(rng: np.random.Generator, centres: Floats, groups: Ints, parts: Ints) -> Ints:
    """Divide each group of cells into `parts[g]` compact sub-groups (k-means) and number these throughout."""
    result = np.zeros(len(centres), dtype=np.int64)
    base = 0
    for g in range(groups.max() + 1):
        members = np.flatnonzero(groups == g)
        k = int(min(parts[g], len(members)))
        at = centres[members]
        seeds = at[rng.choice(len(members), size=k, replace=False)]
        label = np.zeros(len(members), dtype=np.int64)
        for _ in range(6):
            label = np.argmin(((at[:, None, :] - seeds[None, :, :]) ** 2).sum(axis=2), axis=1)
            total = np.maximum(np.bincount(label, minlength=k), 1)
            seeds = np.column_stack([np.bincount(label, at[:, d], k) / total for d in (0, 1)])
        used, label = np.unique(label, return_inverse=True)
        result[members] = base + label
        base += len(used)
    return result


def make(rng: np.random.Generator, grids: int, counts: tuple[int, ...]) -> Ground:
    """Mesh a city of `grids` cells and group them into `counts` (districts, streets, communities), coarsest first."""
    border = outline(rng, radius=max(1.2, (grids / 26) ** 0.5))
    centres = _sites(rng, border, grids)
    cells = _relaxed(centres, border)
    centres = shapely.get_coordinates(shapely.centroid(cells))
    owner: list[Ints] = []
    groups = np.zeros(len(cells), dtype=np.int64)
    for count in counts:
        share = np.bincount(groups) / len(groups) * count
        groups = _split(rng, centres, groups, np.maximum(1, np.rint(share)).astype(np.int64))
        owner.append(groups)
    return Ground(border, cells, centres, owner)


def merged(cells: Shapes, groups: Ints) -> Shapes:
    """Return one shape per group, its cells' union, by the group's number."""
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], np.arange(groups.max() + 1))
    pieces = np.split(cells[order], starts[1:])
    return np.array([shapely.coverage_union_all(p) for p in pieces], dtype=object)


def on_sphere(shapes: Any) -> Any:
    """Lay shapes or an (n, 2) array of kilometres on longitude and latitude, six decimals (about 0.1 m)."""

    def lay(xy: Floats) -> Floats:
        degrees: Floats = np.column_stack([CENTRE[0] + xy[:, 0] / _KM_LON, CENTRE[1] + xy[:, 1] / _KM_LAT])
        return degrees.round(6)

    return lay(shapes) if isinstance(shapes, np.ndarray) and shapes.ndim > 1 else shapely.transform(shapes, lay)


def river(rng: np.random.Generator, border: shapely.Polygon) -> shapely.LineString:
    """Return the main river's course from the western to the eastern border."""
    west, south, east, north = border.bounds
    x = np.linspace(west, east, 160)
    y = sum(
        rng.uniform(0.02, 0.09) / k * np.sin(k * x / (east - west) * 6.28 + rng.uniform(0, 6.28)) for k in (1, 2, 3, 5)
    )
    return shapely.LineString(np.column_stack([x, (north - south) * y])).intersection(border)


def roads(centres: Floats) -> list[tuple[int, int]]:
    """Join the centres (streets' or communities') by their Gabriel graph: pairs of indices, no two roads crossing."""
    triangles = shapely.delaunay_triangles(shapely.multipoints(centres), only_edges=True)
    index = {tuple(c): i for i, c in enumerate(centres)}
    tree = shapely.STRtree(shapely.points(centres))
    pairs = []
    for edge in shapely.get_parts(triangles):
        a, b = (index[tuple(c)] for c in edge.coords)
        middle, half = edge.interpolate(0.5, normalized=True), edge.length / 2
        if len(tree.query(middle, predicate="dwithin", distance=half * 0.999)) == 0:
            pairs.append((a, b))
    return pairs

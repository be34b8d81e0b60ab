"""The atlas: every shape in memory under a GEOS index, so that points and areas become places without the database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from anlan.kernel import paths
from anlan.places import coords

NOWHERE = -1
_AREA_FLOOR = 1e-6  # a share below one millionth of a place is a shared border, not a place touched


@dataclass(frozen=True, slots=True)
class Sheet:
    """One place of the atlas: its path, level and shape as WKB, WGS-84."""

    path: str
    level: str
    wkb: bytes


class Atlas:
    """Shapes of a tree at one version. Immutable: a changed tree gets a new atlas.

    Shapes may be missing at any depth. `locate` prefers the deepest path, then the smallest shape.
    """

    def __init__(self, sheets: Sequence[Sheet], *, version: str = "") -> None:
        ordered = sorted(sheets, key=lambda s: s.path)
        self.version = version
        self.paths: list[str] = [s.path for s in ordered]
        self.levels: list[str] = [s.level for s in ordered]
        self.shapes = np.asarray(shapely.from_wkb([s.wkb for s in ordered]), dtype=object)
        shapely.prepare(self.shapes)
        self._depth = np.array([paths.depth(p) for p in self.paths], dtype=np.int32)
        self._areas = np.asarray(shapely.area(self.shapes), dtype=np.float64)
        # deepest first, then smallest: a place's rank is its position in that order, and the lowest rank wins
        order = np.lexsort((np.arange(len(ordered)), self._areas, -self._depth))
        self._rank = np.empty(len(ordered), dtype=np.int64)
        self._rank[order] = np.arange(len(ordered))
        self._order = order
        self._tree = shapely.STRtree(self.shapes)
        self._childless = self._leaves()

    def __len__(self) -> int:
        return len(self.paths)

    def _leaves(self) -> NDArray[np.bool_]:
        """Mark the places under which no other place has a shape. Sorted paths put descendants right behind."""
        leaf = np.ones(len(self.paths), dtype=bool)
        for i in range(len(self.paths) - 1):
            leaf[i] = not self.paths[i + 1].startswith(self.paths[i])
        return leaf

    def locate(self, points: ArrayLike) -> NDArray[np.int64]:
        """Return for each point (n, 2) the index of the deepest place that covers it, `NOWHERE` for none.

        A point on a shared border belongs to the first of the neighbours by rank, always the same.
        """
        xy = np.atleast_2d(np.asarray(points, dtype=np.float64))
        best = np.full(len(xy), len(self.paths), dtype=np.int64)
        if len(self.paths) and len(xy):
            which, shape = self._tree.query(shapely.points(xy))
            # boxes by the tree, then prepared shapes: a predicate in the tree would prepare the points instead
            inside = shapely.intersects_xy(self.shapes[shape], xy[which, 0], xy[which, 1])
            np.minimum.at(best, which[inside], self._rank[shape[inside]])
        found = np.full(len(xy), NOWHERE, dtype=np.int64)
        hit = best < len(self.paths)
        found[hit] = self._order[best[hit]]
        return found

    def path_at(self, lon: float, lat: float) -> str | None:
        """Return the path of the deepest place at a point."""
        at = int(self.locate([[lon, lat]])[0])
        return None if at == NOWHERE else self.paths[at]

    def touched(
        self, shape: shapely.Geometry, *, within: Callable[[str], bool] | None = None
    ) -> list[tuple[str, float]]:
        """Return the deepest places that a shape touches, each with the share (0–1] of its own area that is covered.

        Deepest means: no place with a shape below it. A point or line gives share 0.0 to the places it meets.
        """
        if shape.is_empty or not len(self.paths):
            return []
        area = shape if shape.is_valid else shapely.make_valid(shape)
        flat = shapely.area(area) == 0.0
        shapely.prepare(area)
        met = np.sort(self._tree.query(area, predicate="intersects"))
        met = met[self._childless[met]]
        whole = shapely.covers(area, self.shapes[met])
        found: list[tuple[str, float]] = []
        for at, all_of_it in zip(met, whole, strict=True):
            if within is not None and not within(self.paths[at]):
                continue
            if all_of_it:
                found.append((self.paths[at], 1.0))
                continue
            part = 0.0 if flat else float(shapely.area(shapely.intersection(area, self.shapes[at])) / self._areas[at])
            if flat or part > _AREA_FLOOR:
                found.append((self.paths[at], min(part, 1.0)))
        return found

    def touched_circle(self, lon: float, lat: float, radius: float) -> list[tuple[str, float]]:
        """Return what a circle of `radius` metres touches."""
        return self.touched(coords.circle(lon, lat, radius))

    def shape_of(self, path: str) -> shapely.Geometry | None:
        """Return the shape of a place, None where it has none."""
        at = int(np.searchsorted(np.array(self.paths), path)) if self.paths else 0
        return self.shapes[at] if at < len(self.paths) and self.paths[at] == path else None

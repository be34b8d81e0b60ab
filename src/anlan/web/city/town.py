"""Put the pieces together: a city's tree of places, its water and roads, at three scales."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from anlan.kernel import paths
from anlan.web.city import ground, naming

SCALES: dict[str, tuple[int, tuple[int, int, int]]] = {
    "community": (24, (1, 1, 1)),
    "district": (2_600, (3, 24, 380)),
    "city": (21_000, (8, 196, 3_000)),
}
POSTS = {"community": 220, "district": 22_000, "city": 176_000}
SCHEME = "anlan-demo"
_CITY_CODE = "990100"
_MESH = 3  # roads need three centres to make a mesh
_ORDINAL = "一二三四五六七八九十"


@dataclass(slots=True)
class Spot:
    """A place to be: `code` is a 12-digit statistical code (grids: 12 + 3), invented province 99."""

    path: str
    parent: str
    level: str
    name: str
    code: str
    lon: float
    lat: float
    shape: bytes
    population: int
    households: int
    urban_class: str = "111"


@dataclass(slots=True)
class Town:
    """Everything the generator makes but people."""

    name: str
    places: list[Spot]
    river: bytes
    roads: list[bytes]


def ordinal(n: int) -> str:
    """Return 1 … 99 in Chinese: 一, 十, 十一, 二十."""
    tens, ones = divmod(n, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else _ORDINAL[tens - 1] + "十")
    return head + (_ORDINAL[ones - 1] if ones else "")


def _wkb(shape: Any) -> bytes:
    return bytes(shapely.to_wkb(ground.on_sphere(shape)))


class _Builder:
    """Walks down the levels; `lot` maps a group of cells at one level to the place made for it."""

    def __init__(self, land: ground.Ground, rng: np.random.Generator) -> None:
        self.land, self.rng = land, rng
        self.stems = naming.place_names(rng)
        self.places: list[Spot] = []

    def add(self, parent: Spot | None, nth: int, level: str, name: str, code: str, shape: Any, people: int) -> Spot:
        inside = ground.on_sphere(np.array([shapely.get_coordinates(shapely.point_on_surface(shape))[0]]))[0]
        spot = Spot(
            path=paths.child(parent.path if parent else "", nth),
            parent=parent.path if parent else "",
            level=level,
            name=name,
            code=code,
            lon=float(inside[0]),
            lat=float(inside[1]),
            shape=_wkb(shape),
            population=people,
            households=round(people / 2.7),
        )
        self.places.append(spot)
        return spot

    def level(self, k: int, above: Sequence[Spot], level: str, upper: np.ndarray) -> list[Spot]:
        """Make the places of one level below `above`, each under the group that holds its cells."""
        groups = self.land.owner[k]
        shapes = ground.merged(self.land.cells, groups)
        first = np.unique(groups, return_index=True)[1]
        cells = np.bincount(groups)
        made, nth = [], dict.fromkeys(range(len(above)), 0)
        for g, shape in enumerate(shapes):
            up = int(upper[first[g]])
            nth[up] += 1
            name, code = self.named(level, above[up], nth[up])
            made.append(self.add(above[up], nth[up], level, name, code, shape, int(cells[g]) * 900))
        return made

    def named(self, level: str, parent: Spot, nth: int) -> tuple[str, str]:
        """Return a name and a 12-digit code by the statistical rules (domain-facts B1)."""
        if level == "district":
            return naming.DISTRICTS[nth - 1], f"9901{nth:02d}".ljust(12, "0")
        rural = parent.name.endswith(("县", "镇", "乡"))
        stem = next(self.stems)
        if level == "street":
            town = rural and nth > 2  # a county seat keeps two sub-districts
            return stem + ("镇" if town else "街道"), f"{parent.code[:6]}{nth + (100 if town else 0):03d}000"
        village = parent.name.endswith("镇")
        return stem + ("村" if village else "社区"), f"{parent.code[:9]}{nth + (200 if village else 0):03d}"

    def grids(self, communities: Sequence[Spot]) -> None:
        """Make one grid per cell."""
        nth = dict.fromkeys(range(len(communities)), 0)
        people = self.rng.integers(600, 1350, size=len(self.land.cells))
        for cell, up, heads in zip(self.land.cells, self.land.owner[2], people, strict=True):
            nth[up] += 1
            home, n = communities[up], nth[up]
            self.add(home, n, "grid", f"第{ordinal(n)}网格", f"{home.code}{n:03d}", cell, int(heads))


def build(scale: str, seed: int) -> Town:
    """Return the town of a scale (a key of SCALES), the same for the same seed. Raises KeyError for another scale."""
    grids, counts = SCALES[scale]
    rng = np.random.default_rng(seed)
    land = ground.make(rng, grids, counts)
    work = _Builder(land, rng)
    city = work.add(None, 1, "city", "澜江市", _CITY_CODE.ljust(12, "0"), land.outline, grids * 900)
    zero = np.zeros(grids, dtype=np.int64)
    districts = work.level(0, [city], "district", zero)
    streets = work.level(1, districts, "street", land.owner[0])
    communities = work.level(2, streets, "community", land.owner[1])
    work.grids(communities)
    course = ground.river(rng, land.outline)
    centres = shapely.get_coordinates(
        shapely.centroid(ground.merged(land.cells, land.owner[1 if len(streets) > 3 else 2]))
    )
    joined = ground.roads(centres) if len(centres) >= _MESH else []
    lines = [_wkb(shapely.LineString(centres[list(pair)])) for pair in joined]
    return Town(city.name, work.places, _wkb(course), lines)

from dataclasses import dataclass
from uuid import UUID

import shapely

from anlan.alerts.terms import Can
from anlan.kernel.authority import Actor, Grant, Seat, machine
from anlan.kernel.ids import uuid7
from anlan.places import services as places

EVERY = tuple(Can)


@dataclass
class Town:
    city: str
    east: str  # 510104, lon 104.0 … 104.1, lat 30.6 … 30.7
    west: str  # 510105, lon 103.9 … 104.0
    street: str
    community: str


def build() -> Town:
    by = machine("test")
    city = places.found_root("澜江市", "city", "510100", by, scheme="stat")
    east = _add(city.pk, "锦江区", "district", "510104", (104.0, 30.6, 104.1, 30.7))
    west = _add(city.pk, "青羊区", "district", "510105", (103.9, 30.6, 104.0, 30.7))
    street = _add(east.pk, "书院街街道", "street", "510104017", (104.0, 30.6, 104.05, 30.7))
    community = _add(street.pk, "东升社区", "community", "510104017001", (104.0, 30.6, 104.05, 30.65))
    return Town(city.path, east.path, west.path, street.path, community.path)


def _add(parent, name, level, code, box):
    by = machine("test")
    place = places.add(parent, name=name, level=level, code=code, scheme="stat", by=by)
    return places.set_shape(place.pk, shapely.box(*box), crs="wgs84", by=by)


def officer(path: str, *cans: str, name: str = "陈立群", exercise: UUID | None = None) -> Actor:
    """Return an actor who holds the permissions (all of this context, if none are named) at a place."""
    post = uuid7()
    return Actor(
        name=name, person=uuid7(), pseudonym=uuid7(), seats=(Seat(post, "值班员", "duty", path),),
        grants=frozenset(Grant(can, path, post) for can in (cans or EVERY)), exercise=exercise,
    )  # fmt: skip

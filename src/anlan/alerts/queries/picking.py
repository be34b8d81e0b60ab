"""The tree of places from which the range of a notice is ticked."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from anlan.kernel import paths
from anlan.kernel.authority import Actor
from anlan.kernel.clock import local, now
from anlan.places import queries as places

TOPS = 20
TREE = 600  # places the tree shows at once; what lies deeper is searched by code or drawn


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of the tree: `depth` below its top, whether it stands open, whether anything lies below."""

    place: Any
    depth: int
    open: bool
    parent: bool


def tree(by: Actor, opened: Collection[str]) -> list[Branch]:
    """Return the lines of the tree: the tops of what the actor may read, and what lies right below what is opened."""
    today = local(now()).date()
    tops = list(places.roots(by)[:TOPS])
    here = places.visible(by).filter(Q(until__isnull=True) | Q(until__gt=today))
    below: dict[str, list[Any]] = {}
    for place in here.filter(parent__path__in=opened).order_by("path")[:TREE]:
        below.setdefault(place.path[: -paths.WIDTH], []).append(place)
    lines: list[tuple[Any, int]] = []

    def walk(place: Any, depth: int) -> None:
        lines.append((place, depth))
        for child in below.get(place.path, ()):
            walk(child, depth + 1)

    for top in tops:
        walk(top, 0)
    shown = [place.path for place, _depth in lines]
    parents = set(here.filter(parent__path__in=shown).values_list("parent__path", flat=True).distinct())
    return [Branch(place, depth, place.path in opened, place.path in parents) for place, depth in lines]


def ticked_elsewhere(by: Actor, ticked: Collection[str], lines: Collection[Branch]) -> list[Any]:
    """Return the places that are ticked and that no line of the tree shows, so that none is lost."""
    shown = {line.place.path for line in lines}
    return list(places.visible(by).filter(path__in=set(ticked) - shown).order_by("path")[:TREE])

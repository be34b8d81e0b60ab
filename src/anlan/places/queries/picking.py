"""The tree of places from which the range of a notice or of an instruction is ticked."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from anlan.kernel import paths
from anlan.kernel.authority import Actor
from anlan.kernel.clock import local, now
from anlan.places.queries.tree import roots, visible

TOPS = 20
OPENED = 60  # branches that may stand open
TREE = 600  # places the tree shows at once; what lies deeper is searched by code or drawn


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of the tree: `depth` below its top, whether it stands open, whether anything lies below."""

    place: Any
    depth: int
    open: bool
    parent: bool


def pick_tree(by: Actor, opened: Collection[str]) -> list[Branch]:
    """Return the lines of the tree: the tops of what the actor may read, and what lies right below what is opened."""
    today = local(now()).date()
    tops = list(roots(by)[:TOPS])
    here = visible(by).filter(Q(until__isnull=True) | Q(until__gt=today))
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


def opened(by: Actor, was: Collection[str] | None, pressed: str) -> list[str]:
    """Return the branches that stand open: those that stood open, and the one just pressed, which opens or closes.

    `was` is None for a tree shown for the first time: its tops stand open.
    """
    if was is None:
        return [top.path for top in roots(by)[:TOPS]]
    stood = list(dict.fromkeys(path[:40] for path in was))[:OPENED]
    pressed = pressed[:40]
    if pressed in stood:
        return [path for path in stood if not path.startswith(pressed)]
    return [*stood, pressed] if pressed else stood


def ticked_elsewhere(by: Actor, ticked: Collection[str], lines: Collection[Branch]) -> list[Any]:
    """Return the places that are ticked and that no line of the tree shows, so that none is lost."""
    shown = {line.place.path for line in lines}
    return list(visible(by).filter(path__in=set(ticked) - shown).order_by("path")[:TREE])

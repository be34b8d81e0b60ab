"""Boundaries over time: what a path became, what flowed into a place, and figures of one time in another's boundaries.

Rows of the past keep the path as it was. "As then" groups them by it; "as now" folds them through the lineage first,
by the share that went to each heir.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor
from anlan.places import terms
from anlan.places.models import Code, Lineage, Place
from anlan.places.queries.tree import ends, under

Heirs = list[tuple[str, float]]  # (path, share), the shares make 1
_FOUND = 20


@dataclass(frozen=True, slots=True)
class Former:
    """A closed place that a search found, and where it went: (path, name, share); path "" outside the actor's scope."""

    place: Place
    heirs: list[tuple[str, str, float]]


class Book:
    """The lineage of some paths, read once."""

    def __init__(self, rows: Iterable[tuple[str, str, dt.date, float]]) -> None:
        self.after: dict[str, list[tuple[dt.date, str, float]]] = defaultdict(list)
        self.before: dict[str, set[str]] = defaultdict(set)
        for was, now, day, share in rows:
            self.after[was].append((day, now, share))
            if was != now:
                self.before[now].add(was)
        self.days = sorted({day for kept in self.after.values() for day, *_ in kept})

    def now(self, path: str, day: dt.date) -> Heirs:
        """Return where rows of a day at a path belong in today's boundaries."""
        found: dict[str, float] = defaultdict(float)
        self._walk(path, day, 1.0, found)
        return sorted(found.items())

    def _walk(self, path: str, day: dt.date, share: float, found: dict[str, float]) -> None:
        later = [row for row in self.after.get(path, ()) if row[0] > day]
        if not later:
            found[path] += share
            return
        first = min(row[0] for row in later)
        for on, now, part in later:
            if on == first:
                self._walk(now, on, share * part, found)

    def sources(self, prefix: str) -> list[str]:
        """Return the paths outside a subtree from which something flowed into it, in however many steps."""
        found: set[str] = set()
        wave = {w for now, many in self.before.items() if now.startswith(prefix) for w in many}
        while wave - found:
            found |= wave
            wave = {w for now in wave for w in self.before.get(now, ())}
        return sorted(p for p in found if not p.startswith(prefix))

    def folded(self, figures: Mapping[tuple[str, dt.date], Mapping[str, float]]) -> dict[str, dict[str, float]]:
        """Return figures of (path, day), counted at that very path, as they stand at today's paths."""
        made: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for (path, day), row in figures.items():
            for heir, share in self.now(path, day):
                for name, n in row.items():
                    made[heir][name] += n * share
        return made


def book() -> Book:
    """Return the whole lineage: a few thousand rows after many years."""
    return Book(Lineage.objects.order_by("day").values_list("was", "now", "day", "share"))


def rolled_up(leaves: Mapping[str, Mapping[str, float]], depth: int) -> dict[str, dict[str, float]]:
    """Add figures counted at single paths up to places of a depth (1: roots); what lies above is left out."""
    made: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for path, row in leaves.items():
        if paths.depth(path) >= depth:
            for name, n in row.items():
                made[path[: depth * paths.WIDTH]][name] += n
    return made


def became(path: str) -> QuerySet[Lineage]:
    """Return what a path became, the first change first."""
    return Lineage.objects.filter(was=path).select_related("plan").defer("plan__nodes", "plan__effects").order_by("day")


def came_from(path: str) -> QuerySet[Lineage]:
    """Return what a place was made of, the latest change first."""
    rows = Lineage.objects.filter(now=path).exclude(was=path).select_related("plan")
    return rows.defer("plan__nodes", "plan__effects").order_by("-day", "was")


def present(wanted: Iterable[str]) -> dict[str, str]:
    """Return {path: the open place's path that its main part became}; a place that is open is itself."""
    return ends(set(wanted))


def former(text: str, by: Actor, *, limit: int = _FOUND) -> list[Former]:
    """Return closed places by name or any code they had, with what they became: old names and codes resolve."""
    word = text.strip()
    if not word:
        return []
    rows = Place.objects.filter(under(authority.scopes(by, terms.Can.READ)), until__isnull=False)
    short = word.rstrip("0") if word.isdigit() else word
    held = Code.objects.filter(code__in={word, short, *(short + "0" * n for n in range(3))}).values("place_id")
    found = list((rows.filter(name__startswith=word) | rows.filter(pk__in=held)).order_by("-until", "path")[:limit])
    known = book()
    ends = {p.path: known.now(p.path, p.until - dt.timedelta(days=1)) for p in found if p.until}
    ends = {path: [(h, s) for h, s in heirs if h != path] for path, heirs in ends.items()}
    called = dict(
        Place.objects.filter(path__in={h for many in ends.values() for h, _ in many}).values_list("path", "name")
    )
    scopes = authority.scopes(by, terms.Can.READ)
    seen = {h for h in called if any(h.startswith(s) for s in scopes)}
    return [Former(p, [(h if h in seen else "", called.get(h, ""), s) for h, s in ends.get(p.path, [])]) for p in found]

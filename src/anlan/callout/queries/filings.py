"""How the yearly filing stands: by place, and what changed since the year before."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from anlan.callout.models import Filing
from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Hidden
from anlan.kernel.clock import now
from anlan.people import queries as people
from anlan.people.terms import Can
from anlan.places import queries as places

STATES = ("todo", "doing", "filed", "late")


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a place and everything under it is: posts filed of all, lists filed of all, lists overdue."""

    path: str
    name: str
    filed_posts: int
    posts: int
    filed: int
    lists: int
    late: int


@dataclass(frozen=True, slots=True)
class Change:
    """A post of which this year's list says something else than the last one. `what`: new, gone, other (holder)."""

    what: str
    title: str
    before: str
    now: str


def years() -> list[int]:
    """Return the years in which there was a filing, the newest first."""
    return sorted(set(Filing.objects.values_list("year", flat=True).distinct()), reverse=True)


def state(row: Filing) -> str:
    """Return todo, doing, filed or late."""
    if row.filed_at is not None:
        return "filed"
    if row.due_at < now():
        return "late"
    return "doing" if row.looked_at else "todo"


def of_place(path: str, year: int) -> Filing | None:
    """Return a place's own filing."""
    return Filing.objects.filter(place_path=path, year=year).first()


def one(filing_id: UUID, *, by: Actor) -> Filing:
    """Return a filing that the actor may see. Raises Hidden."""
    found = Filing.objects.filter(id=filing_id).first()
    if found is None or not authority.holds(by, Can.READ, at=found.place_path):
        raise Hidden(str(filing_id))
    return found


def under(path: str, year: int) -> QuerySet[Filing]:
    """Return the filings at a place and below, without their lists."""
    return Filing.objects.filter(people.under(path), year=year).defer("roll").order_by("place_path")


def standings(here: str, year: int) -> tuple[Standing, list[Standing]]:
    """Return how far a place is, and each place right below it that files or has some that do; two queries."""
    rows = list(under(here, year))
    groups: dict[str, list[Filing]] = {}
    for row in rows:
        groups.setdefault(row.place_path[: len(here) + paths.WIDTH], []).append(row)
    names = places.names({here, *groups})
    return _standing(here, names, rows), [_standing(path, names, groups[path]) for path in sorted(groups)]


def _standing(path: str, names: dict[str, str], rows: list[Filing]) -> Standing:
    filed = [r for r in rows if r.filed_at is not None]
    late = sum(state(r) == "late" for r in rows)
    posts, done = sum(r.total for r in rows), sum(r.total for r in filed)
    return Standing(path, names.get(path, ""), done, posts, len(filed), len(rows), late)


def changes(row: Filing, roll: list[dict[str, Any]]) -> list[Change] | None:
    """Return what a list says otherwise than the place's last filed one; None where there is none before."""
    before = Filing.objects.filter(Q(place_path=row.place_path, year__lt=row.year) & ~Q(filed_at=None))
    last = before.order_by("-year").first()
    if last is None:
        return None
    old, new = {one["post"]: one for one in last.roll or ()}, {one["post"]: one for one in roll}
    made = [Change("new", new[k]["title"], "", _who(new[k])) for k in new if k not in old]
    made += [Change("gone", old[k]["title"], _who(old[k]), "") for k in old if k not in new]
    both = [k for k in new if k in old and _persons(new[k]) != _persons(old[k])]
    return made + [Change("other", new[k]["title"], _who(old[k]), _who(new[k])) for k in both]


def _persons(one: dict[str, Any]) -> tuple[str, str]:
    return tuple((one[s] or {}).get("person", "") for s in ("a", "b"))


def _who(one: dict[str, Any]) -> str:
    return "、".join(one[s]["name"] for s in ("a", "b") if one[s]) or "—"

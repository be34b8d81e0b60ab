"""Adjustments of divisions and their lines."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Hidden
from anlan.places import ports, terms
from anlan.places.models import Adjustment, AdjustmentLine, Place
from anlan.places.queries.search import search
from anlan.places.queries.tree import children, names, under

_TOPS = (terms.Level.PROVINCE, terms.Level.CITY, terms.Level.DISTRICT, terms.Level.STREET)
_MOST = 60  # candidates on a page
_WAITS = Q(lines__sure__lt=terms.SURE, lines__taken=False) | Q(lines__kind=terms.Fate.UNMATCHED)


def adjustments(by: Actor) -> QuerySet[Adjustment]:
    """Return the adjustments within the actor's scope, the latest first, with how many lines wait (`waiting`)."""
    scopes = authority.scopes(by, terms.Can.MANAGE)
    found = Adjustment.objects.filter(under(scopes, "place_path"))
    return (
        found.annotate(waiting=Count("lines", filter=_WAITS), total=Count("lines", filter=Q(lines__taken=False)))
        .defer("nodes", "effects", "findings")
        .order_by("-id")
    )


def get_adjustment(plan_id: UUID, by: Actor, *, locked: bool = False) -> Adjustment:
    """Return an adjustment within the actor's scope. Raises Hidden."""
    rows = Adjustment.objects.filter(under(authority.scopes(by, terms.Can.MANAGE), "place_path"), pk=plan_id)
    found = (rows.select_for_update() if locked else rows).first()
    if found is None:
        raise Hidden(_("没有这次区划调整"))
    return found


def get_line(line_id: UUID, by: Actor) -> AdjustmentLine:
    """Return a line of an adjustment within the actor's scope. Raises Hidden."""
    scopes = authority.scopes(by, terms.Can.MANAGE)
    found = AdjustmentLine.objects.select_related("plan").filter(under(scopes, "plan__place_path"), pk=line_id).first()
    if found is None:
        raise Hidden(_("没有这一行"))
    return found


def waiting(plan: Adjustment) -> QuerySet[AdjustmentLine]:
    """Return the lines that a person must still look at: they block the adjustment."""
    unsure = Q(sure__lt=terms.SURE, taken=False) | Q(kind=terms.Fate.UNMATCHED)
    return AdjustmentLine.objects.filter(unsure, plan=plan)


def by_kind(plan: Adjustment) -> dict[str, int]:
    """Return how many lines there are of each kind."""
    rows = AdjustmentLine.objects.filter(plan=plan, taken=False).order_by().values_list("kind").annotate(n=Count("pk"))
    return dict(rows)


def called(plan: Adjustment, lines: Iterable[AdjustmentLine]) -> dict[str, str]:
    """Return what each reference of the lines is called: a new place by the table's name, one that is there by its."""
    refs = {ref for line in lines for ref in line.into}
    paths_of = {ref[1:] for ref in refs if ref[0] == "="}
    stood = names(paths_of | {plan.place_path})
    return {
        ref: plan.nodes.get(ref[1:], {}).get("name", "") if ref[0] == "+" else stood.get(ref[1:], "") for ref in refs
    }


def trails(wanted: Iterable[str]) -> dict[str, str]:
    """Return where each path lies, in words, by one query."""
    known = set(wanted)
    steps = {path[:end] for path in known for end in range(4, len(path), 4)}
    stood = names(steps)
    return {p: " › ".join(stood[p[:end]] for end in range(4, len(p), 4) if p[:end] in stood) for p in known}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that a line may go to: its reference, name, code and where it lies; `fresh`: of the new table."""

    ref: str
    name: str
    code: str
    where: str
    fresh: bool = False


def candidates(line: AdjustmentLine, text: str, by: Actor, *, kind: str = "") -> list[Candidate]:
    """Return where a line may go: what it goes to now, new places of its level, its neighbours, what a search finds.

    With `kind` moved they are places that may stand above it.
    """
    plan = line.plan
    here = plan.nodes.get(line.into[0][1:], {}).get("up", "=")[1:] if not line.was else paths.parent(line.was)
    fresh = [ref for key, node in plan.nodes.items() if node["level"] == line.level for ref in [f"+{key}"]]
    fresh.sort(key=lambda ref: plan.nodes[ref[1:]]["up"] != f"={here}")
    kept = [ref for ref in line.into if ref[0] == "="]
    if kind == terms.Fate.MOVED:
        near = list(children(paths.parent(here))) if paths.parent(here) else []
        fresh = []
    else:
        near = [p for p in children(here) if p.level == line.level]
    found = list(search(text, by, _MOST, under=plan.place_path)) if text else []
    stood = {p.path: p for p in (*near, *found) if p.path != line.was or line.kind == terms.Fate.SPLIT}
    stood |= {p.path: p for p in Place.objects.filter(path__in=[r[1:] for r in kept])}
    first = [p.path for p in found]
    order = sorted(stood, key=lambda p: (f"={p}" not in kept, p not in first, p))
    where = trails(order)
    made = [Candidate(f"={p}", stood[p].name, stood[p].code, where[p]) for p in order[:_MOST]]
    above = names({node["up"][1:] for node in plan.nodes.values() if node["up"][0] == "="})
    come = [
        Candidate(ref, node["name"], node["code"], _up_name(plan, node, above), fresh=True)
        for ref in fresh[:_MOST]
        for node in [plan.nodes[ref[1:]]]
        if ref not in line.into or line.was
    ]
    return ([*come] if line.was else []) + made


def _up_name(plan: Adjustment, node: dict[str, str], stood: dict[str, str]) -> str:
    up = node["up"]
    return stood.get(up[1:], "") if up[0] == "=" else str(plan.nodes.get(up[1:], {}).get("name", ""))


def sharing(line: AdjustmentLine) -> list[tuple[str, str, str]]:
    """Return what of a split may go to one heir or another: (id or path, what it is, "place" or "row")."""
    below = children(line.was)
    rows = [(p.path, p.name, "place") for p in below]
    for follower in ports.followers:
        rows += [(str(key), title, "row") for key, title in follower.choosable(line.was)]
    return rows


def tops(by: Actor) -> list[Place]:
    """Return where an actor may adjust divisions: the tops of what they manage, and the districts right below."""
    scopes = authority.scopes(by, terms.Can.MANAGE)
    found = Place.objects.filter(under(scopes), until__isnull=True, level__in=_TOPS).order_by("path")
    return list(found[:_MOST])


def went_along(moved: dict[str, int]) -> list[tuple[str, int]]:
    """Return (what, how many) of an applied plan's rows, for those tables that have a name on pages."""
    return [(goes.name, moved[goes.table]) for goes in ports.goes if goes.name and goes.table in moved]

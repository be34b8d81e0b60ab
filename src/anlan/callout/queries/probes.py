"""What test calls found: shares by place, organisation and month, with their Wilson intervals; never by person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncMonth

from anlan.callout import asking
from anlan.callout.models import Call, Obligation, Tally
from anlan.callout.terms import CallState, Can, Genre
from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Hidden
from anlan.kernel.clock import CHINA
from anlan.kernel.shares import wilson
from anlan.people import queries as people
from anlan.places import queries as places


@dataclass(frozen=True, slots=True)
class Share:
    """How many of a sample were reached: within five minutes, later, not, or at a dead number."""

    name: str
    owed: int = 0
    soon: int = 0
    later: int = 0
    dead: int = 0
    path: str = ""

    @property
    def silent(self) -> int:
        """Persons who were rung and did not answer."""
        return self.owed - self.soon - self.later - self.dead

    @property
    def interval(self) -> tuple[int, int] | None:
        """The 95 % Wilson interval of the share reached within five minutes, in per cent."""
        found = wilson(self.soon, self.owed)
        return None if found is None else (round(found[0] * 100), round(found[1] * 100))

    @property
    def few(self) -> bool:
        """Say whether it is too few to be compared (domain-facts B12)."""
        return self.owed < asking.LEAST_COMPARED


def tests(by: Actor, here: str) -> QuerySet[Call]:
    """Return the test calls that reach a place the actor sees, the newest first."""
    scopes = [s for s in authority.scopes(by, Can.SEE) if paths.contains(s, here)]
    if not scopes:
        return Call.objects.none()
    found = Call.objects.filter(genre=Genre.TEST, drill=False).exclude(state=CallState.CANCELLED)
    return found.filter(id__in=Tally.objects.filter(place_path=here).values("call_id")).order_by("-id")


def test(call_id: UUID, *, by: Actor) -> Call:
    """Return a test call. Raises Hidden."""
    found = Call.objects.filter(id=call_id, genre=Genre.TEST).first()
    if found is None or not authority.holds(by, Can.SEE, at=found.place_path):
        raise Hidden(str(call_id))
    return found


def _share(row: Mapping[str, Any], name: str, path: str = "") -> Share:
    soon = row.get("in_time") or 0
    return Share(name, row.get("owed") or 0, soon, (row.get("answered") or 0) - soon, row.get("dead") or 0, path)


def shares(calls: Sequence[Call], here: str) -> dict[UUID, Share]:
    """Return what each test found at a place and below; one query."""
    rows = Tally.objects.filter(call_id__in=[c.id for c in calls], place_path=here)
    return {r["call_id"]: _share(r, "") for r in rows.values("call_id", "owed", "answered", "in_time", "dead")}


def by_place(call: Call) -> list[Share]:
    """Return what a test found at the places right below its own."""
    deep = len(call.place_path) + paths.WIDTH
    rows = [
        r for r in Tally.objects.filter(call_id=call.id, place_path__startswith=call.place_path)
        .values("place_path", "owed", "answered", "in_time", "dead").order_by("place_path")
        if len(r["place_path"]) == deep
    ]  # fmt: skip
    names = places.names({r["place_path"] for r in rows})
    return [_share(r, names.get(r["place_path"], ""), r["place_path"]) for r in rows]


def by_organisation(call: Call) -> list[Share]:
    """Return what a test found by the organisations of the posts, the largest first."""
    rows = list(Obligation.objects.filter(call_id=call.id, part="self"))
    of = people.organisations_of({r.post for r in rows if r.post})
    made: dict[str, dict[str, int]] = {}
    for r in rows:
        if r.post is None or r.post not in of:
            continue
        row = made.setdefault(of[r.post], {"owed": 0, "answered": 0, "in_time": 0, "dead": 0})
        met = r.met_at is not None
        row["owed"] += 1
        row["answered"] += met
        row["in_time"] += bool(met and r.due_at and r.met_at and r.met_at <= r.due_at)
        row["dead"] += r.dead
    return sorted((_share(row, name) for name, row in made.items()), key=lambda s: (-s.owed, s.name))


def by_month(by: Actor, here: str, limit: int = 12) -> list[Share]:
    """Return what the tests of each month found at a place, the newest first; those that are over."""
    over = tests(by, here).filter(state=CallState.ENDED).order_by()
    months = dict(over.annotate(month=TruncMonth("started_at", tzinfo=CHINA)).values_list("id", "month"))
    sums: dict[str, dict[str, int]] = {}
    rows = Tally.objects.filter(call_id__in=list(months), place_path=here).values("call_id")
    for r in rows.annotate(owed=Sum("owed"), answered=Sum("answered"), in_time=Sum("in_time"), dead=Sum("dead")):
        row = sums.setdefault(months[r["call_id"]].strftime("%Y-%m"), {})
        for name in ("owed", "answered", "in_time", "dead"):
            row[name] = row.get(name, 0) + r[name]
    return [_share(sums[m], m) for m in sorted(sums, reverse=True)[:limit]]


def missed(call: Call, *, by: Actor) -> list[tuple[Obligation, str]]:
    """Return whom a test did not reach, with their names: only where the actor may ring them, to mend numbers."""
    scopes = authority.scopes(by, Can.CHECK)
    rows = Obligation.objects.filter(call_id=call.id, part="self", met_at=None).order_by("-dead", "place_path", "id")
    if call.state == CallState.RUNNING:
        rows = rows.filter(dead=True)  # the others may still answer
    mine = [r for r in rows if any(paths.contains(s, r.place_path) for s in scopes)]
    names = people.names({r.person_id for r in mine})
    return [(r, names.get(r.person_id, "")) for r in mine]

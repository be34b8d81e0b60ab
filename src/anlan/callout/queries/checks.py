"""How a check of numbers stands: its rounds, and figures by place."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from anlan.callout import hours
from anlan.callout.models import Check, Round
from anlan.callout.terms import CheckState, RoundState
from anlan.kernel import paths
from anlan.kernel.authority import Actor, Hidden
from anlan.kernel.clock import local, now
from anlan.people import queries as people
from anlan.people.terms import Can as PeopleCan
from anlan.places import queries as places

GOOD = (CheckState.OK, CheckState.PROVEN)
LEFT = (CheckState.WAITING, CheckState.ASKED)


@dataclass(frozen=True, slots=True)
class Figures:
    """A place's numbers in a quarter, by what is known of them."""

    path: str
    name: str = ""
    of: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Persons on the list; whoever left since is not counted."""
        return sum(n for state, n in self.of.items() if state != CheckState.GONE)

    @property
    def good(self) -> int:
        """Numbers that are known to reach their person."""
        return sum(self.of.get(state, 0) for state in GOOD)

    @property
    def left(self) -> int:
        """Numbers not yet asked, or asked and not yet answered."""
        return sum(self.of.get(state, 0) for state in LEFT)

    @property
    def done(self) -> int:
        """Numbers of which something is known."""
        return self.total - self.left

    @property
    def ended(self) -> bool:
        """Say whether nothing is left."""
        return not self.left


def rounds(by: Actor, here: str) -> QuerySet[Round]:
    """Return the rounds at a place, above it or below it, the newest first."""
    above = Q(place_path__in=paths.ancestors(here))
    return Round.objects.filter(above | Q(place_path__startswith=here), people.within(by, PeopleCan.READ) | above)


def this_quarter() -> str:
    """Return the quarter of today."""
    return hours.quarter(local(now()).date())


def covering(here: str, quarter: str) -> Round | None:
    """Return the round that checks a place in a quarter: its own, or one of a place above."""
    found = Round.objects.filter(place_path__in=paths.ancestors(here), quarter=quarter)
    return found.exclude(state=RoundState.STOPPED).order_by("-place_path").first()


def one(round_id: UUID, *, by: Actor) -> Round:
    """Return a round. Raises Hidden."""
    found = Round.objects.filter(id=round_id).filter(people.within(by, PeopleCan.READ)).first()
    if found is None:
        raise Hidden(str(round_id))
    return found


def figures(here: str, quarter: str) -> tuple[Figures, list[Figures]]:
    """Return a place's figures in a quarter, and those of the places right below it; three queries."""
    ids = list(
        Round.objects.filter(Q(place_path__in=paths.ancestors(here)) | Q(place_path__startswith=here), quarter=quarter)
        .values_list("id", flat=True)
    )  # fmt: skip
    deep = len(here) + paths.WIDTH
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT left(place_path, %s), state, count(*) FROM callout_check
               WHERE round_id = ANY(%s) AND quarter = %s AND place_path >= %s AND place_path < %s GROUP BY 1, 2""",
            [deep, ids, quarter, here, here + "\x7f"],
        )
        rows = cursor.fetchall()
    whole: dict[str, int] = {}
    below: dict[str, dict[str, int]] = {}
    for path, state, n in rows:
        whole[state] = whole.get(state, 0) + n
        mine = below.setdefault(path, {})
        mine[state] = mine.get(state, 0) + n
    names = places.names({here, *below})
    return Figures(here, names.get(here, ""), whole), [
        Figures(path, names.get(path, ""), below[path]) for path in sorted(below)
    ]


def asked_of(persons: Sequence[UUID]) -> dict[UUID, Check]:
    """Return the newest check of each person."""
    found = Check.objects.filter(person_id__in=persons).order_by("quarter")
    return {c.person_id: c for c in found}

"""Groups of people who live near one another: by community, estate and building, of balanced size. Pure.

Nobody is left out and nobody is in two groups; the same people give the same groups.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from uuid import UUID


@dataclass(frozen=True, slots=True)
class One:
    """Somebody to group. `rank`: of the most senior post they hold, 0 for none; `led`: how often they led before."""

    id: UUID
    community: str
    estate: str = ""
    building: str = ""
    unit: str = ""
    skills: frozenset[str] = frozenset()
    rank: int = 0
    led: int = 0


@dataclass(slots=True)
class Team:
    """A group: its people, the leader among them, where they live ("竹苑小区 1、2 号楼")."""

    community: str
    members: list[One] = field(default_factory=list)

    @property
    def leader(self) -> One:
        """The member who holds the most senior post, else who led most often, else the first by address."""
        return max(self.members, key=lambda one: (one.rank, one.led, -self.members.index(one)))

    @property
    def where(self) -> str:
        """The estates and buildings of the members, in words; "" where nobody said."""
        spots: dict[str, list[str]] = {}
        for one in sorted(self.members, key=_address):
            there = spots.setdefault(one.estate, [])
            if one.building and one.building not in there:
                there.append(one.building)
        said = [" ".join(filter(None, (estate, "、".join(houses)))) for estate, houses in spots.items()]
        return "，".join(filter(None, said))


def teams(people: Sequence[One], least: int, most: int) -> list[Team]:
    """Return the groups, community by community. Raises ValueError unless 1 ≤ least ≤ most.

    An estate with at least `least` people is cut for itself, smaller ones join their neighbours by name; a community
    with fewer than `least` people is one group. Sizes differ by one at most within an estate, and stay within the
    bounds wherever their number allows it.
    """
    if not 1 <= least <= most:
        raise ValueError("a group has 1 <= least <= most people")
    found: list[Team] = []
    homes: dict[str, list[One]] = defaultdict(list)
    for one in people:
        homes[one.community].append(one)
    for community in sorted(homes):
        for block in _blocks(sorted(homes[community], key=_address), least):
            cut = [Team(community, part) for part in _cut(block, least, most)]
            _spread(cut)
            found += cut
    return found


def _address(one: One) -> tuple[object, ...]:
    return (one.estate == "", one.estate, _natural(one.building), _natural(one.unit), one.id)


def _natural(text: str) -> tuple[tuple[int, str], ...]:
    """Sort "2号楼" before "10号楼"."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.findall(r"\d+|\D+", text))


def _blocks(people: Sequence[One], least: int) -> list[list[One]]:
    """Return the people by estate; an estate with fewer than `least` joins the one before, the first the next."""
    estates: dict[str, list[One]] = {}
    for one in people:
        estates.setdefault(one.estate, []).append(one)
    blocks: list[list[One]] = []
    small: list[One] = []
    for there in estates.values():
        if len(there) + len(small) >= least:
            blocks.append([*small, *there])
            small = []
        else:
            small += there
    if small and blocks:
        blocks[-1] += small
    elif small:
        blocks.append(small)
    return blocks


def _cut(block: Sequence[One], least: int, most: int) -> list[list[One]]:
    """Cut a block, sorted by address, into runs of neighbours of nearly one size."""
    count = max(1, -(-len(block) // most))
    while count > 1 and len(block) // count < least:
        count -= 1
    size, more = divmod(len(block), count)
    ends = [0]
    for number in range(count):
        ends.append(ends[-1] + size + (number < more))
    return [list(block[a:b]) for a, b in pairwise(ends)]


def _spread(cut: Sequence[Team]) -> None:
    """Swap neighbours so that a skill which one group has twice is not missing in the next: the rarest skill first."""
    counts: dict[str, int] = defaultdict(int)
    for team in cut:
        for one in team.members:
            for skill in one.skills:
                counts[skill] += 1
    for skill in sorted(counts, key=lambda name: (counts[name], name)):
        for team in cut:
            if any(skill in one.skills for one in team.members):
                continue
            _lend(skill, team, cut)


def _lend(skill: str, team: Team, cut: Sequence[Team]) -> None:
    here = cut.index(team)
    for other in sorted(cut, key=lambda one: abs(cut.index(one) - here)):
        have = [one for one in other.members if skill in one.skills]
        if len(have) < 2:
            continue
        plain = [one for one in team.members if not one.skills and one != team.leader]  # who leads stays at home
        if not plain:
            return
        give, take = min(have, key=lambda one: (len(one.skills), _address(one))), plain[-1]
        other.members[other.members.index(give)], team.members[team.members.index(take)] = take, give
        return

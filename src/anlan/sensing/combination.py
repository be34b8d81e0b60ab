"""Rules of rules: rain here AND the river there, within an hour. Pure.

A combination is judged for each place on the changes of level (`watch.Events`) of the rules it names; there are few of
them, so this is plain Python. A leaf is true at a place while any of the place's streams stands at the level, and for
`within` seconds more. Events of several streams may come out of order: one that comes late counts as of the moment
that the place has reached; a run over history sorts them first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from anlan.sensing.readings import NEVER, SECOND
from anlan.sensing.rules import LEVELS, Combination, Leaf, Node


class Change(NamedTuple):
    """A rule's level at one stream of a place changed; levels 0–4, time in µs."""

    rule: str
    place: str
    stream: int
    t: int
    level: int


class Turn(NamedTuple):
    """The combination became true (`level` 1–4) or false (0) at a place."""

    place: str
    t: int
    level: int


def leaves(part: Node | Leaf) -> Iterator[Leaf]:
    if isinstance(part, Leaf):
        yield part
    else:
        for inner in part.parts:
            yield from leaves(inner)


@dataclass(slots=True)
class Place:
    """What a combination remembers of one place; `saved` is its JSON.

    `levels`: level by (rule, stream), calm ones left out. `since`: by leaf, when it last stopped being true.
    """

    on: bool = False
    clock: int = NEVER
    levels: dict[tuple[str, int], int] = field(default_factory=dict)
    ended: dict[int, int] = field(default_factory=dict)

    def saved(self) -> dict[str, Any]:
        return {
            "on": self.on, "clock": self.clock, "levels": [[*k, v] for k, v in self.levels.items()],
            "ended": [[k, v] for k, v in self.ended.items()],
        }  # fmt: skip

    @classmethod
    def loaded(cls, saved: dict[str, Any]) -> "Place":
        levels = {(rule, stream): level for rule, stream, level in saved["levels"]}
        return cls(saved["on"], saved["clock"], levels, {k: v for k, v in saved["ended"]})  # noqa: C416 — JSON's lists


class Judge:
    """One combination over its places; `places` is its state."""

    def __init__(self, rule: Combination, places: dict[str, Place] | None = None) -> None:
        self.rule, self.leaves = rule, list(dict.fromkeys(leaves(rule.when)))
        self.places = {} if places is None else places
        self.level = LEVELS.index(rule.level) + 1

    def step(self, changes: Iterable[Change]) -> list[Turn]:
        """Take changes in the order of their times; return where the combination turned true or false, and when."""
        turns: list[Turn] = []
        for change in sorted(changes, key=lambda c: c.t):
            place = self.places.setdefault(change.place, Place())
            now = max(change.t, place.clock)
            turns += self._pass(change.place, place, now)
            before = [self._stands(place, leaf) for leaf in self.leaves]
            if change.level:
                place.levels[change.rule, change.stream] = change.level
            else:
                place.levels.pop((change.rule, change.stream), None)
            for i, leaf in enumerate(self.leaves):
                if before[i] and not self._stands(place, leaf):
                    place.ended[i] = now
            turns += self._turn(change.place, place, now)
        return turns

    def tick(self, now: int) -> list[Turn]:
        """Let time pass: what was true within the last so many seconds runs out."""
        return [turn for name, place in self.places.items() for turn in self._pass(name, place, now)]

    def _pass(self, name: str, place: Place, now: int) -> list[Turn]:
        """Go to `now` over every moment on the way at which a leaf runs out."""
        ends = {t + round(self.leaves[i].within * SECOND) for i, t in place.ended.items()}
        turns = [t for at in sorted(e for e in ends if place.clock < e <= now) for t in self._turn(name, place, at)]
        place.clock = max(place.clock, now)
        return turns

    def _turn(self, name: str, place: Place, now: int) -> list[Turn]:
        place.clock = now
        true = self._true(place, self.rule.when)
        if true == place.on:
            return []
        place.on = true
        return [Turn(name, now, self.level if true else 0)]

    def _stands(self, place: Place, leaf: Leaf) -> bool:
        least = LEVELS.index(leaf.level) + 1
        return any(level >= least for (rule, _), level in place.levels.items() if rule == leaf.rule)

    def _true(self, place: Place, part: Node | Leaf) -> bool:
        if isinstance(part, Leaf):
            ended = place.ended.get(self.leaves.index(part))
            lasting = ended is not None and place.clock < ended + round(part.within * SECOND)
            return lasting or self._stands(place, part)
        parts = (self._true(place, p) for p in part.parts)
        return all(parts) if part.verb == "all" else any(parts) if part.verb == "any" else not next(parts)

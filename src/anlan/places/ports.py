"""What places ask of the contexts above: what stands on a place, and what goes along when divisions change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

Standing = Callable[[Sequence[str]], Mapping[str, str]]
"""Given paths, return {path: what stands there, in plain words} for those that are in use."""

standing: list[Standing] = []


def in_use(paths: Sequence[str]) -> dict[str, str]:
    """Ask every context above."""
    found: dict[str, str] = {}
    for ask in standing:
        found |= ask(paths)
    return found


@dataclass(frozen=True, slots=True)
class Goes:
    """Rows of a table that go along when their place goes: those for which `live` (SQL over the alias t) holds.

    The others are history and keep the path as it was. The table has a `place_path`; `key` is SQL of its primary key
    as a uuid. `name` is what a page calls the rows (gettext_noop("岗位")); empty: not worth a line of its own.
    `once`: a column that stands there once with the path.
    `by`: SQL of the id (a post's) by which a split may send single rows elsewhere than their place goes.
    """

    table: str
    name: str = ""
    live: str = "true"
    once: str = ""
    key: str = "t.id"
    by: str = "NULL"


@dataclass(frozen=True, slots=True)
class Move:
    """Paths that rows leave and where they go; a pair of equals is a place that was split and goes on.

    `seats`: {path: (place id, level)} of where they go. `names`: {path: name} of where they come from. `chosen`: {row
    id: path} for single rows that go elsewhere than their place. `back`: rows go where they came from. `run` 1 and
    on: rows that were written at an old path while the plan took effect, and follow.
    """

    plan: UUID
    pairs: Sequence[tuple[str, str]]
    seats: Mapping[str, tuple[UUID, str]]
    names: Mapping[str, str]
    chosen: Mapping[UUID, str]
    back: bool = False
    run: int = 0

    @property
    def rows(self) -> str:
        """SQL of what went along, in the direction of this move: (source, id, was, now)."""
        was, now = ("now", "was") if self.back else ("was", "now")
        only = "" if self.back else f"AND run = {int(self.run)}"
        return f"""(SELECT DISTINCT ON (source, "row") source, "row" AS id, {was} AS was, {now} AS now
                    FROM places_carried WHERE plan_id = '{self.plan}' {only} ORDER BY source, "row", run)"""


class Follower(Protocol):
    """A context above whose rows stand on places. `before` may refuse (Conflict); `after` mends what depends."""

    def before(self, move: Move) -> None:
        """Look whether the rows may go now, and make room."""

    def after(self, move: Move) -> None:
        """Mend copies and counters, once every row of `goes` stands at its new path."""

    def choosable(self, path: str) -> Sequence[tuple[UUID, str]]:
        """Return the rows right at a place that a split may give to one heir or another: (id, what it is)."""


goes: list[Goes] = [
    Goes("places_reject", live="t.settled_at IS NULL"),
    Goes("ledger_exercise", live="t.ended_at IS NULL"),
    Goes("ledger_stuck", live="t.settled_at IS NULL"),
]
followers: list[Follower] = []

"""A lifecycle is a table of steps: from, to, verb, who may. Services move by it and the database refuses the rest."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from anlan.kernel.authority import Actor, Conflict, Refused, holds


class Stateful(Protocol):
    """What a lifecycle moves: a row with a state and, if a step asks who may, a place path."""

    state: str
    place_path: str


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the table. `can` names the permission that the verb needs at the thing's place, None for no check."""

    verb: str
    sources: frozenset[str]
    target: str
    can: str | None = None


def step(verb: str, sources: Iterable[str] | str, target: str, *, can: str | None = None) -> Step:
    """Write one row; `sources` is a state or several."""
    return Step(verb, frozenset({sources} if isinstance(sources, str) else sources), target, can)


class Lifecycle:
    """The table, its first state, and the moves it allows."""

    def __init__(self, name: str, initial: str, *steps: Step) -> None:
        self.name, self.initial, self.steps = name, initial, steps
        self._by_verb: dict[str, list[Step]] = {}
        for row in steps:
            self._by_verb.setdefault(row.verb, []).append(row)

    @property
    def states(self) -> frozenset[str]:
        """Every state of the table."""
        return frozenset({self.initial, *(s.target for s in self.steps), *(q for s in self.steps for q in s.sources)})

    def find(self, state: str, verb: str) -> Step:
        """Return the step that `verb` takes from `state`. Raises Conflict where there is none."""
        for row in self._by_verb.get(verb, ()):
            if state in row.sources:
                return row
        raise Conflict(f"{self.name}: no «{verb}» from «{state}»")

    def verbs(self, state: str, *, by: Actor, at: str) -> list[str]:
        """Return what the actor may do next, in the table's order: a page draws its buttons from this."""
        return [s.verb for s in self.steps if state in s.sources and (s.can is None or holds(by, s.can, at=at))]

    def move(self, thing: Stateful, verb: str, *, by: Actor) -> Step:
        """Set the thing's state to where `verb` leads. Raises Conflict (no such step) or Refused (not permitted)."""
        row = self.find(thing.state, verb)
        if row.can is not None and not holds(by, row.can, at=thing.place_path):
            raise Refused(row.can, thing.place_path)
        thing.state = row.target
        return row

    def defence(self, table: str, column: str = "state") -> str:
        """Return the SQL of a trigger that refuses any other change of state, raw SQL's included: for a migration."""
        pairs = sorted({(source, s.target) for s in self.steps for source in s.sources})
        legal = ", ".join(f"('{a}', '{b}')" for a, b in pairs)
        return f"""
CREATE OR REPLACE FUNCTION {table}_lifecycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.{column}, NEW.{column}) NOT IN ({legal}) THEN
    RAISE EXCEPTION '{self.name}: % to % is not a step of the lifecycle', OLD.{column}, NEW.{column}
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER {table}_lifecycle BEFORE UPDATE OF {column} ON {table} FOR EACH ROW
  WHEN (OLD.{column} IS DISTINCT FROM NEW.{column}) EXECUTE FUNCTION {table}_lifecycle();
"""

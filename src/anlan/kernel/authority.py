"""Who acts, by which post, and whether they may: values only, so the lowest context can ask."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from uuid import UUID

from anlan.kernel import paths


class Refused(PermissionError):  # noqa: N818 - a sentence: the act was refused
    """The actor sees the thing and may not do this to it. Doors answer 403 and name the missing permission."""

    def __init__(self, can: str, at: str) -> None:
        super().__init__(f"{can} at {at or 'the root'}")
        self.can, self.at = can, at


class Hidden(LookupError):  # noqa: N818 - a sentence: the thing is hidden
    """Outside the actor's scope, or absent: the two must not be told apart. Doors answer 404."""


class Conflict(RuntimeError):  # noqa: N818 - a sentence: another act came first
    """Somebody else acted first, or the thing is not in a state for this. Doors answer 409 and say what it is now."""


class Invalid(ValueError):  # noqa: N818 - a sentence: the input is invalid
    """Bad input. `errors` maps a field ('' for the whole) to what is wrong and what was expected. Doors answer 422."""

    def __init__(self, errors: dict[str, str] | str) -> None:
        self.errors = {"": errors} if isinstance(errors, str) else errors
        super().__init__("; ".join(f"{k}: {v}" if k else v for k, v in self.errors.items()))


@dataclass(frozen=True, slots=True)
class Grant:
    """A permission held over a subtree of places."""

    can: str
    path: str
    post: UUID | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """A post the actor holds now: `seat` is "A" (holder) or "B" (deputy)."""

    post: UUID
    title: str
    role: str
    path: str
    seat: str = "A"


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever enters with a request or a job.

    `person` is the person's row id (for keys inside contexts); `pseudonym` is what the ledger keeps of them.
    """

    name: str
    person: UUID | None = None
    pseudonym: UUID | None = None
    seats: tuple[Seat, ...] = ()
    grants: frozenset[Grant] = field(default_factory=frozenset)
    exercise: UUID | None = None
    machine: bool = False

    def acting(self, at: str, can: str | None = None) -> Seat | None:
        """Return the seat by which the actor acts at a place: the nearest one above it that grants `can`, if given."""
        able = {g.post for g in self.grants if g.can == can and paths.contains(g.path, at)}
        above = [s for s in self.seats if paths.contains(s.path, at) and (can is None or s.post in able)]
        return max(above, key=lambda s: (len(s.path), s.seat == "A"), default=None)

    def drilling(self, exercise: UUID | None) -> "Actor":
        """Return the same actor inside an exercise (or, with None, outside)."""
        return replace(self, exercise=exercise)


def machine(name: str, *, exercise: UUID | None = None) -> Actor:
    """Return the actor for the system's own acts: may do everything, and the ledger says it was a machine."""
    return Actor(name=name, exercise=exercise, machine=True)


def holds(by: Actor, can: str, *, at: str) -> bool:
    """Say whether the actor may do `can` at a place path."""
    return by.machine or any(g.can == can and paths.contains(g.path, at) for g in by.grants)


def require(by: Actor, can: str, *, at: str) -> None:
    """Raise Refused unless the actor holds `can` at or above the place."""
    if not holds(by, can, at=at):
        raise Refused(can, at)


def scopes(by: Actor, can: str) -> tuple[str, ...]:
    """Return the fewest path prefixes under which the actor holds `can`; ("",) means everywhere, () nowhere."""
    return ("",) if by.machine else paths.minimal(g.path for g in by.grants if g.can == can)


def anywhere(by: Actor, cans: Iterable[str]) -> bool:
    """Say whether the actor holds any of the permissions at any place: for menus, never for access."""
    wanted = set(cans)
    return by.machine or any(g.can in wanted for g in by.grants)

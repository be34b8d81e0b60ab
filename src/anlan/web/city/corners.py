"""A community of the invented city with whoever looks after it: what a past and a present are laid on."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from anlan.people.queries import Target


@dataclass(frozen=True, slots=True)
class Corner:
    """A community with the people who look after it, and its objects by kind."""

    path: str
    name: str
    lon: float | None
    lat: float | None
    desk: Target
    street: Target
    workers: Sequence[Target]
    grids: dict[str, tuple[float | None, float | None]]
    objects: dict[str, list[tuple[UUID, str]]]

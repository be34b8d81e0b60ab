"""Seats, states, and how a mass of posts is named (Targeting)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID


class Seat(StrEnum):
    """A岗 holds the post; B岗 deputises."""

    A = "A"
    B = "B"


class Reach(StrEnum):
    """What the last check of a phone number found (quarterly: domain-facts B13).

    `wrong`: somebody else picked up and said so; `silent`: it rings, and nobody has said whose it is.
    """

    OK = "ok"
    DEAD = "dead"
    WRONG = "wrong"
    SILENT = "silent"
    UNCHECKED = "unchecked"


class Standing(StrEnum):
    """How a post stands: held, minded by somebody else for now (代管), or vacant (空岗)."""

    HELD = "held"
    MINDED = "minded"
    VACANT = "vacant"


class OrganisationKind(StrEnum):
    """Kinds of organisation."""

    GOVERNMENT = "government"
    DEPARTMENT = "department"
    COMMUNITY = "community"
    ENTERPRISE = "enterprise"
    TEAM = "team"
    VOLUNTEERS = "volunteers"


class RosterKind(StrEnum):
    """What a roster lists: holders of posts, matters of the duty list, people who check in where they live (双报到)."""

    POSTS = "posts"
    MATTERS = "matters"
    CHECKINS = "checkins"


class ImportState(StrEnum):
    """States of a roster import."""

    READ = "read"
    CHECKED = "checked"
    IMPORTED = "imported"
    UNDONE = "undone"
    DROPPED = "dropped"


class RowState(StrEnum):
    """What a roster row would do: `new` and `update` write, `same` does nothing, `fault` waits to be mended."""

    NEW = "new"
    UPDATE = "update"
    SAME = "same"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Targeting:
    """Whom to call: posts under `paths` whose role, skill and level fit; empty means any.

    `paths` are place paths (prefixes); `levels` are values of places.terms.Level; `skills` matches a post that has any
    of them; `on_duty` keeps whoever has a shift now, and where no rota covers whoever is not away (queries.targeting);
    `posts` and `persons` narrow to the named ones; `exclude` names persons who are not called. `at` adds the posts
    that stand exactly at these places, nobody below: whoever leads the places above a small area.
    """

    paths: tuple[str, ...]
    roles: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    on_duty: bool = False
    exclude: tuple[UUID, ...] = ()
    posts: tuple[UUID, ...] = ()
    persons: tuple[UUID, ...] = ()
    at: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the values as JSON, for a frozen call."""
        return {
            "paths": list(self.paths),
            "roles": list(self.roles),
            "skills": list(self.skills),
            "levels": list(self.levels),
            "on_duty": self.on_duty,
            "exclude": [str(one) for one in self.exclude],
            "posts": [str(one) for one in self.posts],
            "persons": [str(one) for one in self.persons],
            "at": list(self.at),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Targeting":
        """Return what `as_json` wrote. Raises KeyError without `paths`, ValueError for a bad UUID."""
        return cls(
            paths=tuple(kept["paths"]),
            roles=tuple(kept.get("roles", ())),
            skills=tuple(kept.get("skills", ())),
            levels=tuple(kept.get("levels", ())),
            on_duty=bool(kept.get("on_duty", False)),
            exclude=tuple(UUID(one) for one in kept.get("exclude", ())),
            posts=tuple(UUID(one) for one in kept.get("posts", ())),
            persons=tuple(UUID(one) for one in kept.get("persons", ())),
            at=tuple(kept.get("at", ())),
        )

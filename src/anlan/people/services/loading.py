"""Masses of persons, posts and holdings by COPY: for the city generator and a first migration from another system."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from anlan.kernel import paths
from anlan.kernel.authority import Actor, Invalid, Refused
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7, uuid7s
from anlan.ledger import services as ledger
from anlan.people import queries, secrecy, terms
from anlan.people.ladder import nearest
from anlan.people.models import Post, Role
from anlan.people.names import spelling
from anlan.people.services.posts import relink_superiors


@dataclass(frozen=True, slots=True)
class PersonSeed:
    """A person to load. `phone` and `identity` are whole and already normalised (digits only); "" for none."""

    id: UUID
    name: str
    place_path: str
    phone: str = ""
    identity: str = ""
    reach: str = terms.Reach.OK


@dataclass(frozen=True, slots=True)
class PostSeed:
    """A post to load; `level` is the level of its place."""

    id: UUID
    title: str
    role: str
    place_id: UUID
    place_path: str
    level: str
    skills: Sequence[str] = field(default=())
    organisation: UUID | None = None


@dataclass(frozen=True, slots=True)
class HoldingSeed:
    """Who holds a loaded post, as A岗 or B岗."""

    post: UUID
    person: UUID
    place_path: str
    seat: str = terms.Seat.A


@transaction.atomic
def load_many(
    persons: Sequence[PersonSeed], posts: Sequence[PostSeed], holdings: Iterable[HoldingSeed], *, by: Actor
) -> dict[str, int]:
    """Load by COPY, link superiors, and record once. For machines only: nothing is matched with who is there already.

    Returns {"persons", "posts", "holdings"} counts. Raises Refused for a human, Invalid for an unknown role.
    """
    if not by.machine:
        raise Refused(terms.Can.IMPORT, "")
    ranks = dict(Role.objects.values_list("code", "rank"))
    strange = {one.role for one in posts} - set(ranks)
    if strange:
        raise Invalid({"role": f"没有这些岗位：{'、'.join(sorted(strange))}"})
    at = now()
    seats = list(holdings)
    tops = sorted({one.place_path[: paths.WIDTH] for one in posts})
    old = list(Post.objects.filter(until=None, role__leads=True).values_list("place_path", "rank", "id"))
    leads = set(Role.objects.filter(leads=True).values_list("code", flat=True))
    leaders = [(one.place_path, ranks[one.role], one.id) for one in posts if one.role in leads]
    above = nearest({(one.place_path, ranks[one.role]) for one in posts}, [*old, *leaders])
    with connection.cursor() as cursor:
        with cursor.copy(
            "COPY people_person (id, pseudonym, name, pinyin, phone_cipher, phone_digest, phone_tail, id_cipher, "
            "id_digest, email, reach, reach_at, place_path, since) FROM STDIN (FORMAT BINARY)"
        ) as copy:
            copy.set_types(
                ["uuid", "uuid", "varchar", "varchar", "bytea", "bytea", "varchar", "bytea", "bytea", "varchar",
                 "varchar", "timestamptz", "varchar", "timestamptz"]
            )  # fmt: skip
            for row in _person_rows(persons, at):
                copy.write_row(row)
        with cursor.copy(
            "COPY people_post (id, title, role_code, place_id, place_path, level, rank, organisation_id, skills, "
            "superior_id, superior_fixed, since) FROM STDIN"
        ) as copy:
            for post in posts:
                rank = ranks[post.role]
                superior = above[post.place_path, rank]
                copy.write_row((post.id, post.title, post.role, post.place_id, post.place_path, post.level, rank,
                                post.organisation, list(post.skills), superior, False, at))  # fmt: skip
        with cursor.copy(
            "COPY people_holding (id, post_id, person_id, place_path, seat, minding, since, away_reason) FROM STDIN"
        ) as copy:
            for key, one in zip(uuid7s(len(seats)), seats, strict=True):
                copy.write_row((key, one.post, one.person, one.place_path, one.seat, False, at, ""))
    if old:
        for top in tops:
            relink_superiors(top)
    analyse()
    counts = {"persons": len(persons), "posts": len(posts), "holdings": len(seats)}
    ledger.record(
        terms.Did.LOADED,
        queries.Rooted(uuid7(), "people.load", tops[0] if tops else ""),
        by=by,
        **dict[str, Any](counts),
    )
    return counts


def analyse() -> None:
    """Tell the planner what was loaded, inside the same transaction: the next call must not meet stale statistics."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT people_analyse()")


def _person_rows(persons: Sequence[PersonSeed], at: object) -> Iterable[tuple[object, ...]]:
    phones = secrecy.encrypt_many([one.phone for one in persons])
    identities = secrecy.encrypt_many([one.identity for one in persons])
    digest = secrecy.vault().digest
    for one, alias, phone, identity in zip(persons, uuid7s(len(persons)), phones, identities, strict=True):
        yield (
            one.id, alias, one.name, spelling(one.name), phone, digest(one.phone) if phone else None, one.phone[-4:],
            identity, digest(one.identity) if identity else None, "", one.reach,
            at if one.reach != terms.Reach.UNCHECKED else None, one.place_path, at,
        )  # fmt: skip


__all__ = ["HoldingSeed", "PersonSeed", "PostSeed", "load_many"]

"""Persons, posts and holdings written by COPY, their superiors found beforehand: what every mass goes through."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from anlan.kernel import paths
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7, uuid7s
from anlan.people import secrecy, terms
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
    email: str = ""


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
    id: UUID = field(default_factory=uuid7)


def copy_persons(persons: Sequence[PersonSeed]) -> None:
    """Write persons; their numbers are encrypted in one go."""
    phones = secrecy.encrypt_many([one.phone for one in persons])
    identities = secrecy.encrypt_many([one.identity for one in persons])
    digest = secrecy.vault().digest
    at = now()
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY people_person (id, pseudonym, name, pinyin, phone_cipher, phone_digest, phone_tail, id_cipher, "
            "id_digest, email, reach, reach_at, place_path, since) FROM STDIN (FORMAT BINARY)"
        ) as copy,
    ):
        copy.set_types(
            ["uuid", "uuid", "varchar", "varchar", "bytea", "bytea", "varchar", "bytea", "bytea", "varchar", "varchar",
             "timestamptz", "varchar", "timestamptz"]
        )  # fmt: skip
        for one, alias, phone, paper in zip(persons, uuid7s(len(persons)), phones, identities, strict=True):
            checked = at if one.reach != terms.Reach.UNCHECKED else None
            copy.write_row((
                one.id, alias, one.name, spelling(one.name), phone, digest(one.phone) if phone else None,
                one.phone[-4:], paper, digest(one.identity) if paper else None, one.email, str(one.reach), checked,
                one.place_path, at,
            ))  # fmt: skip


def copy_posts(posts: Sequence[PostSeed]) -> None:
    """Write posts with their superiors; posts that stood there already find theirs again if new ones lead."""
    roles = {code: (rank, leads) for code, rank, leads in Role.objects.values_list("code", "rank", "leads")}
    old = list(Post.objects.filter(until=None, role__leads=True).values_list("place_path", "rank", "id"))
    leaders = [(one.place_path, roles[one.role][0], one.id) for one in posts if roles[one.role][1]]
    above = nearest({(one.place_path, roles[one.role][0]) for one in posts}, [*old, *leaders])
    at = now()
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY people_post (id, title, role_code, place_id, place_path, level, rank, organisation_id, skills, "
            "superior_id, superior_fixed, since) FROM STDIN"
        ) as copy,
    ):
        for post in posts:
            rank = roles[post.role][0]
            copy.write_row((post.id, post.title, post.role, post.place_id, post.place_path, post.level, rank,
                            post.organisation, list(post.skills), above[post.place_path, rank], False, at))  # fmt: skip
    if old and leaders:
        for top in sorted({one.place_path[: paths.WIDTH] for one in posts}):
            relink_superiors(top)


def copy_holdings(holdings: Iterable[HoldingSeed]) -> None:
    """Write who holds what."""
    at = now()
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY people_holding (id, post_id, person_id, place_path, seat, minding, since, away_reason) FROM STDIN"
        ) as copy,
    ):
        for one in holdings:
            copy.write_row((one.id, one.post, one.person, one.place_path, one.seat, False, at, ""))


def analyse() -> None:
    """Tell the planner what was loaded, inside the same transaction: the next call must not meet stale statistics."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT people_analyse()")

"""The roll of a place's own posts, for filing once a year and for figures by organisation."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from anlan.people import terms
from anlan.people.models import Organisation, Post
from anlan.people.queries.lists import held, masked
from anlan.people.queries.scope import under


@dataclass(frozen=True, slots=True)
class Roll:
    """How many posts a place has, how many of them nobody holds, and how many of the holders' numbers are bad."""

    posts: int = 0
    vacant: int = 0
    bad: int = 0


def roll(path: str, but: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return the open posts under a place and not under `but`, as plain values that a digest can be taken of.

    post, title, role, place (path), a and b: {name, phone (masked), reach, person} or None.
    """
    found = Post.objects.filter(under(path), until=None).select_related("role").prefetch_related(held())
    for one in but:
        found = found.exclude(under(one))
    rows = []
    for post in found.order_by("place_path", "-rank", "id"):
        seats = {h.seat: h.person for h in post.seats_now}
        rows.append({
            "post": str(post.id), "title": post.title, "role": post.role.name, "place": post.place_path,
            "a": _seat(seats.get(terms.Seat.A)), "b": _seat(seats.get(terms.Seat.B)),
        })  # fmt: skip
    return rows


def _seat(person: Any) -> dict[str, str] | None:
    if person is None:
        return None
    reach = person.reach if person.phone_cipher else "none"
    return {"name": person.name, "phone": masked(person), "reach": reach, "person": str(person.id)}


def roll_counts(path: str = "") -> dict[str, Roll]:
    """Return the figures of every place path under a place that has posts of its own, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT p.place_path, count(*), count(*) FILTER (WHERE h.id IS NULL),
                 count(*) FILTER (WHERE n.reach IN ('dead', 'wrong') OR (n.id IS NOT NULL AND n.phone_cipher IS NULL))
               FROM people_post p
               LEFT JOIN people_holding h ON h.post_id = p.id AND h.until IS NULL AND h.seat = 'A'
               LEFT JOIN people_person n ON n.id = h.person_id
               WHERE p.until IS NULL AND p.place_path >= %s AND p.place_path < %s GROUP BY 1""",
            [path, path + "\x7f"],
        )
        return {row[0]: Roll(*row[1:]) for row in cursor.fetchall()}


def organisations_of(posts: Collection[UUID]) -> dict[UUID, str]:
    """Return the name of each post's organisation, in one query; posts of none are absent."""
    rows = Post.objects.filter(Q(id__in=posts), organisation__isnull=False)
    return dict(rows.values_list("id", "organisation__name"))


def organisation_ids(posts: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the id of each post's organisation, in one query; posts of none are absent."""
    rows = Post.objects.filter(id__in=posts, organisation__isnull=False)
    return {post: organisation for post, organisation in rows.values_list("id", "organisation_id") if organisation}


def posts_of(organisation: UUID) -> list[UUID]:
    """Return the open posts of an organisation, the most senior first."""
    rows = Post.objects.filter(organisation=organisation, until=None).order_by("-rank", "id")
    return list(rows.values_list("id", flat=True))


def post_titles(posts: Collection[UUID]) -> dict[UUID, str]:
    """Return the titles of those of the posts that are open, in one query."""
    return dict(Post.objects.filter(id__in=posts, until=None).values_list("id", "title"))


def organisation_names(ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the organisations' names, in one query."""
    return dict(Organisation.objects.filter(id__in=ids).values_list("id", "name"))


def departments_of(path: str) -> list[tuple[UUID, str]]:
    """Return (id, name) of the departments at a place and above it, the nearest first: to hand a matter over to."""
    above = [path[:end] for end in range(4, len(path) + 1, 4)]
    rows = Organisation.objects.filter(place_path__in=above, kind=terms.OrganisationKind.DEPARTMENT)
    return [(o.id, o.name) for o in sorted(rows, key=lambda o: (-len(o.place_path), o.name))]

"""How persons are reached, for carriers at the moment of sending."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from anlan.people import secrecy
from anlan.people.models import Holding, Person


@dataclass(frozen=True, slots=True)
class Contact:
    """One person's name and addresses; "" where there is none. The phone is whole: never for a screen."""

    person_id: UUID
    pseudonym: UUID
    name: str
    phone: str
    email: str
    reach: str


def contacts(person_ids: Collection[UUID]) -> dict[UUID, Contact]:
    """Return how to reach each of the persons, in one query; unknown ids are absent."""
    rows = list(
        Person.objects.filter(id__in=person_ids).values_list(
            "id", "pseudonym", "name", "email", "reach", "phone_cipher"
        )
    )
    phones = secrecy.decrypt_many([r[5] for r in rows])
    return {r[0]: Contact(r[0], r[1], r[2], phone, r[3], r[4]) for r, phone in zip(rows, phones, strict=True)}


def names(person_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the persons' names, in one query."""
    return dict(Person.objects.filter(id__in=person_ids).values_list("id", "name"))


def pseudonyms(person_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the persons' pseudonyms, in one query."""
    return dict(Person.objects.filter(id__in=person_ids).values_list("id", "pseudonym"))


def persons_of(pseudonyms: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the persons behind pseudonyms, {pseudonym: person id}; unknown ones are absent. One query."""
    return dict(Person.objects.filter(pseudonym__in=pseudonyms).values_list("pseudonym", "id"))


def superior_posts(person_ids: Collection[UUID]) -> set[UUID]:
    """Return the posts directly above the posts that these persons hold now, in one query."""
    rows = Holding.objects.filter(person_id__in=person_ids, until=None, post__until=None)
    return {post for post in rows.values_list("post__superior_id", flat=True) if post}


def owners_of(phones: Collection[str]) -> dict[str, list[UUID]]:
    """Return who has each of the phones, as it was given: {phone: person ids}; nobody's are absent. One query.

    For a reply that comes from a number: a line shared by husband and wife has two.
    """
    asked = {secrecy.digest(plain): phone for phone in phones if (plain := secrecy.phone_of(phone))}
    found: dict[str, list[UUID]] = {}
    rows = Person.objects.filter(phone_digest__in=list(asked)).order_by("id").values_list("phone_digest", "id")
    for digest, person in rows:
        found.setdefault(asked[bytes(digest or b"")], []).append(person)
    return found

"""Addresses of persons by kind: for carriers at the moment of sending, and to find who wrote back."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from anlan.people import secrecy
from anlan.people.models import Address, Person
from anlan.people.ports import address_kinds
from anlan.people.queries.contacts import owners_of
from anlan.people.terms import AddressKind


@dataclass(frozen=True, slots=True)
class Reachable:
    """Somebody whom a carrier can address. The address is whole: never for a screen."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An address as a page shows it: what it is called, masked, where it came from; `state` is ok, gone or none."""

    kind: AddressKind
    masked: str
    source: str
    state: str
    checked_at: dt.datetime | None


def reachable(kind: str, person_ids: Collection[UUID]) -> dict[UUID, Reachable]:
    """Return name and address of those of the persons who have one of a kind ("phone", "email", …), in one query."""
    if kind == "email":
        found = Person.objects.filter(id__in=person_ids).exclude(email="").values_list("id", "name", "email")
        return {key: Reachable(name, email) for key, name, email in found}
    if kind == "phone":
        rows = list(
            Person.objects.filter(id__in=person_ids)
            .exclude(phone_cipher=None)
            .values_list("id", "name", "phone_cipher")
        )
    else:
        rows = list(
            Address.objects.filter(kind=kind, person_id__in=person_ids, dead=False)
            .exclude(cipher=None)
            .values_list("person_id", "person__name", "cipher")
        )
    texts = secrecy.decrypt_many([row[2] for row in rows])
    return {row[0]: Reachable(row[1], text) for row, text in zip(rows, texts, strict=True)}


def count_reachable(kind: str, person_ids: Collection[UUID]) -> int:
    """Return how many of the persons have a living account of a kind, in one query."""
    return Address.objects.filter(kind=kind, person_id__in=person_ids, dead=False).exclude(cipher=None).count()


def owners(kind: str, values: Collection[str]) -> dict[str, list[UUID]]:
    """Return who has each of the addresses, as it was given; nobody's are absent. One query."""
    if kind == "phone":
        return owners_of(values)
    asked = {digest(kind, value): value for value in values if value}
    found: dict[str, list[UUID]] = {}
    rows = Address.objects.filter(kind=kind, digest__in=list(asked)).order_by("person_id")
    for mark, person in rows.values_list("digest", "person_id"):
        found.setdefault(asked[bytes(mark or b"")], []).append(person)
    return found


def digest(kind: str, value: str) -> bytes:
    """Return the keyed hash of an address. Messengers do not tell upper from lower case in an account."""
    return secrecy.digest(f"{kind}:{value.casefold()}")


def addresses_of(person: Person) -> list[Shown]:
    """Return a person's addresses, one for each kind there is, in the order of the carriers."""
    rows = {row.kind: row for row in person.addresses.all()}
    shown = []
    for kind in address_kinds.all().values():
        row = rows.get(kind.kind)
        if row is None or row.cipher is None:
            shown.append(Shown(kind, "", "", "none", row.checked_at if row else None))
            continue
        masked = secrecy.mask_account(secrecy.decrypt(bytes(row.cipher)))
        shown.append(Shown(kind, masked, row.source, "gone" if row.dead else "ok", row.checked_at))
    return shown


def without_address(kind: str, *, before: dt.datetime, limit: int) -> list[tuple[UUID, str]]:
    """Return (person, phone) of post holders without a living address who were not looked up since `before`."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT p.id, p.phone_cipher FROM people_person p
               WHERE p.phone_cipher IS NOT NULL
                 AND EXISTS (SELECT FROM people_holding h WHERE h.person_id = p.id AND h.until IS NULL)
                 AND NOT EXISTS (SELECT FROM people_address a WHERE a.person_id = p.id AND a.kind = %s
                                 AND (a.checked_at >= %s OR (a.cipher IS NOT NULL AND NOT a.dead)))
               ORDER BY p.id LIMIT %s""",
            [kind, before, limit],
        )
        rows: Sequence[tuple[UUID, memoryview]] = cursor.fetchall()
    phones = secrecy.decrypt_many([row[1] for row in rows])
    return [(row[0], phone) for row, phone in zip(rows, phones, strict=True)]

"""Who an account is, by the posts its person holds now."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import connection

from anlan.kernel.authority import Actor, Grant, Seat
from anlan.people import secrecy, terms
from anlan.people.models import Account

_SEATS = """
SELECT n.name, n.pseudonym, p.id, p.title, p.role_code, p.place_path, h.seat, r.grants, r.deputy_acts, r.second_factor
FROM people_person n
LEFT JOIN people_holding h ON h.person_id = n.id AND h.until IS NULL
LEFT JOIN people_post p ON p.id = h.post_id AND p.until IS NULL
LEFT JOIN people_role r ON r.code = p.role_code
WHERE n.id = %s ORDER BY p.rank DESC, p.id"""


def actor_for(account: Account, exercise: UUID | None = None) -> Actor:
    """Return the actor of an account, in one query. The B岗 of a post holds its grants if the role says so.

    Sets `account.second_factor_owed`: one of its roles must sign in with a second factor.
    """
    actor, owed = _read(account.person_id, exercise)
    account.second_factor_owed = owed
    return actor


def actor_of_person(person_id: UUID, exercise: UUID | None = None) -> Actor:
    """Return the actor of a person without a session (an answer by a personal link): posts, and no grants.

    Raises LookupError if there is no such person.
    """
    return replace(_read(person_id, exercise)[0], grants=frozenset())


def _read(person_id: UUID, exercise: UUID | None) -> tuple[Actor, bool]:
    with connection.cursor() as cursor:
        cursor.execute(_SEATS, [person_id])
        rows = cursor.fetchall()
    if not rows:
        raise LookupError(f"no person {person_id}")
    held = [row for row in rows if row[2] is not None]
    able = [row for row in held if row[6] == terms.Seat.A or row[8]]
    actor = Actor(
        name=rows[0][0],
        person=person_id,
        pseudonym=rows[0][1],
        seats=tuple(Seat(row[2], row[3], row[4], row[5], row[6]) for row in held),
        grants=frozenset(Grant(can, row[5], row[2]) for row in able for can in row[7]),
        exercise=exercise,
    )
    return actor, any(row[9] for row in able)


def account_named(username: str) -> Account | None:
    """Return the account of a user name, with its person; None where there is none. For the command line and demos."""
    return Account.objects.select_related("person").filter(username=username).first()


def account_claimed(claim: str, said: Mapping[str, Any]) -> Account | None:
    """Return the one open account that a claim of the city's sign-in names; None where it names none, or several.

    `preferred_username` is a user name; `email` counts only where it was verified, `phone_number` unless it says that
    it was not.
    """
    value = str(said.get(claim) or "").strip()
    if not value or said.get(f"{claim}_verified", claim != "email") is not True:
        return None
    accounts = Account.objects.select_related("person").filter(is_active=True)
    if claim == "preferred_username":
        found = accounts.filter(username=Account.normalize_username(value))
    elif claim == "email":
        found = accounts.filter(email__iexact=value)
    else:
        plain = secrecy.phone_of(value)
        found = accounts.filter(person__phone_digest=secrecy.digest(plain)) if plain else accounts.none()
    named = list(found[:2])
    return named[0] if len(named) == 1 else None

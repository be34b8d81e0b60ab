"""Persons: enrolling, correcting, and showing a number to whoever says why."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.people import queries, secrecy, terms
from anlan.people.models import Person
from anlan.people.names import spelling
from anlan.people.services import addresses

FIELDS = ("phone", "identity")
REASON_LEAST = 2


@dataclass(frozen=True, slots=True)
class PersonDraft:
    """What is known of a person. `phone` and `identity` as people write them; None leaves a field as it is.

    `addresses` maps a kind of address to the account, "" takes it away; kinds that are not named stay.
    """

    name: str | None = None
    phone: str | None = None
    identity: str | None = None
    email: str | None = None
    addresses: Mapping[str, str] = dataclasses.field(default_factory=dict)


@transaction.atomic
def enrol(draft: PersonDraft, *, place_path: str, by: Actor) -> Person:
    """Add a person at a home place. Raises Invalid (name, phone, identity, email), Conflict for a known identity."""
    authority.require(by, terms.Can.WRITE, at=place_path)
    person = Person(place_path=place_path)
    if not (draft.name or "").strip():
        raise Invalid({"name": _("写上姓名")})
    _apply(person, draft)
    _once(person)
    person.save(force_insert=True)
    addresses.write(person, draft.addresses)
    ledger.record(terms.Did.PERSON_ENROLLED, person, by=by, pseudonym=person.pseudonym)
    return person


@transaction.atomic
def change_person(person_id: UUID, draft: PersonDraft, *, by: Actor) -> Person:
    """Correct a person. A new phone starts unchecked. Raises Hidden, Refused, Invalid, Conflict."""
    person = queries.lock_person(person_id, by, terms.Can.WRITE)
    changed = _apply(person, draft) | addresses.write(person, draft.addresses)
    if not changed:
        return person
    _once(person)
    person.save()
    ledger.record(terms.Did.PERSON_CHANGED, person, by=by, pseudonym=person.pseudonym, fields=sorted(changed))
    return person


@transaction.atomic
def reveal(person_id: UUID, field: str, reason: str, by: Actor) -> str:
    """Return a whole phone or identity number, and record who looked and why. Own numbers need no reason.

    Raises Hidden, Refused, Invalid (field, reason).
    """
    if field not in FIELDS:
        raise Invalid({"field": _("只能看手机号（phone）或身份证号（identity）")})
    own = by.person == person_id
    person = queries.person(person_id, by=by)
    if not own:
        queries.require_over(person, by, terms.Can.REVEAL)
        if len(reason.strip()) < REASON_LEAST:
            raise Invalid({"reason": _("写明为什么要看，至少 2 个字，比如「打电话核实积水」")})
    sealed = person.phone_cipher if field == "phone" else person.id_cipher
    ledger.record(
        terms.Did.REVEALED,
        person,
        by=by,
        pseudonym=person.pseudonym,
        field=field,
        private={"reason": reason.strip()} if reason.strip() else None,
    )
    return secrecy.decrypt(bytes(sealed)) if sealed else ""


@transaction.atomic
def mark_reach(found: Mapping[UUID, str] | Sequence[UUID], *, by: Actor, reach: str | None = None) -> int:
    """Note what a check or a call found of numbers: {person: reach}, or many persons with one `reach`.

    Set-based; only rows that change are written, and one entry says how many. Returns their number.
    """
    given = dict(found) if isinstance(found, Mapping) else dict.fromkeys(found, reach or "")
    wrong = set(given.values()) - set(terms.Reach)
    if wrong:
        raise Invalid({"reach": _("只能是 ok、dead、wrong、silent 或 unchecked")})
    if not by.machine:
        raise authority.Refused(terms.Can.WRITE, "")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_person n SET reach = f.reach, reach_at = %s "
            "FROM unnest(%s::uuid[], %s::varchar[]) AS f(id, reach) WHERE n.id = f.id "
            "RETURNING n.id, n.place_path, n.pseudonym",
            [now(), list(given), list(given.values())],
        )
        rows = cursor.fetchall()
    ledger.record_many(
        terms.Did.REACH_CHECKED,
        [
            ledger.Line(
                subject_type="people.person",
                subject_id=row[0],
                place_path=row[1],
                chain=row[0],
                exercise=by.exercise,
                values={"reach": given[row[0]], "pseudonym": row[2]},
            )
            for row in rows
        ],
        by=by,
    )
    return len(rows)


def _apply(person: Person, draft: PersonDraft) -> set[str]:
    """Set what the draft gives; return the names of what changed. Raises Invalid with every field that is wrong."""
    errors: dict[str, str] = {}
    changed: set[str] = set()
    for field, take in _TAKERS.items():
        given = getattr(draft, field)
        if given is None:
            continue
        try:
            if take(person, given.strip()):
                changed.add(field)
        except Invalid as error:
            errors[field] = error.errors[""]
    if errors:
        raise Invalid(errors)
    return changed


def _take_name(person: Person, given: str) -> bool:
    name = " ".join(given.split()) if given.isascii() else "".join(given.split())
    if not 1 <= len(name) <= 60:
        raise Invalid(_("姓名要 1 到 60 个字"))
    changed = name != person.name
    person.name, person.pinyin = name, spelling(name)
    return changed


def _take_phone(person: Person, given: str) -> bool:
    phone = secrecy.phone_of(given) if given else ""
    if phone is None:
        raise Invalid(_("不是电话号码：手机 11 位，座机带区号"))
    return _set_phone(person, phone)


def _take_identity(person: Person, given: str) -> bool:
    number = secrecy.identity_of(given) if given else ""
    if number is None:
        raise Invalid(_("身份证号不对：18 位，最后一位是校验位"))
    return _set_identity(person, number)


def _take_email(person: Person, given: str) -> bool:
    try:
        if given:
            validate_email(given)
    except ValidationError:
        raise Invalid(_("不是电子邮箱，样子像 name@example.cn")) from None
    changed = given != person.email
    person.email = given
    return changed


_TAKERS: dict[str, Callable[[Person, str], bool]] = {
    "name": _take_name,
    "phone": _take_phone,
    "identity": _take_identity,
    "email": _take_email,
}


def _set_phone(person: Person, phone: str) -> bool:
    digest = secrecy.digest(phone) if phone else None
    if digest == (bytes(person.phone_digest) if person.phone_digest else None):
        return False
    person.phone_cipher = secrecy.encrypt(phone) if phone else None
    person.phone_digest = digest
    person.phone_tail = phone[-4:]
    person.reach, person.reach_at, person.phone_at = terms.Reach.UNCHECKED, None, now()
    return True


def _set_identity(person: Person, number: str) -> bool:
    digest = secrecy.digest(number) if number else None
    if digest == (bytes(person.id_digest) if person.id_digest else None):
        return False
    person.id_cipher = secrecy.encrypt(number) if number else None
    person.id_digest = digest
    return True


def _once(person: Person) -> None:
    """Refuse a second person with the same identity number."""
    if person.id_digest and Person.objects.filter(id_digest=person.id_digest).exclude(id=person.id).exists():
        raise Conflict(_("这个身份证号已经登记在另一个人名下"))


def note_export(count: int, *, by: Actor) -> None:
    """Record that somebody took a list of persons away."""
    path = authority.scopes(by, terms.Can.READ)
    subject = queries.Rooted(by.person or uuid7(), "people.person", path[0] if path else "")
    ledger.record(terms.Did.EXPORTED, subject, by=by, count=count)

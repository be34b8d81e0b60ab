"""Writing addresses at messengers: by hand, from a roster, found by number; and noting which are gone."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7, uuid7s
from anlan.ledger import services as ledger
from anlan.people import queries, secrecy, terms
from anlan.people.models import Address, Person
from anlan.people.ports import address_kinds

_PUT = """
INSERT INTO people_address AS a (id, person_id, kind, cipher, digest, source, dead, at, checked_at)
SELECT f.id, f.person, f.kind, f.cipher, f.digest, %(source)s, false, %(now)s, %(now)s
FROM unnest(%(ids)s::uuid[], %(persons)s::uuid[], %(kinds)s::varchar[], %(ciphers)s::bytea[], %(digests)s::bytea[])
  AS f (id, person, kind, cipher, digest)
JOIN people_person p ON p.id = f.person
ON CONFLICT (person_id, kind) DO UPDATE SET cipher = excluded.cipher, digest = excluded.digest,
  source = excluded.source, dead = false, at = excluded.at, checked_at = excluded.checked_at
{where}"""
# What a person wrote stands; a look-up fills what is empty, was found by a look-up, or is gone.
_WEAKER = "WHERE a.cipher IS NULL OR a.dead OR a.source = 'lookup'"


def put(given: Sequence[tuple[UUID, str, str]], *, source: str, weaker: bool = False) -> None:
    """Set (person, kind, address) rows in one statement, in the caller's transaction.

    "" takes an address away; from a look-up it says that nobody was found. `weaker` leaves alone what a person or a
    roster wrote.
    """
    rows = list({(person, kind): (person, kind, value) for person, kind, value in given}.values())
    if source != terms.Source.LOOKUP:
        gone = [(person, kind) for person, kind, value in rows if not value]
        rows = [row for row in rows if row[2]]
        for kind in sorted({kind for _person, kind in gone}):
            Address.objects.filter(kind=kind, person_id__in=[person for person, k in gone if k == kind]).delete()
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _PUT.format(where=_WEAKER if weaker else ""),
            {
                "source": source,
                "now": now(),
                "ids": uuid7s(len(rows)),
                "persons": [person for person, _kind, _value in rows],
                "kinds": [kind for _person, kind, _value in rows],
                "ciphers": secrecy.encrypt_many([value for _person, _kind, value in rows]),
                "digests": [queries.digest(kind, value) if value else None for _person, kind, value in rows],
            },
        )


def admit(given: Mapping[str, str]) -> dict[str, str]:
    """Return {kind: address} of what was typed. Raises Invalid by field for an unknown kind or a wrong address."""
    kinds = address_kinds.all()
    wrong: dict[str, str] = {}
    made: dict[str, str] = {}
    for name, text in given.items():
        kind = kinds.get(name)
        made[name] = text.strip()
        if kind is None:
            wrong[terms.FIELD + name] = _("没有这种账号")
        elif made[name] and not kind.admits(made[name]):
            wrong[kind.field] = _("%(what)s写得不对。%(hint)s") % {"what": kind.label, "hint": kind.hint}
    if wrong:
        raise Invalid(wrong)
    return made


def write(person: Person, given: Mapping[str, str], *, source: str = terms.Source.HAND) -> set[str]:
    """Set a person's addresses in the caller's transaction; returns the fields that changed. Raises Invalid."""
    made = admit(given)
    there = {row.kind: row for row in Address.objects.filter(person=person, kind__in=made)}
    changed = {
        kind
        for kind, value in made.items()
        if (bytes(there[kind].digest or b"") if kind in there else b"")
        != (queries.digest(kind, value) if value else b"")
        or (value and kind in there and there[kind].dead)
    }
    put([(person.id, kind, made[kind]) for kind in sorted(changed)], source=source)
    return {terms.FIELD + kind for kind in changed}


@transaction.atomic
def set_address(person_id: UUID, kind: str, value: str, *, by: Actor) -> Person:
    """Set one address of a person, "" takes it away. Twice is once. Raises Hidden, Refused, Invalid."""
    person = queries.lock_person(person_id, by, terms.Can.WRITE)
    if changed := write(person, {kind: value}):
        ledger.record(terms.Did.PERSON_CHANGED, person, by=by, pseudonym=person.pseudonym, fields=sorted(changed))
    return person


@transaction.atomic
def keep_found(kind: str, found: Mapping[UUID, str], *, by: Actor) -> int:
    """Keep what a messenger said of phone numbers: {person: account, "" for nobody}. Returns how many have one."""
    if not by.machine:
        raise authority.Refused(terms.Can.WRITE, "")
    put([(person, kind, value) for person, value in found.items()], source=terms.Source.LOOKUP, weaker=True)
    count = sum(1 for value in found.values() if value)
    if found:
        subject = queries.Rooted(uuid7(), "people.person")
        label = address_kinds.all()[kind].label
        ledger.record(
            terms.Did.ADDRESSES_FOUND, subject, by=by, kind=label, count=count, missing=len(found) - count
        )  # fmt: skip
    return count


@transaction.atomic
def mark_gone(kind: str, persons: Collection[UUID], *, by: Actor) -> int:
    """Note that a messenger knows these persons' addresses no more: they are not used until they are set anew."""
    if not by.machine:
        raise authority.Refused(terms.Can.WRITE, "")
    changed = Address.objects.filter(kind=kind, person_id__in=list(persons), dead=False).exclude(cipher=None)
    count = changed.update(dead=True, checked_at=now())
    if count:
        subject = queries.Rooted(uuid7(), "people.person")
        ledger.record(terms.Did.ADDRESSES_GONE, subject, by=by, kind=address_kinds.all()[kind].label, count=count)
    return count

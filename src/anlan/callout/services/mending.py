"""A number that reaches nobody, put right in one step by whoever keeps the roster: another number or another person."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.callout.services import checking, found_out, revival
from anlan.callout.services.checks import not_in_a_drill
from anlan.callout.terms import Did
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.people import services as people_services
from anlan.people.services import PersonDraft
from anlan.people.terms import Can


@transaction.atomic
def new_number(person_id: UUID, phone: str, *, by: Actor) -> None:
    """Give a person another number; running calls use it at once, and it is checked at once.

    Raises Hidden, Refused, Invalid (phone: none, or no number).
    """
    not_in_a_drill(by)
    if not phone.strip():
        raise Invalid({"phone": _("写上新号码")})
    before = people.person(person_id, by=by)
    old = bytes(before.phone_digest) if before.phone_digest else None
    person = people_services.change_person(person_id, PersonDraft(phone=phone), by=by)
    if (bytes(person.phone_digest) if person.phone_digest else None) == old:
        raise Invalid({"phone": _("这就是原来的号码；要是号码没错，点「号码没错，再打一次」")})
    _done(person, "number", by)
    revival.revive([person_id])
    _again([person_id])


@transaction.atomic
def still_right(person_id: UUID, *, by: Actor) -> None:
    """Say that the number is right: it is tried once more at once. Raises Hidden, Refused, Conflict (no number)."""
    not_in_a_drill(by)
    person = people.lock_person(person_id, by, Can.WRITE)
    if person.phone_cipher is None:
        raise Conflict(_("他没有登记号码，没有可打的"))
    people_services.mark_reach([person_id], reach="unchecked", by=authority.machine("callout.check"))
    _done(person, "still-right", by)
    revival.revive([person_id])
    _again([person_id])


@transaction.atomic
def replace(person_id: UUID, holding_id: UUID, name: str, phone: str, *, by: Actor) -> UUID:
    """Put somebody else into the seat: a person known by that number and name, else a new one. Returns the person.

    Raises Hidden, Refused, Invalid (name, phone).
    """
    not_in_a_drill(by)
    gone = people.lock_person(person_id, by, Can.WRITE)
    holding = next((h for h in people.holdings_of(gone) if h.id == holding_id and h.until is None), None)
    if holding is None:
        raise Conflict(_("他已经不在这个岗上了"))
    successor = _whoever(name, phone, holding.place_path, by)
    people_services.appoint(holding.post_id, successor, by=by, seat=holding.seat)
    _done(gone, "replaced", by)
    _again([successor])
    return successor


@transaction.atomic
def fill(post_id: UUID, name: str, phone: str, *, by: Actor) -> UUID:
    """Put a person into an empty post, enrolling them where they are not known. Raises as `replace` does."""
    not_in_a_drill(by)
    post = people.lock_post(post_id, by, Can.WRITE)
    holder = _whoever(name, phone, post.place_path, by)
    people_services.appoint(post_id, holder, by=by)
    _again([holder])
    return holder


def _whoever(name: str, phone: str, place_path: str, by: Actor) -> UUID:
    """Return the person of that name and number, enrolled where nobody is. Raises Invalid (name, phone)."""
    wrong = {f: _("姓名和手机号都要写") for f, v in (("name", name), ("phone", phone)) if not v.strip()}
    if not wrong and people.phone_of(phone) is None:
        wrong = {"phone": _("不是电话号码：手机 11 位，座机带区号")}
    if wrong:
        raise Invalid(wrong)
    known = people.names(people.owners_of([phone]).get(phone, []))
    same = next((one for one, called in known.items() if called == "".join(name.split())), None)
    return same or people_services.enrol(PersonDraft(name=name, phone=phone), place_path=place_path, by=by).id


@transaction.atomic
def leave_vacant(person_id: UUID, holding_id: UUID, *, by: Actor) -> None:
    """Take the person off the post, which stands empty on the list of posts to fill. Raises Hidden, Refused."""
    gone = people.lock_person(person_id, by, Can.WRITE)
    people_services.release(holding_id, by=by, reason=_("号码打不通，人已离岗"))
    _done(gone, "vacant", by)
    found_out.mended()
    found_out.close_duties()


def _done(person: Any, what: str, by: Actor) -> None:
    ledger.record(Did.NUMBER_MENDED, person, by=by, what=what)


def _again(persons: list[UUID]) -> None:
    """Check the number at once, and let the duties notice."""
    checking.note_mended(persons)
    found_out.mended()
    found_out.close_duties()
    checking.ask_hurried()

"""Double check-in (双报到): register, confirm, change, withdraw, erase. A registration is a wish, never a duty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from anlan.kernel import authority, clock
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.ledger import services as ledger
from anlan.people import lifecycle, queries, secrecy, terms
from anlan.people.models import Checkin, Organisation, Person
from anlan.people.names import spelling
from anlan.people.rosters import name_of
from anlan.people.services.tasks import step_back
from anlan.places import queries as places
from anlan.places.terms import Level

OPEN = (terms.CheckinState.REGISTERED, terms.CheckinState.LISTED)
HOME = {"estate": 60, "building": 40, "unit": 20}


@dataclass(frozen=True, slots=True)
class CheckinDraft:
    """What somebody says of themselves. `times` are terms.Slot, `skills` of queries.skills(); `party` None: unsaid."""

    name: str
    phone: str
    estate: str = ""
    building: str = ""
    unit: str = ""
    employer: str = ""
    skills: Sequence[str] = ()
    times: Sequence[str] = ()
    party: bool | None = None


@transaction.atomic
def register(
    draft: CheckinDraft, *, place_path: str, by: Actor, source: str = terms.CheckinSource.DESK
) -> tuple[Checkin, bool]:
    """Register somebody in the community where they live; returns it, and whether it is new. Twice is once.

    A machine (the public page) or the community's desk may. Somebody known by name and phone stays one person, and
    nothing of theirs is changed. Raises Refused, Invalid (name, phone, skills, times …, place), Conflict (registered
    in another community).
    """
    authority.require(by, terms.Can.CHECKINS, at=place_path)
    home = places.by_path(place_path)
    values = _values(draft)
    phone = secrecy.phone_of(draft.phone)
    errors = values.pop("errors")
    name = name_of(draft.name)
    if not 1 <= len(name) <= 60:
        errors["name"] = _("写上姓名，最多 60 个字")
    if phone is None:
        errors["phone"] = _("不是电话号码：手机 11 位，座机带区号")
    if home.level != Level.COMMUNITY:
        errors["place"] = _("报到要到社区，「%s」不是社区") % home.name
    if errors or phone is None:
        raise Invalid(errors)
    person = _person(name, phone)
    there = Checkin.objects.select_for_update().filter(person=person, state__in=OPEN).first()
    if there is not None:
        if there.place_path != place_path:
            raise Conflict(_("这个人已经在别的社区报到；先在那里退出，再到这里报到"))
        return there, False
    made = Checkin.objects.create(
        person=person, place_path=place_path, source=source, spot_path=_spot(place_path, values),
        organisation_id=_organisation(place_path, values["employer"]), **values,
    )  # fmt: skip
    ledger.record(terms.Did.CHECKED_IN, made, by=by, pseudonym=person.pseudonym, source=str(source))
    return made, True


@transaction.atomic
def confirm_checkins(checkin_ids: Sequence[UUID], *, by: Actor) -> int:
    """Confirm that people live here and put them on the list; returns how many. Twice is once.

    Set-based. Raises Hidden where one of them is not of the actor's communities: then nothing is changed.
    """
    found = Checkin.objects.select_for_update(of=("self",)).filter(id__in=list(checkin_ids)).select_related("person")
    rows = list(found.order_by("id"))
    if len(rows) != len(set(checkin_ids)):
        raise authority.Hidden
    for one in rows:
        if not authority.holds(by, terms.Can.CHECKINS, at=one.place_path):
            raise authority.Hidden
    fresh = [one for one in rows if one.state == terms.CheckinState.REGISTERED]
    Checkin.objects.filter(id__in=[one.id for one in fresh]).update(
        state=terms.CheckinState.LISTED, confirmed_at=clock.now(), confirmed_by=by.name
    )
    ledger.record_many(terms.Did.CHECKIN_CONFIRMED, [_line(one, by) for one in fresh], by=by)
    return len(fresh)


@transaction.atomic
def decline_checkin(checkin_id: UUID, reason: str, *, by: Actor) -> Checkin:
    """Do not take a registration: not of this community, a wrong number. Raises Hidden, Refused, Conflict, Invalid."""
    one = queries.lock_checkin(checkin_id, by)
    said = " ".join(reason.split())
    if not 2 <= len(said) <= 120:
        raise Invalid({"reason": _("写明为什么不收，比如「不住在本社区」，2 到 120 个字")})
    lifecycle.CHECKIN.move(one, terms.Did.CHECKIN_DECLINED, by=by)
    return _end(one, terms.Did.CHECKIN_DECLINED, said, by)


@transaction.atomic
def withdraw_checkin(checkin_id: UUID, *, by: Actor, reason: str = "") -> Checkin:
    """Leave: by the person themselves or by the desk, at any time and without a reason. Twice is once."""
    one = queries.lock_checkin(checkin_id, by)
    if one.state == terms.CheckinState.WITHDRAWN:
        return one
    lifecycle.CHECKIN.move(one, terms.Did.CHECKIN_WITHDRAWN, by=by)
    return _end(one, terms.Did.CHECKIN_WITHDRAWN, " ".join(reason.split())[:120], by)


@transaction.atomic
def change_checkin(checkin_id: UUID, draft: CheckinDraft, *, by: Actor) -> Checkin:
    """Change where somebody lives in the community, their employer, skills and times; not their name and number.

    Raises Hidden, Conflict (withdrawn, declined), Invalid.
    """
    one = queries.lock_checkin(checkin_id, by)
    if one.state not in OPEN:
        raise Conflict(_("这次报到已经退出或没有收，不能再改；可以重新报到"))
    values = _values(draft)
    errors = values.pop("errors")
    if errors:
        raise Invalid(errors)
    values |= {
        "spot_path": _spot(one.place_path, values),
        "organisation_id": _organisation(one.place_path, values["employer"]),
    }
    changed = sorted(name for name, value in values.items() if getattr(one, name) != value)
    if changed:
        for name in changed:
            setattr(one, name, values[name])
        one.save(update_fields=changed)
        ledger.record(terms.Did.CHECKIN_CHANGED, one, by=by, pseudonym=one.person.pseudonym, fields=changed)
    return one


@transaction.atomic
def erase_checkin(checkin_id: UUID, *, by: Actor) -> None:
    """Erase a registration on its person's wish, with the claims and the person's row where nothing else needs it.

    The ledger keeps that it was done, by pseudonym. Somebody who holds a post or was called stays, without this.
    """
    one = queries.lock_checkin(checkin_id, by)
    person = one.person
    step_back(one)
    ledger.record(terms.Did.CHECKIN_ERASED, one, by=by, pseudonym=person.pseudonym)
    one.delete()
    if person.place_path or person.holdings.filter(until=None).exists() or person.checkins.exists():
        return
    try:
        with transaction.atomic():
            person.delete()
    except (IntegrityError, ProtectedError):  # a call or a former post names the row: what identifies is wiped
        person.name, person.pinyin, person.phone_tail, person.email = _("已删除"), "", "", ""
        person.phone_cipher = person.phone_digest = person.id_cipher = person.id_digest = None
        person.save()


@transaction.atomic
def reveal_checkin(checkin_id: UUID, reason: str, *, by: Actor) -> str:
    """Return the whole number of somebody on the community's list, and record who looked and why.

    Raises Hidden, Refused, Invalid (reason).
    """
    one = queries.checkin(checkin_id, by=by)
    authority.require(by, terms.Can.REVEAL, at=one.place_path)
    if len(reason.strip()) < 2:
        raise Invalid({"reason": _("写明为什么要看，至少 2 个字，比如「打电话核实」")})
    ledger.record(
        terms.Did.REVEALED,
        one,
        by=by,
        pseudonym=one.person.pseudonym,
        field="phone",
        private={"reason": reason.strip()},
    )
    return secrecy.decrypt(bytes(one.person.phone_cipher)) if one.person.phone_cipher else ""


def _values(draft: CheckinDraft) -> dict[str, Any]:
    errors: dict[str, str] = {}
    values: dict[str, Any] = {"errors": errors, "party": draft.party}
    for name, most in HOME.items():
        values[name] = " ".join(getattr(draft, name).split())
        if len(values[name]) > most:
            errors[name] = _("最多 %d 个字") % most
    values["employer"] = " ".join(draft.employer.split())
    if len(values["employer"]) > 120:
        errors["employer"] = _("单位名称最多 120 个字")
    strange = set(draft.skills) - set(queries.skills())
    if strange:
        errors["skills"] = _("没有这些技能：%s") % "、".join(sorted(strange))
    if set(draft.times) - set(terms.Slot):
        errors["times"] = _("没有这样的时段")
    values["skills"] = [one for one in queries.skills() if one in draft.skills]
    values["times"] = [str(one) for one in terms.Slot if one in draft.times]
    return values


def _person(name: str, phone: str) -> Person:
    """Return the one person of that name and number, or a new one at no place: only their community sees them."""
    digest = secrecy.digest(phone)
    known = Person.objects.select_for_update().filter(phone_digest=digest, name=name).order_by("id").first()
    return known or Person.objects.create(
        name=name,
        pinyin=spelling(name),
        phone_cipher=secrecy.encrypt(phone),
        phone_digest=digest,
        phone_tail=phone[-4:],
    )


def _spot(community: str, values: Mapping[str, Any]) -> str:
    """Return the building or estate of the tree that somebody means, "" where the tree has none of that name."""
    if not values["estate"] and not values["building"]:
        return ""
    spots = queries.spots_of(community)
    estate = next((path for path, level, name in spots if level == Level.ESTATE and name == values["estate"]), "")
    house = [
        path
        for path, level, name in spots
        if level == Level.BUILDING and name == values["building"] and path.startswith(estate or community)
    ]
    return house[0] if len(house) == 1 else estate


def _organisation(place_path: str, name: str) -> UUID | None:
    """Return the registered body of that name, the nearest one above the community; None: it stays a name."""
    found = Organisation.objects.filter(queries.around(place_path), name=name).order_by("-place_path")
    return found.values_list("id", flat=True).first() if name else None


def _end(one: Checkin, did: terms.Did, reason: str, by: Actor) -> Checkin:
    one.ended_at, one.reason = clock.now(), reason
    one.save(update_fields=["state", "ended_at", "reason"])
    step_back(one)
    ledger.record(did, one, by=by, pseudonym=one.person.pseudonym, private={"reason": reason} if reason else None)
    return one


def _line(one: Checkin, by: Actor) -> ledger.Line:
    return ledger.Line(
        subject_type="people.checkin", subject_id=one.id, place_path=one.place_path, chain=one.id, exercise=by.exercise,
        values={"pseudonym": one.person.pseudonym},
    )  # fmt: skip

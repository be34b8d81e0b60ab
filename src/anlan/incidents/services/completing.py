"""先报后补: what a report lacked is added later, by who reported it or by the desk; each addition leaves an entry."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.incidents import lifecycle, queries
from anlan.incidents.models import Fact, Report
from anlan.incidents.services import duties, photos
from anlan.incidents.terms import COUNTED, Can, Did, Element, ReportState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden, Invalid
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7s
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.places import queries as places

MOST = 400  # characters of one addition
PERSONAL = frozenset({Element.CONTACT})


def _open_to(report_id: UUID, by: Actor) -> Report:
    """Lock a report that the actor may complete: their own, or as the desk that may verify it."""
    try:
        return queries.lock_own(report_id, by=by)
    except Hidden:
        found = queries.lock_desk(report_id, by=by)
        authority.require(by, Can.VERIFY, at=found.place_path)
        return found


@transaction.atomic
def complete(report_id: UUID, said: Mapping[str, str], *, by: Actor) -> Report:
    """Add what is known now; empty values are left out. Raises Hidden, Refused, Invalid (which one, and why)."""
    found = _open_to(report_id, by)
    given = {name: value.strip() for name, value in said.items() if value.strip()}
    if wrong := _wrong(given):
        raise Invalid(wrong)
    if not given:
        raise Invalid({"more": _("一样也没填：知道哪样补哪样")})
    for identifier, (name, value) in zip(uuid7s(len(given)), given.items(), strict=True):
        hidden = name in PERSONAL
        Fact.objects.create(
            id=identifier, report=found, element=name, value="" if hidden else value,
            value_cipher=people.encrypt(value) if hidden else None, by=by.pseudonym, by_name=by.name[:60],
        )  # fmt: skip
        if name in COUNTED:
            ledger.record(Did.ADDED, found, by=by, element=name, count=int(value))
        else:
            ledger.record(Did.ADDED, found, by=by, private={"value": value}, element=name)
    _replied(found, by)
    return found


def _wrong(given: Mapping[str, str]) -> dict[str, str]:
    wrong: dict[str, str] = {}
    for name, value in given.items():
        if name not in set(Element):
            wrong[name] = _("没有这一项")
        elif name in COUNTED and not (value.isascii() and value.isdecimal() and len(value) < 7):
            wrong[name] = _("写人数，只写数字，比如 2")
        elif len(value) > MOST:
            wrong[name] = _("最多 {most} 个字").format(most=MOST)
    return wrong


def answer_back(report_id: UUID, text: str, *, by: Actor) -> Report:
    """The reporter answers what the desk asked."""
    return complete(report_id, {Element.MORE: text}, by=by)


def _replied(found: Report, by: Actor) -> None:
    """Whoever was asked back has answered: the desk goes on."""
    if found.state == ReportState.UNSURE and found.reporter == by.pseudonym:
        lifecycle.REPORT.move(found, Did.REPLIED, by=by)
        found.state_at = now()
        found.save(update_fields=["state", "state_at"])
        ledger.record(Did.REPLIED, found, by=by)
        duties.answered_back(found, by=by)
        duties.free(found, _("报告人回话了"), by=by)
        duties.ask(found, by=by)


def add_photos(report_id: UUID, files: Sequence[bytes], *, by: Actor) -> int:
    """Add photos to a report. Returns how many were new. Raises Hidden, Refused, Invalid."""
    if not files:
        raise Invalid({"photos": _("先拍一张或选一张")})
    clean = photos.clean_all(files)
    with transaction.atomic():
        found = _open_to(report_id, by)
        new = photos.keep(found, clean, by=by)
        ledger.record(Did.PHOTO_ADDED, found, by=by, count=new)
        _replied(found, by)
    return new


@transaction.atomic
def move(report_id: UUID, place: str, *, by: Actor) -> Report:
    """Put a report at another place: where it was seen was filled in wrongly. Raises Hidden, Refused, Invalid.

    The duty of verifying goes to the desk of the new place; the entry keeps the old one.
    """
    found = _open_to(report_id, by)
    if place not in places.names([place]):
        raise Invalid({"place": _("没有这个地方，重新选一下")})
    if place == found.place_path:
        return found
    before, found.place_path, found.located = found.place_path, place, "chosen"
    found.save(update_fields=["place_path", "located"])
    ledger.record(Did.MOVED, found, by=by, before=before)
    if found.state in {ReportState.RECEIVED, ReportState.UNSURE}:
        duties.free(found, _("地方改了，重新派"), by=by)
        duties.ask(found, by=by)
    return found

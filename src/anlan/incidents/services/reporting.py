"""A report comes in: one sentence is enough, the rest is filled in; sent twice is one report."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.incidents import kinds, lifecycle, queries
from anlan.incidents.models import Report
from anlan.incidents.services import duties, folding, photos
from anlan.incidents.terms import Can, Did, How, Said
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid, Seat
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.people import queries as people

LONGEST, CALLER = 1000, 120  # characters
AHEAD, BEHIND = dt.timedelta(minutes=10), dt.timedelta(days=30)  # how wrong a clock, how old a story


def report(said: Said, *, by: Actor, seen_by: UUID | None = None) -> Report:
    """Take a report in; whoever may report, may report what they see anywhere.

    `seen_by` is the person who saw it, where the desk writes down what a known person sent.
    Raises Refused, Invalid (no words, too many, a time or a place that cannot be, a photo that is none). The same
    `client` from the same person again returns the report that there is, changed in nothing.
    """
    seat = people.seat_to(Can.VERIFY if said.how in {How.PHONE, How.REPLY} else Can.REPORT, by=by)
    _check(said)
    if said.client and (known := queries.brought(said.client, by=by)):
        return known
    clean = photos.clean_all(said.photos)  # before the transaction: decoding takes its time
    spot = _spot(said, clean, seat)
    with transaction.atomic():
        made, fresh = _store(said, spot, _witness(said, seat, by, seen_by), by)
        if not fresh:
            return made
        photos.keep(made, clean, by=by)
        ledger.record(
            Did.RECEIVED, made, by=by, at=made.arrived_at, private={"text": made.text}, what_kind=made.kind,
            came=made.how, urgent=made.urgent, located=made.located, happened_at=made.happened_at, photos=len(clean),
        )  # fmt: skip
        duties.ask(made, by=by)
    return made


def _check(said: Said) -> None:
    wrong: dict[str, str] = {}
    words = said.text.strip()
    if not words:
        wrong["text"] = _("说一句看到了什么，比如「7 栋楼下积水，快到膝盖了」")
    elif len(words) > LONGEST:
        told = _("最多 {most} 个字，现在有 {count} 个；先报最要紧的，别的报完再补")
        wrong["text"] = told.format(most=LONGEST, count=len(words))
    if said.kind and said.kind not in kinds.BY_CODE:
        wrong["kind"] = _("没有这一类，从列出来的里面选")
    if said.how not in set(How) - {How.DEVICE}:  # those come by services/devices
        wrong["how"] = _("没有这种来路：{known}").format(known="、".join(How))
    if len(said.caller) > CALLER:
        wrong["caller"] = _("最多 {most} 个字").format(most=CALLER)
    moment = now()
    if said.happened_at and not (moment - BEHIND <= said.happened_at <= moment + AHEAD):
        wrong["happened_at"] = _("时间要在最近 30 天里，不能晚于现在")
    if not people.on_earth(said.lon, said.lat):
        wrong["lon"] = _("经纬度不对：经度 -180 到 180，纬度 -90 到 90，两个都要")
    if wrong:
        raise Invalid(wrong)


def _spot(said: Said, clean: photos.Clean, seat: Seat) -> people.Spot:
    taken = [(p.lon, p.lat) for p in clean if p.lon is not None and p.lat is not None] if said.photo_place else []
    return people.spot_of(said.place, (said.lon, said.lat, said.accuracy), taken, post=seat.path)


def _witness(said: Said, seat: Seat, by: Actor, seen_by: UUID | None) -> dict[str, Any]:
    """Return who saw it, as the report keeps it: nobody of ours where the desk took a call from outside."""
    if seen_by is not None:
        pseudonym, name = people.pseudonyms([seen_by]).get(seen_by), people.names([seen_by]).get(seen_by, "")
        return {"reporter": pseudonym, "reporter_person": seen_by, "reporter_name": name[:60]}
    if said.how in {How.PHONE, How.REPLY}:
        return {}
    return {
        "reporter": by.pseudonym, "reporter_person": by.person, "reporter_name": by.name[:60],
        "reporter_post": seat.post, "reporter_title": seat.title[:120],
    }  # fmt: skip


def _store(said: Said, spot: people.Spot, witness: dict[str, Any], by: Actor) -> tuple[Report, bool]:
    """Insert the report, or return the one that came first with the same client id."""
    identifier = uuid7()
    text = said.text.strip()
    words, caller = kinds.urgent(text), said.caller.strip()
    made = Report(
        id=identifier, client_id=said.client or identifier, chain_id=identifier, exercise_id=by.exercise,
        place_path=spot.path, located=spot.by, lon=spot.lon, lat=spot.lat, accuracy=spot.accuracy, text=text,
        how=said.how, kind=said.kind or kinds.guess(text), urgent=bool(words), urgent_words="、".join(words)[:200],
        happened_at=min(said.happened_at or now(), now()), arrived_at=now(), entered_by=by.pseudonym,
        entered_by_name=by.name[:60], caller_cipher=people.encrypt(caller) if caller else None,
        **witness,
    )  # fmt: skip
    Report.objects.bulk_create([made], ignore_conflicts=True)
    kept = Report.objects.get(client_id=made.client_id, entered_by=by.pseudonym)
    return kept, kept.id == identifier


@transaction.atomic
def withdraw(report_id: UUID, reason: str, *, by: Actor) -> Report:
    """Take one's own report back while nobody has begun to look into it. Raises Hidden, Conflict."""
    found = queries.lock_own(report_id, by=by)
    lifecycle.REPORT.move(found, Did.WITHDRAWN, by=by)
    found.state_at, found.opinion = now(), reason.strip()[:200] or _("报错了")
    found.save(update_fields=["state", "state_at", "opinion"])
    ledger.record(Did.WITHDRAWN, found, by=by, opinion=found.opinion)
    duties.free(found, _("报告人撤回了"), by=by)
    folding.hand_on(found)
    return found


@dataclass(frozen=True, slots=True)
class Export:
    """What an entry about an export is about."""

    id: UUID
    place_path: str
    ledger_type: str = "incidents.export"


def note_export(count: int, *, by: Actor) -> None:
    """Leave an entry that reports were taken away as a file."""
    scopes = authority.scopes(by, Can.SEE)
    ledger.record(Did.EXPORTED, Export(uuid7(), scopes[0] if scopes else ""), by=by, count=count)

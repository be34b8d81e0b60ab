"""A hazard is reported: one sentence is enough, the rest is filled in; sent twice is one hazard (HZD-01)."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from anlan.fieldwork.models import Upload
from anlan.fieldwork.services import uploads as files
from anlan.hazards import queries
from anlan.hazards.models import EvidenceRow, Hazard, KindRow, Object
from anlan.hazards.queries import library
from anlan.hazards.services import acting, duties, hints, merging, numbers
from anlan.hazards.terms import Can, Did, Found, HazardState, Phase, Source, Trade
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused, Seat
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.people import queries as people

LONGEST, WHERE = 1000, 120  # characters
SUPERVISOR = "social_supervisor"  # people.starting_roles


def report(found: Found, *, by: Actor) -> Hazard:
    """Take a hazard in; whoever may report, may report what they see anywhere.

    The same `client` from the same person again returns the hazard that there is, changed in nothing. A device's clock
    that cannot be right refuses nothing: it is marked (`found_said`). Raises Refused, Invalid.
    """
    seat = _seat(by)
    kind, thing = _check(found)
    if found.client and (known := queries.brought(found.client, by=by)):
        return known
    with transaction.atomic():
        photos = files.own(found.uploads, by=by)
        points = [(p.lon, p.lat) for p in photos if p.lon is not None and p.lat is not None]
        spot = _spot(found, thing, points, seat)
        made, fresh = _store(found, kind, thing, spot, seat, by)
        if not fresh:
            return made
        keep_photos(made, photos, Phase.BEFORE, by=by)
        ledger.record(
            Did.REPORTED, made, by=by, at=made.arrived_at, private={"text": made.text}, hazard_source=made.source,
            number=made.number, what=made.kind, located=spot.by, found_at=made.found_at, found_said=made.found_said,
            offline=made.offline, photos=len(photos), recurs=made.recurs_id,
        )  # fmt: skip
        duties.confirm(made, by=by)
    return made


def _seat(by: Actor) -> Seat | None:
    return None if by.machine else people.seat_to(Can.REPORT, by=by)


def _check(found: Found) -> tuple[KindRow | None, Object | None]:
    """Return the kind and the object that are named. Raises Invalid that says which field is wrong."""
    wrong = _words(found.text.strip())
    if len(found.where.strip()) > WHERE:
        wrong["where"] = _("最多 {most} 个字").format(most=WHERE)
    if found.source not in set(Source):
        wrong["source"] = _("没有这种来源：{known}").format(known="、".join(Source))
    if not people.on_earth(found.lon, found.lat):
        wrong["lon"] = _("经纬度不对：经度 -180 到 180，纬度 -90 到 90，两个都要")
    kind = library.kind(found.kind) if found.kind else None
    if found.kind and kind is None:
        wrong["kind"] = _("没有这一类，从列出来的里面选")
    thing = Object.objects.filter(id=found.object).first() if found.object else None
    if found.object and thing is None:
        wrong["object"] = _("没有这个检查对象，重新选一下")
    if wrong:
        raise Invalid(wrong)
    return kind, thing


def _words(said: str) -> dict[str, str]:
    if not said:
        return {"text": _("说一句看到了什么，比如「3 栋楼道堆满纸箱，走不过去」")}
    if len(said) > LONGEST:
        told = _("最多 {most} 个字，现在有 {count} 个；先报最要紧的，别的报完再补")
        return {"text": told.format(most=LONGEST, count=len(said))}
    return {}


def _spot(found: Found, thing: Object | None, photos: list[tuple[float, float]], seat: Seat | None) -> people.Spot:
    """Find the place: what was chosen, the object's, where the device or a photo says, else the post's own."""
    point = (found.lon, found.lat, found.accuracy)
    if thing is not None and found.lon is None:
        point, photos = (thing.lon, thing.lat, None), []
    place = found.place or (thing.place_path if thing else "")
    spot = people.spot_of(place, point, photos, post=seat.path if seat else "")
    if not spot.path:
        raise Invalid({"place": _("要说明在哪里：地方或者经纬度")})
    return spot


@dataclass(frozen=True, slots=True)
class Told:
    """When it was found; `said` holds what a clock said that cannot be right."""

    at: dt.datetime
    said: dt.datetime | None = None


def _when(said: dt.datetime | None, arrived: dt.datetime) -> Told:
    if said is None:
        return Told(arrived)
    ahead = dt.timedelta(minutes=settings.HAZARD_CLOCK_AHEAD_MINUTES)
    behind = dt.timedelta(days=settings.HAZARD_CLOCK_BEHIND_DAYS)
    if arrived - behind <= said <= arrived + ahead:
        return Told(min(said, arrived))
    return Told(arrived, said)


def _source(found: Found, seat: Seat | None) -> str:
    """Return how it was found; what a 社会监督员 sees on their own is theirs (HZD-13)."""
    own = seat is not None and seat.role == SUPERVISOR and found.source == Source.DAILY
    return Source.SUPERVISOR if own else found.source


def _store(
    found: Found, kind: KindRow | None, thing: Object | None, spot: people.Spot, seat: Seat | None, by: Actor
) -> tuple[Hazard, bool]:
    """Insert the hazard, or return the one that came first with the same client id."""
    identifier, arrived = uuid7(), now()
    when = _when(found.found_at, arrived)
    made = Hazard(
        id=identifier, client_id=found.client or identifier, chain_id=identifier, exercise_id=by.exercise,
        place_path=spot.path, where=(found.where.strip() or (thing.name if thing else ""))[:WHERE], lon=spot.lon,
        lat=spot.lat, accuracy=spot.accuracy, object_id=found.object, visit_id=found.visit, item_id=found.item,
        tip_id=found.tip, kind=kind.code if kind else "", kind_version=kind.version if kind else None,
        trade=kind.trade if kind else Trade.OTHER, source=_source(found, seat), text=found.text.strip(),
        found_at=when.at,
        found_said=when.said, arrived_at=arrived, offline=found.offline, reported_by=by.pseudonym,
        reported_person=by.person, reported_name=by.name[:60], reported_title=seat.title[:120] if seat else "",
        number=numbers.take(arrived)[0],
    )  # fmt: skip
    made.recurs = queries.before(queries.here_of(made), made.exercise_id)
    Hazard.objects.bulk_create([made], ignore_conflicts=True)
    kept = Hazard.objects.get(client_id=made.client_id, reported_by=by.pseudonym)
    return kept, kept.id == identifier


def keep_photos(hazard: Hazard, photos: list[Upload], phase: str, *, by: Actor, caption: str = "") -> int:
    """Hang photos on a hazard, each once in a phase. Returns how many."""
    if phase not in set(Phase):
        raise Invalid({"phase": _("照片只有：整改前、临时管控、整改后、回头看")})
    rows = [
        EvidenceRow(
            hazard=hazard, upload_id=one.id, phase=phase, caption=caption.strip()[:120], round=hazard.rounds,
            taken_at=one.taken_at, added_by=by.pseudonym, added_name=by.name[:60],
        )
        for one in photos
    ]  # fmt: skip
    EvidenceRow.objects.bulk_create(rows, ignore_conflicts=True)
    hints.hang([one.id for one in photos], hazard, phase, by=by)
    return len(rows)


@transaction.atomic
def withdraw(hazard_id: UUID, reason: str, *, by: Actor, revision: int | None = None) -> Hazard:
    """Take one's own report back while nobody has confirmed it; what was merged into it is looked at for itself.

    Raises Hidden, Conflict.
    """
    found = acting.hold(hazard_id, by=by, revision=revision)
    if by.pseudonym is None or found.reported_by != by.pseudonym:
        raise Hidden(_("没有这条隐患"))
    acting.move(found, Did.WITHDRAWN, by=by)
    found.opinion = acting.said(reason, needed=False) or _("报错了")
    acting.keep(found)
    acting.record(Did.WITHDRAWN, found, by=by, opinion=found.opinion)
    duties.free(found, _("报的人撤回了"), by=by)
    merging.hand_on(found)
    return found


@transaction.atomic
def note(hazard_id: UUID, words: str, *, by: Actor, revision: int | None = None) -> Hazard:
    """Leave a word on its page. It changes no field, so it raises no revision. Raises Hidden, Invalid."""
    found = acting.hold(hazard_id, by=by, revision=revision)
    acting.record(Did.NOTED, found, by=by, opinion=acting.said(words, field="words"))
    return found


@transaction.atomic
def add_photos(
    hazard_id: UUID,
    uploads: list[UUID],
    phase: str,
    *,
    caption: str = "",
    by: Actor,
    revision: int | None = None,
) -> Hazard:
    """Add evidence of a phase; like a note it raises no revision. Raises Hidden, Refused, Invalid."""
    found = acting.hold(hazard_id, by=by, revision=revision)
    queries.require(Did.EVIDENCE_ADDED in queries.acts(found, by=by), Can.INSPECT, found)
    if found.state in {HazardState.REJECTED, HazardState.WITHDRAWN}:
        raise Conflict(_("这条隐患现在是「{state}」，不能再加照片").format(state=acting.word(found)))
    photos = files.own(uploads, by=by)
    if not photos:
        raise Invalid({"uploads": _("先选照片")})
    count = keep_photos(found, photos, phase, by=by, caption=caption)
    acting.record(Did.EVIDENCE_ADDED, found, by=by, count=count, phase=phase)
    return found


@dataclass(frozen=True, slots=True)
class Export:
    """What an entry about an export is about."""

    id: UUID
    place_path: str
    ledger_type: str = "hazards.export"


def note_export(count: int, *, by: Actor) -> None:
    """Leave an entry that hazards were taken away as a file. Raises Refused."""
    scopes = authority.scopes(by, Can.SEE)
    if not scopes:
        raise Refused(Can.SEE, "")
    values: dict[str, Any] = {"count": count}
    ledger.record(Did.EXPORTED, Export(uuid7(), scopes[0]), by=by, **values)

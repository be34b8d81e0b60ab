"""Things and their streams: registered, changed, stopped, taken up again, calibrated (SEN-01)."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.clock import local, now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.people.queries import Rooted
from anlan.places import coords
from anlan.places import queries as places
from anlan.sensing.models import Datastream, HistoricalLocation, Location, ObservedProperty, Sensor, Thing
from anlan.sensing.queries import registry as queries
from anlan.sensing.terms import KIND_NAMES, LIFE_SAFETY, Can, Did
from anlan.sensing.terms.registry import StreamDraft, ThingDraft

SCHEMES = ("wgs84", "gcj02", "bd09")


@transaction.atomic
def add_thing(draft: ThingDraft, *, by: Actor) -> Thing:
    """Register a thing with its streams. Raises Refused, Hidden (no such place), Invalid (by field), Conflict."""
    authority.require(by, Can.MANAGE, at=draft.place)
    places.by_path(draft.place)
    row = _save(Thing(exercise_id=by.exercise, **values(draft)))
    _place(row, draft)
    _streams(row, draft.streams, queries.properties(), "streams")
    ledger.record(Did.THING_ADDED, row, by=by, name=row.name, code=row.kind)
    return row


@transaction.atomic
def change_thing(thing_id: UUID, draft: ThingDraft, *, by: Actor, revision: int | None = None) -> Thing:
    """Change a thing (its streams stay; see add_streams). Raises Hidden, Refused, Invalid, Conflict."""
    row = queries.lock(thing_id, by=by)
    authority.require(by, Can.MANAGE, at=row.place_path)
    if draft.place != row.place_path:
        authority.require(by, Can.MANAGE, at=draft.place)
        places.by_path(draft.place)
    if row.stopped_at:
        raise Conflict(_("这台设备停用了，先重新启用再改"))
    if revision is not None and revision != row.revision:
        raise Conflict(_("别人刚改过这台设备，打开最新的再改；你填的没有存"))
    new = values(draft)
    changed = sorted(name for name, value in new.items() if getattr(row, name) != value)
    moved = {"lon", "lat", "place_path"} & set(changed)
    for name, value in new.items():
        setattr(row, name, value)
    row.revision += 1
    _save(row)
    if moved:
        row.datastreams.update(place_path=row.place_path)
        _place(row, draft)
    ledger.record(Did.THING_CHANGED, row, by=by, name=row.name, what="、".join(changed))
    return row


@transaction.atomic
def stop_thing(thing_id: UUID, reason: str, *, by: Actor) -> Thing:
    """Take a thing out of use; its readings stay. Twice is once. Raises Hidden, Refused, Invalid (reason)."""
    row = queries.lock(thing_id, by=by)
    authority.require(by, Can.MANAGE, at=row.place_path)
    if row.stopped_at:
        return row
    if not reason.strip():
        raise Invalid({"reason": _("写一句为什么停用：坏了、拆了、登记重了")})
    row.stopped_at, row.stopped_why = now(), reason.strip()[:200]
    row.revision += 1
    row.save(update_fields=["stopped_at", "stopped_why", "revision"])
    ledger.record(Did.THING_STOPPED, row, by=by, name=row.name, opinion=row.stopped_why)
    return row


@transaction.atomic
def resume_thing(thing_id: UUID, *, by: Actor) -> Thing:
    """Take it into use again. Twice is once. Raises Hidden, Refused."""
    row = queries.lock(thing_id, by=by)
    authority.require(by, Can.MANAGE, at=row.place_path)
    if row.stopped_at:
        row.stopped_at, row.stopped_why = None, ""
        row.revision += 1
        row.save(update_fields=["stopped_at", "stopped_why", "revision"])
        ledger.record(Did.THING_RESUMED, row, by=by, name=row.name)
    return row


@transaction.atomic
def calibrate(thing_id: UUID, due: dt.date, *, by: Actor) -> Thing:
    """Say that a thing was calibrated and when it is due again. Raises Hidden, Refused, Invalid (a day gone by)."""
    row = queries.lock(thing_id, by=by)
    authority.require(by, Can.MANAGE, at=row.place_path)
    if due <= local(now()).date():
        raise Invalid({"due": _("下次检定写今天以后的日子")})
    row.calibration_due = due
    row.revision += 1
    row.save(update_fields=["calibration_due", "revision"])
    ledger.record(Did.CALIBRATED, row, by=by, name=row.name, until=due.isoformat())
    return row


@transaction.atomic
def add_streams(thing_id: UUID, drafts: Sequence[StreamDraft], *, by: Actor) -> list[Datastream]:
    """Add streams to a thing. Raises Hidden, Refused, Invalid (by "streams.<n>.<field>")."""
    row = queries.lock(thing_id, by=by)
    authority.require(by, Can.MANAGE, at=row.place_path)
    made = _streams(row, drafts, queries.properties(), "streams")
    row.revision += 1
    row.save(update_fields=["revision"])
    names = "、".join(stream.name for stream in made)
    ledger.record(Did.THING_CHANGED, row, by=by, name=row.name, what=_("加了 {names}").format(names=names))
    return made


@transaction.atomic
def set_stream(
    stream_id: int, *, every: int | None, low: float | None, high: float | None, on: bool, by: Actor
) -> Datastream:
    """Set a stream's expected interval and what is possible on it, and whether it is in use. Raises Hidden, Refused."""
    stream = queries.stream(stream_id, by=by)
    row = queries.lock(stream.thing_id, by=by)
    authority.require(by, Can.MANAGE, at=row.place_path)
    if low is not None and high is not None and low >= high:
        raise Invalid({"low": _("最小值要比最大值小")})
    if every is not None and not 1 <= every <= 31 * 86_400:
        raise Invalid({"every": _("多少秒一条，写 1 到 2678400，空着就是有事才报")})
    stream.every, stream.low, stream.high, stream.stopped_at = every, low, high, None if on else now()
    stream.save(update_fields=["every", "low", "high", "stopped_at"])
    ledger.record(Did.THING_CHANGED, row, by=by, name=row.name, what=stream.name)
    return stream


@transaction.atomic
def lay_things(drafts: Sequence[ThingDraft], *, by: Actor) -> list[Thing]:
    """Register many checked things with their streams, set-based: for tables and invented cities.

    Raises Refused, Invalid ("<row>.<field>"), Conflict (a device's name is taken): then none of them is registered.
    """
    for place in {draft.place for draft in drafts}:
        authority.require(by, Can.MANAGE, at=place)
    wrong: dict[str, str] = {}
    rows: list[Thing] = []
    for number, draft in enumerate(drafts):
        try:
            rows.append(Thing(exercise_id=by.exercise, **values(draft)))
        except Invalid as error:
            wrong |= {f"{number}.{name}": text for name, text in error.errors.items()}
    if wrong:
        raise Invalid(wrong)
    try:
        with transaction.atomic():
            Thing.objects.bulk_create(rows, batch_size=2000)
    except IntegrityError as error:
        raise Conflict(_("有设备编号已经登记过了，一台都没有登记")) from error
    known = queries.properties()
    sensors = {maker: _sensor(maker) for maker in {row.maker for row in rows}}
    Datastream.objects.bulk_create(
        (
            _stream(row, one, known, sensors[row.maker], f"{number}.streams")
            for number, (row, draft) in enumerate(zip(rows, drafts, strict=True))
            for one in draft.streams
        ),
        batch_size=5000,
    )
    spots = [(row, _location(row, draft)) for row, draft in zip(rows, drafts, strict=True) if row.lon is not None]
    Location.objects.bulk_create([spot for _row, spot in spots], batch_size=2000)
    through = Thing.locations.through
    through.objects.bulk_create([through(thing_id=row.id, location_id=spot.id) for row, spot in spots], batch_size=5000)
    ledger.record(Did.THINGS_IMPORTED, Rooted(uuid7(), "sensing.things", _common(drafts)), by=by, count=len(rows))
    return rows


def values(draft: ThingDraft) -> dict[str, Any]:
    """Return the columns of a draft, the position in WGS-84. Raises Invalid, naming every field that is wrong."""
    wrong: dict[str, str] = {}
    name = " ".join(draft.name.split())
    if not 1 <= len(name) <= 200:
        wrong["name"] = _("名称要 1 到 200 个字")
    if draft.kind not in set(KIND_NAMES):
        wrong["kind"] = _("选一种类型")
    if len(draft.device.strip()) > 120:
        wrong["device"] = _("设备编号最多 120 个字")
    if draft.scheme not in SCHEMES:
        wrong["scheme"] = _("坐标系是 wgs84、gcj02 或 bd09")
    lon, lat = draft.lon, draft.lat
    if (lon is None) != (lat is None):
        wrong["lon"] = _("经度、纬度要么都写，要么都空着")
    elif lon is not None and lat is not None and not (abs(lon) <= 180 and abs(lat) <= 90):
        wrong["lon"] = _("经度在 −180 到 180，纬度在 −90 到 90")
    if wrong:
        raise Invalid(wrong)
    if lon is not None and lat is not None and draft.scheme != "wgs84":
        lon, lat = (float(x) for x in coords.to_wgs84([(lon, lat)], draft.scheme)[0])
    grave = draft.life_safety if draft.life_safety is not None else draft.kind in set(LIFE_SAFETY)
    return {
        "place_path": draft.place, "kind": draft.kind, "name": name, "device": draft.device.strip() or None,
        "description": draft.description.strip(), "lon": lon, "lat": lat, "organisation_id": draft.organisation,
        "owner": " ".join(draft.owner.split())[:120], "maker": " ".join(draft.maker.split())[:120],
        "post_id": draft.post, "life_safety": grave, "calibration_due": draft.calibration_due,
        "properties": draft.properties,
    }  # fmt: skip


def _save(row: Thing) -> Thing:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict(_("设备编号 {device} 已经登记过了").format(device=row.device)) from error
    return row


def _location(row: Thing, draft: ThingDraft) -> Location:
    return Location(
        name=row.name[:200], location={"type": "Point", "coordinates": [row.lon, row.lat]}, scheme=draft.scheme
    )


def _place(row: Thing, draft: ThingDraft) -> None:
    """Keep where the thing is now, and since when, as SensorThings tells it."""
    if row.lon is None:
        return
    spot = _location(row, draft)
    spot.save()
    row.locations.set([spot])
    past = HistoricalLocation.objects.create(thing=row)
    past.locations.set([spot])


def _sensor(maker: str) -> Sensor:
    name = maker or _("没有写型号")
    return Sensor.objects.filter(name=name).order_by("id").first() or Sensor.objects.create(name=name)


def _streams(
    row: Thing, drafts: Sequence[StreamDraft], known: dict[str, ObservedProperty], field: str
) -> list[Datastream]:
    if not drafts:
        return []
    sensor = _sensor(row.maker)
    made = [_stream(row, one, known, sensor, f"{field}.{n}") for n, one in enumerate(drafts)]
    try:
        with transaction.atomic():
            return Datastream.objects.bulk_create(made)
    except IntegrityError as error:
        raise Conflict(_("这台设备已经有叫这个名字的数据")) from error


def _stream(row: Thing, one: StreamDraft, known: dict[str, ObservedProperty], sensor: Sensor, field: str) -> Datastream:
    if one.property not in known:
        raise Invalid({f"{field}.property": _("没有「{code}」这种读数").format(code=one.property)})
    of = known[one.property]
    return Datastream(
        thing=row, sensor=sensor, property=of, place_path=row.place_path, key=(one.key or one.property)[:60],
        name=one.name or f"{row.name} {of.name}"[:200], unit=one.unit or of.unit,
        unit_name=of.properties.get("unit_name", ""), every=one.every, low=one.low, high=one.high,
    )  # fmt: skip


def _common(drafts: Sequence[ThingDraft]) -> str:
    """Return the lowest place that all lie at or below."""
    paths = [draft.place for draft in drafts] or [""]
    low, high = min(paths), max(paths)
    same = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    return low[: same - same % 4]

"""What the doors could not place, placed by people: devices claimed or dropped, faults settled (SEN-01)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.people.queries import Rooted
from anlan.sensing import units
from anlan.sensing.batches import Batch, micros
from anlan.sensing.models import Datastream, Held, Thing, Unclaimed
from anlan.sensing.queries import intake
from anlan.sensing.queries import registry as things
from anlan.sensing.services import observing, registry
from anlan.sensing.terms import Can, Did
from anlan.sensing.terms.registry import StreamDraft, ThingDraft

DOOR = "claim"


@dataclass(frozen=True, slots=True)
class Claimed:
    """The thing, how many readings had been kept, and what became of them."""

    thing: Thing
    count: int
    taken: observing.Taken


def claim_new(device: str, draft: ThingDraft, streams: Sequence[StreamDraft], *, by: Actor) -> Claimed:
    """Register a device that sends already; the readings kept of it are taken in.

    `streams` are those of its keys that are wanted; the others wait on. Raises Hidden (no such device), Refused,
    Invalid (by field; "streams" where none is wanted), Conflict (registered meanwhile).
    """
    _months(device, by)
    with transaction.atomic():
        rows, wanted = _chosen(device, streams, by)
        made = registry.add_thing(replace(draft, device=device, streams=wanted), by=by)
        return _take(made, rows, wanted, by)


def claim_for(
    device: str, thing_id: UUID, streams: Sequence[StreamDraft], *, replaces: bool = False, by: Actor
) -> Claimed:
    """Say that a device is a thing that is registered: its keys become streams of it, or go on with those there.

    `replaces`: the thing had another device's name, which is given up (the device was exchanged). Raises as claim_new.
    """
    _months(device, by)
    with transaction.atomic():
        rows, wanted = _chosen(device, streams, by)
        thing = things.lock(thing_id, by=by)
        authority.require(by, Can.MANAGE, at=thing.place_path)
        if thing.stopped_at:
            raise Conflict(_("这台设备停用了，先重新启用再认领"))
        _rename(thing, device, replaces=replaces)
        there = {stream.key: stream for stream in thing.datastreams.all()}
        for one in wanted:
            if one.key in there and there[one.key].property.code != one.property:
                said = _("「{key}」已经是这台设备的{name}了").format(key=one.key, name=there[one.key].property.name)
                raise Invalid({"streams": said})
        if more := [one for one in wanted if one.key not in there]:
            registry.add_streams(thing_id, more, by=by)
        return _take(thing, rows, wanted, by)


def _months(device: str, by: Actor) -> None:
    """Make the partitions outside the transaction, which may be rolled back."""
    at = [micros(row.at) for row in intake.held(row.id for row in intake.device(device, by=by))]
    observing.make_months(Batch.of([0] * len(at), at, [0.0] * len(at)))


def _chosen(
    device: str, streams: Sequence[StreamDraft], by: Actor
) -> tuple[dict[str, Unclaimed], tuple[StreamDraft, ...]]:
    rows = {row.key: row for row in intake.lock_device(device, by=by)}
    wanted = tuple(one for one in streams if one.key in rows)
    if not wanted:
        raise Invalid({"streams": _("至少选一个要收的数据，说明它是哪种读数")})
    known = things.properties()
    for one in wanted:
        if one.property not in known:
            raise Invalid({"streams": _("没有「{code}」这种读数").format(code=one.property)})
    return rows, wanted


def _rename(thing: Thing, device: str, *, replaces: bool) -> None:
    if thing.device == device:
        return
    if thing.device and not replaces:
        raise Conflict(
            _("「{name}」登记的编号是 {device}。换了设备，就勾上「换了设备」再认领").format(
                name=thing.name, device=thing.device
            )
        )
    thing.device = device
    thing.revision += 1
    try:
        with transaction.atomic():
            thing.save(update_fields=["device", "revision"])
    except IntegrityError as error:
        raise Conflict(_("设备编号 {device} 已经登记过了").format(device=device)) from error


def _take(thing: Thing, rows: dict[str, Unclaimed], wanted: Sequence[StreamDraft], by: Actor) -> Claimed:
    """Take in what was kept of the wanted keys; they leave the queue, whatever more comes finds its stream."""
    streams = {stream.key: stream for stream in thing.datastreams.select_related("property")}
    done = {rows[one.key].id: streams[one.key] for one in wanted}
    ways = {rows[one.key].id: _way(rows[one.key], streams[one.key]) for one in wanted}
    kept = intake.held(done)
    batch = Batch.of(
        [done[row.unclaimed_id].id for row in kept], [micros(row.at) for row in kept],
        [_turned(row.value, ways[row.unclaimed_id]) for row in kept],
        {n: row.other for n, row in enumerate(kept) if row.other is not None},
    )  # fmt: skip
    taken = observing.take(batch, door=DOOR, feed=next(iter(rows.values())).feed_id)
    Held.objects.filter(unclaimed_id__in=list(done)).delete()
    Unclaimed.objects.filter(id__in=list(done)).delete()
    ledger.record(Did.CLAIMED, thing, by=by, name=thing.name, count=len(kept), code=thing.device or "")
    return Claimed(thing, len(kept), taken)


def _way(row: Unclaimed, stream: Datastream) -> tuple[float, float]:
    """Return factor and offset from the unit a device sends to its stream's. Raises Invalid where none leads there."""
    way = units.linear(row.unit, stream.unit) if row.unit else (1.0, 0.0)
    if way is None:
        said = _("「{key}」送来的单位是 {unit}，{name}用的是 {want}，换算不了").format(
            key=row.key, unit=row.unit, name=stream.property.name, want=stream.unit or "1"
        )
        raise Invalid({"streams": said})
    return way


def _turned(value: float | None, way: tuple[float, float]) -> float:
    """Turn as the doors do, to the last digit: what is sent again is then the same."""
    return float("nan") if value is None else value * way[0] + way[1]


@transaction.atomic
def drop(device: str, reason: str, *, by: Actor) -> int:
    """Say that a device is none of ours: nothing more is kept of it, what is kept stays. Raises Hidden, Invalid."""
    if not reason.strip():
        raise Invalid({"reason": _("写一句为什么不要：不是我们的、测试用的")})
    rows = [row for row in intake.lock_device(device, by=by) if row.state == "open"]
    return _set(rows, "dropped", reason.strip()[:200], Did.UNCLAIMED_DROPPED, by)


@transaction.atomic
def reopen(device: str, *, by: Actor) -> int:
    """Put a dropped device back into the queue. Twice is once. Raises Hidden."""
    rows = [row for row in intake.lock_device(device, by=by) if row.state == "dropped"]
    return _set(rows, "open", "", Did.UNCLAIMED_REOPENED, by)


def _set(rows: Sequence[Unclaimed], state: str, note: str, did: Did, by: Actor) -> int:
    if rows:
        Unclaimed.objects.filter(id__in=[row.id for row in rows]).update(state=state, note=note)
        _record(did, "sensing.unclaimed", rows[0], by, name=rows[0].device, opinion=note)
    return len(rows)


@transaction.atomic
def settle(ids: Sequence[UUID], opinion: str, *, by: Actor) -> int:
    """Say what was done about rejected payloads; they open again where the same comes again. Returns how many.

    Raises Hidden (one of them is not the actor's), Invalid (no word).
    """
    if not opinion.strip():
        raise Invalid({"opinion": _("写一句怎么处理的：改好了设备的钟、让厂家改格式")})
    rows = list(intake.rejected(intake.RejectedFilter(state="all"), by=by).filter(id__in=list(ids)).order_by("id"))
    if len(rows) != len(set(ids)) or not rows:
        raise Hidden(_("没有这条没收进来的数据"))
    fresh = [row for row in rows if row.settled_at is None]
    for row in fresh:
        row.settled_at, row.settled_by, row.opinion = now(), by.pseudonym, opinion.strip()[:200]
    if fresh:
        type(fresh[0]).objects.bulk_update(fresh, ["settled_at", "settled_by", "opinion"])
        _record(Did.REJECTED_SETTLED, "sensing.rejected", fresh[0], by, count=len(fresh), opinion=fresh[0].opinion)
    return len(fresh)


def _record(did: Did, of: str, row: Any, by: Actor, **said: Any) -> None:
    path = row.feed.place_path if row.feed_id else min((seat.path for seat in by.seats), key=len, default="")
    ledger.record(did, Rooted(row.id, of, path), by=by, **said)

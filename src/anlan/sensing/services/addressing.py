"""From what a door read to what is kept: streams by name, strangers to their queue, faults named by line."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
import orjson
from django.db import transaction
from django.utils.translation import gettext_noop

from anlan.kernel.clock import now
from anlan.sensing import payloads, units
from anlan.sensing.batches import Batch, micros
from anlan.sensing.mapping import Reading
from anlan.sensing.models import Feed
from anlan.sensing.payloads import Bad, Columns, Sink
from anlan.sensing.queries import directory
from anlan.sensing.services import observing, pulse, unplaced
from anlan.sensing.services.observing import Taken
from anlan.sensing.services.unplaced import Fault, Stray

ELSEWHERE = gettext_noop("设备不在这个来源管的地方")
WORDS = (
    gettext_noop("每行要一个 JSON 对象"), gettext_noop("不是 JSON"), gettext_noop("缺 device 和 key，或 stream"),
    gettext_noop("没有这条数据流"), gettext_noop("要带时区的 ISO 8601 时间，或 1970 年以来的秒、毫秒、微秒数"),
    gettext_noop("要数字、真假或文字"), gettext_noop("数字不要加引号"), gettext_noop("at 和 value 要一样长"),
    gettext_noop("单位不是登记的单位"), gettext_noop("不是 InfluxDB 行协议：表,标签=值 字段=值 时间"),
    gettext_noop("太长"), gettext_noop("这里没有值"), gettext_noop("要数字，或者在 map 里写明这个词算几"),
    gettext_noop("这里要有一个列表"), gettext_noop("这里要有名字"), gettext_noop("这一行跟 pattern 对不上"),
    gettext_noop("不是 UTF-8 文字"), gettext_noop("主题没有这么多级"), gettext_noop("不是 CSV"),
    gettext_noop("表头的行数不够"),
)  # fmt: skip


@dataclass(slots=True)
class Accepted:
    """What became of what a door read. `bad` are the lines that were refused, also for their clock."""

    taken: Taken = field(default_factory=Taken)
    unknown: int = 0
    bad: list[Bad] = field(default_factory=list)


def sink(came: dt.datetime) -> Sink:
    """Return where a door puts its lines, with the streams registered now."""
    known = directory.current()
    return Sink(known.named, known.units, micros(came))


def receive(readings: Iterable[Reading], *, feed: Feed | None, door: str, bad: Iterable[Bad] = ()) -> Accepted:
    """Keep what a feed read, in one transaction; what it could not say right, and `bad`, lie in the queues.

    A reading in another unit than its stream's is turned into it where the table of units can.
    """
    came = now()
    into = sink(came)
    into.made.bad += bad
    for n, r in enumerate(readings, 1):
        try:
            stream, names = into.known(r.device, r.key)
            value = r.value
            if stream is not None and r.unit and r.unit != into.units[stream]:
                value = _turned(value, r.unit, into.units[stream])
            into.put(n, r.payload, stream, names, r.at, value, r.unit)
        except payloads.Wrong as wrong:
            raw = r.payload or orjson.dumps({"device": r.device, "key": r.key, "at": r.at, "value": str(r.value)})
            into.wrong(n, wrong.name, wrong.reason, raw)
    return accept(into.made, feed=feed, door=door, came=came)


def _turned(value: Any, unit: str, wanted: str) -> Any:
    way = units.linear(unit, wanted)
    if way is None:
        raise payloads.Wrong("unit", payloads.OTHER_UNIT)
    return value * way[0] + way[1] if isinstance(value, int | float) else value


def accept(read: Columns, *, feed: Feed | None, door: str, came: dt.datetime, whole: bool = False) -> Accepted:
    """Keep what was read, in one transaction. With `whole` nothing is kept where any line is bad.

    A device that was registered since the lines were read is found by looking once more.
    """
    known = directory.current()
    if read.strays:
        known = directory.current(look=True)
        _found(read, known)
    batch = Batch.of(read.stream, read.at, read.value, read.other)
    line = np.asarray(read.line, np.int64)
    made = Accepted(bad=list(read.bad))
    if feed is not None and feed.place_path:
        batch, line = _inside(batch, line, known, feed.place_path, made)
    for reason, which in observing.unbelievable(batch, came, known):
        made.bad += [Bad(int(n), "at", reason, b"") for n in line[which]]
    made.bad.sort(key=lambda bad: bad.line)
    if whole and made.bad:
        return made
    identifier: UUID | None = feed.id if feed is not None else None
    observing.make_months(batch)
    with transaction.atomic():  # the queues last: senders with the same fault wait for each other there
        made.taken = observing.take(batch, came=came, feed=identifier, door=door)
        made.unknown = sum(len(held) for held in read.strays.values())
        unplaced.hold(
            [Stray(*names, read.samples[names][0], read.samples[names][1].decode("utf-8", "replace"), held)
             for names, held in sorted(read.strays.items())], feed=identifier,
        )  # fmt: skip
        unplaced.reject(list(_folded(bad for bad in made.bad if bad.payload)), door=door, feed=identifier)
    if identifier is not None:
        came_in = read.count + len(read.bad)
        pulse.note(identifier, came=came_in, taken=made.taken.new, refused=len(made.bad))
    return made


def _found(read: Columns, known: directory.Directory) -> None:
    """Take readings of devices that are known after all out of the strays."""
    for names in [n for n in read.strays if n in known.named]:
        stream, (unit, sample) = known.named[names], read.samples[names]
        way = units.linear(unit, known.units[stream]) if unit else (1.0, 0.0)
        held = read.strays.pop(names)
        if way is None:
            read.bad += [Bad(0, "unit", payloads.OTHER_UNIT, sample) for _one in held]
            continue
        for at, value, other in held:
            if other is not None:
                read.other[len(read.stream)] = other
            read.stream.append(stream)
            read.at.append(at)
            read.value.append(float("nan") if value is None else value * way[0] + way[1])
            read.line.append(0)


def _inside(
    batch: Batch, line: "np.ndarray[Any, Any]", known: directory.Directory, path: str, made: Accepted
) -> tuple[Batch, "np.ndarray[Any, Any]"]:
    """Keep the readings of things at or below the door's place."""
    foreign = [s for s in np.unique(batch.stream).tolist() if not known.streams[s].path.startswith(path)]
    if not foreign:
        return batch, line
    out = np.isin(batch.stream, foreign)
    said = (
        orjson.dumps({"stream": int(s), "value": str(v)})
        for s, v in zip(batch.stream[out], batch.value[out], strict=True)
    )
    made.bad += [Bad(int(n), "device", ELSEWHERE, raw) for n, raw in zip(line[out], said, strict=True)]
    return batch.where(~out), line[~out]


def _folded(bad: Iterable[Bad]) -> Iterable[Fault]:
    """Fold lines with the same fault: the queue keeps the first and how many there were."""
    by: dict[tuple[str, str], Fault] = {}
    for one in bad:
        name = one.field.partition("[")[0]
        fault = by.setdefault((name, one.reason), Fault(one.reason, one.payload, name, f"{name}\0{one.reason}", 0))
        fault.count += 1
    return by.values()

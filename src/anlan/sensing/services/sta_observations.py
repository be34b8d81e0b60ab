"""Observations of SensorThings: read from JSON, one by one or as data arrays, and kept by the door of all others."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
import orjson
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from anlan.kernel.authority import Actor, Invalid
from anlan.kernel.clock import now
from anlan.sensing.batches import Batch, micros
from anlan.sensing.odata import Unreadable, instant, period
from anlan.sensing.queries import sta as queries
from anlan.sensing.queries.sta import Seen
from anlan.sensing.queries.sta_kinds import KINDS, key
from anlan.sensing.services import observing
from anlan.sensing.services.unplaced import Fault, reject

TIMED = ("resultTime", "validTime")
KEPT = ("resultQuality", "parameters")
BAD_LINE = gettext_noop("这一行读不懂")
MOST = 1e300


@dataclass(frozen=True, slots=True)
class Door:
    """By which door somebody writes: who, and the place at or below which their things stand."""

    by: Actor
    path: str
    feed: UUID | None = None

    @property
    def seen(self) -> Seen:
        """Return what the door may see, and so refer to."""
        return Seen((self.path,), self.by.exercise)


@dataclass(slots=True)
class Waiting:
    """Observations read from a body, to be kept together."""

    stream: list[int] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    other: dict[int, Any] = field(default_factory=dict)

    def add(self, stream: int | None, body: Mapping[str, Any]) -> str:
        """Take one observation; return its id. Raises Invalid."""
        if stream is None:
            raise Invalid({"Datastream": _("没有这条数据流")})
        at, value, other = observation(body)
        self.stream.append(stream)
        self.at.append(at)
        self.value.append(value)
        if other:
            self.other[len(self.at) - 1] = other
        return f"{stream}-{at}"

    def keep(self, door: Door) -> None:
        """Keep what was read, all together."""
        if self.at:
            stream, at = np.asarray(self.stream, np.int32), np.asarray(self.at, np.int64)
            observing.take(Batch(stream, at, np.asarray(self.value), self.other), feed=door.feed, door="sta")


def moment(said: Any, at: str) -> dt.datetime:
    """Read a time, now where none is given. Raises Invalid."""
    if said is None:
        return now()
    try:
        return instant(str(said))
    except Unreadable as error:
        raise Invalid({at: str(error)}) from error


def observation(body: Mapping[str, Any]) -> tuple[int, float, dict[str, Any]]:
    """Return (µs, value, the rest) of an observation's JSON. Raises Invalid by property.

    Without phenomenonTime it is now (SensorThings 1.1 §8.2.7). A result that is no finite number is kept as it is.
    """
    if "result" not in body:
        raise Invalid({"result": _("要有读数")})
    other: dict[str, Any] = {name: body[name] for name in (*KEPT, "foi") if body.get(name) not in (None, {}, [])}
    at = now()
    try:
        if body.get("phenomenonTime") is not None:
            at, until = period(str(body["phenomenonTime"]))
            if until is not None:
                other["until"] = until.isoformat()
    except Unreadable as error:
        raise Invalid({"phenomenonTime": str(error)}) from error
    for name in TIMED:
        if body.get(name) is not None:
            try:
                start, end = period(str(body[name]))
            except Unreadable as error:
                raise Invalid({name: str(error)}) from error
            other[name] = start.isoformat() + (f"/{end.isoformat()}" if end else "")
    result = body["result"]
    value = float("nan")
    if isinstance(result, int | float) and not isinstance(result, bool) and abs(result) < MOST:
        value = float(result)
    else:
        other["result"] = result
    return micros(at), value, other


def create_observations(bodies: Any, *, door: Door) -> list[str | None]:
    """Keep data arrays (SensorThings 1.1 §10): return each observation's id, None for one that could not be read.

    Raises Invalid where the whole is no data array.
    """
    if not isinstance(bodies, list):
        raise Invalid(_("应当是一个数组，每项有 Datastream、components、dataArray"))
    waiting = Waiting()
    found: list[str | None] = []
    faults: list[Fault] = []
    streams = _streams(bodies, door)
    for n, body in enumerate(bodies):
        names, lines = (body.get("components"), body.get("dataArray")) if isinstance(body, Mapping) else (None, None)
        if not isinstance(names, list) or not isinstance(lines, list):
            raise Invalid({f"{n}": _("要有 components 和 dataArray")})
        stream = streams.get(str(_iot(body)))
        for line in lines:
            try:
                found.append(waiting.add(stream, _line(names, line)))
            except Invalid:
                found.append(None)
                faults.append(Fault(BAD_LINE, orjson.dumps([_iot(body), names, line]), "dataArray", str(_iot(body))))
    waiting.keep(door)
    reject(faults, door="sta", feed=door.feed)
    return found


def _line(names: list[Any], line: Any) -> dict[str, Any]:
    if not isinstance(line, list) or len(line) != len(names):
        raise Invalid(_("这一行的项数和 components 不一样"))
    said = dict(zip(map(str, names), line, strict=True))
    return said | ({"foi": said["FeatureOfInterest/id"]} if "FeatureOfInterest/id" in said else {})


def _iot(body: Mapping[str, Any]) -> Any:
    said = body.get("Datastream")
    return said.get("@iot.id") if isinstance(said, Mapping) else None


def _streams(bodies: list[Any], door: Door) -> dict[str, int]:
    kind = KINDS["Datastreams"]
    wanted = {key(kind, str(_iot(body))) for body in bodies if isinstance(body, Mapping)} - {None}
    found = queries.rows(kind, door.seen).filter(pk__in=wanted).values_list("id", flat=True)
    return {str(one): one for one in found}

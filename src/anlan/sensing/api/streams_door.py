"""Streams and their readings as small JSON, for screens and programs of a city; SensorThings has them whole."""

import datetime as dt
import math
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.kernel.clock import now
from anlan.sensing.batches import instant
from anlan.sensing.models import Datastream
from anlan.sensing.queries import readings, registry
from anlan.sensing.queries.registry import ThingFilter
from anlan.sensing.terms import Can, ThingKind

router = Router()
MOST = 200
LONGEST = {"raw": dt.timedelta(days=31), "hour": dt.timedelta(days=366), "day": dt.timedelta(days=3660)}


class StreamOut(Schema):
    """A datastream: `property` a code, `unit` UCUM, `every` seconds (null: on events); `at`, `value` are the newest.

    `level` 0 … 4: how grave the rules find it (1 blue … 4 red). `silent_since`: it should have spoken since then.
    """

    id: int
    thing: str
    thing_name: str
    device: str
    kind: str
    property: str
    name: str
    unit: str
    every: int | None
    place: str
    at: dt.datetime | None
    value: float | None
    level: int
    silent_since: dt.datetime | None


class StreamPage(Schema):
    """A page of a list; `next` is the number to ask for as `page`, null at the end."""

    items: list[StreamOut]
    next: int | None = None


class StreamReadings(Schema):
    """Columns of equal length, in order of time: of hours and days `value` is the mean, `total` the sum.

    `mark` of raw readings: 0 good, 1 doubtful, 2 late, 3 not allowed. `cut`: only the newest are here.
    """

    id: int
    unit: str
    step: str
    at: list[dt.datetime]
    value: list[float | None]
    low: list[float | None]
    high: list[float | None]
    total: list[float | None]
    count: list[int]
    mark: list[int]
    cut: bool


def _actor(request: HttpRequest) -> Actor:
    by: Actor | None = getattr(request, "actor", None)
    if by is None or not authority.anywhere(by, [Can.SEE]):
        raise authority.Refused(Can.SEE, "")
    return by


@router.get("/streams", response=StreamPage, summary="List datastreams with their newest reading")
def streams(request: HttpRequest, kind: str = "", place: str = "", measures: str = "", page: int = 1) -> dict[str, Any]:
    """List the datastreams in use at your places; by kind of thing, place path, code of what it `measures`."""
    by = _actor(request)
    if kind and kind not in set(ThingKind):
        raise Invalid({"kind": _("没有这种设备")})
    if not 1 <= page <= 10_000:
        raise Invalid({"page": _("应是 1 到 10000")})
    things = registry.things(ThingFilter(kind=kind, place=place[:40].replace("\x00", "")), by=by).order_by()
    rows = Datastream.objects.filter(thing__in=things, stopped_at=None)
    if measures:
        rows = rows.filter(property__code=measures[:24].replace("\x00", ""))
    rows = rows.select_related("thing", "property", "latest").order_by("id")
    found = list(rows[(page - 1) * MOST : page * MOST + 1])
    return {"items": [_sent(row) for row in found[:MOST]], "next": page + 1 if len(found) > MOST else None}


def _sent(row: Datastream) -> dict[str, Any]:
    newest = getattr(row, "latest", None)
    return {
        "id": row.id, "thing": str(row.thing_id), "thing_name": row.thing.name, "device": row.thing.device or "",
        "kind": row.thing.kind, "property": row.property.code or "", "name": row.name, "unit": row.unit,
        "every": row.every, "place": row.place_path, "at": newest and newest.at, "value": newest and newest.value,
        "level": newest.level if newest else 0, "silent_since": newest and newest.silent_since,
    }  # fmt: skip


@router.get("/streams/{stream_id}/readings", response=StreamReadings, summary="Read a datastream over a stretch")
def readings_of(
    request: HttpRequest,
    stream_id: int,
    step: Literal["raw", "hour", "day"] = "raw",
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> dict[str, Any]:
    """Read from `since` (a day ago) until `until` (now): raw at most 31 days, hours a year, days ten years."""
    by = _actor(request)
    if not 0 < stream_id < 2**31:
        raise authority.Hidden
    found = readings.visible(stream_id, by=by)
    last = _aware(until) or now()
    first = _aware(since) or last - dt.timedelta(days=1)
    if not dt.timedelta() < last - first <= LONGEST[step]:
        raise Invalid({"since": _("要早于结束时间，这一档最长 %d 天") % LONGEST[step].days})
    series = readings.series(found.id, first, last, step)
    return {
        "id": found.id, "unit": found.unit, "step": step, "at": [instant(int(t)) for t in series.at],
        "count": series.count.tolist(), "mark": series.mark.tolist(), "cut": series.cut,
        **{name: [None if math.isnan(v) else v for v in getattr(series, name).tolist()]
           for name in ("value", "low", "high", "total")},
    }  # fmt: skip


def _aware(at: dt.datetime | None) -> dt.datetime | None:
    """Return a time with its zone (one without is UTC), kept a day off the calendar's ends."""
    if at is None:
        return None
    if not 1970 <= at.year <= 9000:
        raise Invalid({"since": _("时间要在 1970 年到 9000 年之间")})
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)

"""Alarms of devices over HTTP: listed, read, judged."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.sensing.models import Alarm
from anlan.sensing.queries import alarms as queries
from anlan.sensing.queries.alarms import Filter
from anlan.sensing.services import verifying
from anlan.sensing.terms import Can

router = Router()
MOST = 100


class SensorAlarmOut(Schema):
    """An alarm. `level` 1 … 4 is blue … red; `place` a path; `state` raised, unsure, confirmed or closed.

    `verdict` is "", real, false or unsure. `raised_at` is T0; `ended_at`: the readings fell back. `event` is what it
    became ("incidents.incident:<uuid>"). `revision` is what a verdict is given on.
    """

    id: UUID
    number: str
    thing: UUID
    thing_name: str
    device: str
    kind: str
    rule: UUID | None
    rule_name: str
    level: int
    words: str
    value: float | None
    peak: float | None
    life_safety: bool
    place: str
    where: str
    state: str
    verdict: str
    opinion: str
    verifier: str
    began_at: dt.datetime
    came_at: dt.datetime
    raised_at: dt.datetime
    ended_at: dt.datetime | None
    dispatched_at: dt.datetime | None
    verified_at: dt.datetime | None
    closed_at: dt.datetime | None
    event: str
    exercise: UUID | None
    revision: int


class SensorAlarmPage(Schema):
    """A page of a list; `next` is the number to ask for as `page`, null at the end."""

    items: list[SensorAlarmOut]
    next: int | None = None


class VerdictIn(Schema):
    """A verdict: real, false or unsure. False and unsure need an opinion. `revision` is the one you saw: 409 if older.

    `uploads` are photos of yours that were sent to /field/uploads.
    """

    verdict: str
    opinion: str = Field(default="", max_length=500)
    revision: int | None = None
    uploads: list[UUID] = Field(default_factory=list)


def _actor(request: HttpRequest, *, needs: str | None = Can.SEE) -> Actor:
    by: Actor | None = getattr(request, "actor", None)
    if by is None or (needs and not authority.anywhere(by, [needs])):
        raise authority.Refused(needs or Can.SEE, "")
    return by


def _sent(rows: list[Alarm]) -> list[dict[str, Any]]:
    where = queries.where_of({a.place_path for a in rows})
    return [
        {
            "id": a.id, "number": a.number, "thing": a.thing_id, "thing_name": a.thing.name,
            "device": a.thing.device or "", "kind": a.thing.kind, "rule": a.rule_id,
            "rule_name": a.rule.name if a.rule else "", "level": a.level, "words": a.words, "value": a.value,
            "peak": a.peak, "life_safety": a.life_safety, "place": a.place_path, "where": where.get(a.place_path, ""),
            "state": a.state, "verdict": a.verdict, "opinion": a.opinion, "verifier": a.verifier_name,
            "began_at": a.began_at, "came_at": a.came_at, "raised_at": a.raised_at, "ended_at": a.ended_at,
            "dispatched_at": a.dispatched_at, "verified_at": a.verified_at, "closed_at": a.closed_at, "event": a.event,
            "exercise": a.exercise_id, "revision": a.revision,
        }
        for a in rows
    ]  # fmt: skip


@router.get("/sensor-alarms", response=SensorAlarmPage, summary="List alarms of devices")
def alarms(
    request: HttpRequest,
    view: str = "open",
    kind: str = "",
    place: str = "",
    level: str = "",
    verdict: str = "",
    page: int = 1,
) -> dict[str, Any]:
    """List the alarms of the places where you stand; `view` is mine, open, real, false or all."""
    by = _actor(request)
    if view not in queries.VIEWS:
        raise Invalid({"view": _("应是 {known} 之一").format(known="、".join(queries.VIEWS))})
    if level and level not in {"1", "2", "3", "4"}:
        raise Invalid({"level": _("应是 1 到 4")})
    if not 1 <= page <= 10_000:
        raise Invalid({"page": _("应是 1 到 10000")})
    what = Filter(view=view, kind=kind[:12], place=place[:40], level=level, verdict=verdict[:8])
    found = list(queries.alarms(by, what)[(page - 1) * MOST : page * MOST + 1])
    return {"items": _sent(found[:MOST]), "next": page + 1 if len(found) > MOST else None}


@router.get("/sensor-alarms/{alarm_id}", response=SensorAlarmOut, summary="Read an alarm of a device")
def alarm(request: HttpRequest, alarm_id: UUID) -> dict[str, Any]:
    """Read one alarm: of your places, or one that you owe a verdict on. 404 also where it is not yours to see."""
    return _sent([queries.alarm(alarm_id, by=_actor(request, needs=None))])[0]


@router.post("/sensor-alarms/{alarm_id}/verdict", response=SensorAlarmOut, summary="Judge an alarm of a device")
def judge(request: HttpRequest, alarm_id: UUID, body: VerdictIn) -> dict[str, Any]:
    """Say whether it is real; 409 where somebody did before, or it changed since the revision that you saw."""
    by = _actor(request, needs=None)
    verifying.verify(alarm_id, body.verdict, body.opinion, by=by, uploads=body.uploads, revision=body.revision)
    return _sent([queries.alarm(alarm_id, by=by)])[0]

"""Hazards over HTTP: reported by a client that keeps its own id, listed, read, and taken along the loop.

The acts of one hazard, and of many at once (each answered for itself).
"""

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema, Status

from anlan.hazards import queries, services
from anlan.hazards.api.acts import ACTS, HazardActIn, aware
from anlan.hazards.models import Hazard
from anlan.hazards.queries import Filter
from anlan.hazards.terms import OPEN, STATE_NAMES, Can, Found, Grade, HazardState, Source
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused

router = Router()
MOST = 100


class FoundIn(Schema):
    """One sentence; all else may be left out. `client` is yours: the same one twice is one hazard. WGS-84 degrees.

    `uploads` are ids of photos that were sent before; `kind` a code of the library, `source` of terms.Source.
    """

    text: str
    client: UUID | None = None
    kind: str = Field(default="", max_length=24)
    source: str = Source.API
    place: str = Field(default="", max_length=40)
    where: str = ""
    lon: float | None = None
    lat: float | None = None
    accuracy: float | None = None
    found_at: dt.datetime | None = None
    object: UUID | None = None
    uploads: list[UUID] = Field(default_factory=list)


class HazardOut(Schema):
    """A hazard. `state`, `grade`, `limit` as in terms; `acts` is what you may do to it, where one was asked for."""

    id: UUID
    client: UUID
    number: str
    revision: int
    text: str
    place: str
    where: str
    lon: float | None
    lat: float | None
    kind: str
    trade: str
    source: str
    found_at: dt.datetime
    found_said: dt.datetime | None
    arrived_at: dt.datetime
    state: str
    grade: str
    limit: str
    due_at: dt.datetime | None
    due_provisional: bool
    paused_at: dt.datetime | None
    lapses: int
    owner: str
    reported: str
    confirmed: str
    assigned: str
    rectified: str
    accepted: str
    lead: UUID | None
    recurs: UUID | None
    acts: list[str] | None = None


class HazardPage(Schema):
    """A page of a list; `next` is the number to ask for as `page`, null at the end."""

    items: list[HazardOut]
    next: int | None = None


class AlikeOut(Schema):
    """An open hazard that may be the same: how alike (0 … 1), how far in metres."""

    id: UUID
    number: str
    text: str
    where: str
    state: str
    state_name: str
    likeness: float
    away: float | None


class HazardActOf(HazardActIn):
    """One act of an array: on which hazard."""

    id: UUID


class HazardActDone(Schema):
    """What became of one act of an array: `status` as HTTP says it (200, 403, 404, 409, 422), `message` in words."""

    id: UUID
    status: int
    message: str = ""
    hazard: HazardOut | None = None


def _actor(request: HttpRequest, can: str) -> Actor:
    by: Actor | None = getattr(request, "actor", None)
    if by is None or not authority.anywhere(by, [can]):
        raise authority.Refused(can, "")
    return by


def _sent(one: Hazard) -> dict[str, Any]:
    return {
        "id": one.id, "client": one.client_id, "number": one.number, "revision": one.revision, "text": one.text,
        "place": one.place_path, "where": one.where, "lon": one.lon, "lat": one.lat, "kind": one.kind,
        "trade": one.trade, "source": one.source, "found_at": one.found_at, "found_said": one.found_said,
        "arrived_at": one.arrived_at, "state": one.state, "grade": one.grade, "limit": one.limit, "due_at": one.due_at,
        "due_provisional": one.due_provisional, "paused_at": one.paused_at, "lapses": one.lapses,
        "owner": one.owner_name, "reported": one.reported_name, "confirmed": one.confirmed_name,
        "assigned": one.assigned_name, "rectified": one.rectified_name, "accepted": one.accepted_name,
        "lead": one.lead_id, "recurs": one.recurs_id,
    }  # fmt: skip


def _found(body: FoundIn) -> Found:
    return Found(
        text=body.text, client=body.client, kind=body.kind, source=body.source, place=body.place, where=body.where,
        lon=body.lon, lat=body.lat, accuracy=body.accuracy, found_at=aware(body.found_at), object=body.object,
        uploads=body.uploads,
    )  # fmt: skip


@router.post("/hazards", response={201: HazardOut, 200: HazardOut}, summary="Report a hazard")
def report_hazard(request: HttpRequest, body: FoundIn) -> Status[dict[str, Any]]:
    """Take a hazard in: 201 for a new one, 200 for one that this `client` id has brought already."""
    by = _actor(request, Can.REPORT)
    before = queries.brought(body.client, by=by) if body.client else None
    made = before or services.report(_found(body), by=by)
    return Status(200 if before else 201, _sent(made))


@router.post("/hazards/near", response=list[AlikeOut], summary="Find what is reported already")
def near_hazards(request: HttpRequest, body: FoundIn) -> list[dict[str, Any]]:
    """List the open hazards that may be the one about to be reported, the likeliest first; nothing is stored."""
    found = queries.near(_found(body), by=_actor(request, Can.REPORT))
    return [
        {
            "id": one.hazard.id, "number": one.hazard.number, "text": one.hazard.text, "where": one.hazard.where,
            "state": one.hazard.state, "state_name": str(STATE_NAMES[HazardState(one.hazard.state)][1]),
            "likeness": one.likeness, "away": one.away,
        }
        for one in found
    ]  # fmt: skip


@router.get("/hazards", response=HazardPage, summary="List hazards")
def list_hazards(
    request: HttpRequest,
    q: str = "",
    state: str = "",
    grade: str = "",
    kind: str = "",
    trade: str = "",
    place: str = "",
    due: str = "",
    mine: str = "",
    sort: str = "",
    page: int = 1,
) -> dict[str, Any]:
    """List the hazards of the places where you stand; several values of one kind are parted by commas.

    `state` open is every one that is not done; `due` overdue, soon or paused; `mine` reported, owned, confirmed,
    assigned, rectified or accepted; `sort` arrived, due, -due, place, -place or state, the newest first without it.
    """
    by = _actor(request, Can.REPORT)
    states = [str(s) for s in OPEN] if state == "open" else _many(state)
    wrong = {
        name: _("应是 {known} 之一").format(known="、".join(known))
        for name, given, known in (
            ("state", states, tuple(HazardState)), ("grade", _many(grade), tuple(Grade)),
            ("due", _many(due), queries.DUE), ("sort", _many(sort), tuple(queries.SORTS)),
        )
        if set(given) - set(known)
    }  # fmt: skip
    if not 1 <= page <= 10_000:
        wrong["page"] = _("应是 1 到 10000")
    if wrong:
        raise Invalid(wrong)
    what = Filter(
        q=q[:60], states=states, grades=_many(grade), kinds=_many(kind), trades=_many(trade), place=place[:40],
        due=due, mine=mine, sort=sort,
    )  # fmt: skip
    found = list(queries.hazards(what, by=by)[(page - 1) * MOST : page * MOST + 1])
    return {"items": [_sent(one) for one in found[:MOST]], "next": page + 1 if len(found) > MOST else None}


def _many(words: str) -> list[str]:
    return [word for word in words[:400].split(",") if word]


def _do(one: UUID, body: HazardActIn, by: Actor) -> dict[str, Any]:
    act = ACTS.get(body.act)
    if act is None:
        raise Invalid({"act": _("应是 {known} 之一").format(known="、".join(ACTS))})
    act(one, body, by)
    return _sent(queries.hazard(one, by=by))


def _one_of_many(one: HazardActOf, by: Actor) -> dict[str, Any]:
    names = {str(can): can.label for can in Can}
    try:
        return {"id": one.id, "status": 200, "hazard": _do(one.id, one, by)}
    except Refused as error:
        return {
            "id": one.id,
            "status": 403,
            "message": _("你在这里没有这项权限：{can}").format(can=names.get(error.can, error.can)),
        }
    except Hidden:
        return {"id": one.id, "status": 404, "message": _("没有这条隐患")}
    except Conflict as error:
        return {"id": one.id, "status": 409, "message": str(error)}
    except Invalid as error:
        return {"id": one.id, "status": 422, "message": str(error)}


@router.post("/hazards/acts", response=list[HazardActDone], summary="Act on many hazards")
def act_on_hazards(request: HttpRequest, body: list[HazardActOf]) -> list[dict[str, Any]]:
    """Do up to 200 acts in order, each for itself: one that fails says why and holds up none of the others."""
    by = _actor(request, Can.REPORT)
    if len(body) > 2 * MOST:
        raise Invalid(_("一次最多 {most} 件").format(most=2 * MOST))
    return [_one_of_many(one, by) for one in body]


@router.get("/hazards/{hazard_id}", response=HazardOut, summary="Read a hazard")
def read_hazard(request: HttpRequest, hazard_id: UUID) -> dict[str, Any]:
    """Read one hazard of your places, your own, or yours to rectify. 404 also where it is not yours to see."""
    by = _actor(request, Can.REPORT)
    one = queries.hazard(hazard_id, by=by)
    return {**_sent(one), "acts": [str(did).removeprefix("hazards.") for did in queries.acts(one, by=by)]}


@router.post("/hazards/{hazard_id}/acts", response=HazardOut, summary="Act on a hazard")
def act_on_hazard(request: HttpRequest, hazard_id: UUID, body: HazardActIn) -> dict[str, Any]:
    """Take one step; the answer is the hazard as it is now. 409 where somebody else came first."""
    return _do(hazard_id, body, _actor(request, Can.REPORT))

"""Reports over HTTP: sent by a client that keeps its own id, listed for the desk."""

import base64
import binascii
import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema, Status

from anlan.incidents import queries, services
from anlan.incidents.models import Report
from anlan.incidents.queries import Filter
from anlan.incidents.terms import Can, How, Said
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.kernel.clock import CHINA

router = Router()
MOST = 100


class ReportIn(Schema):
    """One sentence; all else may be left out. `client` is yours: the same one twice is one report. WGS-84 degrees.

    `photos` are base64 of JPEG, PNG or WebP; whatever they hold beside the picture is dropped.
    """

    text: str
    client: UUID | None = None
    kind: str = ""
    place: str = Field(default="", max_length=40)
    lon: float | None = None
    lat: float | None = None
    accuracy: float | None = None
    happened_at: dt.datetime | None = None
    photos: list[str] = Field(default_factory=list)


class ReportOut(Schema):
    """A report. `place` is a path; `state` a value of terms.ReportState: received, verifying, verified, not_so …"""

    id: UUID
    client: UUID
    text: str
    place: str
    where: str
    located: str
    lon: float | None
    lat: float | None
    kind: str
    urgent: bool
    how: str
    happened_at: dt.datetime
    arrived_at: dt.datetime
    state: str
    reporter: str
    post: str
    lead: UUID | None
    incident: UUID | None


class ReportPage(Schema):
    """A page of a list; `next` is the number to ask for as `page`, null at the end."""

    items: list[ReportOut]
    next: int | None = None


def _actor(request: HttpRequest, can: str) -> Actor:
    by: Actor | None = getattr(request, "actor", None)
    if by is None or not authority.anywhere(by, [can]):
        raise authority.Refused(can, "")
    return by


def _sent(rows: list[Report]) -> list[dict[str, Any]]:
    names = queries.where_of({r.place_path for r in rows})
    return [
        {
            "id": r.id, "client": r.client_id, "text": r.text, "place": r.place_path, "lead": r.lead_id,
            "where": names.get(r.place_path, ""), "located": r.located, "lon": r.lon, "lat": r.lat, "kind": r.kind,
            "urgent": r.urgent, "how": r.how, "happened_at": r.happened_at, "arrived_at": r.arrived_at,
            "state": r.state, "reporter": r.reporter_name, "post": r.reporter_title, "incident": r.incident_id,
        }
        for r in rows
    ]  # fmt: skip


def _photos(texts: list[str]) -> list[bytes]:
    try:
        return [base64.b64decode(text, validate=True) for text in texts]
    except (binascii.Error, ValueError):
        raise Invalid({"photos": _("照片要用 base64 编码")}) from None


@router.post("/reports", response={201: ReportOut, 200: ReportOut}, summary="Report what you see")
def report(request: HttpRequest, body: ReportIn) -> Status[dict[str, Any]]:
    """Take a report in: 201 for a new one, 200 for one that this `client` id has brought already."""
    by = _actor(request, Can.REPORT)
    at = body.happened_at
    said = Said(
        text=body.text, client=body.client, how=How.API, kind=body.kind, place=body.place, lon=body.lon, lat=body.lat,
        accuracy=body.accuracy, photos=_photos(body.photos),
        happened_at=at.replace(tzinfo=CHINA) if at is not None and at.tzinfo is None else at,
    )  # fmt: skip
    before = queries.brought(body.client, by=by) if body.client else None
    made = before or services.report(said, by=by)
    return Status(200 if before else 201, _sent([made])[0])


@router.get("/reports", response=ReportPage, summary="List reports")
def listed(
    request: HttpRequest, view: str = "todo", kind: str = "", place: str = "", urgent: int = 0, page: int = 1
) -> dict[str, Any]:
    """List the reports of the places where you stand; `view` is todo, verified, not_so, folded, passed or all.

    `urgent` 1 keeps those about life.
    """
    by = _actor(request, Can.SEE)
    if view not in queries.VIEWS:
        raise Invalid({"view": _("应是 {known} 之一").format(known="、".join(queries.VIEWS))})
    if not 1 <= page <= 10_000:
        raise Invalid({"page": _("应是 1 到 10000")})
    rows = queries.reports(by, Filter(view=view, kind=kind[:20], place=place[:40], urgent=bool(urgent)))
    found = list(rows[(page - 1) * MOST : page * MOST + 1])
    return {"items": _sent(found[:MOST]), "next": page + 1 if len(found) > MOST else None}


@router.get("/reports/{report_id}", response=ReportOut, summary="Read a report")
def one(request: HttpRequest, report_id: UUID) -> dict[str, Any]:
    """Read one report: of your places, or your own. 404 also where it is not yours to see."""
    by = _actor(request, Can.REPORT)
    try:
        found = queries.own_report(report_id, by=by)
    except authority.Hidden:
        found = queries.desk_report(report_id, by=by)
    return _sent([found])[0]

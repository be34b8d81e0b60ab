"""Warnings over HTTP: taken in with a source's token, read by whoever is signed in."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from ninja.security import HttpBearer

from anlan.alerts import queries, services, terms
from anlan.alerts.models import Alert, Source
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid

router = Router()
MOST = 200


class Token(HttpBearer):
    """The token of a source, as its settings page shows it once."""

    def authenticate(self, request: HttpRequest, token: str) -> Source | None:  # noqa: ARG002 - ninja's signature
        """Return the source; None makes the door answer 401."""
        return services.by_token(token)


class Taken(Schema):
    """What became of a document: `state` is read or unreadable; the latter waits in the queue, whole."""

    id: UUID
    state: str
    adapter: str
    alerts: int
    rule: str = ""
    reason: str = ""
    line: int | None = None


class Place(Schema):
    """A place that is covered; `share` is null where only part of a wider area is meant."""

    path: str
    name: str
    share: float | None


class Brief(Schema):
    """A warning in a list. `drill` is true for every status but Actual."""

    id: UUID
    title: str
    level: str
    hazard: str
    headline: str
    sender_name: str
    identifier: str
    status: str
    msg_type: str
    state: str
    drill: bool
    sent: dt.datetime
    starts_at: dt.datetime
    expires_at: dt.datetime


class Whole(Brief):
    """A warning with its texts, places, findings and the affair it belongs to."""

    description: str
    instruction: str
    event: str
    chain_id: UUID
    unplaced: bool
    places: list[Place]
    findings: list[dict[str, Any]]


class Page(Schema):
    """A page of a list; `next` is the number to ask for as `page`, null at the end."""

    items: list[Brief]
    next: int | None = Field(default=None)


@router.post("/alerts/intake", auth=Token(), response={200: Taken, 422: Taken}, summary="Send a warning")
def intake(request: HttpRequest) -> Status[Taken]:
    """Take one document (CAP, or a list in a known layout) as the request's body. The same bytes twice are one.

    422 with the reason and the line where it cannot be read; the document is kept all the same.
    """
    source: Source = request.auth  # type: ignore[attr-defined]  # ninja sets what authenticate returned
    try:
        found = services.post(request.body, source)
    except Invalid as error:
        refused = Taken(id=UUID(int=0), state="refused", adapter="", alerts=0, rule="file", reason=str(error))
        return Status(422, refused)
    taken = Taken(
        id=found.id, state=found.state, adapter=found.adapter, alerts=found.alerts_read, rule=found.rule,
        reason=found.reason, line=found.line,
    )  # fmt: skip
    return Status(200 if found.state == terms.IntakeState.READ else 422, taken)


def _actor(request: HttpRequest) -> Actor:
    by: Actor | None = getattr(request, "actor", None)
    if by is None or not authority.anywhere(by, [terms.Can.SEE]):
        raise authority.Refused(terms.Can.SEE, "")
    return by


def _brief(alert: Alert) -> dict[str, Any]:
    names = [n for n in Brief.model_fields if n != "title"]
    return {"title": queries.title_of(alert), **{name: getattr(alert, name) for name in names}}


@router.get("/alerts", response=Page, summary="List warnings")
def listed(
    request: HttpRequest, view: str = "active", level: str = "", hazard: str = "", place: str = "", page: int = 1
) -> dict[str, Any]:
    """List the warnings where you stand; `view` is active, todo, all, drill or unplaced. 200 a page."""
    by = _actor(request)
    if view not in queries.VIEWS:
        raise Invalid({"view": "应是 active、todo、all、drill、unplaced 之一"})
    if not 1 <= page <= 10_000:
        raise Invalid({"page": "应是 1 到 10000"})
    rows = queries.alerts(by, queries.Filter(view=view, level=level, hazard=hazard[:60], place=place[:40]))
    found = list(rows[(page - 1) * MOST : page * MOST + 1])
    return {"items": [_brief(a) for a in found[:MOST]], "next": page + 1 if len(found) > MOST else None}


@router.get("/alerts/{alert_id}", response=Whole, summary="Read a warning")
def one(request: HttpRequest, alert_id: UUID) -> dict[str, Any]:
    """Read one warning. 404 also where it is not yours to see."""
    found = queries.alert(alert_id, by=_actor(request))
    covered = [{"path": path, "name": name, "share": share} for path, name, share in queries.places_of(found.id)]
    return _brief(found) | {
        "description": found.description,
        "instruction": found.instruction,
        "event": found.event,
        "chain_id": found.chain_id,
        "unplaced": found.unplaced,
        "places": covered,
        "findings": found.findings,
    }


@router.get("/alerts/{alert_id}/map.geojson", response=dict[str, Any], summary="Map of a warning")
def shape(request: HttpRequest, alert_id: UUID) -> dict[str, Any]:
    """The places it covers, and what it drew, as GeoJSON (WGS-84)."""
    return queries.features(alert_id, by=_actor(request))

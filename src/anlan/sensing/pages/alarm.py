"""One alarm: what was measured, when, where, who owes a verdict, and the verdict itself."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from anlan.callout.queries import duties
from anlan.fieldwork.services import uploads
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import local
from anlan.ledger import queries as ledger
from anlan.ledger.ports import directory
from anlan.places import queries as places
from anlan.sensing import ports
from anlan.sensing.models import Alarm
from anlan.sensing.pages import alarm_shared as shared
from anlan.sensing.queries import alarm_curve
from anlan.sensing.queries import alarms as queries
from anlan.sensing.services import verifying
from anlan.sensing.terms import AlarmState, Can, Verdict

FEWEST = 3  # points of a chart
RUNG_NAMES = {"self": "本人", "deputy": "B\u2060岗", "superior": "上级"}


@require_GET
def alarm(request: HttpRequest, alarm_id: UUID) -> HttpResponse:
    """Show an alarm to whoever sees it: by their posts, or because they owe a verdict."""
    by = shared.anybody(request)
    return _page(request, queries.alarm(alarm_id, by=by), by, {})


def _page(request: HttpRequest, found: Alarm, by: Actor, wrong: dict[str, str]) -> HttpResponse:
    row = shared.shown([found])[0]
    waiting = duties.open_on(found.id)
    may = queries.may_verify(found, by=by)
    doubted = by.pseudonym is not None and by.pseudonym in found.doubters
    thing = found.thing
    near = [n for ask in ports.neighbours for n in ask(found.place_path, thing.lon, thing.lat, found.began_at, by=by)]
    return render(
        request,
        "sensing/alarm.html",
        {
            "alarm": found, "row": row, "thing": thing, "waiting": waiting, "ladder": _ladder(waiting),
            "mine": any(one.person_id == by.person for one in waiting), "may": may and not doubted,
            "doubted": doubted and row["waits"], "may_close": may and found.state == AlarmState.CONFIRMED,
            "may_reopen": authority.holds(by, Can.VERIFY, at=found.place_path) and found.state == AlarmState.CLOSED,
            "chart": _chart(found), "photos": queries.photos([found.id]), "related": shared.shown(
                queries.related(found, by=by)
            ), "near": near, "stages": _stages(found), "delay": _delay(found), "became": _became(found),
            "trail": [item | {"href": ""} for item in ledger.told(queries.timeline(found))], "wrong": wrong,
            "said": request.POST if request.method == "POST" else {}, "photos_most": settings.PHOTOS_MOST,
        },
        status=422 if wrong else 200,
    )  # fmt: skip


def _ladder(waiting: list[duties.Open]) -> list[dict[str, Any]]:
    """Return what comes when nobody verifies, as the shared stair draws it."""
    if not waiting:
        return []
    rungs = [r for r in waiting[0].rungs if r.act != "again"][:4]
    reached = max((n for n, r in enumerate(rungs) if r.reached), default=0)
    return [
        {
            "name": RUNG_NAMES.get(r.act, r.act), "who": r.name, "at": r.at,
            "state": "now" if n == reached else "done" if n < reached else "",
        }
        for n, r in enumerate(rungs)
    ]  # fmt: skip


def _delay(found: Alarm) -> dict[str, float]:
    """Return the seconds from measured to raised, to sent, to judged (CMD-01)."""
    spans = {"raised": (found.began_at, found.raised_at)}
    if found.dispatched_at:
        spans["sent"] = (found.raised_at, found.dispatched_at)
    if found.verified_at:
        spans["judged"] = (found.raised_at, found.verified_at)
    return {name: max((b - a).total_seconds(), 0.0) for name, (a, b) in spans.items()}


def _stages(found: Alarm) -> list[dict[str, Any]]:
    """Return the way of an alarm as the shared rail draws it: measured, raised, sent where it was, judged, closed."""
    steps: list[tuple[str, dt.datetime | None]] = [(_("量到"), found.began_at), (_("报警 T0"), found.raised_at)]
    if found.life_safety:
        steps.append((_("先派人"), found.dispatched_at))
    steps.append((_("核实"), found.verified_at if found.verdict in {Verdict.REAL, Verdict.FALSE} else None))
    steps.append((_("了结"), found.closed_at))
    ahead = next((n for n, (_name, at) in enumerate(steps) if at is None), len(steps))
    return [
        {
            "name": name, "note": f"{local(at):%m-%d %H:%M:%S}" if at else "",
            "state": "done" if at else "now" if n == ahead else "",
        }
        for n, (name, at) in enumerate(steps)
    ]  # fmt: skip


def _chart(found: Alarm) -> dict[str, Any] | None:
    """Return the readings around it as the chart island takes them; None where there are hardly any."""
    points = alarm_curve.curve(found)
    if len(points) < FEWEST or found.stream is None:
        return None
    times = [local(p.at) for p in points]
    form = "%H:%M" if times[0].date() == times[-1].date() else "%m-%d %H:%M"
    begun = next((n for n, p in enumerate(points) if p.at >= found.began_at), len(points) - 1)
    down = found.version is not None and found.version.spec.get("direction") == "down"
    return {
        "kind": "line", "x": {"name": _("时间"), "values": [f"{t:{form}}" for t in times]},
        "y": {"name": found.stream.property.name, "unit": found.stream.unit},
        "series": [
            {
                "name": found.stream.property.name,
                "values": [round(p.low if down else p.high, 4) for p in points],
            }
        ],
        "marks": [{"at": max(begun - 1, 0), "name": _("开始")}],
    }  # fmt: skip


def _became(found: Alarm) -> dict[str, str] | None:
    """Return where what it became is shown."""
    kind, _colon, value = found.event.partition(":")
    link = directory.links.get(kind)
    return {"href": link(UUID(value))} if link and value else None


@require_POST
def act(request: HttpRequest, alarm_id: UUID, verb: str) -> HttpResponse:
    """Judge it, close it, open it again."""
    by = shared.anybody(request)
    found = queries.alarm(alarm_id, by=by)
    post = request.POST
    opinion = post.get("opinion", "")
    if verb not in {"verify", "close", "reopen"}:
        raise Hidden
    try:
        if verb == "verify":
            revision = int(post["revision"]) if post.get("revision", "").isdecimal() else None
            photos = uploads.keep_photos(shared.files_of(request), by=by)
            verifying.verify(alarm_id, post.get("verdict", ""), opinion, by=by, uploads=photos, revision=revision)
        elif verb == "close":
            verifying.close(alarm_id, opinion, by=by)
        else:
            verifying.reopen(alarm_id, opinion, by=by)
    except Invalid as error:
        return _page(request, found, by, error.errors)
    except Conflict as error:
        messages.error(request, str(error))
        return redirect("sensing:alarm", alarm_id)
    messages.success(request, _done(verb, post.get("verdict", "")))
    return redirect("sensing:alarm", alarm_id)


def _done(verb: str, verdict: str) -> str:
    if verb == "verify":
        return {
            Verdict.REAL: _("记下了：属实，会转成事件接着办"),
            Verdict.FALSE: _("记下了：误报，计入误报率"),
            Verdict.UNSURE: _("记下了：说不准，已经请另一个人复核"),
        }[Verdict(verdict)]
    return _("了结了") if verb == "close" else _("重新核实，已经派给人")


@require_GET
def where(request: HttpRequest, alarm_id: UUID) -> HttpResponse:
    """Return where the device stands as GeoJSON: the point, on the borders of its place."""
    by = shared.anybody(request)
    found = queries.alarm(alarm_id, by=by)
    ground = places.features(found.place_path, by=by)["features"]
    for one in ground:
        one["properties"] = {"kind": one["properties"]["kind"]}
    thing = found.thing
    pin = {
        "type": "Feature", "geometry": {"type": "Point", "coordinates": [thing.lon, thing.lat]},
        "properties": {"kind": "thing", "name": thing.name},
    }  # fmt: skip
    return JsonResponse(
        {"type": "FeatureCollection", "features": ground + ([pin] if thing.lon is not None else [])},
        content_type="application/geo+json",
    )


@require_GET
def photo(request: HttpRequest, photo_id: UUID) -> HttpResponse:
    """Serve a photo to whoever may see its alarm: an inert JPEG of our own making, kept by no shared cache."""
    by = shared.anybody(request)
    data = queries.photo(photo_id, by=by, small="small" in request.GET)
    answer = HttpResponse(data, content_type="image/jpeg")
    answer["Content-Disposition"] = "inline; filename=photo.jpg"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, max-age=86400, immutable"
    return answer

"""一张网: every thing and what people said beside it, on one page and one map; where they differ, a person decides."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.kernel.clock import now
from anlan.places import queries as places
from anlan.sensing.models import Alarm, Latest
from anlan.sensing.pages import alarm_shared as shared
from anlan.sensing.pages import charting
from anlan.sensing.ports import Said
from anlan.sensing.queries import alarms as alarm_queries
from anlan.sensing.queries import net as queries
from anlan.sensing.services import sides
from anlan.sensing.sides import Sides
from anlan.sensing.terms import COLOUR_NAMES, KIND_NAMES, VERDICT_NAMES, Can, Level, ThingKind, Verdict
from anlan.sensing.terms.sides import SIDE_NAMES, Side

LINES = 40  # of the time line
SHOWN = 20  # contradictions
FARES = ("well", "never", "silent", "alarm")


def _place(request: HttpRequest, by: Actor) -> str:
    """Return the place that is looked at: the one asked for if it is the actor's, else their own."""
    scopes = authority.scopes(by, Can.SEE)
    asked = request.GET.get("place", "")[:40]
    if any(asked.startswith(s) for s in scopes) and asked in places.names([asked]):
        return asked
    if scopes and not scopes[0]:
        return next(iter(places.roots().values_list("path", flat=True)), "")
    return scopes[0] if scopes else ""


@require_GET
def net(request: HttpRequest) -> HttpResponse:
    """Show the net of a place; `?part=1` is what is fetched again: not the forms, where somebody may be writing."""
    by = shared.actor_of(request)
    page = "sensing/_net.html" if request.GET.get("part") else "sensing/net.html"
    return render(request, page, _facts(by, _place(request, by)))


def _facts(by: Actor, place: str) -> dict[str, Any]:
    since = now() - queries.DAY
    kinds, parts = queries.counts(place, by=by)
    rings, heard = queries.rings(place, since, by=by), queries.heard(place, since, by=by)
    silent = queries.gone_silent(place, since, by=by, most=LINES)
    against = queries.contradictions(place, rings, heard, by=by)
    paths = {a.place_path for a in rings} | {s.path for s in heard} | {x.stream.place_path for x in silent}
    where = alarm_queries.where_of(paths)
    return {
        "place": place, "name": places.names([place]).get(place, ""), "at": now(),
        "total": sum(kinds.values(), queries.Counts()),
        "kinds": [
            (str(kind), name, shared.ICONS.get(kind, "bolt"), kinds[kind]) for kind, name in KIND_NAMES.items()
            if kind in kinds
        ],
        "parts": [(path, name, parts.get(path, queries.Counts())) for path, name in queries.below(place)],
        "arrival": queries.arrival(place, by=by), "alarming": queries.alarming(place, by=by),
        "sides": [_side(*one, where=where, by=by) for one in against[:SHOWN]], "more": max(len(against) - SHOWN, 0),
        "judged": [(one, SIDE_NAMES[Side(one.right)]) for one in queries.judged(place, since, by=by, most=LINES)],
        "lines": _lines(rings, heard, silent, where), "heard": len(heard), "rang": len(rings),
        "choices": [(str(side), name) for side, name in SIDE_NAMES.items()],
    }  # fmt: skip


def _side(
    one: Sides, gauge: Latest | None, alarm: Alarm | None, said: Said | None, *, where: dict[str, str], by: Actor
) -> dict[str, Any]:
    """Return one contradiction as two sides with their evidence."""
    thing = gauge.stream.thing if gauge else alarm.thing if alarm else None
    device: list[tuple[str, str, Any]] = []
    people: list[tuple[str, str, Any, str]] = []
    if gauge:
        stream, value = gauge.stream, "—" if gauge.value is None else f"{gauge.value:g}"
        words = f"{stream.property.name} {value} {charting.unit_of(stream)}".strip()
        device.append((words, f"/sensing/streams/{stream.id}", gauge.at))
    if alarm:
        words = alarm.words or str(KIND_NAMES[ThingKind(alarm.thing.kind)])
        device.append((words, f"/sensing/alarms/{alarm.id}", alarm.raised_at))
    if said:
        people.append((said.title, said.href, said.at, f"{where.get(said.path, '')}　{said.state}"))
    elif alarm and alarm.verdict == Verdict.FALSE:
        note = f"{alarm.verifier_name}　{VERDICT_NAMES[Verdict.FALSE]}"
        people.append((alarm.opinion or note, f"/sensing/alarms/{alarm.id}", alarm.verified_at, note))
    return {
        "key": one.key, "why": one.why, "thing": thing, "away": one.away, "device": device, "people": people,
        "may": thing is not None and authority.holds(by, Can.VERIFY, at=thing.place_path),
    }  # fmt: skip


def _lines(
    rings: list[Alarm], heard: list[Said], silent: list[Latest], where: dict[str, str]
) -> list[dict[str, Any]]:  # fmt: skip
    """Return the last day as one list, the newest first: alarms, what people said, what fell silent."""
    rows: list[dict[str, Any]] = [
        {
            "at": a.raised_at, "icon": shared.ICONS.get(ThingKind(a.thing.kind), "bolt"),
            "colour": shared.COLOUR[Level(a.level)], "level": COLOUR_NAMES[Level(a.level)],
            "title": f"{a.thing.name}　{a.words}", "href": f"/sensing/alarms/{a.id}",
            "note": f"{where.get(a.place_path, '')}　{shared.says(a)['says']}",
        }
        for a in rings
    ]  # fmt: skip
    rows += [
        {
            "at": s.at, "icon": "hazard" if s.key.startswith("hazards") else "chat", "what": s.what, "title": s.title,
            "href": s.href, "note": f"{where.get(s.path, '')}　{s.state}",
        }
        for s in heard
    ]  # fmt: skip
    rows += [
        {
            "at": x.silent_since, "icon": "offline", "what": _("没有数据"), "title": x.stream.thing.name,
            "href": f"/sensing/streams/{x.stream_id}", "note": where.get(x.stream.place_path, ""),
        }
        for x in silent
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row["at"], reverse=True)[:LINES]


@require_GET
def where(request: HttpRequest) -> HttpResponse:
    """Return the things of a place and what people said there in the last day as GeoJSON, on the borders.

    Only what is abnormal, and what people said, has a name: it is labelled and listed. The rest are dots.
    """
    by = shared.actor_of(request)
    place = _place(request, by)
    ground = places.features(place, by=by)["features"] if place and authority.holds(by, "places.read", at=place) else []
    for one in ground:
        one["properties"] = {"kind": one["properties"]["kind"]}
    pins = [_pin(row) for row in queries.spots(place, by=by)]
    pins += [
        _point(s.lon, s.lat, state="said", name=s.title[:24], url=s.href, note=f"{s.what}　{s.state}")
        for s in queries.heard(place, now() - queries.DAY, by=by) if s.lon is not None and s.lat is not None
    ]  # fmt: skip
    collection = {"type": "FeatureCollection", "features": ground + pins}
    return JsonResponse(collection, content_type="application/geo+json")


def _point(lon: float, lat: float, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {"kind": "thing", **properties},
    }  # fmt: skip


def _pin(row: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"state": FARES[row["fares"]]}
    if row["stream"]:
        shown["url"] = f"/sensing/streams/{row['stream']}"
    if shown["state"] in {"alarm", "silent"}:
        said = _("没有数据")
        if shown["state"] == "alarm":
            said = _("报警（%s）") % COLOUR_NAMES[Level(row["level"])]
            shown["level"] = shared.COLOUR[Level(row["level"])]
        shown |= {"name": row["name"], "note": f"{KIND_NAMES[ThingKind(row['kind'])]}　{said}"}
    return _point(row["lon"], row["lat"], **shown)


@require_POST
def judge(request: HttpRequest) -> HttpResponse:
    """Say who was right."""
    by, post = shared.actor_of(request), request.POST
    place = _place(request, by)
    try:
        sides.judge(post.get("key", "")[:200], post.get("right", ""), post.get("opinion", ""), by=by)
    except Invalid as error:
        messages.error(request, "；".join(error.errors.values()))
        return render(request, "sensing/net.html", _facts(by, place), status=422)
    messages.success(request, _("判定记下了"))
    return redirect(f"/sensing/net?place={place}")

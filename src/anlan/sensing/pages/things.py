"""感知设备: the list with its filters, map and export; one thing with all that hangs on it."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from anlan.kernel import authority
from anlan.kernel.authority import Hidden, Invalid
from anlan.kernel.clock import local
from anlan.ledger import queries as ledger
from anlan.people import queries as people
from anlan.places import queries as places
from anlan.sensing.models import Datastream
from anlan.sensing.pages import shared
from anlan.sensing.pages.alarm_shared import download, says
from anlan.sensing.queries import registry as queries
from anlan.sensing.queries.registry import FARES, SORTS, ThingFilter
from anlan.sensing.services import registry, verifying
from anlan.sensing.terms import KIND_NAMES, MARK_NAMES, RESTRAINED, Can, Mark, ThingKind
from anlan.sensing.terms.registry import StreamDraft

MAP_MOST = 2_000
TRAIL = 30
ALARMS = 20
FARES_NAMES = {
    "alarm": gettext_lazy("在报警"),
    "silent": gettext_lazy("没有数据了"),
    "never": gettext_lazy("还没来过数据"),
    "due": gettext_lazy("该检定了"),
    "battery": gettext_lazy("电快没了"),
}
STATES = {"open": gettext_lazy("在用的"), "closed": gettext_lazy("停用的"), "all": gettext_lazy("全部")}


def filter_of(request: HttpRequest, by: Any) -> ThingFilter:
    """Read the address; what it does not know it leaves out."""
    get = request.GET
    kind, fares, state, sort = get.get("kind", ""), get.get("fares", ""), get.get("state", "open"), get.get("sort", "")
    return ThingFilter(
        place=shared.place_of(request, by), kind=kind if kind in set(ThingKind) else "",
        fares=fares if fares in FARES else "", state=state if state in STATES else "open",
        text=shared.text_of(request), sort=sort if sort in SORTS else "",
    )  # fmt: skip


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List the things of the actor's places."""
    by = shared.actor_of(request)
    what = filter_of(request, by)
    page = shared.page_of(request, queries.told(queries.things(what, by=by)))
    counts = queries.counts(what.place, by=by).values()
    return render(request, "sensing/things.html", {
        "page": page, "rows": shared.shown(page.object_list), "what": what, "kept": shared.kept(request),
        "kinds": KIND_NAMES.items(), "fares": FARES_NAMES.items(), "states": STATES.items(),
        "places": shared.steps(by, what.place), "tabs": shared.tabs(by, "things"),
        "sums": {name: sum(row[name] for row in counts) for name in ("all", "silent", "alarm", "never")},
        "filtered": what != ThingFilter(sort=what.sort), "may": authority.anywhere(by, [Can.MANAGE]),
    })  # fmt: skip


@require_GET
def geojson(request: HttpRequest) -> JsonResponse:
    """Return what the list shows as points for the map, at most MAP_MOST."""
    by = shared.actor_of(request)
    return JsonResponse(queries.geojson(filter_of(request, by), by=by, limit=MAP_MOST))


@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the list as it is narrowed; the export leaves an entry."""
    by = shared.actor_of(request)
    found = queries.told(queries.things(filter_of(request, by), by=by))[: shared.EXPORT_MOST]
    rows = [
        (
            t.device or "", t.name, str(row["kind"]), row["where"], t.lon if t.lon is not None else "",
            t.lat if t.lat is not None else "", "wgs84", t.maker, t.owner, t.calibration_due or "", row["battery"],
            row["online"], _stamp(t.heard_at), "、".join(str(words) for _shape, words in row["fares"]), t.stopped_why,
        )
        for row in shared.shown(found)
        for t in (row["thing"],)
    ]  # fmt: skip
    header = [
        _("设备编号"), _("名称"), _("类型"), _("地点"), _("经度"), _("纬度"), _("坐标系"), _("型号"), _("权属单位"),
        _("检定到期"), _("电量"), _("7 天在线率"), _("最近一次数据"), _("怎么样"), _("停用原因"),
    ]  # fmt: skip
    answer = download(header, rows, _("感知设备"), kind)
    verifying.note_export(len(rows), by=by)
    return answer


def _stamp(at: dt.datetime | None) -> str:
    return f"{local(at):%Y-%m-%d %H:%M:%S}" if at else ""


@require_GET
def one(request: HttpRequest, thing_id: UUID) -> HttpResponse:
    """Show one thing: facts, where it stands, its streams with the newest reading, alarms, what was done."""
    by = shared.actor_of(request)
    row = queries.told(queries.seen(by).filter(id=queries.thing(thing_id, by=by).id)).get()
    may = authority.holds(by, Can.MANAGE, at=row.place_path)
    streams = queries.streams_of([row.id])
    there = {s.property.code for s in streams}
    return render(request, "sensing/thing.html", {
        "row": shared.shown([row])[0], "thing": row, "may": may, "streams": [stream_row(s) for s in streams],
        "raised": [says(a) for a in row.alarms.select_related("thing").order_by("-raised_at")[:ALARMS]],
        "post": people.answering([row.post_id]).get(row.post_id) if row.post_id else None,
        "trail": ledger.told(ledger.trail(by=by, subject_id=row.id, limit=TRAIL)),
        "properties": [p for p in queries.properties().values() if p.code not in there] if may else [],
        "note_people": row.kind in set(RESTRAINED),
    })  # fmt: skip


def stream_row(stream: Datastream) -> dict[str, Any]:
    """Return a stream as the page of its thing draws it: newest value, unit, time, mark, expected interval."""
    latest = getattr(stream, "latest", None)
    value = latest.value if latest else None
    return {
        "stream": stream, "url": shared.link("sensing:stream", stream.id), "unit": stream.unit_name or stream.unit,
        "latest": latest, "value": "" if value is None else f"{value:g}",
        "mark": MARK_NAMES[Mark(latest.mark)] if latest and latest.mark else "",
        "low": stream.low if stream.low is not None else stream.property.low,
        "high": stream.high if stream.high is not None else stream.property.high,
    }  # fmt: skip


@require_GET
def where(request: HttpRequest, thing_id: UUID) -> JsonResponse:
    """Return where a thing stands as GeoJSON: the point, on the borders of its place."""
    by = shared.actor_of(request)
    row = queries.thing(thing_id, by=by)
    ground = places.features(row.place_path, by=by)["features"]
    for feature in ground:
        feature["properties"] = {"kind": feature["properties"]["kind"]}
    pin = {
        "type": "Feature", "geometry": {"type": "Point", "coordinates": [row.lon, row.lat]},
        "properties": {"kind": "thing", "name": row.name},
    }  # fmt: skip
    return JsonResponse(
        {"type": "FeatureCollection", "features": [*ground, *([pin] if row.lon is not None else [])]},
        content_type="application/geo+json",
    )


@require_POST
def act(request: HttpRequest, thing_id: UUID) -> HttpResponse:
    """Stop, take up again, calibrate; add or set a stream."""
    by = shared.actor_of(request)
    queries.thing(thing_id, by=by)
    post = request.POST
    acts = {
        "stop": (
            lambda: registry.stop_thing(thing_id, post.get("reason", ""), by=by),
            _("停用了，以后的数据不收；读数都留着"),
        ),
        "resume": (lambda: registry.resume_thing(thing_id, by=by), _("重新启用了")),
        "calibrate": (lambda: registry.calibrate(thing_id, _due(request), by=by), _("记下了这次检定")),
        "add": (lambda: registry.add_streams(thing_id, [_added(request)], by=by), _("加好了")),
        "set": (lambda: _set(request, thing_id, by), _("改好了")),
    }
    if post.get("act") not in acts:
        raise Hidden
    do, said = acts[post["act"]]
    return shared.act(request, do, said, "sensing:thing", thing_id)


def _due(request: HttpRequest) -> dt.date:
    due = shared.day_of(request.POST.get("due", ""), "due")
    if due is None:
        raise Invalid({"due": _("写下次检定的日子")})
    return due


def _added(request: HttpRequest) -> StreamDraft:
    post = request.POST
    return StreamDraft(
        post.get("property", ""), key=post.get("key", "").strip(), every=shared.whole_of(post.get("every", ""), "every")
    )


def _set(request: HttpRequest, thing_id: UUID, by: Any) -> None:
    post = request.POST
    stream = shared.whole_of(post.get("stream", ""), "stream") or 0
    if queries.stream(stream, by=by).thing_id != thing_id:
        raise Hidden(_("没有这条数据流"))
    registry.set_stream(
        stream, every=shared.whole_of(post.get("every", ""), "every"),
        low=shared.number_of(post.get("low", ""), "low"), high=shared.number_of(post.get("high", ""), "high"),
        on=post.get("on") == "1", by=by,
    )  # fmt: skip

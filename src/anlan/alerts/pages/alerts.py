"""The list of warnings, one warning, and what a duty officer decides about it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from anlan.alerts import queries, services, terms
from anlan.alerts.models import Alert
from anlan.alerts.pages import telling
from anlan.callout.queries import affair
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict
from anlan.kernel.clock import local
from anlan.places import queries as places

PAGE = 50
EXPORT = 5_000
RAW = 200_000  # characters of the raw text shown; the rest is in the file


def _filter(request: HttpRequest) -> queries.Filter:
    asked = request.GET
    level = asked.get("level", "")
    return queries.Filter(
        view=asked.get("view", "") if asked.get("view", "") in queries.VIEWS else "active",
        level=level if level in {*terms.Level, "none"} else "",
        hazard=asked.get("hazard", "")[:60],
        place=asked.get("place", "")[:40],
        text=asked.get("q", "").strip()[:60],
        since=telling.day(asked.get("since", "")),
        until=telling.day(asked.get("until", "")),
    )


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List warnings, as a page or as a file."""
    by = telling.actor(request)
    authority.require(by, terms.Can.SEE, at=_seat(by))
    where = _filter(request)
    rows = queries.alerts(by, where)
    if request.GET.get("as") == "xlsx":
        return _file(list(rows[:EXPORT]))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    found = list(page.object_list)
    names = queries.where_of(found)
    counts = queries.counts(by)
    views = [
        ("active", _("生效中"), counts["active"]),
        ("todo", _("等我看"), counts["todo"]),
        ("unplaced", _("没对上地方"), counts["unplaced"]),
        ("all", _("全部"), None),
        ("drill", _("演练和测试"), counts["drill"]),
    ]
    return render(
        request,
        "alerts/index.html",
        {
            "rows": [telling.row(a, names) for a in found],
            "page": page,
            "where": where,
            "views": views,
            "levels": telling.LEVELS,
            "hazards": queries.hazards(by),
            "choices": places.roots(by),
            "place_name": places.names([where.place]).get(where.place, "") if where.place else "",
            "waiting": queries.waiting_count(by),
            "failing": queries.failing_sources().count(),
            "may_draft": authority.anywhere(by, [terms.Can.DRAFT]),
            "may_receive": authority.anywhere(by, [terms.Can.RECEIVE]),
            "may_set": authority.anywhere(by, [terms.Can.SETTINGS]),
            "query": request.GET.urlencode(),
        },
    )


def _seat(by: Actor) -> str:
    scopes = authority.scopes(by, terms.Can.SEE)
    return scopes[0] if scopes else ""


def _file(rows: list[Alert]) -> HttpResponse:
    names = queries.where_of(rows)
    header = [
        _("级别"),
        _("灾种"),
        _("标题"),
        _("范围"),
        _("发布单位"),
        _("发布时间"),
        _("失效时间"),
        _("状态"),
        _("实际还是演练"),
        _("编号"),
    ]
    table: list[tuple[object, ...]] = [
        (
            terms.COLOUR[terms.Level(a.level)] if a.level else "", a.hazard, a.headline, names.get(a.id, ""),
            a.sender_name, f"{local(a.sent):%Y-%m-%d %H:%M:%S}", f"{local(a.expires_at):%Y-%m-%d %H:%M:%S}",
            str(telling.STATES[terms.AlertState(a.state)][1]), telling.status(a), a.identifier,
        )
        for a in rows
    ]  # fmt: skip
    return telling.workbook(_("预警"), header, table)


@require_GET
def alert(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Show one warning: level, place, clock, the next act, facts, map, chain, findings, raw text, trail, calls."""
    by = telling.actor(request)
    found = queries.alert(alert_id, by=by)
    calls = affair.of_chain(found.chain_id)
    covered = queries.places_of(found.id)
    kind, words = telling.STATES[terms.AlertState(found.state)]
    chain = list(queries.chain(found, by=by))
    text = bytes(found.intake.raw).decode("utf-8", "replace")
    return render(
        request,
        "alerts/alert.html",
        {
            "alert": found,
            "title": queries.title_of(found),
            "past": found.state != terms.AlertState.ACTIVE,
            "state_kind": kind,
            "state": words,
            "msg": telling.KINDS.get(found.msg_type, found.msg_type),
            "covered": covered[:200],
            "more_places": max(len(covered) - 200, 0),
            "chain": [telling.row(a, {}) for a in chain],
            "findings": [
                f | {"mark": telling.WEIGHTS[f["weight"]][0], "says": telling.WEIGHTS[f["weight"]][1]}
                for f in sorted(found.findings, key=lambda f: list(telling.WEIGHTS).index(f["weight"]))
            ],
            "calls": calls,
            "next": _next(found, calls, by),
            "may_handle": found.handled_at is None and authority.holds(by, terms.Can.RECEIVE, at=found.place_path),
            "raw": text[:RAW].splitlines(),
            "raw_cut": len(text) > RAW,
            "found_at": {f["line"] for f in found.findings if f["line"]},
            "raw_size": found.intake.size,
            "trail": telling.trail(found.id, by),
            "facts": _facts(found),
            "others": [info for info in found.infos if info["headline"] != found.headline],
        },
    )


def _facts(found: Alert) -> list[tuple[Any, Any]]:
    stamp = "%Y-%m-%d %H:%M"
    assumed = _("（没有写，按 24 小时算）") if found.expiry_assumed else ""
    return [
        (_("灾种"), found.hazard or found.event),
        (_("原文事件"), found.event),
        (_("发布单位"), found.sender_name),
        (_("发布时间"), f"{local(found.sent):{stamp}}"),
        (_("起始时间"), f"{local(found.starts_at):{stamp}}"),
        (_("失效时间"), f"{local(found.expires_at):{stamp}}{assumed}"),
        (_("消息"), f"{telling.KINDS.get(found.msg_type, found.msg_type)}，{telling.status(found)}"),
        (_("格式"), telling.LAYOUTS.get(found.layout, found.layout)),
        (_("编号"), found.identifier),
        (_("收到"), f"{local(found.received_at):%Y-%m-%d %H:%M:%S}"),
    ]


def _next(found: Alert, calls: list[Any], by: Actor) -> dict[str, str] | None:
    """Return the one next act of a warning, if this officer has one."""
    waiting = next((c for c in calls if c.state in {"draft", "awaiting_approval", "approved"}), None)
    running = next((c for c in calls if c.state == "running"), None)
    if waiting is not None:
        return {"what": _("叫应已经拟好，看过就发"), "why": _("发出之前，先看叫谁、说什么、没人应怎么办。"),
                "href": f"/alerts/calls/{waiting.id}", "label": _("去确认发送"), "icon": "horn"}  # fmt: skip
    if running is not None:
        return {
            "what": _("叫应正在进行"),
            "why": "",
            "href": f"/calls/{running.id}",
            "label": _("看叫应看板"),
            "icon": "horn",
        }
    able = authority.holds(by, terms.Can.RECEIVE, at=found.place_path)
    if able and found.state == terms.AlertState.ACTIVE and found.msg_type != "Cancel":
        return {"what": _("还没有叫应"), "why": _("要不要叫，由值班员定。"),
                "href": f"/alerts/{found.id}/call", "label": _("拟叫应"), "icon": "horn"}  # fmt: skip
    return None


@require_POST
def handle(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Note that the officer has looked and needs no call."""
    note = request.POST.get("note", "").strip()
    if not note:
        messages.error(request, _("写一句为什么不用叫应"))
        return redirect("alerts:alert", alert_id)
    try:
        services.handle(alert_id, note, by=telling.actor(request))
        messages.success(request, _("记下了"))
    except Conflict as error:
        messages.error(request, str(error))
    return redirect("alerts:alert", alert_id)


@require_GET
def raw(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Give the document as it came in, byte for byte, never to be run by a browser."""
    found = queries.alert(alert_id, by=telling.actor(request))
    answer = HttpResponse(bytes(found.intake.raw), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="alert-{found.id}.txt"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_GET
def shape(request: HttpRequest, alert_id: UUID) -> JsonResponse:
    """Give the map of a warning: the places it covers and what was drawn, as GeoJSON."""
    return JsonResponse(queries.features(alert_id, by=telling.actor(request)))

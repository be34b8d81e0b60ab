"""大喇叭: the list of terminals, taken in from a table or the gateway; what each said of a call."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.callout import wire
from anlan.callout.carriers import discover, tuning
from anlan.callout.queries import board as boards
from anlan.callout.queries import speakers as queries
from anlan.callout.services import channels, speaker_lists, speakers
from anlan.callout.services.speaker_lists import Fault, Row
from anlan.callout.terms import Can
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid, Refused
from anlan.places import queries as places

PER_PAGE = 50
SALT = "callout.speakers"
STATES = {
    "waiting": ("wait", gettext_lazy("等网关收")), "accepted": ("doing", gettext_lazy("网关收下了")),
    "playing": ("doing", gettext_lazy("正在播")), "played": ("done", gettext_lazy("播了")),
    "failed": ("late", gettext_lazy("没播成")), "offline": ("late", gettext_lazy("离线")),
}  # fmt: skip
HELD = {
    "night": gettext_lazy("夜里只播红色，这一次没有播"), "level": gettext_lazy("这一级按设置不播"),
}  # fmt: skip


def _actor(request: HttpRequest) -> Actor:
    by: Actor = request.actor  # type: ignore[attr-defined]
    if not authority.anywhere(by, [Can.CARRIERS]):
        raise Refused(Can.CARRIERS, "")
    return by


@require_GET
def speakers_list(request: HttpRequest) -> HttpResponse:
    """List the terminals with how each is."""
    return _list(request, _actor(request), {})


def _list(request: HttpRequest, by: Actor, errors: dict[str, str]) -> HttpResponse:
    view, path = request.GET.get("view", ""), request.GET.get("place", "")
    found = queries.speakers(by=by, text=request.GET.get("q", "").strip(), path=path, view=view)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    scopes = authority.scopes(by, Can.CARRIERS)
    names = places.names({one.place_path for one in page})
    return render(request, "callout/speakers.html", {
        "page": page, "rows": [(one, names.get(one.place_path, "")) for one in page], "view": view,
        "gone": queries.speakers(by=by, view="gone").count(), "errors": errors,
        "steps": list(places.children((scopes or ("",))[0]).values_list("path", "name")),
        "set": not tuning.lacking(discover()[speakers.NAME].fields, channels.settings_of(speakers.NAME)),  # type: ignore[attr-defined]
    }, status=422 if errors else 200)  # fmt: skip


@require_http_methods(["POST"])
def preview(request: HttpRequest) -> HttpResponse:
    """Show what a table, or the gateway's list, would do; nothing is written yet."""
    by = _actor(request)
    try:
        if "ask" in request.POST:
            rows, faults = speaker_lists.ask(by=by)
        else:
            given = request.FILES.get("file")
            if given is None:
                raise Invalid({"file": _("选一个 CSV 或 XLSX 文件")})  # noqa: TRY301 - one place tells every fault
            rows, faults = speaker_lists.read(given.read(), given.name or "", by=by)
    except Invalid as wrong:
        return _list(request, by, wrong.errors)
    except (wire.Down, wire.Rejected) as broken:
        return _list(request, by, {"file": _("网关没有给名单：%s") % broken.reason})
    return _preview(request, rows, faults)


def _preview(request: HttpRequest, rows: list[Row], faults: list[Fault]) -> HttpResponse:
    kept = [[r.code, r.name, r.place_path, r.lon, r.lat] for r in rows]
    names = places.names({r.place_path for r in rows[:50]})
    return render(request, "callout/speakers_preview.html", {
        "good": len(rows), "bad": len(faults), "faults": faults[:200], "more": max(len(faults) - 200, 0),
        "sample": [(r, names.get(r.place_path, "")) for r in rows[:50]],
        "signed": signing.dumps(kept, salt=SALT, compress=True) if rows else "",
    })  # fmt: skip


@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Take in what the preview showed."""
    by = _actor(request)
    try:
        kept = signing.loads(request.POST.get("signed", ""), salt=SALT, max_age=3600)
    except signing.BadSignature:
        messages.error(request, _("放得太久了，重新选一次文件"))
        return redirect("callout:speakers")
    added, changed = speaker_lists.take([Row(*one) for one in kept], by=by)
    messages.success(request, _("新加 %(added)d 只，改了 %(changed)d 只。") % {"added": added, "changed": changed})
    return redirect("callout:speakers")


@require_GET
def call_speakers(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Show what each terminal said of a call."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    board = boards.board(call_id, by=by, at=request.GET.get("at", ""))
    state = request.GET.get("state", "")
    page = Paginator(
        queries.receipts(call_id, board.at, state if state in STATES else ""), PER_PAGE
    ).get_page(request.GET.get("page"))  # fmt: skip
    names = places.names({one.order.place_path for one in page})
    rows = [(one, names.get(one.order.place_path, ""), *STATES[one.state]) for one in page]
    return render(request, "callout/call_speakers.html", {
        "board": board, "call": board.call, "page": page, "rows": rows, "state": state, "states": STATES,
        **shown(call_id, board.at),
    })  # fmt: skip


def shown(call_id: UUID, at: str) -> dict[str, Any]:
    """Return the small figure of the board: how many played, or why none does."""
    figure = queries.figure(call_id, at)
    return {"speakers": figure, "speakers_held": HELD.get(figure.held, "") if figure else ""}

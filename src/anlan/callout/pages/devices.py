"""消息提醒: which of my devices ring, and the doors of the service worker behind them."""

import contextlib
from typing import Any
from uuid import UUID

import orjson
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from anlan.callout import tokens
from anlan.callout.queries import devices as queries
from anlan.callout.services import devices, pushing, receipts
from anlan.callout.terms import ReceiptState, Report
from anlan.kernel.authority import Actor, Hidden, Invalid

BODY = 8_000
ACKNOWLEDGED = {"shown": ReceiptState.DELIVERED, "opened": ReceiptState.READ}


def _actor(request: HttpRequest) -> tuple[Actor, UUID]:
    """Return who asks and as which person. Raises Hidden for an account without one."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    if by.person is None:
        raise Hidden
    return by, by.person


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """List my devices; the button that adds this one needs a script and a browser that can."""
    _by, person = _actor(request)
    ready = pushing.ready()
    rows = queries.of(person)
    return render(request, "callout/devices.html", {
        "rows": rows, "ready": ready, "key": pushing.public_key() if ready else "",
        "living": sum(one.gone_at is None for one in rows), "most": devices.MOST,
    })  # fmt: skip


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Take in this browser's subscription, as JSON: {"subscription": …, "name": …}. 201, or 422 with words."""
    by, _person = _actor(request)
    given = body_of(request)
    if not pushing.ready():
        return JsonResponse({"error": _("管理员还没有打开这个通道")}, status=409)
    try:
        device = devices.add(given.get("subscription") or {}, str(given.get("name") or ""), by=by)
    except Invalid as wrong:
        return JsonResponse({"error": "".join(wrong.errors.values())}, status=422)
    messages.success(request, _("这台设备会响了。先发一条试试。"))
    return JsonResponse({"id": str(device.id)}, status=201)


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return a small JSON object that was posted. Raises Invalid."""
    given = None
    if request.content_type == "application/json" and len(request.body) <= BODY:
        with contextlib.suppress(orjson.JSONDecodeError):
            given = orjson.loads(request.body)
    if not isinstance(given, dict):
        raise Invalid({"": _("送来的不是一份 JSON")})
    return given


@require_POST
def remove(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """Stop ringing one of my devices."""
    devices.remove(device_id, by=_actor(request)[0])
    messages.success(request, _("那台设备不再响了。"))
    return redirect("callout:devices")


@require_POST
def trial(request: HttpRequest) -> HttpResponse:
    """Ring all my devices once, now."""
    outcome = devices.ring(by=_actor(request)[0])
    (messages.success if outcome.ok else messages.error)(request, outcome.words)
    return redirect("callout:devices")


@csrf_exempt  # the proof is in the notification itself; no session is touched
@login_not_required
@require_POST
def acknowledge(request: HttpRequest) -> HttpResponse:
    """Take a device's word that it rang: {"k": receipt, "p": proof, "s": shown | opened}. Never an answer."""
    given = body_of(request)
    try:
        receipt, state = UUID(str(given.get("k"))), ACKNOWLEDGED[str(given.get("s"))]
    except (ValueError, KeyError):
        raise Hidden from None
    if not tokens.acknowledges(str(given.get("p")), receipt):
        raise Hidden
    receipts.report_many([Report(receipt, state)])
    return HttpResponse(status=204)

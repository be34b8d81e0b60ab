"""随手拍: any resident says what they saw, without an account, and sees by the receipt what became of it (HZD-13)."""

from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from anlan.hazards.models import Hazard, Tip
from anlan.hazards.pages import visitors
from anlan.hazards.queries import tips as queries
from anlan.hazards.services import tips as services
from anlan.hazards.terms import HazardState, RewardState, Said, TipState
from anlan.kernel.authority import Invalid
from anlan.kernel.clock import local

FAST = 3  # seconds: nobody reads and fills the form in less
MISSES = 30  # unknown receipts per network and hour, before nobody there may ask any more
KEPT = ("text", "community", "where", "lon", "lat", "accuracy", "name", "phone", "at", "place")


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Say what one saw."""
    device = visitors.device(request)
    if request.method == "GET":
        return visitors.remember(_form(request, {"at": request.GET.get("at", "")[:40]}, {}), device)
    post = request.POST
    try:
        client, hasty = began(post.get("began", ""))
        hasty = hasty or bool(post.get("website", ""))
        made, code = services.send(_said(request, client, hasty=hasty), visitors.sender(request, device))
    except Invalid as error:
        return visitors.remember(_form(request, post, error.errors), device)
    except services.TooMany:
        return visitors.remember(_form(request, post, {"": visitors.too_many()}, status=429), device)
    if not code:
        return visitors.remember(render(request, "hazards/tip_again.html", {"tip": made}), device)
    answer = redirect("hazards:tip", code)
    return visitors.remember(answer, device)


def began(text: str) -> tuple[UUID, bool]:
    """Read when the form was opened and its id; a form without one is taken as hasty, never lost."""
    signer = signing.TimestampSigner(salt="hazards.tip")
    try:
        client = UUID(signer.unsign(text))
    except (signing.BadSignature, ValueError):
        return uuid4(), True
    try:
        signer.unsign(text, max_age=FAST)
    except signing.SignatureExpired:
        return client, False
    return client, True


def _said(request: HttpRequest, client: UUID, *, hasty: bool) -> Said:
    post = request.POST
    lon, lat = visitors.number(post.get("lon", "")), visitors.number(post.get("lat", ""))
    there = lon is not None and lat is not None and abs(lon) <= 180 and abs(lat) <= 90
    chosen = post.get("place", "") or ("" if post.get("community", "").strip() else post.get("at", ""))
    return Said(
        text=post.get("text", ""), client=client, place=chosen[:40], community=post.get("community", "")[:60],
        where=post.get("where", "")[:120], lon=lon if there else None, lat=lat if there else None,
        accuracy=visitors.number(post.get("accuracy", "")) if there else None, name=post.get("name", ""),
        phone=post.get("phone", ""), photos=visitors.photos(request), hasty=hasty,
        language=(get_language() or "zh")[:2],
    )  # fmt: skip


def _form(request: HttpRequest, said: Any, wrong: dict[str, str], *, status: int = 0) -> HttpResponse:
    at = queries.place_named(said.get("at", "")[:40]) if said.get("at") else None
    picks = queries.places_called(said.get("community", "")) if "place" in wrong else []
    began = said.get("began", "") or signing.TimestampSigner(salt="hazards.tip").sign(str(uuid4()))
    facts = {
        "said": {k: said.get(k, "") for k in KEPT}, "began": began, "wrong": wrong, "at": at, "picks": picks,
        "most": settings.PHOTOS_MOST, "mb": settings.PHOTO_MB, "again": bool(wrong and request.FILES),
    }  # fmt: skip
    return render(request, "hazards/tip_new.html", facts, status=status or (422 if wrong else 200))


@never_cache
@login_not_required
@require_GET
def find(request: HttpRequest) -> HttpResponse:
    """Go to the page of a receipt that was typed."""
    code = request.GET.get("receipt", "").strip()[:40]
    return redirect("hazards:tip", code) if code else redirect("hazards:tips")


@never_cache
@login_not_required
@require_GET
def one(request: HttpRequest, receipt: str) -> HttpResponse:
    """Say what became of a tip. An unknown receipt answers 404; guessing is stopped per network."""
    where = f"hazards.tip.misses:{visitors.sender(request, '').network.hex()}"
    if cache.get(where, 0) >= MISSES:
        return render(request, "hazards/tip_unknown.html", {"guessed": True}, status=429)
    found = queries.by_digest(services.digest_of(receipt[:40]))
    if found is None:
        cache.add(where, 0, 3600)
        cache.incr(where)
        return render(request, "hazards/tip_unknown.html", {"guessed": False}, status=404)
    answer = render(request, "hazards/tip.html", _facts(found) | {"receipt": receipt.upper()[:40]})
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _facts(found: Tip) -> dict[str, Any]:
    lead = found.lead if found.state == TipState.FOLDED and found.lead else found
    hazard = lead.hazard if lead.hazard_id else None
    reward = getattr(found, "reward", None)
    return {
        "tip": found, "where": queries.where_of({found.place_path})[found.place_path], "result": _result(lead, hazard),
        "steps": _steps(lead, hazard), "folded": lead is not found, "photos": len(found.uploads),
        "reward": reward if reward and reward.state in {RewardState.APPROVED, RewardState.PAID} else None,
    }  # fmt: skip


def _ended(hazard: Hazard | None) -> bool:
    return hazard is not None and hazard.state in {HazardState.CLOSED, HazardState.REJECTED, HazardState.WITHDRAWN}


def _steps(tip: Tip, hazard: Hazard | None) -> list[dict[str, Any]]:
    """Return the three stops of a tip as a resident sees them."""
    answered = tip.state not in {TipState.RECEIVED, TipState.HELD}
    refused = tip.state in {TipState.DECLINED, TipState.FORWARDED}
    ended = refused or _ended(hazard)
    second = _("转给别的部门") if tip.state == TipState.FORWARDED else _("没有受理") if refused else _("受理")
    return [
        {"name": _("收到"), "note": "", "state": "done"},
        {"name": second, "note": "", "state": "done" if answered else "now"},
        {"name": _("办好了") if ended and not refused else _("办理"), "note": "",
         "state": "" if refused or not answered else "done" if ended else "now"},
    ]  # fmt: skip


def _result(tip: Tip, hazard: Hazard | None) -> str:
    """Say in one sentence where it stands: nobody's name, no officer's note on anybody."""
    if tip.state == TipState.DECLINED:
        return _("没有受理：{why}").format(why=tip.opinion)
    if tip.state == TipState.FORWARDED:
        return _("不归我们办，转给{whom}了：{why}").format(whom=tip.passed_to, why=tip.opinion)
    if hazard is None:
        if tip.state == TipState.HELD:
            return _("收到了，排在另一队里等人看，会慢一点。急的话，请直接打电话给社区。")
        day = local(tip.due_at) if tip.due_at else None
        by = _("{month} 月 {day} 日以前").format(month=day.month, day=day.day) if day else _("几天里")
        return _("收到了，社区{by}给你答复：受理还是不受理。").format(by=by)
    due = local(hazard.due_at) if hazard.due_at else None
    until = _("，要在 {month} 月 {day} 日以前改好").format(month=due.month, day=due.day) if due else ""
    closed = local(hazard.accepted_at) if hazard.accepted_at else None
    told = {
        HazardState.REPORTED: _("受理了，正在现场核实。"),
        HazardState.CONFIRMED: _("核实了，是隐患，正在定由谁来改。"),
        HazardState.ASSIGNED: _("正在整改{until}。").format(until=until),
        HazardState.RECTIFIED: _("说改好了，等人去验收。"),
        HazardState.LISTED: _("核实了，是隐患。一时改不了，列在清单上盯着，条件到了就改。"),
        HazardState.REJECTED: _("派人去看过了，不算安全隐患。"),
        HazardState.MERGED: _("和别人报的是同一处，并在一起办。"),
        HazardState.WITHDRAWN: _("办理中撤掉了。有疑问，请打电话给社区。"),
    }
    if hazard.state == HazardState.CLOSED and closed is not None:
        return _("改好了，{month} 月 {day} 日验收过。谢谢你。").format(month=closed.month, day=closed.day)
    return told.get(HazardState(hazard.state), _("受理了，正在办。"))

"""短信手机: phones and modems with a SIM, place by place: how each is, its token, a button that really sends one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from anlan.callout.carriers.sms_relay import carrier
from anlan.callout.queries import relays as queries
from anlan.callout.services import relays
from anlan.callout.terms import Can
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid, Refused
from anlan.people import queries as people
from anlan.places import queries as places

PER_PAGE = 50
FIELDS = ("name", "mode", "url", "rate", "daily", "token")
STATES = {
    "off": ("wait", gettext_lazy("没开")), "new": ("wait", gettext_lazy("还没连上过")),
    "silent": ("late", gettext_lazy("没声音了")), "failing": ("late", gettext_lazy("送不过去")),
    "ill": ("late", gettext_lazy("要看一下")), "ok": ("done", gettext_lazy("在线")),
}  # fmt: skip
ILLS = {
    "battery": gettext_lazy("电不多了"), "signal": gettext_lazy("信号弱"), "daily": gettext_lazy("今天的条数用完了"),
}  # fmt: skip
TEXTS = {
    "queued": ("wait", gettext_lazy("排着队")), "leased": ("doing", gettext_lazy("手机在发")),
    "sent": ("done", gettext_lazy("发出了")), "delivered": ("done", gettext_lazy("送到了")),
    "failed": ("late", gettext_lazy("没发成")), "void": ("wait", gettext_lazy("不用发了")),
}  # fmt: skip


def _actor(request: HttpRequest) -> Actor:
    by: Actor = request.actor  # type: ignore[attr-defined]
    if not authority.anywhere(by, [Can.CARRIERS]):
        raise Refused(Can.CARRIERS, "")
    return by


def _where(by: Actor, wanted: str) -> str:
    scopes = authority.scopes(by, Can.CARRIERS)
    return wanted if wanted and any(wanted.startswith(path) for path in scopes) else (scopes or ("",))[0]


def _shown(one: queries.Standing) -> dict[str, Any]:
    kind, words = STATES[one.state]
    return {"it": one, "relay": one.relay, "kind": kind, "words": words, "ills": [ILLS[i] for i in one.ills]}


@require_http_methods(["GET", "POST"])
def relays_list(request: HttpRequest) -> HttpResponse:
    """List the relays, and add one to a place; its token is shown once, on its page."""
    by = _actor(request)
    given = {name: request.POST.get(name, "").strip() for name in FIELDS}
    where = _where(by, request.POST.get("place") or request.GET.get("place", ""))
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            made, token = relays.add(where, given, by=by)
        except Invalid as wrong:
            errors = wrong.errors
        else:
            return _with_token(request, made.id, token)
    else:
        given |= {"mode": "pull", "rate": f"{relays.RATE:g}", "daily": str(relays.DAILY)}
    found = queries.relays(by=by, text=request.GET.get("q", "").strip(), path=request.GET.get("place", ""))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    names = places.names({one.place_path for one in page} | {where})
    rows = [_shown(queries.standing(one)) | {"place": names.get(one.place_path, "")} for one in page]
    return render(request, "callout/relays.html", {
        "page": page, "rows": rows, "where": where, "place": names.get(where, ""), "given": given, "errors": errors,
        "steps": list(places.children(where).values_list("path", "name")),
    }, status=422 if errors else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
def relay(request: HttpRequest, relay_id: UUID) -> HttpResponse:
    """Show and change one relay; what it got last stands beside."""
    by = _actor(request)
    found = queries.relay(relay_id, by=by)
    given = {
        "name": found.name, "mode": found.mode, "url": found.url, "rate": f"{found.rate:g}",
        "daily": str(found.daily), "token": "",
    }  # fmt: skip
    enabled, errors = found.enabled, {}
    if request.method == "POST":
        given |= {name: request.POST.get(name, "").strip() for name in FIELDS if name != "mode"}
        enabled = "enabled" in request.POST
        try:
            relays.change(relay_id, given, enabled=enabled, by=by)
        except Invalid as wrong:
            errors = wrong.errors
        else:
            messages.success(request, _("存好了。"))
            return redirect("callout:relay", relay_id)
    texts = [(one, *TEXTS[one.state]) for one in queries.texts(found)]
    return render(request, "callout/relay.html", {
        **_shown(queries.standing(found)), "given": given, "enabled": enabled, "errors": errors, "texts": texts,
        "door": request.build_absolute_uri("/gateway/sms_relay"),
    }, status=422 if errors else 200)  # fmt: skip


def _with_token(request: HttpRequest, relay_id: UUID, token: str) -> HttpResponse:
    """Show a token, this once: it stands in no address and no session."""
    answer = render(request, "callout/relay_token.html", {
        "relay": queries.relay(relay_id, by=_actor(request)), "token": token,
        "door": request.build_absolute_uri("/gateway/sms_relay"),
    })  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer


@require_POST
def test(request: HttpRequest, relay_id: UUID) -> HttpResponse:
    """Really send one text by this relay."""
    by = _actor(request)
    phone = people.phone_of(request.POST.get("address", "").strip()[:120])
    if not phone:
        messages.error(request, _("号码不对，要写 11 位手机号或带区号的座机"))
        return redirect("callout:relay", relay_id)
    found = queries.relay(relay_id, by=by)
    outcome = carrier.try_by(found, phone)
    relays.tested(found, outcome.ok, by=by)
    (messages.success if outcome.ok else messages.error)(request, outcome.words)
    return redirect("callout:relay", relay_id)


@require_http_methods(["GET", "POST"])
def renew(request: HttpRequest, relay_id: UUID) -> HttpResponse:
    """Ask once, then make a new token and show it."""
    by = _actor(request)
    found = queries.relay(relay_id, by=by)
    if request.method == "POST" and request.POST.get("confirm"):
        return _with_token(request, relay_id, relays.renew(relay_id, by=by))
    return render(request, "ui/confirm.html", {
        "heading": _("给这部手机换口令？"), "label": _("换一个口令"), "danger": True,
        "what": [(_("哪部手机"), found.name), (_("换了以后"), _("旧口令马上不能用，手机上要填新的"))],
        "hidden": [("confirm", "yes")], "back": reverse("callout:relay", args=[relay_id]),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest, relay_id: UUID) -> HttpResponse:
    """Ask once, then take a relay out."""
    by = _actor(request)
    found = queries.relay(relay_id, by=by)
    if request.method == "POST" and request.POST.get("confirm"):
        try:
            relays.remove(relay_id, by=by)
        except Invalid as wrong:
            messages.error(request, "".join(wrong.errors.values()))
            return redirect("callout:relay", relay_id)
        messages.success(request, _("去掉了，以后不再用它发短信。"))
        return redirect("callout:relays")
    place = places.names([found.place_path]).get(found.place_path, "")
    return render(request, "ui/confirm.html", {
        "heading": _("去掉这部短信手机？"), "label": _("去掉这部手机"), "danger": True,
        "what": [(_("哪部手机"), found.name), (_("地方"), place)], "hidden": [("confirm", "yes")],
        "back": reverse("callout:relay", args=[relay_id]),
    })  # fmt: skip

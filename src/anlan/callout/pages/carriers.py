"""叫应通道: which are on, how they are, their settings, and a button that really sends one."""

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.callout.carriers import address_of, discover, tuning
from anlan.callout.pages import words
from anlan.callout.queries import settings as queries
from anlan.callout.services import channels
from anlan.callout.terms import Can
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden, Invalid, Refused
from anlan.people import queries as people

MAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
STATES = {
    "off": ("wait", gettext_lazy("没开")),
    "lacking": ("late", gettext_lazy("开了，还没设好")),
    "failing": ("late", gettext_lazy("坏了")),
    "ok": ("done", gettext_lazy("通")),
    "unused": ("wait", gettext_lazy("开了，还没用过")),
}


def _actor(request: HttpRequest) -> Actor:
    by: Actor = request.actor  # type: ignore[attr-defined]
    if not authority.anywhere(by, [Can.CARRIERS]):
        raise Refused(Can.CARRIERS, "")
    return by


@require_GET
def carriers(request: HttpRequest) -> HttpResponse:
    """Show every carrier with its state, the failing ones first."""
    _actor(request)
    order = ("failing", "lacking", "ok", "unused", "off")
    standings = sorted(map(queries.standing, channels.rows().values()), key=lambda s: (order.index(s.state), s.safe))
    rows = [(s, *_state(s.state), [words.HOWS[h] for h in s.answers]) for s in standings]
    real = any(s.row.enabled and not s.safe for s in standings)
    return render(request, "callout/carriers.html", {"rows": rows, "real": real})


def _state(state: str) -> tuple[str, str]:
    kind, said = STATES[state]
    return kind, str(said)


@require_http_methods(["GET", "POST"])
def carrier(request: HttpRequest, name: str) -> HttpResponse:
    """Show and change one carrier's settings; a fault is told at its field and nothing is lost."""
    by = _actor(request)
    row = channels.rows().get(name)
    if row is None:
        raise Hidden(name)
    errors: dict[str, str] = {}
    given = None
    if request.method == "POST":
        given = {key: request.POST.get(key, "") for key in request.POST}
        fields = getattr(discover()[name], "fields", ())
        rate = given.get("rate", "0").strip() or "0"
        try:
            kept = tuning.admit(fields, given, row.settings)
            if not (rate.isascii() and rate.isdecimal()):
                raise Invalid({"rate": _("要写整数，0 是不限")})  # noqa: TRY301 - one place tells every fault
            channels.change(name, by=by, enabled="enabled" in given, rate=int(rate), settings=kept)
        except Invalid as wrong:
            errors = wrong.errors
        else:
            messages.success(request, _("存好了，下一批就照新的发。"))
            return redirect("callout:carrier", name=name)
    standing = queries.standing(row)
    kind, said = _state(standing.state)
    facts = {
        "standing": standing,
        "row": row,
        "kind": kind,
        "said": said,
        "boxes": queries.boxes(row, given),
        "rate": (given or {}).get("rate", row.rate),
        "enabled": "enabled" in given if given is not None else row.enabled,
        "errors": errors,
        "fault": {key: text for key, text in errors.items() if key},
        "hows": [words.HOWS[h] for h in standing.answers],
        "door": request.build_absolute_uri(f"/gateway/{name}/events") if standing.callback else "",
    }
    return render(request, "callout/carrier.html", facts, status=422 if errors else 200)


@require_POST
def test(request: HttpRequest, name: str) -> HttpResponse:
    """Really send one message to the number or address typed in."""
    by = _actor(request)
    found = discover().get(name)
    if found is None:
        raise Hidden(name)
    address = request.POST.get("address", "").strip()[:120]
    kind = address_of(found)
    if found.needs == "phone":
        address = people.phone_of(address) or ""
        problem = "" if address else _("号码不对，要写 11 位手机号或带区号的座机")
    elif kind is not None:
        problem = "" if kind.admits(address) else _("账号不对。%s") % kind.hint
    else:
        problem = "" if found.needs != "email" or MAIL.fullmatch(address) else _("邮箱地址不对")
    if problem:
        messages.error(request, problem)
        return redirect("callout:carrier", name=name)
    outcome = channels.test(name, address, by=by)
    (messages.success if outcome.ok else messages.error)(request, outcome.words)
    return redirect("callout:carrier", name=name)


@require_POST
def look(request: HttpRequest, name: str) -> HttpResponse:
    """Ask the gateway whether it is there, without sending anything."""
    _actor(request)
    found = discover().get(name)
    if found is None:
        raise Hidden(name)
    health = found.health(channels.settings_of(name))
    (messages.success if health.ok else messages.error)(request, health.words)
    return redirect("callout:carrier", name=name)

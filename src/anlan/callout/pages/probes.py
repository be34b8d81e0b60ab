"""抽查: test calls of a random sample, and what share of those who should be reachable was reached."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from anlan.callout import asking
from anlan.callout.pages.reach import actor_of, here_of
from anlan.callout.queries import probes as queries
from anlan.callout.services import probes
from anlan.callout.terms import CallState, Can
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.people import queries as people
from anlan.people.terms import Targeting
from anlan.places import queries as places

PER_PAGE = 20


@require_http_methods(["GET", "POST"])
def tests(request: HttpRequest) -> HttpResponse:
    """Show the test calls of a place, its months, and the form that starts one."""
    by = actor_of(request, Can.SEE)
    here = here_of(request, by, Can.SEE)
    asked = request.POST if request.method == "POST" else request.GET
    known = {one.code for one in people.list_roles()}
    role = asked.get("role", "") if asked.get("role", "") in known else ""
    on_duty = "on_duty" in asked or ("chosen" not in asked)
    where = Targeting((here,), (role,) if role else (), on_duty=on_duty)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            call = probes.start(where, _size(asked.get("size", "")), by=by)
        except Invalid as wrong:
            errors = wrong.errors
        except Conflict as wrong:
            errors = {"": str(wrong)}
        else:
            messages.success(request, _("开始抽查了，五分钟后看结果"))
            return redirect("callout:test", call.id)
    return _show(request, by, where, here, role, errors)


def _size(text: str) -> int:
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 6 else 0


def _show(
    request: HttpRequest, by: Actor, where: Targeting, here: str, role: str, errors: dict[str, str]
) -> HttpResponse:
    crowd = probes.crowd(where)
    page = Paginator(queries.tests(by, here), PER_PAGE).get_page(request.GET.get("page"))
    found = list(page.object_list)
    shares = queries.shares(found, here)
    names = places.names({c.place_path for c in found} | {here})
    below = [(c.path, c.name) for c in places.children(here)] if here else []
    return render(request, "callout/tests.html", {
        "here": here, "place": names.get(here, ""), "below": below, "roles": people.list_roles(), "role": role,
        "on_duty": where.on_duty, "crowd": crowd, "size": request.POST.get("size") or asking.suggested(crowd),
        "errors": errors, "page": page, "months": queries.by_month(by, here),
        "rows": [(c, names.get(c.place_path, ""), shares.get(c.id), c.state == CallState.RUNNING) for c in found],
        "may_check": authority.holds(by, Can.CHECK, at=here),
    }, status=422 if errors else 200)  # fmt: skip


@require_GET
def test(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Show what one test found, by place and by organisation; single persons only to whoever may ring them."""
    by = actor_of(request, Can.SEE)
    call = queries.test(call_id, by=by)
    whole = queries.shares([call], call.place_path).get(call.id)
    missed = queries.missed(call, by=by)
    return render(request, "callout/test.html", {
        "call": call, "place": places.names([call.place_path]).get(call.place_path, ""), "whole": whole,
        "running": call.state == CallState.RUNNING, "kpis": _kpis(whole), "by_place": queries.by_place(call),
        "by_organisation": queries.by_organisation(call), "missed": missed,
        "may_mend": authority.holds(by, "people.write", at=call.place_path),
    })  # fmt: skip


def _kpis(whole: queries.Share | None) -> list[dict[str, Any]]:
    if whole is None:
        return []
    interval = whole.interval
    wide = _("95%% 可能在 %(low)d%% 到 %(high)d%% 之间") % {"low": interval[0], "high": interval[1]} if interval else ""
    share = f"{whole.soon * 100 / whole.owed:.1f}" if whole.owed else "—"
    return [
        {"name": _("五分钟内联络到"), "value": share, "unit": "%", "how": wide},
        {"name": _("抽了"), "value": f"{whole.owed:,}", "unit": _("人"), "how": _("随机抽，不看是谁")},
        {"name": _("过后才应"), "value": f"{whole.later:,}", "how": _("一小时内应的")},
        {"name": _("没应"), "value": f"{whole.silent:,}", "how": _("响了没人应，或没登记号码")},
        {"name": _("打不通"), "value": f"{whole.dead:,}", "how": _("空号、停机；要改")},
    ]

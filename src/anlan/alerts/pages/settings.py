"""Settings of warnings: sources with their tokens and health, and what each level sets off."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from anlan.alerts import queries, services, sources, terms
from anlan.alerts.pages import telling
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.people import queries as people

HEALTH = {
    terms.Health.NEW: ("wait", _("还没取过")),
    terms.Health.OK: ("done", _("正常")),
    terms.Health.FAILING: ("late", _("取不到")),
    terms.Health.OFF: ("wait", _("停用")),
}


def _may(request: HttpRequest) -> Actor:
    by = telling.actor(request)
    if not authority.anywhere(by, [terms.Can.SETTINGS]):
        raise authority.Refused(terms.Can.SETTINGS, "")
    return by


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """List sources and add one."""
    by = _may(request)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        try:
            made = services.add_source(by=by, **_said(request))
        except Invalid as error:
            wrong = error.errors
        else:
            messages.success(request, _("加上了「{name}」").format(name=made.name))
            return redirect("alerts:source", made.id)
    rows = [
        {"source": s, "mark": HEALTH[terms.Health(s.health)][0], "says": HEALTH[terms.Health(s.health)][1]}
        for s in queries.sources_of(by)
    ]
    adapters = [(name, adapter.label) for name, adapter in sources.found().items()]
    said = request.POST if request.method == "POST" else {}
    return render(
        request, "alerts/sources.html", {"rows": rows, "wrong": wrong, "adapters": adapters, "said": said},
        status=422 if wrong else 200,
    )  # fmt: skip


def _said(request: HttpRequest) -> dict[str, Any]:
    asked = request.POST
    try:
        every = int(asked.get("every_s", "60") or 60)
    except ValueError:
        every = 0
    hosts = tuple(h for h in asked.get("hosts", "").replace(",", " ").split() if h)[:20]
    return {
        "name": asked.get("name", ""), "url": asked.get("url", ""), "adapter": asked.get("adapter", ""),
        "every_s": every, "hosts": hosts,
    }  # fmt: skip


@require_http_methods(["GET", "POST"])
def source(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """Show a source and change it."""
    by = _may(request)
    found = queries.source(source_id, by=by)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        try:
            services.change_source(found.id, by=by, enabled=request.POST.get("enabled") == "on", **_said(request))
        except Invalid as error:
            wrong = error.errors
        else:
            messages.success(request, _("改好了"))
            return redirect("alerts:source", found.id)
    mark, says = HEALTH[terms.Health(found.health)]
    adapters = [(name, adapter.label) for name, adapter in sources.found().items()]
    return render(
        request, "alerts/source.html",
        {
            "source": found, "wrong": wrong, "adapters": adapters, "mark": mark, "says": says,
            "recent": queries.recent_intakes(found.id), "trail": telling.trail(found.id, by),
        },
        status=422 if wrong else 200,
    )  # fmt: skip


@require_POST
def token(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """Issue a token and show it, this once."""
    by = _may(request)
    fresh = services.issue_token(source_id, by=by)
    found = queries.source(source_id, by=by)
    answer = render(request, "alerts/token.html", {"source": found, "token": fresh})
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
def poll(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """Fetch a source now."""
    by = _may(request)
    try:
        found = services.poll_now(source_id, by=by)
    except Invalid as error:
        messages.error(request, str(error))
        return redirect("alerts:source", source_id)
    if found.health == terms.Health.FAILING:
        messages.error(request, _("取不到：{error}").format(error=found.error))
    else:
        messages.success(request, _("取过了"))
    return redirect("alerts:source", source_id)


@require_http_methods(["GET", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """Show and change what each level sets off."""
    by = _may(request)
    if request.method == "POST":
        asked = request.POST
        level = asked.get("level", "")
        try:
            services.change_rule(
                level, prepare="prepare" in asked, ring="ring" in asked, auto="auto" in asked,
                roles=tuple(asked.getlist("roles")), levels=(), by=by,
            )  # fmt: skip
            messages.success(request, _("改好了"))
        except Invalid as error:
            messages.error(request, str(error))
        return redirect("alerts:rules")
    kept = queries.rules()
    rows = [(level, words, kept[level]) for level, words in telling.LEVELS if level in kept]
    return render(request, "alerts/rules.html", {"rows": rows, "roles": people.list_roles()})

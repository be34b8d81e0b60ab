"""填报负担, 新表准入: what filling costs, and the gate that a new form, task or ledger passes first (EVL-03)."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from anlan.analytics import queries as figures
from anlan.analytics.pages import shared
from anlan.analytics.queries import forms as queries
from anlan.analytics.services import gate
from anlan.analytics.services.gate import Draft
from anlan.analytics.terms import FORM_GENRES, FORM_STATES, FREQUENCIES, Can, periods
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.places import queries as places

PER_PAGE = 50
TEXTS = ("name", "genre", "basis", "frequency", "filled_by", "fields", "form", "minutes")


@require_GET
def burden(request: HttpRequest) -> HttpResponse:
    """Show what filling costs at a place: sums alone, no person."""
    by = shared.actor(request)
    read = shared.reading(request, by, months=1)
    asked = read.asked
    now, before = queries.burden(asked.place, asked.period), queries.burden(asked.place, asked.period.before)
    crumbs = shared.crumbs(asked.place, by)
    return render(
        request,
        "analytics/burden.html",
        {
            "tabs": shared.tabs(request, "burden"), "place": crumbs[-1][1] if crumbs else "", "asked": asked,
            "crumbs": [(p, n, f"?place={p}") for p, n in crumbs],
            "since": periods.label(asked.period.since), "until": periods.label(asked.period.until),
            "figures": _figures(now, before), "forms": queries.binding(asked.place).order_by("-decided_at")[:PER_PAGE],
            "below": [(p.path, p.name) for p in places.children(asked.place)
                      if authority.holds(by, Can.SEE, at=p.path)],
        },
    )  # fmt: skip


def _figures(now: queries.Burden, before: queries.Burden) -> list[dict[str, Any]]:
    def last(value: object, unit: str) -> str:
        return "" if value is None else _("前一段 {value}{unit}。").format(value=value, unit=unit)

    share = f"{100 * now.known / now.fields:.0f}%" if now.fields else "—"
    return [
        {"name": _("人均填报时间"), "value": "—" if now.minutes_a_day is None else f"{now.minutes_a_day:g}",
         "unit": "" if now.minutes_a_day is None else _("分钟/天"),
         "how": _("填了东西的人，平均一天花几分钟：检查从开始到提交，手机记录从打开到提交；一次超过两小时的不算。"
                  "有时间的 {n} 次。").format(n=now.timed) + last(before.minutes_a_day, _("分钟"))},
        {"name": _("现行的表、任务、台账"), "value": now.forms, "unit": _("张"),
         "how": _("准入了还没停的，这里和下面的、上级要求的都在内。一个地方最多 {most} 张。").format(
             most=settings.FORM_QUOTA)},
        {"name": _("字段重复率"), "value": share,
         "how": _("{known} / {n}：现行的表里，系统已经有、还要人填的字段。").format(known=now.known, n=now.fields)},
        {"name": _("报一条隐患填几项"), "value": "—" if now.fields_a_report is None else f"{now.fields_a_report:g}",
         "unit": "" if now.fields_a_report is None else _("项"),
         "how": _("手机上报的 {n} 条里，人填的项数；时间、地点、岗位自动带出的不算。").format(n=now.reports)
         + last(before.fields_a_report, _("项"))},
        {"name": _("同一个人报了两遍"), "value": now.twice, "unit": _("条"),
         "how": _("并案以后看出是同一个人报的同一件事。") + last(before.twice, _("条"))},
        {"name": _("要登录的系统"), "value": now.systems, "unit": _("个"),
         "how": _("这个系统，加上登记过的别的系统。")},
    ]  # fmt: skip


@require_GET
def entries(request: HttpRequest) -> HttpResponse:
    """List what passed the gate, what waits, what was turned away."""
    by = shared.actor(request)
    view = request.GET.get("view", "asked")
    view = view if view in FORM_STATES else "asked"
    page = Paginator(queries.entries(by, state=view), PER_PAGE).get_page(request.GET.get("page"))
    called = places.names({row.place_path for row in page.object_list})
    return render(
        request,
        "analytics/gate.html",
        {
            "tabs": shared.tabs(request, "gate"), "view": view, "page": page,
            "views": [(key, name, None) for key, (_mark, name) in FORM_STATES.items()],
            "rows": [{"row": row, "place": called.get(row.place_path, ""), "genre": FORM_GENRES[row.genre],
                      "frequency": FREQUENCIES[row.frequency], "known": sum(bool(f["known"]) for f in row.fields)}
                     for row in page.object_list],
        },
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Register a form: each field is looked up, and what the system has is asked for again only with a reason."""
    by = shared.actor(request)
    form: dict[str, Any] = {"place": figures.home(by), "genre": "form", "frequency": "month"}
    errors: dict[str, str] = {}
    found: list[dict[str, Any]] = []
    status = 200
    if request.method == "POST":
        draft, form = _read(request.POST, by)
        try:
            if "save" in request.POST:
                row = gate.enter(draft, by=by)
                messages.success(request, _("登记好了，等另一个人来审。"))
                return redirect("analytics:form", identifier=row.id)
            found = gate.check(draft)
        except Invalid as wrong:
            errors, status, found = wrong.errors, 422, gate.verdicts(draft)
    return render(
        request,
        "analytics/enter.html",
        {
            "tabs": shared.tabs(request, "gate"), "form": form, "errors": errors, "found": found,
            "checked": bool(found) and not errors, "genres": FORM_GENRES.items(), "frequencies": FREQUENCIES.items(),
            "places": [(p, n) for p, n in _places(by)],
        },
        status=status,
    )  # fmt: skip


def _places(by: Actor) -> list[tuple[str, str]]:
    home = figures.home(by)
    below = {p.path: p.name for p in places.children(home)}
    return [*places.names([home]).items(), *below.items()]


def _read(post: QueryDict, by: Actor) -> tuple[Draft, dict[str, Any]]:
    form: dict[str, Any] = {name: post.get(name, "").replace("\x00", "").strip() for name in TEXTS}
    form["place"] = figures.within(post.get("place", "")[:40] or figures.home(by), by)
    fields = []
    for line in form["fields"].splitlines():
        name, _mark, source = line.replace("｜", "|").partition("|")
        if name.strip():
            fields.append((name.strip()[:60], source.strip()[:120]))
    answers = {name: post.get(f"answer-{number}", "") for number, (name, _s) in enumerate(fields)}
    if kept := post.get("kept"):  # answers belong to the fields as they were shown
        before = kept.split("\n")
        answers = {name: post.get(f"answer-{before.index(name)}", "") for name, _s in fields if name in before}
    minutes = int(form["minutes"]) if form["minutes"].isdecimal() and len(form["minutes"]) < 4 else None
    draft = Draft(form["place"], form["name"], form["genre"], form["basis"], form["frequency"], form["filled_by"],
                  fields, answers, form["form"], minutes)  # fmt: skip
    return draft, form


@require_http_methods(["GET", "POST"])
def entry(request: HttpRequest, identifier: UUID) -> HttpResponse:
    """Show one form with the verdict on each field; another person lets it in or turns it away, and later ends it."""
    by = shared.actor(request)
    row = queries.entry(identifier, by=by)
    errors, status = {}, 200
    if request.method == "POST":
        try:
            _act(request.POST, identifier, by)
            messages.success(request, _("记下了。"))
            return redirect("analytics:form", identifier=identifier)
        except Invalid as wrong:
            errors, status = wrong.errors, 422
        except Conflict as wrong:
            errors, status = {"": str(wrong)}, 409
    mark = FORM_STATES[row.state]
    return render(
        request,
        "analytics/form.html",
        {
            "tabs": shared.tabs(request, "gate"), "row": row, "errors": errors, "state": mark,
            "place": places.names([row.place_path]).get(row.place_path, ""), "genre": FORM_GENRES[row.genre],
            "frequency": FREQUENCIES[row.frequency], "own": row.asked_by == by.pseudonym,
            "may": authority.holds(by, Can.GATE, at=row.place_path), "opinion": request.POST.get("opinion", ""),
        },
        status=status,
    )  # fmt: skip


def _act(post: QueryDict, identifier: UUID, by: Actor) -> None:
    opinion, act = post.get("opinion", ""), post.get("act", "")
    if act == "end":
        gate.end(identifier, opinion, by=by)
    elif act in {"admit", "refuse"}:
        gate.decide(identifier, admitted=act == "admit", opinion=opinion, by=by)
    else:
        raise Invalid(_("不认得这个动作"))

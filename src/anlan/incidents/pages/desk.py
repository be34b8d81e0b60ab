"""情况报告: what came from below, as the duty desk works through it."""

import datetime as dt
from typing import Any
from uuid import UUID, uuid4

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.incidents import queries, services, terms
from anlan.incidents.pages import shared
from anlan.incidents.queries import Filter
from anlan.incidents.terms import Can, How, Said
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.kernel.clock import CHINA, local
from anlan.places import queries as places

PER_PAGE = 50
EXPORT_MOST = 50_000
VIEWS = {
    "todo": gettext_lazy("待核实"),
    "verified": gettext_lazy("已核实"),
    "not_so": gettext_lazy("不属实"),
    "folded": gettext_lazy("并案"),
    "passed": gettext_lazy("转出和撤回"),
    "all": gettext_lazy("全部"),
}
PICKS = 12


def filter_of(request: HttpRequest, by: Actor) -> Filter:
    """Read the address; what it does not know it leaves out."""
    get = request.GET
    place = get.get("place", "")[:40]
    scopes = authority.scopes(by, Can.SEE)
    view = get.get("view", "todo")
    return Filter(
        view=view if view in VIEWS else "todo",
        place=place if any(place.startswith(s) for s in scopes) else "",
        kind=get.get("kind", "") if get.get("kind", "") in terms.KIND_NAMES else "",
        how=get.get("how", "") if get.get("how", "") in set(How) else "",
        text=get.get("q", "").replace("\x00", "").strip()[:60],
        urgent=get.get("urgent") == "1",
        since=_day(get.get("since", "")),
        until=_day(get.get("until", ""), after=1),
        sort=get.get("sort", ""),
    )


def _day(text: str, after: int = 0) -> dt.datetime | None:
    try:
        day = dt.date.fromisoformat(text) + dt.timedelta(days=after)
    except (ValueError, OverflowError):
        return None
    return dt.datetime.combine(day, dt.time(), CHINA)


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List the reports of the actor's places; filters stand in the address."""
    by = shared.actor_of(request, Can.SEE)
    what = filter_of(request, by)
    page = Paginator(queries.reports(by, what), PER_PAGE).get_page(request.GET.get("page"))
    counts = queries.counts(by)
    kept = request.GET.copy()
    kept.pop("page", None)
    return render(
        request,
        "incidents/index.html",
        {
            "page": page, "rows": shared.shown(page.object_list), "what": what, "kept": kept.urlencode(),
            "views": [(key, name, counts[key]) for key, name in VIEWS.items()], "urgent": counts["urgent"],
            "kinds": terms.KIND_NAMES.items(), "hows": terms.HOWS.items(), "places": _steps(by, what.place),
            "since": request.GET.get("since", ""), "until": request.GET.get("until", ""),
            "filtered": what != Filter(view=what.view, sort=what.sort), "may": authority.anywhere(by, [Can.VERIFY]),
        },
    )  # fmt: skip


def _steps(by: Actor, here: str) -> list[tuple[str, str]]:
    """Return the places to narrow the list by: the actor's own, the chosen one, and those right below."""
    scopes = authority.scopes(by, Can.SEE)
    top = here or (scopes[0] if scopes else "")
    below = list(places.children(top).values_list("path", "name")) if scopes else []
    return sorted({*places.names([*scopes, here]).items(), *below})


def _header() -> list[str]:
    return [
        _("到达时间"), _("发生时间"), _("地方"), _("经度"), _("纬度"), _("说了什么"), _("种类"), _("人命关天"),
        _("怎么来的"), _("报告人"), _("岗位"), _("现状"), _("核实人"), _("核实时间"), _("结论"), _("转给"), _("事件"),
        _("编号"),
    ]  # fmt: skip


@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the list as it is narrowed, at most EXPORT_MOST rows; the export leaves an entry."""
    by = shared.actor_of(request, Can.SEE)
    found = list(queries.reports(by, filter_of(request, by))[:EXPORT_MOST])
    stamp = "%Y-%m-%d %H:%M:%S"
    rows = [
        (
            f"{local(r.arrived_at):{stamp}}", f"{local(r.happened_at):{stamp}}", row["where"],
            "" if r.lon is None else f"{r.lon:.6f}", "" if r.lat is None else f"{r.lat:.6f}", r.text, str(row["kind"]),
            _("是") if r.urgent else "", str(row["how"]), r.reporter_name, r.reporter_title, str(row["says"]),
            r.verifier_name, f"{local(r.state_at):{stamp}}" if r.verifier_name else "", r.opinion, r.passed_to,
            str(r.incident or ""), str(r.id),
        )
        for row in shared.shown(found)
        for r in (row["report"],)
    ]  # fmt: skip
    answer = shared.download(_header(), rows, _("情况报告"), kind)
    services.note_export(len(rows), by=by)
    return answer


@require_http_methods(["GET", "POST"])
def phoned(request: HttpRequest) -> HttpResponse:
    """来电代录: the desk writes down what somebody says on the telephone."""
    by = shared.actor_of(request, Can.VERIFY)
    if request.method == "GET":
        return _phone_form(request, by, {"client": str(uuid4())}, {}, [])
    post, picks = request.POST, list[Any]()
    try:
        place, picks = _place(post.get("place", ""), post.get("where", ""), by)
        said = Said(
            text=post.get("text", ""), client=shared.uuid_of(post.get("client", ""), "client"), how=How.PHONE,
            kind=post.get("kind", ""), place=place, caller=post.get("caller", ""),
            happened_at=shared.instant(post.get("happened_at", "")),
        )  # fmt: skip
        made = services.report(said, by=by)
    except Invalid as error:
        if "place" in error.errors and not picks:
            picks = places.search(post.get("where", ""), by, PICKS)
        return _phone_form(request, by, post, error.errors, picks)
    return redirect("incidents:report", made.id)


def _place(chosen: str, where: str, by: Actor) -> tuple[str, list[Any]]:
    """Return the place that was picked, or the only one that the words find. Raises Invalid."""
    if chosen:
        return chosen[:40], []
    found = places.search(where, by, PICKS) if where.strip() else []
    if len(found) == 1 or (found and found[0].name == where.strip()):
        return str(found[0].path), []
    if not where.strip():
        raise Invalid({"place": _("写一下在哪里：社区、网格、小区的名字")})
    if not found:
        raise Invalid(
            {"place": _("没找到「{where}」，换个写法：少写几个字，或写街道、社区的名字").format(where=where[:20])}
        )
    raise Invalid({"place": _("「{where}」有 {count} 处，点一处").format(where=where[:20], count=len(found))})


def _phone_form(request: HttpRequest, by: Actor, said: Any, wrong: dict[str, str], picks: list[Any]) -> HttpResponse:
    paths = {p.path for p in picks}
    names = queries.where_of(paths)
    return render(
        request,
        "incidents/phoned.html",
        {
            "said": said, "wrong": wrong, "kinds": terms.KIND_NAMES.items(), "by": by,
            "picks": [(p.path, names.get(p.path, p.name)) for p in picks],
        },
        status=422 if wrong else 200,
    )  # fmt: skip


@require_POST
def from_reply(request: HttpRequest, identifier: UUID) -> HttpResponse:
    """Turn a reply that fits nothing into a report."""
    by = shared.actor_of(request, Can.VERIFY)
    return redirect("incidents:report", services.from_reply(identifier, by=by).id)

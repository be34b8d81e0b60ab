"""隐患: the list and the map, narrowed by the address; views of one's own; files to take away."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from anlan.hazards import queries, services, terms
from anlan.hazards.pages import shared
from anlan.hazards.queries import Filter
from anlan.hazards.terms import Can, HazardState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.kernel.clock import local
from anlan.places import queries as places

PER_PAGE = 50
EXPORT_MOST = 50_000
DEFAULT_VIEWS = {
    "todo": gettext_lazy("等我办"),
    "late": gettext_lazy("逾期"),
    "major": gettext_lazy("重大"),
    "listed": gettext_lazy("挂账"),
    "recur": gettext_lazy("复发"),
    "open": gettext_lazy("没销号的"),
    "all": gettext_lazy("全部"),
}
ONGOING = tuple(terms.OPEN)
VIEW_FILTERS: dict[str, dict[str, Any]] = {
    "todo": {"mine": "owed", "sort": "due"},
    "late": {"due": "overdue", "sort": "due"},
    "major": {"grades": ("major",), "states": ONGOING},
    "listed": {"states": (HazardState.LISTED,)},
    "recur": {"recurring": True, "states": ONGOING},
    "open": {"states": ONGOING},
    "all": {},
}
DUES = {
    "overdue": gettext_lazy("过期了"), "soon": gettext_lazy("两天内到期"), "paused": gettext_lazy("暂停计时"),
}  # fmt: skip
MINES = {
    "owed": gettext_lazy("等我办的"), "reported": gettext_lazy("我报的"), "owned": gettext_lazy("我要整改的"),
    "confirmed": gettext_lazy("我确认的"), "assigned": gettext_lazy("我指派的"), "accepted": gettext_lazy("我验收的"),
}  # fmt: skip


class Pages(Paginator):  # type: ignore[type-arg]
    """Pages of a list that is counted no further than anybody pages."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return queries.counted(rows) if isinstance(rows, QuerySet) else len(rows)


def filter_of(get: QueryDict, by: Actor) -> Filter:
    """Read the address; what it does not know it leaves out. A view's own filters hold unless the address says more."""
    place = get.get("place", "")[:40]
    scopes = authority.scopes(by, Can.SEE)
    many: dict[str, set[str]] = {
        "state": set(HazardState), "grade": {str(g) for g in terms.Grade if g}, "trade": set(terms.Trade),
        "source": set(terms.Source),
    }  # fmt: skip
    chosen: dict[str, Any] = {f"{n}s": (get[n],) for n, values in many.items() if get.get(n) in values}
    if get.get("state") == "open":
        chosen["states"] = ONGOING
    if kind := get.get("kind", "")[:24]:
        chosen["kinds"] = (kind,)
    chosen |= {n: get[n] for n, values in (("due", DUES), ("mine", MINES)) if get.get(n) in values}
    chosen |= {n: True for n in ("recurring", "supervised", "plea") if get.get(n) == "1"}
    if get.get("sort"):
        chosen["sort"] = get["sort"]
    rest = {
        "q": get.get("q", "").replace("\x00", "").strip()[:60],
        "owner": get.get("owner", "").replace("\x00", "").strip()[:60],
        "place": place if any(place.startswith(s) for s in scopes) else "",
        "since": shared.day(get.get("since", "")), "until": shared.day(get.get("until", ""), after=1),
    }  # fmt: skip
    return Filter(**(VIEW_FILTERS.get(view_of(get), {}) | chosen | rest))


def view_of(get: QueryDict) -> str:
    """Return the default view that the address names; no view where it filters by itself, else what waits for me."""
    view = get.get("view", "")
    if view in VIEW_FILTERS or view.startswith("v-"):
        return view
    return "all" if any(value for name, value in get.items() if name not in {"page", "sort", "map"}) else "todo"


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List the hazards of the actor's places, or show them on the map; filters stand in the address."""
    by = shared.actor_of(request, Can.SEE)
    view = view_of(request.GET)
    mine = queries.saved_views(by)
    if view.startswith("v-") and set(request.GET) <= {"view", "page"}:
        found = next((v for v in mine if f"v-{v.id}" == view), None)
        return redirect(f"{request.path}?{found.query}&view={view}" if found else request.path)
    what = filter_of(request.GET, by)
    as_map = request.GET.get("map") == "1"
    page = Pages(queries.hazards(what, by=by), PER_PAGE).get_page(request.GET.get("page"))
    base = Filter(**VIEW_FILTERS.get(view, {}))
    return render(
        request,
        "hazards/index.html",
        {
            "page": page, "rows": [] if as_map else shared.shown(page.object_list), "what": what, "map": as_map,
            "views": _tabs(mine, view, by), "view": view, "kept": _kept(request, "page"),
            "kept_map": _kept(request, "page", "map"), "kept_state": _kept(request, "page", "state"),
            "states": _states(queries.state_counts(what, by=by), what), "kinds": shared.kind_choices(),
            "grades": [(g, n) for g, n in terms.GRADE_NAMES.items() if g], "trades": terms.TRADE_NAMES.items(),
            "sources": terms.SOURCE_NAMES.items(), "dues": DUES.items(), "mines": MINES.items(),
            "places": _steps(by, what.place), "since": request.GET.get("since", ""),
            "until": request.GET.get("until", ""), "sort": what.sort, "filtered": _bare(what) != _bare(base),
            "more_filters": _hidden_ones(what), "saved": mine, "may_report": authority.anywhere(by, [Can.REPORT]),
            "may_assign": authority.anywhere(by, [Can.ASSIGN]), "many": page.paginator.count > queries.COUNTED,
            "most": queries.COUNTED,
        },
    )  # fmt: skip


def _bare(what: Filter) -> tuple[Any, ...]:
    return tuple(getattr(what, name) for name in Filter.__slots__ if name != "sort")


def _hidden_ones(what: Filter) -> bool:
    """Say whether one of the filters that stand folded away is set."""
    return any((what.trades, what.sources, what.owner, what.since, what.until, what.recurring, what.supervised))


def _kept(request: HttpRequest, *without: str) -> str:
    kept = request.GET.copy()
    for name in without:
        kept.pop(name, None)
    return kept.urlencode()


def _tabs(mine: list[Any], view: str, by: Actor) -> list[tuple[str, Any, int | None]]:
    found = queries.standing(by)
    tabs: list[tuple[str, Any, int | None]] = [(key, name, found.get(key)) for key, name in DEFAULT_VIEWS.items()]
    return tabs + [(f"v-{v.id}", v.name, None) for v in mine if v.pinned or f"v-{v.id}" == view]


def _states(found: dict[str, int] | None, what: Filter) -> list[tuple[str, str, Any, int | None, bool]]:
    """Return each state with its shape, word, count and whether it is chosen; those without any are left out."""
    return [
        (str(state), mark, word, found[state] if found else None, tuple(what.states) == (state,))
        for state, (mark, word) in terms.STATE_NAMES.items()
        if found is None or found[state] or tuple(what.states) == (state,)
    ]


def _steps(by: Actor, here: str) -> list[tuple[str, str]]:
    """Return the places to narrow the list by: the actor's own, the chosen one, and those right below."""
    scopes = authority.scopes(by, Can.SEE)
    top = here or (scopes[0] if scopes else "")
    below = list(places.children(top).values_list("path", "name")) if scopes else []
    return sorted({*places.names([*scopes, here]).items(), *below})


@require_GET
def points(request: HttpRequest) -> HttpResponse:
    """Return what the map shows, as GeoJSON: single hazards, or sums by place where there are many."""
    by = shared.actor_of(request, Can.SEE)
    what = filter_of(request.GET, by)
    found, without = queries.pins(what, by=by)
    names = queries.where_of({s.path for s in found})
    kept = _kept(request, "page", "map", "place")
    here = what.place or (authority.scopes(by, Can.SEE) or ("",))[0]
    ground = places.features(here, by=by)["features"]
    for one in ground:  # the borders are the ground; the names on this map are the hazards'
        one["properties"] = {"kind": "here" if one["properties"]["kind"] == "here" else one["properties"]["kind"]}
    return JsonResponse(
        {"type": "FeatureCollection", "features": [*ground, *(_feature(s, names, kept) for s in found)],
         "without": without},
        content_type="application/geo+json",
    )  # fmt: skip


def _feature(spot: queries.Pin, names: dict[str, str], kept: str) -> dict[str, Any]:
    if spot.hazard is not None:
        row = shared.says(spot.hazard)
        said = {
            "name": f"{spot.hazard.number} {shared.title(spot.hazard, {})}"[:30].strip(),
            "url": f"/hazards/{spot.hazard.id}", "note": f"{row['says']}，{names.get(spot.path, '')}",
        }  # fmt: skip
    else:
        where = names.get(spot.path, "").split(" ")[-1]
        said = {"name": _("{where} {count} 条").format(where=where, count=spot.count),
                "url": f"/hazards?{kept}&map=1&place={spot.path}", "note": ""}  # fmt: skip
    return {
        "type": "Feature", "geometry": {"type": "Point", "coordinates": [round(spot.lon, 6), round(spot.lat, 6)]},
        "properties": {"kind": "thing", **said},
    }  # fmt: skip


def _header() -> list[str]:
    return [
        _("编号"), _("到达时间"), _("发现时间"), _("地方"), _("具体位置"), _("经度"), _("纬度"), _("说了什么"),
        _("种类"), _("行业"), _("级别"), _("怎么发现"), _("现状"), _("谁上报"), _("谁确认"), _("确认时间"), _("谁指派"),
        _("指派时间"), _("责任单位"), _("整改期限"), _("谁整改"), _("整改时间"), _("谁验收"), _("验收时间"),
        _("退回次数"), _("复发"), _("费用（元）"),
    ]  # fmt: skip


def _line(row: dict[str, Any]) -> tuple[object, ...]:
    h = row["hazard"]

    def at(moment: Any) -> str:
        return f"{local(moment):%Y-%m-%d %H:%M:%S}" if moment else ""

    return (
        h.number, at(h.arrived_at), at(h.found_at), row["place"], h.where, "" if h.lon is None else f"{h.lon:.6f}",
        "" if h.lat is None else f"{h.lat:.6f}", h.text, row["kind"], str(row["trade"]), str(row["grade"]),
        str(row["source"]), str(row["says"]), h.reported_name, h.confirmed_name, at(h.confirmed_at), h.assigned_name,
        at(h.assigned_at), h.owner_name, at(h.due_at), h.rectified_name, at(h.rectified_at), h.accepted_name,
        at(h.accepted_at), h.refusals, _("是") if h.recurs_id or h.reopened else "",
        "" if h.cost is None else f"{h.cost / 100:.2f}",
    )  # fmt: skip


@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the list as it is narrowed, at most EXPORT_MOST rows; the export leaves an entry."""
    by = shared.actor_of(request, Can.SEE)
    found = list(queries.hazards(filter_of(request.GET, by), by=by)[:EXPORT_MOST])
    answer = shared.download(_header(), [_line(row) for row in shared.shown(found)], _("隐患清单"), kind)
    services.note_export(len(found), by=by)
    return answer


@require_POST
def views(request: HttpRequest) -> HttpResponse:
    """Save what is filtered as a view of one's own, pin, unpin or delete one."""
    by = shared.actor_of(request, Can.SEE)
    post = request.POST
    try:
        return redirect(_keep(post.get("act", ""), request, by))
    except Invalid as error:
        for text in error.errors.values():
            messages.error(request, text)
    return redirect(f"/hazards?{post.get('query', '')}")


def _keep(name: str, request: HttpRequest, by: Actor) -> str:
    """Do one thing with views; returns where to go on."""
    post = request.POST
    if name == "save":
        made = services.save_view(post.get("name", ""), post.get("query", ""), by=by)
        messages.success(request, _("存好了，在上面一排里"))
        return f"/hazards?view=v-{made.id}"
    wanted = shared.uuid_of(post.get("id", ""), "id")
    if name in {"pin", "unpin"}:
        services.pin_view(wanted, pinned=name == "pin", by=by)
    elif name == "drop":
        services.drop_view(wanted, by=by)
        messages.success(request, _("删掉了"))
    else:
        raise Invalid({"act": _("不认识这个办法，回到上一页再点一次")})
    return "/hazards"

"""Looking: the whole tree, one place, and files of it."""

from uuid import UUID

import orjson
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from anlan.kernel import authority
from anlan.places import codes, coords, queries, terms
from anlan.places.models import Place
from anlan.places.pages.shared import actor_of, download, table_file

PAGE = 50
FOUND = 50


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Show the tops of the actor's scope, or what a search finds."""
    by = actor_of(request)
    if not authority.scopes(by, terms.Can.READ):
        raise authority.Refused(terms.Can.READ, "")
    text, level = request.GET.get("q", "").strip(), request.GET.get("level", "")
    found = queries.search(text, by, FOUND, level=level if level in set(terms.Level) else "") if text else []
    trails = _trails(found)
    roots = list(queries.roots(by)[:PAGE])
    top = roots[0] if len(roots) == 1 else None
    return render(
        request,
        "places/index.html",
        {
            "q": text,
            "level": level,
            "levels": [(level, _(name)) for level, name in terms.LEVEL_NAMES.items()],
            "found": [(p, trails.get(p.path, "")) for p in found],
            "former": queries.former(text, by) if text else [],
            "limit": FOUND,
            "roots": roots,
            "children": _page(request, queries.children_page(top.path, sort=_sort(request))) if top else None,
            "top": top,
            "sort": _sort(request),
            "can_import": bool(authority.scopes(by, terms.Can.IMPORT)),
            "can_manage": bool(authority.scopes(by, terms.Can.MANAGE)),
            "can_found": authority.holds(by, terms.Can.MANAGE, at=""),
            "waiting": queries.open_rejects(by),
        },
    )


def _trails(found: list[Place]) -> dict[str, str]:
    """Return where each found place lies, in words, by one query."""
    steps = {p.path[:end] for p in found for end in range(4, len(p.path), 4)}
    named = queries.names(steps)
    return {
        p.path: " › ".join(named[p.path[:end]] for end in range(4, len(p.path), 4) if p.path[:end] in named)
        for p in found
    }


def _sort(request: HttpRequest) -> str:
    sort = request.GET.get("sort", "path")
    return sort if sort in queries.tree.SORTS else "path"


def _page(request: HttpRequest, rows: object) -> object:
    return Paginator(rows, PAGE).get_page(request.GET.get("page"))  # type: ignore[arg-type]


@require_GET
def place(request: HttpRequest, where: str) -> HttpResponse:
    """Show one place: facts, codes with their validity, children, map."""
    by = actor_of(request)
    here = queries.scoped(where, by)
    closed, level = bool(request.GET.get("closed")), request.GET.get("level", "")
    children = queries.children_page(here.path, sort=_sort(request), closed=closed, level=level)
    return render(
        request,
        "places/place.html",
        {
            "place": here,
            "facts": _facts(here),
            "codes": queries.codes_of(here),
            "today": queries.tree.today(),
            "children": _page(request, children),
            "levels": queries.child_levels(here.path),
            "level": level,
            "sort": _sort(request),
            "closed": closed,
            "can_manage": authority.holds(by, terms.Can.MANAGE, at=here.path),
            "can_import": authority.holds(by, terms.Can.IMPORT, at=here.path),
        },
    )


def _facts(here: Place) -> list[tuple[str, object]]:
    """Return what is known of a place, in words; what is not known is left out."""
    grid = {1: _("一级"), 2: _("二级"), 3: _("三级")}
    kind = ""
    if here.scheme == terms.Scheme.STAT and here.level == terms.Level.STREET and len(here.code) == codes.STREET:
        kind = codes.street_kind(here.code)
    if here.scheme == terms.Scheme.STAT and here.level == terms.Level.COMMUNITY and len(here.code) == codes.COMMUNITY:
        kind = codes.community_kind(here.code)
    pairs: list[tuple[str, object]] = [
        (_("级别"), here.level_name + (f"（{kind}）" if kind else "")),
        (_("网格级别"), grid.get(here.grid_level or 0, "")),
        (_("条线"), "、".join(here.lines)),
        (_("别名"), "、".join(here.aliases)),
        (_("人口"), "" if here.population is None else f"{here.population:,}"),
        (_("户数"), "" if here.households is None else f"{here.households:,}"),
        (_("城乡分类"), f"{here.urban_class} {codes.URBAN_CLASSES[here.urban_class]}" if here.urban_class else ""),
        (_("位置（WGS-84）"), "" if here.lon is None else f"{here.lon:.6f}, {here.lat:.6f}"),
        (_("面积"), _area(here.path)),
        (_("设立"), here.since or ""),
        (_("撤销"), here.until or ""),
        (_("并入"), here.successor.name if here.successor else ""),
        (_("来源"), here.source),
    ]
    return [(name, value) for name, value in pairs if value]


def _area(path: str) -> str:
    shape = queries.atlas().shape_of(path)
    return "" if shape is None else f"{coords.area(shape) / 1e6:,.2f} km²"


@require_GET
def by_id(request: HttpRequest, place_id: UUID) -> HttpResponse:
    """Lead from an id, as the ledger keeps it, to the place."""
    return redirect("places:place", where=queries.get(place_id, actor_of(request)).path)


@require_GET
def map_of_all(request: HttpRequest) -> JsonResponse:
    """Return the roots' shapes."""
    return _geojson(queries.features("", by=actor_of(request)))


@require_GET
def map_of(request: HttpRequest, where: str) -> JsonResponse:
    """Return a place's shape and its children's, simplified for a screen."""
    by = actor_of(request)
    return _geojson(queries.features(queries.scoped(where, by).path, by=by))


def _geojson(data: object) -> JsonResponse:
    answer = JsonResponse(data, content_type="application/geo+json", json_dumps_params={"ensure_ascii": False})
    answer["Cache-Control"] = "private, max-age=60"
    return answer


HEADER = ("名称", "级别", "编码方案", "编码", "人口", "户数", "经度", "纬度", "城乡分类", "设立", "撤销", "路径")


@require_GET
def children_file(request: HttpRequest, where: str, kind: str) -> HttpResponse:
    """Return what lies right below a place as a file (`?all=1`: everything below)."""
    by = actor_of(request)
    here = queries.scoped(where, by)
    name = _("%(place)s的下级") % {"place": here.name}
    if kind == "geojson":
        crs = request.GET.get("crs", terms.Crs.WGS84)
        if crs not in set(terms.Crs):
            raise Http404
        return download(orjson.dumps(queries.features(here.path, by=by, crs=crs, exact=True)), name, kind)
    rows = queries.below(here.path) if request.GET.get("all") else queries.children(here.path, closed=True)
    lines = (
        (p.name, p.level_name, p.scheme, p.code, p.population, p.households, p.lon, p.lat, p.urban_class,
         p.since, p.until, p.path)
        for p in rows.iterator()
    )  # fmt: skip
    return table_file(HEADER, lines, name, kind)

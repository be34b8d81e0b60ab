"""叫应统计: how people were called and answered, by place, month, level, role; each figure with its meaning."""

import re
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from anlan.callout.pages.calls import XLSX, month_of
from anlan.callout.queries import statistics as queries
from anlan.callout.queries.listing import LEVELS
from anlan.callout.queries.statistics import Asked, Sums
from anlan.callout.terms import COMMON, FEW, MEASURES, VERSION, Can
from anlan.kernel import authority, tables
from anlan.kernel.authority import Actor, Refused
from anlan.people import queries as people
from anlan.places import queries as places

LEVEL_NAMES = {
    "red": gettext_lazy("红色"), "orange": gettext_lazy("橙色"), "yellow": gettext_lazy("黄色"),
    "blue": gettext_lazy("蓝色"), "none": gettext_lazy("不分级"),
}  # fmt: skip
TABLES = ("places", "months", "levels", "roles")


def _asked(request: HttpRequest, by: Actor) -> Asked:
    get = request.GET
    scopes = sorted(authority.scopes(by, Can.SEE), key=len)
    place = get.get("place", "") or next((s for s in scopes if s), "") or _root(by)
    first, last = queries.latest()
    since, until = month_of(get.get("since", "")) or first, month_of(get.get("until", "")) or last
    since, until = min(since, until), max(since, until)
    since = max(since, queries.shift(until, 1 - queries.LONGEST))
    level, role = get.get("level", ""), get.get("role", "")
    return Asked(
        queries.within(place, by), since, until,
        level=level if level in {*LEVELS, "none"} else "",
        role=role if re.fullmatch(r"[\w-]{1,40}", role) else "",
        drill=get.get("view") == "drill", now=get.get("boundaries") == "now",
    )  # fmt: skip


def _root(by: Actor) -> str:
    return str(next((p.path for p in places.roots(by)), ""))


@require_GET
def statistics(request: HttpRequest) -> HttpResponse:
    """Show the figures of a place and a stretch of months, with what is below it; or hand them out as a workbook."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    if not authority.anywhere(by, [Can.SEE]):
        raise Refused(Can.SEE, "")
    asked = _asked(request, by)
    found = {
        "places": queries.by_place(asked), "months": queries.by_month(asked), "levels": _levels(asked),
        "roles": queries.by_role(asked),
    }  # fmt: skip
    total = queries.total(asked)
    crumbs = [(p, n) for p, n in places.breadcrumb(asked.place) if authority.holds(by, Can.SEE, at=p)]
    place = crumbs[-1][1] if crumbs else ""
    if request.GET.get("format") == "xlsx":
        return _workbook(asked, found | {"places": [Sums("", place, total.counts), *found["places"]]})
    return render(
        request,
        "callout/statistics.html",
        {
            "asked": asked, "view": "drill" if asked.drill else "real",
            "views": [("real", _("真的叫应"), None), ("drill", _("演练和测试"), None)],
            "total": total, "figures": _compared(asked, total),
            "tables": [(name, _heads()[name], found[name], _link(name, asked)) for name in TABLES if found[name]],
            "crumbs": [(p, n, "?" + _query(asked, place=p)) for p, n in crumbs], "place": place,
            "roles": [(r.code, r.name) for r in people.list_roles()],
            "adjusted": asked.now or bool(places.book().days),
            "levels": LEVEL_NAMES.items(), "few": FEW, "measures": MEASURES, "common": COMMON, "version": VERSION,
            "chart": _chart(found["months"]) if total.due and len(asked.months) > 1 else None,
            "words": _words(asked), "query": _query(asked),
        },
    )  # fmt: skip


def _levels(asked: Asked) -> list[Sums]:
    return [Sums(s.key, str(LEVEL_NAMES.get(s.key, s.name)), s.counts) for s in queries.by_level(asked)]


def _heads() -> dict[str, str]:
    return {"places": _("各地"), "months": _("各月"), "levels": _("各级别"), "roles": _("各种岗位")}


def _words(asked: Asked) -> str:
    """Return the stretch of time as people say it."""
    first, last = f"{asked.since:%Y-%m}", f"{asked.until:%Y-%m}"
    return first if first == last else _("%(first)s 到 %(last)s") % {"first": first, "last": last}


def _compared(asked: Asked, total: Sums) -> list[dict[str, Any]]:
    """Return the figures, each share with how many points it moved since the months before."""
    earlier = queries.total(asked.before())
    made = []
    for now, then in zip(total.figures, earlier.figures, strict=True):
        moved = ""
        if "part" in now and now["whole"] and then["whole"] and not total.few and not earlier.few:
            points = 100 * (int(str(now["part"])) / total.due - int(str(then["part"])) / earlier.due)
            moved = f"{points:+.1f}"
        made.append(now | {"moved": moved})
    return made


def _query(asked: Asked, **other: str) -> str:
    values = {
        "view": "drill" if asked.drill else "", "place": asked.place, "since": f"{asked.since:%Y-%m}",
        "until": f"{asked.until:%Y-%m}", "level": asked.level, "role": asked.role,
        "boundaries": "now" if asked.now else "",
    }  # fmt: skip
    return urlencode({name: value for name, value in (values | other).items() if value})


def _link(table: str, asked: Asked) -> list[str]:
    """Return the start of the address that a row of a table leads to; the row's key follows."""
    if table == "places":
        return ["?" + _query(asked, place="") + "&place=", ""]
    if table == "months":
        view = "view=drill&" if asked.drill else ""
        return [f"/calls?{view}place={asked.place}&level={asked.level}&month=", ""]
    name = "level" if table == "levels" else "role"
    return ["?" + _query(asked, **{name: ""}) + f"&{name}=", ""]


def _chart(months: list[Sums]) -> dict[str, Any]:
    """Return 叫应率 and 首轮率 by month, as <anlan-chart> wants them; a month without a call is a gap."""

    def line(number: int) -> list[float | None]:
        shares = [m.share(MEASURES[number]) for m in months]
        return [round(100 * part / whole, 1) if whole else None for part, whole in shares]

    return {
        "kind": "line", "x": {"name": _("月份"), "values": [m.key for m in months]},
        "y": {"name": str(MEASURES[0].name), "unit": "%", "max": 100},
        "series": [{"name": str(MEASURES[i].name), "values": line(i)} for i in (0, 1)],
    }  # fmt: skip


def _workbook(asked: Asked, found: dict[str, list[Sums]]) -> HttpResponse:
    head = [_("叫应次数"), _("应叫人次"), _("时限内应"), _("首轮应"), _("三呼内应"), _("B岗代应"), _("代记"),
            _("上门"), _("没应"), _("空号停机"), *(str(m.name) for m in MEASURES)]  # fmt: skip
    columns = ("calls", "due", "in_time", "first", "third", "covered", "proxied", "door", "lapsed", "dead")

    def row(sums: Sums) -> list[Any]:
        figures = [
            round(f["part"] / f["whole"], 4) if f.get("whole") else f.get("seconds")  # type: ignore[operator]
            for f in sums.figures
        ]
        return [*(sums.of(c) for c in columns), *figures]

    sheets: list[tuple[str, list[str], list[list[Any]]]] = [
        (_heads()[name], [_heads()[name], *head], [[sums.name, *row(sums)] for sums in found[name]]) for name in TABLES
    ]
    meaning = [[str(m.name), str(m.words)] for m in MEASURES]
    meaning += [[_("怎么算"), str(COMMON)], [_("口径"), _("第 %d 版") % VERSION], [_("时间"), _words(asked)],
                [_("区划"), _("按现在的区划") if asked.now else _("按当时的区划")],
                [_("哪一种"), _("演练和测试") if asked.drill else _("真的叫应")]]  # fmt: skip
    sheets.append((_("口径"), [_("名称"), _("怎么算")], meaning))
    answer = HttpResponse(tables.to_workbook(sheets), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="call-statistics-{asked.until:%Y-%m}.xlsx"'
    return answer

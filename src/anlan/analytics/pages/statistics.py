"""统计: hazards and inspections by place, trade, kind, grade, source, unit and month; each figure with its meaning."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from anlan.analytics import queries
from anlan.analytics.figures import FEW, Figure
from anlan.analytics.pages import shared
from anlan.analytics.pages.shared import Reading
from anlan.analytics.queries import Definition, hints, names
from anlan.analytics.terms import DIMENSION_NAMES, DIMENSIONS, periods
from anlan.kernel import tables
from anlan.kernel.authority import Actor
from anlan.places import queries as places

GROUPS = (
    (gettext_lazy("整改"), ("rectified", "on_time", "late_days", "major_cleared")),
    (gettext_lazy("新增和存量、质量"), ("rectified_new", "rectified_stock", "first_pass", "recurred")),
    (gettext_lazy("检查"), ("items_passed", "objects_passed", "inspected", "missed")),
    (gettext_lazy("提示看看排查质量，不排名、不罚"), ("silent", "easy")),
)
BY = ("place", *DIMENSIONS)
MOST_ROWS = 200


@require_GET
def statistics(request: HttpRequest) -> HttpResponse:
    """Show the figures of a place and a stretch of months and what they are made of; or hand them out as a workbook."""
    by = shared.actor(request)
    read = shared.reading(request, by)
    wanted = read.definitions
    column = request.GET.get("by", "") if request.GET.get("by") in BY else "place"
    chosen = _chosen(request, wanted)
    rows = _rows(read, wanted, column)
    if request.GET.get("format") == "xlsx":
        return _workbook(read, wanted, by)
    asked, heads = read.asked, _heads(wanted, chosen)
    for row in rows[:MOST_ROWS]:
        row["cells"] = [row["cards"][d.code] for d in heads]
    stretches = {"now": asked.period, "before": asked.period.before, "year": asked.period.year_ago}
    total = queries.several(asked, wanted, stretches)
    crumbs = shared.crumbs(asked.place, by)
    groups = _groups(wanted, total)
    return render(
        request,
        "analytics/statistics.html",
        {
            "tabs": shared.tabs(request, "statistics"), "asked": asked, "read": read, "drill": asked.drill,
            "crumbs": [(p, n, "?" + read.query(place=p, by=request.GET.get("by", ""))) for p, n in crumbs],
            "place": crumbs[-1][1] if crumbs else "", "words": asked.period.words, "few": FEW,
            "since": periods.label(asked.period.since), "until": periods.label(asked.period.until),
            "filters": [(c, DIMENSION_NAMES[c], names.choices(c), (asked.only.get(c) or [""])[0])
                        for c in DIMENSIONS if c != "owner"],
            "owner": names.called("owner", asked.only.get("owner", ())) if "owner" in asked.only else None,
            "without_owner": "?" + read.query(owner=""),
            "groups": groups, "empty": not any(c["whole"] for _n, cards in groups for c in cards),
            "listed": names.listed(asked.place) if not asked.drill else 0,
            "chosen": chosen, "wanted": wanted, "by": column,
            "ways": [(key, DIMENSION_NAMES[key]) for key in BY], "rows": rows[:MOST_ROWS],
            "left": max(len(rows) - MOST_ROWS, 0), "heads": heads,
            "chart": _chart(read, chosen), "hint": hints.easy(asked), "query": read.query(),
            "hazards": _list_link(read, column, None),
        },
    )  # fmt: skip


def _chosen(request: HttpRequest, wanted: Sequence[Definition]) -> Definition:
    code = request.GET.get("measure", "")
    return next((d for d in wanted if d.code == code), wanted[0])


def _heads(wanted: Sequence[Definition], chosen: Definition) -> list[Definition]:
    """Return the measures that a table shows: the chosen one, then the most asked for."""
    first = ("rectified", "on_time", "late_days", "major_cleared", "items_passed", "missed")
    return [chosen, *(d for code in first for d in wanted if d.code == code and d.code != chosen.code)][:5]


def _groups(
    wanted: Sequence[Definition], total: dict[str, dict[str, Figure]]
) -> list[tuple[Any, list[dict[str, Any]]]]:
    known = {d.code: d for d in wanted}
    named = {code for _n, codes in GROUPS for code in codes}
    groups = [*GROUPS, (gettext_lazy("本地自己定的"), tuple(c for c in known if c not in named))]
    cards = [
        (name, [
            shared.card(known[c], total["now"][c], total["before"][c], total["year"][c]) for c in codes if c in known
        ])
        for name, codes in groups
    ]  # fmt: skip
    return [(name, found) for name, found in cards if found]


def _rows(read: Reading, wanted: Sequence[Definition], column: str) -> list[dict[str, Any]]:
    """Return the rows of the table: places in the order of the tree, values in theirs, units by how much they owe."""
    found = queries.cut(read.asked, wanted, column)
    called = names.called(column, found)
    if column == "place":
        order = [p.path for p in places.children(read.asked.place, closed=True) if p.path in found]
    elif column == "owner":
        order = sorted(found, key=lambda key: -found[key]["rectified"].whole if "rectified" in found[key] else 0)
    else:
        order = [v for v in names.choices(column) if v in found] + [v for v in found if v not in called]
    return [
        {
            "key": key, "name": called.get(key, key),
            "cards": {d.code: shared.card(d, found[key][d.code]) for d in wanted},
            "url": _narrower(read, column, key), "list": _list_link(read, column, key),
        }
        for key in order
        if any(f.whole for f in found[key].values())
    ]  # fmt: skip


def _narrower(read: Reading, column: str, key: str) -> str:
    return "?" + (read.query(place=key) if column == "place" else read.query(**{column: key}, by="place"))


def _list_link(read: Reading, column: str, key: str | None) -> str:
    """Return the address of the rows behind a figure: what was reported there and then, in the list of hazards."""
    first, last = read.asked.period.days
    values = {
        "place": read.asked.place, "since": first.isoformat(), "until": last.isoformat(),
        **{name: chosen[0] for name, chosen in read.asked.only.items()},
    }  # fmt: skip
    if key is not None:
        values[column] = key
    if values.pop("owner", ""):  # the list finds units by name
        named = names.called("owner", [key or ""]) if column == "owner" and key else {}
        values["owner"] = named.get(key or "", "")
    return "/hazards?" + urlencode({k: v for k, v in values.items() if v})


def _chart(read: Reading, chosen: Definition) -> dict[str, Any] | None:
    """Return the chosen measure by month, as <anlan-chart> wants it; a month without a case is a gap."""
    asked = read.asked
    if len(asked.period.months) < 2:
        asked = asked.during(periods.Period(asked.period.until - 11, asked.period.until))
    if chosen.spec.sort == "silent":
        return None
    found = queries.months(asked, [chosen])
    values = [found[m][chosen.code].value for m in asked.period.months]
    if not any(v is not None for v in values):
        return None
    median = chosen.spec.sort == "median"
    return {
        "kind": "line", "x": {"name": _("月份"), "values": [periods.label(m) for m in asked.period.months]},
        "y": {"name": chosen.name, "unit": _("天") if median else "%", **({} if median else {"max": 100})},
        "series": [{"name": (places.names([asked.place]).get(asked.place) or chosen.name)[:4],
                    "values": [None if v is None else round(v if median else min(100 * v, 100), 1) for v in values]}],
    }  # fmt: skip


def _workbook(read: Reading, wanted: Sequence[Definition], by: Actor) -> HttpResponse:
    """Return every slice as a sheet, and how each figure is counted as the last."""
    sheets: list[tuple[str, list[str], list[list[Any]]]] = []
    head = [text for d in wanted for text in (d.name, _("分子"), _("分母"))]
    for column in (*BY, "month"):
        rows = _rows(read, wanted, column) if column != "month" else _month_rows(read, wanted)
        cells = [[row["name"], *_cells(row["cards"], wanted)] for row in rows]
        sheets.append((str(DIMENSION_NAMES[column]), [str(DIMENSION_NAMES[column]), *head], cells))
    meaning: list[list[Any]] = [
        [d.name, d.words, d.numerator, d.denominator, d.exclusions, d.number, d.valid_from] for d in wanted
    ]
    place = shared.crumbs(read.asked.place, by)
    meaning += [[_("地方"), place[-1][1] if place else ""], [_("时间"), read.asked.period.words],
                [_("口径"), _("按当时口径") if read.then else _("按现在口径")],
                [_("哪一种"), _("演练") if read.asked.drill else _("真的")],
                [_("少于 {few} 件").format(few=FEW), _("百分比只供参考，不比、不排名")]]  # fmt: skip
    titles = [_("名称"), _("怎么算"), _("分子"), _("分母"), _("不算的"), _("第几版"), _("从哪天起用")]
    sheets.append((_("口径"), titles, meaning))
    answer = HttpResponse(tables.to_workbook(sheets), content_type=shared.XLSX)
    answer["Content-Disposition"] = f'attachment; filename="statistics-{periods.label(read.asked.period.until)}.xlsx"'
    return answer


def _month_rows(read: Reading, wanted: Sequence[Definition]) -> list[dict[str, Any]]:
    found = queries.months(read.asked, wanted)
    return [
        {"name": periods.label(m), "cards": {d.code: shared.card(d, found[m][d.code]) for d in wanted}}
        for m in read.asked.period.months
    ]


def _cells(cards: dict[str, dict[str, Any]], wanted: Sequence[Definition]) -> list[Any]:
    cells: list[Any] = []
    for one in wanted:
        figure: Figure = cards[one.code]["figure"]
        value = None if figure.value is None or not figure.applies else round(figure.value, 4)
        cells += [value, None if figure.median else figure.part, figure.whole]
    return cells

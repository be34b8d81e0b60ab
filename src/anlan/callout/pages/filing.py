"""年度备案: each place's keeper confirms its list once a year; the level above sees how far everybody is."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from anlan.callout.models import Filing
from anlan.callout.pages.reach import XLSX, actor_of, back_to, here_of
from anlan.callout.queries import filings as queries
from anlan.callout.services import asked, filings
from anlan.callout.terms import Can
from anlan.kernel import authority, tables
from anlan.kernel.authority import Conflict
from anlan.kernel.clock import local, now
from anlan.people import queries as people
from anlan.people.terms import Can as PeopleCan
from anlan.places import queries as places

STATES: dict[str, tuple[str, Any]] = {
    "todo": ("wait", gettext_lazy("未开始")),
    "doing": ("doing", gettext_lazy("核对中")),
    "filed": ("done", gettext_lazy("已备案")),
    "late": ("late", gettext_lazy("逾期")),
}
REACH: dict[str, Any] = {
    "ok": gettext_lazy("打得通"), "dead": gettext_lazy("打不通"), "wrong": gettext_lazy("不是本人"),
    "silent": gettext_lazy("没人接"), "none": gettext_lazy("没登记"), "unchecked": gettext_lazy("没核过"),
}  # fmt: skip
SHOWN = 500  # posts shown on the page; the file holds all


@require_GET
def filing(request: HttpRequest) -> HttpResponse:
    """Show a place's own list, what changed since last year, and how far the places below are."""
    by = actor_of(request, PeopleCan.READ)
    here = here_of(request, by)
    year = _year(request)
    row = queries.of_place(here, year)
    whole, below = queries.standings(here, year)
    may_file = authority.holds(by, PeopleCan.WRITE, at=here)
    facts: dict[str, Any] = {
        "here": here, "year": year, "years": queries.years(), "row": row, "whole": whole, "below": below,
        "place": places.names([here]).get(here, ""), "may_open": authority.anywhere(by, [Can.POLICY]),
        "may_file": may_file, "due": filings.due_of(year, asked.settings()),
    }  # fmt: skip
    if row is not None:
        if may_file and row.filed_at is None:
            filings.looked(row.id)
        facts |= _list(row)
        kind, said = STATES[queries.state(row)]
        facts |= {"state": (kind, said), "filed_by": people.names_of([row.filed_by]).get(row.filed_by, "")
                  if row.filed_by else ""}  # fmt: skip
    return render(request, "callout/filing.html", facts)


def _year(request: HttpRequest) -> int:
    text = request.GET.get("year", "")
    if text.isascii() and text.isdecimal() and len(text) == 4:
        return int(text)
    return max([local(now()).year, *queries.years()[:1]])


def _list(row: Filing) -> dict[str, Any]:
    """Return the frozen list, or the one that would be filed now, with its digest and what changed."""
    roll = row.roll if row.roll is not None else people.roll(row.place_path, filings.subunits(row.place_path))
    names = places.names({one["place"] for one in roll})
    lines = [{**one, "where": names.get(one["place"], ""), "reach": _reach(one)} for one in roll]
    return {
        "lines": lines[:SHOWN], "more": max(len(lines) - SHOWN, 0), "posts": len(lines),
        "vacant": sum(one["a"] is None for one in roll),
        "bad": sum(one["a"] is not None and one["a"]["reach"] in {"dead", "wrong", "none"} for one in roll),
        "digest": row.digest or filings.digest_of(roll), "changes": queries.changes(row, roll),
    }  # fmt: skip


def _reach(one: dict[str, Any]) -> Any:
    return REACH.get(one["a"]["reach"], "") if one["a"] else ""


@require_POST
def file(request: HttpRequest, filing_id: UUID) -> HttpResponse:
    """Confirm the list as it was seen."""
    by = actor_of(request, PeopleCan.WRITE)
    try:
        found = filings.file(filing_id, request.POST.get("digest", ""), by=by)
    except Conflict as told:
        messages.error(request, str(told))
        return back_to(here_of(request, by), "callout:filing")
    messages.success(request, _("备案好了。名单定住了，摘要进了台账"))
    return back_to(found.place_path, "callout:filing")


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Open this year's filing before its time."""
    by = actor_of(request, Can.POLICY)
    people.require_roots(by, Can.POLICY)
    count = filings.open_year(local(now()).year)
    messages.success(request, _("开始了，%d 处各收到一件待办") % count if count else _("今年的都已经开始了"))
    return back_to(here_of(request, by), "callout:filing")


@require_GET
def sheet(request: HttpRequest, filing_id: UUID) -> HttpResponse:
    """Export a place's list as a sheet with a line to sign."""
    row = queries.one(filing_id, by=actor_of(request, PeopleCan.READ))
    found = _list(row)
    place = places.names([row.place_path]).get(row.place_path, "")
    rows: list[list[object]] = [
        [n, one["where"], one["title"], *_cells(one["a"]), str(one["reach"]), *_cells(one["b"])]
        for n, one in enumerate(_all(row, found), 1)
    ]
    rows += [[], [_("名单摘要（SHA-256）"), found["digest"]], [_("确认人签字："), "", "", _("日期：")]]
    head = [_("序号"), _("地方"), _("岗位"), _("A 岗"), _("A 岗电话"), _("号码"), _("B 岗"), _("B 岗电话")]
    title = _("%(place)s%(year)d年责任人备案") % {"place": place, "year": row.year}
    answer = HttpResponse(tables.to_xlsx(head, rows, title=title[:31]), content_type=XLSX)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(title)}.xlsx"
    return answer


def _all(row: Filing, found: dict[str, Any]) -> list[dict[str, Any]]:
    if not found["more"]:
        lines: list[dict[str, Any]] = found["lines"]
        return lines
    roll = row.roll if row.roll is not None else people.roll(row.place_path, filings.subunits(row.place_path))
    names = places.names({one["place"] for one in roll})
    return [{**one, "where": names.get(one["place"], ""), "reach": _reach(one)} for one in roll]


def _cells(seat: dict[str, str] | None) -> list[str]:
    return [seat["name"], seat["phone"]] if seat else ["", ""]

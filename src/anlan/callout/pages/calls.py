"""The list of calls, and one person's receipts within a call."""

import datetime as dt
import re
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from anlan.callout.pages import words
from anlan.callout.pages.telling import STATES
from anlan.callout.queries import listing as queries
from anlan.callout.queries import preview, unplaced
from anlan.callout.queries.listing import Filter, Line
from anlan.callout.terms import REASONS, Can, Directive, Rung
from anlan.kernel import authority, clock, tables
from anlan.kernel.authority import Actor, Refused
from anlan.places import queries as places

PER_PAGE = 30
MOST_EXPORTED = 5_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RUNGS = (Rung.SELF, Rung.DEPUTY, Rung.SUPERIOR, Rung.DOOR)


def _actor(request: HttpRequest) -> Actor:
    by: Actor = request.actor  # type: ignore[attr-defined]
    if not authority.anywhere(by, [Can.SEE]):
        raise Refused(Can.SEE, "")
    return by


def _filter(request: HttpRequest) -> Filter:
    get = request.GET
    view, level = get.get("view", "all"), get.get("level", "")
    directive = get.get("directive", "")
    return Filter(
        directive=directive if directive in set(Directive) else "",
        view=view if view in queries.VIEWS else "all",
        level=level if level in {*queries.LEVELS, "none"} else "",
        place="".join(c for c in get.get("place", "") if c.isalnum() and c.isascii())[:40],
        text=get.get("q", "").replace("\x00", "").strip()[:60],
        month=month_of(get.get("month", "")),
    )


def month_of(text: str) -> dt.date | None:
    """Return the first day of a month written 2026-07; None for anything else."""
    found = re.fullmatch(r"(20\d\d)-(\d\d)", text)
    return dt.date(int(found[1]), int(found[2]), 1) if found and 1 <= int(found[2]) <= 12 else None


@require_GET
def calls(request: HttpRequest) -> HttpResponse:
    """Show the calls that reach the actor's places, newest first; exercises in a view of their own."""
    by, what = _actor(request), _filter(request)
    rows = queries.calls(by, what)
    if request.GET.get("format") in {"csv", "xlsx"}:
        return _export(queries.lines(list(rows[:MOST_EXPORTED]), by), request.GET["format"])
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    counts = queries.counts(by)
    names = {
        "all": _("全部"),
        "running": _("正在叫"),
        "waiting": _("还没发"),
        "over": _("结束的"),
        "drill": _("演练和测试"),
    }
    scopes = [s for s in authority.scopes(by, Can.SEE) if s]
    return render(
        request,
        "callout/calls.html",
        {
            "what": what,
            "filtered": what != Filter(view=what.view),
            "page": page,
            "lines": [
                (line, *STATES[line.call.state], preview.DIRECTIVES[Directive(line.call.directive)])
                for line in queries.lines(list(page.object_list), by)
            ],
            "views": [(view, names[view], counts[view]) for view in ("all", *queries.VIEWS)],
            "directives": list(preview.DIRECTIVES.items()),
            "places": _places(scopes),
            "unplaced": unplaced.unplaced(by).count() if authority.anywhere(by, [Can.ANSWER_FOR]) else 0,
            "may_prepare": authority.anywhere(by, [Can.PREPARE]),
            "query": request.GET.urlencode(),
        },
    )


def _places(scopes: list[str]) -> list[tuple[str, str]]:
    """Return the actor's places and those right below, to narrow a list by."""
    found = places.names(scopes)
    below = {p.path: p.name for scope in scopes[:3] for p in places.children(scope)}
    return sorted((found | below).items())


def _export(lines: list[Line], kind: str) -> HttpResponse:
    header = [
        _("编号"), _("级别"), _("标题"), _("地方"), _("怎样了"), _("几点开始"), _("几点结束"), _("应叫人数"), _("已应"),
        _("没应"), _("空号停机"), _("应答中位数（秒）"), _("种类"), _("告诉人数"), _("知道了"), _("要报结果"),
        _("办好了"), _("办不了"), _("没报"),
    ]  # fmt: skip
    rows = (
        (
            line.call.serial or "", line.call.level, line.call.title, line.place, str(STATES[line.call.state][1]),
            _when(line.call.started_at), _when(line.call.ended_at), line.row.due, line.row.yes, line.row.left,
            line.row.of("dead"), "" if line.row.median is None else round(line.row.median),
            str(preview.DIRECTIVES[Directive(line.call.directive)]), line.row.of("told"), line.row.of("known"),
            *(line.row.of(name) for name in ("tasks", "done", "cannot", "undone")),
        )
        for line in lines
    )  # fmt: skip
    body = tables.to_xlsx(header, rows) if kind == "xlsx" else tables.to_csv(header, rows)
    answer = HttpResponse(body, content_type=XLSX if kind == "xlsx" else "text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="calls.{kind}"'
    return answer


def _when(at: dt.datetime | None) -> str:
    return f"{clock.local(at):%Y-%m-%d %H:%M:%S}" if at else ""


@require_GET
def person(request: HttpRequest, call_id: UUID, obligation: UUID) -> HttpResponse:
    """Show every attempt to reach one person in a call, and how far the ladder went for them."""
    found = queries.reached(call_id, obligation, by=_actor(request))
    row = found.obligation
    gone = RUNGS.index(Rung(row.rung))
    over = row.state != "open"
    rungs = [
        {
            "name": words.PARTS.get(r.value, _("上门")),
            "lines": [],
            "state": "done" if i < gone or (over and i == gone) else "now" if i == gone else "",
        }
        for i, r in enumerate(RUNGS)
    ]
    return render(
        request,
        "callout/person.html",
        {
            "found": found,
            "row": row,
            "call": found.call,
            "rungs": rungs,
            "how": words.HOWS.get(row.met_how, row.met_how),
            "part": words.PARTS.get(row.met_part, ""),
            "attempts": [_attempt(a) for a in found.attempts],
        },
    )


def _attempt(attempt: queries.Attempt) -> dict[str, Any]:
    return {
        "carrier": words.carrier(attempt.carrier),
        "number": attempt.attempt,
        "state": words.STEPS.get(attempt.state, attempt.state),
        "kind": {"answered": "done", "failed": "late", "queued": "wait"}.get(attempt.state, "doing"),
        "reason": REASONS.get(attempt.reason, attempt.reason),
        "made_at": attempt.made_at,
        "steps": [(words.STEPS[name], at) for name, at in attempt.steps],
    }

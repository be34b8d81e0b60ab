"""检查: the calendar, what is due today, the list of tasks with the counters 应检、已检、漏检 by place."""

import calendar as months
import datetime as dt
import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from anlan.hazards.pages import inspecting as shared
from anlan.hazards.queries import tasks as queries
from anlan.hazards.queries.objects import today
from anlan.hazards.queries.tasks import TaskFilter
from anlan.hazards.services import exports
from anlan.hazards.terms import Can
from anlan.hazards.terms.inspections import TASK_NAMES, TaskState
from anlan.kernel import authority, clock
from anlan.kernel.authority import Actor
from anlan.places import queries as places

SEEN = (Can.SEE, Can.INSPECT)
WEEKDAYS = (
    gettext_lazy("一"), gettext_lazy("二"), gettext_lazy("三"), gettext_lazy("四"), gettext_lazy("五"),
    gettext_lazy("六"), gettext_lazy("日"),
)  # fmt: skip
SOON = 50


def span_of(request: HttpRequest) -> tuple[str, dt.date, dt.date]:
    """Return the view ("month" or "week") and the first and last day that the address asks for; this month if none."""
    view = "week" if request.GET.get("view") == "week" else "month"
    day = shared.day_of(request.GET.get("day", "")) or today()
    if not dt.date(2000, 1, 1) <= day <= dt.date(2100, 1, 1):
        day = today()
    if view == "week":
        first = day - dt.timedelta(days=day.weekday())
        return view, first, first + dt.timedelta(days=6)
    first = day.replace(day=1)
    return view, first, first.replace(day=months.monthrange(first.year, first.month)[1])


@require_GET
def calendar(request: HttpRequest) -> HttpResponse:
    """Show a month or a week by place: how much was due each day, done, missed, open; and the counters by place."""
    by = shared.actor_of(request, *SEEN)
    here = shared.place_of(request, by, *SEEN)
    view, first, last = span_of(request)
    days = queries.calendar(here, first, last, by=by)
    pad = first.weekday()
    cells: list[dict[str, Any] | None] = [None] * pad
    for n in range((last - first).days + 1):
        day = first + dt.timedelta(days=n)
        count = days.get(day, {})
        cells.append({"day": day, "today": day == today(), **{k: count.get(k, 0) for k in _COUNTS}})
    cells += [None] * (-len(cells) % 7)
    counted = until(last)
    sums = {k: sum(c[k] for d, c in days.items() if d <= counted) for k in _COUNTS}
    step = dt.timedelta(days=1)
    return render(request, "hazards/calendar.html", {
        "weeks": [cells[i : i + 7] for i in range(0, len(cells), 7)], "weekdays": WEEKDAYS, "view": view,
        "first": first, "last": last, "here": here, "places": shared.steps(by, here, *SEEN), "sums": sums,
        "before": (first - step).isoformat(), "after": (last + step).isoformat(), "rest": urlencode({"place": here}),
        "rows": _counters(here, first, counted, by), "figures": _figures(sums, here, by),
        "may_plan": authority.anywhere(by, [Can.PLAN]), "may": authority.anywhere(by, [Can.INSPECT]),
    })  # fmt: skip


_COUNTS = ("due", "done", "missed", "open", "joint")


def until(last: dt.date) -> dt.date:
    """Return the last day that counts: 应检 is what was due by today, never what is still to come."""
    return min(last, today())


def _figures(sums: dict[str, int], here: str, by: Actor) -> list[dict[str, Any]]:
    looked, alike, of = queries.agreement(here, clock.now() - dt.timedelta(days=90), by=by)
    return [
        {"name": _("应检"), "value": sums["due"], "unit": _("处次"), "how": _("这段日子里到今天为止到期的检查任务")},
        {"name": _("已检"), "value": sums["done"], "unit": _("处次"), "how": _("查过的，补检的也算")},
        {"name": _("漏检"), "value": sums["missed"], "unit": _("处次"), "how": _("过了那天还没查的，只计数")},
        {
            "name": _("抽检一致率"), "value": f"{alike / of:.0%}" if of else "—", "unit": "",
            "how": _("近 90 天抽检 {count} 次：和自查、第三方检查答得一样的项 ÷ 两边都答了的项").format(count=looked),
        },
    ]  # fmt: skip


def _counters(here: str, first: dt.date, last: dt.date, by: Actor) -> list[dict[str, Any]]:
    """Return 应检、已检、漏检 of each place below; the actor's own places where none is chosen."""
    tops = [here] if here else [p for can in SEEN for p in authority.scopes(by, can)]
    found: dict[str, tuple[int, int, int]] = {}
    for top in sorted(set(tops))[:5]:
        found |= {path: counts for path, *counts in queries.by_place(top, first, last, by=by)}  # type: ignore[misc]
    names = places.names(found)
    return [
        {"path": path, "name": names.get(path, path), "due": due, "done": done, "missed": missed}
        for path, (due, done, missed) in found.items()
    ]


@require_GET
def day_of_mine(request: HttpRequest) -> HttpResponse:
    """Show what I inspect today: one tap 「没问题」 for each, the checklist for whoever wants it."""
    by = shared.actor_of(request, Can.INSPECT)
    rows = [row | {"client": uuid.uuid4()} for row in shared.task_rows(queries.mine_today(by)[:200])]
    soon = shared.task_rows(queries.mine_soon(by)[:SOON])
    return render(request, "hazards/today.html", {"rows": rows, "soon": soon, "today": today()})


def filter_of(request: HttpRequest, by: Actor) -> TaskFilter:
    """Read the address; without any day it is the week around today."""
    get = request.GET
    state = get.get("state", "")
    since, to = shared.day_of(get.get("since", "")), shared.day_of(get.get("until", ""))
    if not since and not to:
        since, to = today() - dt.timedelta(days=7), today() + dt.timedelta(days=7)
    programme = get.get("plan", "")
    try:
        plan = shared.uuid_of(programme, "plan") if programme else None
    except authority.Invalid:
        plan = None
    return TaskFilter(
        place=shared.place_of(request, by, *SEEN), state=state if state in set(TaskState) else "", since=since,
        until=to, joint=get.get("joint") == "1", programme=plan, text=shared.text_of(request),
    )  # fmt: skip


@require_GET
def tasks(request: HttpRequest) -> HttpResponse:
    """List tasks: by day, state, place, plan."""
    by = shared.actor_of(request, *SEEN)
    what = filter_of(request, by)
    page = shared.page_of(request, queries.tasks(what, by=by))
    return render(request, "hazards/tasks.html", {
        "page": page, "rows": shared.task_rows(page.object_list), "what": what, "kept": shared.kept(request),
        "states": [(s, name) for s, (_mark, name) in TASK_NAMES.items()], "places": shared.steps(by, what.place, *SEEN),
        "since": what.since, "until": what.until,
    })  # fmt: skip


@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the list of tasks as it is narrowed; the export leaves an entry."""
    by = shared.actor_of(request, *SEEN)
    found = shared.task_rows(queries.tasks(filter_of(request, by), by=by)[: shared.EXPORT_MOST])
    rows = [
        (
            str(row["task"].due_on), row["object"].name, str(row["kind"]), row["where"], str(row["risk"]), row["why"],
            _("是") if row["task"].joint else "", str(row["says"]),
            f"{clock.local(row['task'].done_at):%Y-%m-%d %H:%M}" if row["task"].done_at else "",
            "、".join(p.signed_name for p in row["parts"] if p.signed_name),
        )
        for row in found
    ]  # fmt: skip
    header = [
        _("哪天以前"), _("对象"), _("类型"), _("地方"), _("风险"), _("为什么查"), _("综合查一次"), _("现状"),
        _("什么时候查的"), _("谁签的"),
    ]  # fmt: skip
    answer = shared.download(header, rows, _("检查任务"), kind)
    exports.note_export(len(rows), by=by)
    return answer

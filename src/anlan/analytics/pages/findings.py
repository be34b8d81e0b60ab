"""统计发现: what the figures notice, and what people do about it."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from anlan.analytics.models import Finding
from anlan.analytics.pages import shared
from anlan.analytics.queries import findings as queries
from anlan.analytics.queries import names
from anlan.analytics.services import answering
from anlan.analytics.terms import FINDING_STATES, GENRE_NAMES, FindingState, Genre, periods
from anlan.hazards.queries import hints as odd
from anlan.hazards.queries import library
from anlan.hazards.terms import Can
from anlan.kernel import authority
from anlan.kernel.authority import Conflict, Invalid

PER_PAGE = 50
TASK_DAYS = 15


def why(genre: str) -> str:
    """Say why such a thing is worth a look."""
    return {
        Genre.RISE: _("近 30 天和之前 90 天比，超出碰巧的范围。"),
        Genre.RECURRENCE: _("销过号又复发，光改一次没去根。"),
        Genre.OVERDUE: _("同一个社区、同一类，一起过了期限，多半有共同的难处。"),
        Genre.SILENT: _("旁边的网格都在报。可能真没有，也可能没查到；只提示看看，不罚。"),
    }[Genre(genre)]


@require_GET
def findings(request: HttpRequest) -> HttpResponse:
    """List what was noticed: open ones first to see, the others by tab."""
    by = shared.actor(request)
    view = request.GET.get("view", "open")
    view = view if view in FINDING_STATES else "open"
    page = Paginator(queries.findings(by, state=view), PER_PAGE).get_page(request.GET.get("page"))
    titles = queries.titles(page.object_list)
    answered, needless = queries.alarms(by)
    return render(
        request,
        "analytics/findings.html",
        {
            "tabs": shared.tabs(request, "findings"), "view": view, "page": page,
            "views": [(key, name, None) for key, (_mark, name) in FINDING_STATES.items()],
            "rows": [{"row": row, "title": titles[row.id], "genre": GENRE_NAMES[Genre(row.genre)],
                      "state": FINDING_STATES[FindingState(row.state)]} for row in page.object_list],
            "answered": answered, "needless": needless,
            "hints": queries.hinted(by), "may_check": authority.anywhere(by, odd.CHECKS),
        },
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def finding(request: HttpRequest, identifier: UUID) -> HttpResponse:
    """Show one finding with its reasons; make a special task of it, or say why it needs nothing."""
    by = shared.actor(request)
    row = queries.finding(identifier, by=by)
    errors, status = {}, 200
    if request.method == "POST":
        try:
            _act(request, row)
            return redirect("analytics:finding", identifier=identifier)
        except Invalid as wrong:
            errors, status = wrong.errors, 422
        except Conflict as wrong:
            errors, status = {"": str(wrong)}, 409
    title = queries.titles([row])[row.id]
    kinds = names.choices("kind")
    return render(
        request,
        "analytics/finding.html",
        {
            "tabs": shared.tabs(request, "findings"), "row": row, "title": title, "why": why(row.genre),
            "genre": GENRE_NAMES[Genre(row.genre)], "state": FINDING_STATES[FindingState(row.state)],
            "may": row.state == FindingState.OPEN and authority.holds(by, Can.PLAN, at=row.place_path),
            "errors": errors, "posted": request.POST, "link": _rows_of(row),
            "task_title": request.POST.get("title") or _("专项检查：{what}").format(
                what=kinds.get(row.kind, "") or GENRE_NAMES[Genre(row.genre)]),
            "due_on": request.POST.get("due_on") or (periods.today() + dt.timedelta(days=TASK_DAYS)).isoformat(),
            "reason": request.POST.get("reason") or title,
            "checklists": [(one.checklist_id, one.checklist.name) for one in library.checklists()],
            "picked": set(request.POST.getlist("checklist")),
        },
        status=status,
    )  # fmt: skip


def _act(request: HttpRequest, row: Finding) -> None:
    by, post = shared.actor(request), request.POST
    if post.get("act") == "dismiss":
        answering.dismiss(row.id, post.get("opinion", ""), by=by)
        messages.success(request, _("记下了。这件事没过去以前，不再提示。"))
        return
    if post.get("act") != "task":
        raise Invalid(_("不认得这个动作"))
    try:
        due_on = dt.date.fromisoformat(post.get("due_on", ""))
    except ValueError:
        due_on = None
    picked = [UUID(one) for one in post.getlist("checklist") if _is_uuid(one)]
    answering.make_task(row.id, post.get("title", ""), post.get("reason", ""), picked, due_on, by=by)
    messages.success(request, _("专项任务排好了，检查的人在待办里看得到。"))


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _rows_of(row: Finding) -> str:
    """Return the address of the rows behind it, in the list of hazards."""
    today = periods.today()
    since: dict[str, Any] = {Genre.RISE: 30, Genre.RECURRENCE: 90, Genre.SILENT: 365}
    query = f"place={row.place_path}" + (f"&kind={row.kind}" if row.kind else "")
    if row.genre == Genre.OVERDUE:
        return f"/hazards?{query}&due=overdue"
    return f"/hazards?{query}&since={(today - dt.timedelta(days=since[Genre(row.genre)])).isoformat()}"

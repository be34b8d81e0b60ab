"""What came of a task or a command: the list, its export, and what an officer decides of who will not do it."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.callout.pages import words
from anlan.callout.pages.board import actor, file_of
from anlan.callout.queries import board as boards
from anlan.callout.queries import results as queries
from anlan.callout.queries.results import Line
from anlan.callout.services import passing
from anlan.callout.terms import CallState, Can
from anlan.kernel import authority, clock
from anlan.kernel.authority import Conflict, Invalid

PAGE = 50
VIEWS = {
    "all": gettext_lazy("全部"),
    "open": gettext_lazy("还没报"),
    "done": gettext_lazy("办好了"),
    "cannot": gettext_lazy("办不了"),
    "refused": gettext_lazy("说不办"),
    "passed": gettext_lazy("转给别人"),
}
STANDING: dict[str, tuple[str, Any]] = {
    "open": ("wait", gettext_lazy("还没报")),
    "done": ("done", gettext_lazy("办好了")),
    "cannot": ("late", gettext_lazy("办不了")),
    "refused": ("late", gettext_lazy("说不办，等定")),
    "passed": ("doing", gettext_lazy("转给别人")),
    "lapsed": ("late", gettext_lazy("到结束没报")),
    "void": ("done", gettext_lazy("不用报了")),
}


def _view(request: HttpRequest) -> str:
    view = request.GET.get("finish", request.GET.get("view", "all"))
    return view if view in queries.VIEWS else "all"


@require_GET
def results(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Show everybody's result, a page at a time."""
    by = actor(request)
    board = boards.board(call_id, by=by, at=request.GET.get("at", ""))
    view = _view(request)
    page = Paginator(queries.owed(board.call, board.at, view), PAGE).get_page(request.GET.get("page"))
    lines = queries.lines(list(page.object_list))
    counts = queries.counts(board.call, board.at)
    now = clock.now()
    return render(
        request,
        "callout/results.html",
        {
            "board": board,
            "call": board.call,
            "total": board.total,
            "view": view,
            "views": [(name, VIEWS[name], counts[name]) for name in queries.VIEWS],
            "page": page,
            "lines": [(line, *_standing(line, now)) for line in lines],
            "may_decide": board.call.state == CallState.RUNNING and authority.holds(by, Can.START, at=board.at),
            "hows": words.HOWS,
        },
    )


def _standing(line: Line, now: dt.datetime) -> tuple[str, Any]:
    if line.standing == "open" and line.due_at is not None and line.due_at < now:
        return "late", _("过期没报")
    return STANDING[line.standing]


@require_GET
def results_file(request: HttpRequest, call_id: UUID, kind: str) -> HttpResponse:
    """Export everybody's result as CSV or XLSX, without phone numbers."""
    by = actor(request)
    board = boards.board(call_id, by=by, at=request.GET.get("at", ""))
    header = [
        _("姓名"), _("岗位"), _("地方"), _("结果"), _("说了什么"), _("怎么报的"), _("几点报的"), _("最晚几点"),
        _("过期"), _("转给谁"), _("B\u2060岗代报"),
    ]  # fmt: skip
    rows = (
        (
            line.name, line.post, line.place, str(STANDING[line.standing][1]), line.words,
            str(words.HOWS.get(line.how, line.how)), _stamp(line.at), _stamp(line.due_at),
            _("是") if line.late else "", line.next_name, _("是") if line.by_deputy else "",
        )
        for line in queries.every(board.call, board.at, _view(request))
    )  # fmt: skip
    return file_of(f"{_('办理结果')}-{board.call.serial or ''}", kind, header, rows)


def _stamp(at: dt.datetime | None) -> str:
    return f"{clock.local(at):%Y-%m-%d %H:%M:%S}" if at else ""


@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, call_id: UUID, obligation: UUID) -> HttpResponse:
    """Decide of one result: give it to somebody else, or read the refusal and leave it with them."""
    by = actor(request)
    row = queries.one(call_id, obligation, by=by)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        try:
            if request.POST.get("act") == "insist":
                passing.insist(obligation, by=by)
                messages.success(request, _("仍然要他办，记下了"))
            else:
                passing.pass_on(obligation, _post(request.POST.get("to", "")), request.POST.get("reason", ""), by=by)
                messages.success(request, _("改派好了，新的人马上会收到"))
        except Conflict as conflict:
            messages.error(request, str(conflict))
        except Invalid as invalid:
            wrong = dict(invalid.errors)
        if not wrong:
            return redirect(f"{reverse('callout:results', args=[call_id])}?view=refused")
    (line,) = queries.lines([row])
    call, _top = boards.visible(call_id, by)
    facts = {
        "call": call, "row": row, "line": line, "standing": STANDING[line.standing], "near": passing.near(row),
        "wrong": wrong, "said": request.POST, "open": row.state == "open" and call.state == CallState.RUNNING,
        "may_decide": authority.holds(by, Can.START, at=row.place_path),
    }  # fmt: skip
    return render(request, "callout/decide.html", facts, status=422 if wrong else 200)


def _post(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid({"to": _("选一个能接手的人")}) from None


@require_POST
def looked(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Say that the refusals were seen: the sender's duty is met."""
    n = passing.looked(call_id, by=actor(request))
    messages.success(request, _("记下了：看过了") if n else _("没有等着看的"))
    return redirect("callout:results", call_id)

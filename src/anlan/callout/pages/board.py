"""The live board of a call, its list of the unreached, its report."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from anlan.callout.pages import directing, speakers, telling
from anlan.callout.pages.drawing import answer_curve, nice_share
from anlan.callout.queries import board as boards
from anlan.callout.queries import states, watch
from anlan.callout.queries.board import Board, Row
from anlan.callout.services import answers
from anlan.callout.terms import CallState, Can, Result
from anlan.kernel import authority, tables
from anlan.kernel.authority import Actor, Invalid

SHOWN = 10  # persons on the board; the rest is one page further
PAGE = 50
MOST_OPEN = 40  # places unfolded at once
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def actor(request: HttpRequest) -> Actor:
    """Return who asks; the middleware let nobody else in."""
    return request.actor  # type: ignore[attr-defined,no-any-return]


# --- the board


@require_GET
def call_board(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Show the board; a live screen asks for its parts alone."""
    by = actor(request)
    board = boards.board(call_id, by=by, at=request.GET.get("at", ""))
    parts = "callout/board_parts.html" if request.headers.get("X-Live") else "callout/board.html"
    return render(request, parts, board_context(request, board, by))


def board_context(request: HttpRequest, board: Board, by: Actor) -> dict[str, Any]:
    """Gather what the board's templates show."""
    call, total = board.call, board.total
    version = watch.call_versions([call.id]).get(call.id, "")
    opened = set(request.GET.get("open", "").split(".")[:MOST_OPEN]) - {""}
    lines = list(unfolded(board, opened, by))
    filters = unreached_filters(request)
    live = "X-Live" in request.headers
    silent = boards.unreached(call, at=board.at, by=by, limit=SHOWN, live=live, **filters) if total.left else []
    kind, words = telling.STATES[call.state]
    return {
        "board": board,
        "call": call,
        "total": total,
        "state_kind": kind,
        "state_words": words,
        "running": call.state == CallState.RUNNING,
        "version": version,
        "kpis": telling.figures(board),
        "rungs": telling.rungs(board),
        "curve": answer_curve(board),
        "lines": lines,
        "scale": nice_share([row.left / row.due for row in (total, *board.rows) if row.due]),
        "silent": [telling.described(p) for p in silent],
        "more": max(total.left - len(silent), 0),
        "filters": filters,
        "whys": telling.WHY_NAMES,
        "hands": telling.HANDS,
        "rung_choices": zip(boards.RUNGS, telling.RUNG_NAMES, strict=True),
        "may_proxy": call.state == CallState.RUNNING and authority.holds(by, Can.ANSWER_FOR, at=board.at),
        "next": telling.next_act(board),
        "trail": telling.trail(call.id, by),
        "now": board.asked_at,
        "query": request.GET.urlencode(),
        "may_act": call.state == CallState.RUNNING and authority.holds(by, Can.START, at=board.at),
        **directing.shown(board),
        **speakers.shown(call.id, board.at),
    }


def unfolded(board: Board, opened: set[str], by: Actor) -> Iterable[dict[str, Any]]:
    """Yield the lines of the table of places, unfolded ones with what is below them: row, depth, open, toggle."""
    beneath = boards.below(board.call, opened, by=by) if opened else {}

    def lines(rows: list[Row], depth: int) -> Iterable[dict[str, Any]]:
        for row in rows:
            is_open = row.path in beneath
            toggled = sorted(opened - {row.path} if is_open else opened | {row.path})
            yield {"row": row, "depth": depth, "open": is_open, "toggle": ".".join(toggled)}
            if is_open:
                yield from lines(beneath[row.path], depth + 1)

    yield from lines(board.rows, 0)


# --- persons


def unreached_filters(request: HttpRequest) -> dict[str, Any]:
    """Return the filters of the list of persons; an unknown word is no filter."""
    why, rung = request.GET.get("why", ""), request.GET.get("rung", "")
    return {
        "why": why if why in boards.WHYS else "",
        "rung": rung if rung in boards.RUNGS else "",
        "role": request.GET.get("role", "")[:40],
    }


@require_GET
def call_unreached(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Show who has not answered, a page at a time: the list to print and go to the door with."""
    by = actor(request)
    board = boards.board(call_id, by=by, at=request.GET.get("at", ""))
    filters = unreached_filters(request)
    start = _start(request)
    people = boards.unreached(board.call, at=board.at, by=by, limit=PAGE + 1, offset=start, **filters)
    return render(
        request,
        "callout/unreached.html",
        {
            "board": board,
            "call": board.call,
            "total": board.total,
            "silent": [telling.described(p) for p in people[:PAGE]],
            "filters": filters,
            "whys": telling.WHY_NAMES,
            "hands": telling.HANDS,
            "rung_choices": zip(boards.RUNGS, telling.RUNG_NAMES, strict=True),
            "may_proxy": board.call.state == CallState.RUNNING and authority.holds(by, Can.ANSWER_FOR, at=board.at),
            "start": start + 1,
            "end": start + min(len(people), PAGE),
            "before": max(start - PAGE, 0) if start else None,
            "after": start + PAGE if len(people) > PAGE else None,
            "now": board.asked_at,
        },
    )


@require_POST
def call_proxy(request: HttpRequest, call_id: UUID, obligation: UUID) -> HttpResponse:
    """Write down that somebody was reached by hand; back to where the officer was."""
    how, note = request.POST.get("how", ""), request.POST.get("note", "").strip()
    if how not in telling.HANDS:
        raise Invalid({"how": _("选一种联系上的办法：%s") % "、".join(str(w) for w in telling.HANDS.values())})
    outcome = answers.proxy(obligation, by=actor(request), how=str(telling.HANDS[how]), note=note[:200])
    said = messages.success if outcome.result == Result.FIRST else messages.warning
    said(request, outcome.words or _("记下了：有人找到了他，不再叫。"))
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if safe else reverse("callout:board", args=[call_id]))


def _start(request: HttpRequest) -> int:
    text = request.GET.get("start", "0")
    return min(int(text), 1_000_000) if text.isdecimal() else 0


@require_GET
def call_list(request: HttpRequest, call_id: UUID, kind: str) -> HttpResponse:
    """Export everybody (or only=left) as CSV or XLSX, without phone numbers."""
    by = actor(request)
    board = boards.board(call_id, by=by, at=request.GET.get("at", ""))
    header = [
        _("姓名"),
        _("岗位"),
        _("地方"),
        _("结果"),
        _("叫到哪一级"),
        _("怎么应的"),
        _("几点应的"),
        _("用了多少秒"),
        _("发出"),
        _("送达"),
        _("已读"),
        _("确认"),
    ]
    rows = (
        telling.list_row(row)
        for row in boards.every(board.call, at=board.at, by=by, only_left=request.GET.get("only") == "left")
    )
    return file_of(f"{_('叫应名单')}-{board.call.serial or ''}", kind, header, rows)


def file_of(name: str, kind: str, header: list[str], rows: Iterable[tuple[Any, ...]]) -> HttpResponse:
    """Return a table as CSV or XLSX, to be saved under a name. Raises Invalid for another kind."""
    if kind not in {"csv", "xlsx"}:
        raise Invalid(_("只能导出 CSV 或 XLSX。"))
    body = tables.to_xlsx(header, rows) if kind == "xlsx" else tables.to_csv(header, rows)
    answer = HttpResponse(body, content_type=XLSX if kind == "xlsx" else "text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = _disposition(f"{name}.{kind}")
    return answer


def _disposition(name: str) -> str:
    quoted = "".join(f"%{b:02X}" if not chr(b).isalnum() or b > 127 else chr(b) for b in name.encode())
    return f"attachment; filename*=UTF-8''{quoted}"


@require_GET
def call_persons(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Show everybody of a call with the four states, a page at a time; or who got a copy."""
    by = actor(request)
    board = boards.board(call_id, by=by, at=request.GET.get("at", ""))
    lacks, part, start = request.GET.get("lacks", ""), request.GET.get("part", "self"), _start(request)
    found = states.persons(board.call, at=board.at, by=by, lacks=lacks, part=part, offset=start, limit=PAGE + 1)
    return render(
        request,
        "callout/persons.html",
        {
            "board": board,
            "call": board.call,
            "persons": found[:PAGE],
            "lacks": lacks if lacks in states.LACKS else "",
            "part": "copy" if part == "copy" else "self",
            "choices": directing.LACKS,
            "start": start + 1,
            "end": start + min(len(found), PAGE),
            "before": max(start - PAGE, 0) if start else None,
            "after": start + PAGE if len(found) > PAGE else None,
        },
    )


# --- the report


@require_GET
def call_report(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Show the report of a call: one page of A4."""
    by = actor(request)
    board = boards.board(call_id, by=by, at=request.GET.get("at", ""))
    kind, words = telling.STATES[board.call.state]
    return render(
        request,
        "callout/report.html",
        {
            "board": board,
            "call": board.call,
            "total": board.total,
            "state_kind": kind,
            "state_words": words,
            "kpis": telling.figures(board),
            "rungs": telling.rungs(board),
            "rows": board.rows[:20],
            "omitted": max(len(board.rows) - 20, 0),
            "trail": [entry for entry in telling.trail(call_id, by) if entry["kind"] != ""][:8],
            "now": board.asked_at,
        },
    )


@require_GET
def call_report_file(request: HttpRequest, call_id: UUID, kind: str) -> HttpResponse:
    """Export the report's table: a place a line, down two levels."""
    by = actor(request)
    board = boards.board(call_id, by=by, at=request.GET.get("at", ""))
    header = [
        _("级"), _("地方"), _("应叫"), _("已应答"), _("本人"), _("B\u2060岗"), _("代应"), _("送到没应"),
        _("没回音"), _("空号停机"), _("限时内"), _("已应占比 %"), _("中位 秒"), _("P90 秒"),
    ]  # fmt: skip
    beneath = boards.below(board.call, [row.path for row in board.rows], by=by)
    rows = [board.total, *(line for row in board.rows for line in (row, *beneath.get(row.path, ())))]
    return file_of(f"{_('叫应报告')}-{board.call.serial or ''}", kind, header, (telling.report_row(r) for r in rows))

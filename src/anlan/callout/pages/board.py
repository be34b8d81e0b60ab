"""The live board of a call, its list of the unreached, its report."""

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from anlan.callout.pages.drawing import answer_curve, nice_share
from anlan.callout.queries import board as boards
from anlan.callout.queries import watch
from anlan.callout.queries.board import Board, Row, Silent
from anlan.callout.services import answers
from anlan.callout.terms import Act, CallState, Can, ReceiptState, Result
from anlan.kernel import authority, clock, paths, tables
from anlan.kernel.authority import Actor, Invalid
from anlan.ledger import queries as ledger

SHOWN = 10  # persons on the board; the rest is one page further
PAGE = 50
MOST_OPEN = 40  # places unfolded at once
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

STATES: dict[str, tuple[str, Any]] = {
    CallState.DRAFT: ("wait", gettext_lazy("拟好了，还没发")),
    CallState.AWAITING: ("wait", gettext_lazy("等人审批")),
    CallState.APPROVED: ("wait", gettext_lazy("批了，还没发")),
    CallState.RUNNING: ("doing", gettext_lazy("正在叫")),
    CallState.SUPERSEDED: ("done", gettext_lazy("由新的叫应接过")),
    CallState.ENDED: ("done", gettext_lazy("结束了")),
    CallState.CANCELLED: ("done", gettext_lazy("取消了")),
}
RUNG_NAMES = (gettext_lazy("本人"), gettext_lazy("B\u2060岗"), gettext_lazy("上级"), gettext_lazy("上门"))
WHY_NAMES = {
    "dead": gettext_lazy("空号停机"),
    "reached": gettext_lazy("送到没应"),
    "silent": gettext_lazy("没回音"),
}
HANDS = {
    "door": gettext_lazy("上门找到"),
    "landline": gettext_lazy("打座机"),
    "family": gettext_lazy("打给家里人"),
    "radio": gettext_lazy("对讲机"),
    "met": gettext_lazy("当面见到"),
    "colleague": gettext_lazy("同事转告"),
}
REASONS = {
    "busy": gettext_lazy("占线"),
    "no_answer": gettext_lazy("响了没接"),
    "off": gettext_lazy("关机"),
    "unreachable": gettext_lazy("不在服务区"),
    "refused": gettext_lazy("挂断"),
    "dead": gettext_lazy("空号或停机"),
}


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
    people = boards.unreached(call, at=board.at, by=by, limit=SHOWN, **filters) if total.left else []
    kind, words = STATES[call.state]
    return {
        "board": board,
        "call": call,
        "total": total,
        "state_kind": kind,
        "state_words": words,
        "running": call.state == CallState.RUNNING,
        "version": version,
        "kpis": figures(board),
        "rungs": rungs(board),
        "curve": answer_curve(board),
        "lines": lines,
        "scale": nice_share([row.left / row.due for row in (total, *board.rows) if row.due]),
        "silent": [described(p) for p in people],
        "more": max(total.left - len(people), 0),
        "filters": filters,
        "whys": WHY_NAMES,
        "hands": HANDS,
        "rung_choices": zip(boards.RUNGS, RUNG_NAMES, strict=True),
        "may_proxy": call.state == CallState.RUNNING and authority.holds(by, Can.ANSWER_FOR, at=board.at),
        "next": next_act(board),
        "trail": trail(call.id, by),
        "now": board.asked_at,
        "query": request.GET.urlencode(),
    }


def unfolded(board: Board, opened: set[str], by: Actor) -> Iterable[dict[str, Any]]:
    """Yield the lines of the table of places, unfolded ones with what is below them: row, depth, open, toggle."""

    def lines(rows: list[Row], depth: int) -> Iterable[dict[str, Any]]:
        for row in rows:
            is_open = row.path in opened
            toggled = sorted(opened - {row.path} if is_open else opened | {row.path})
            yield {"row": row, "depth": depth, "open": is_open, "toggle": ".".join(toggled)}
            if is_open:
                yield from lines(boards.below(board.call, row.path, by=by), depth + 1)

    yield from lines(board.rows, 0)


def minutes(seconds: int) -> str:
    """Say a deadline of a policy: 5 分钟, 90 秒, 1 小时."""
    if seconds % 3600 == 0:
        return _("%d 小时") % (seconds // 3600)
    return _("%d 分钟") % (seconds // 60) if seconds % 60 == 0 else _("%d 秒") % seconds


def figures(board: Board) -> list[dict[str, Any]]:
    """Return the five figures, each with its definition."""
    total, policy = board.total, board.call.policy
    within = int(policy.get("answer_within", 0))
    rate = 100 * total.of("in_time") / total.due if total.due else None
    median, p90 = total.median, total.p90
    return [
        {
            "name": _("%s叫应率") % minutes(within) if within else _("叫应率"),
            "value": "—" if rate is None else f"{rate:.1f}",
            "unit": "" if rate is None else "%",
            "how": _("%(within)s内本人应答 %(yes)s ÷ 应叫 %(due)s。空号停机也算在应叫里。")
            % {"within": minutes(within), "yes": f"{total.of('in_time'):,}", "due": f"{total.due:,}"},
        },
        {
            "name": _("到现在已应答"),
            "value": f"{total.yes:,}",
            "unit": _("人"),
            "how": _(
                "本人 %(own)s，B\u2060岗 %(deputy)s，代应 %(proxy)s。听满 %(listened)s 秒、按键、回复、点链接、到岗才算应，已读不算。"
            )
            % {
                "own": f"{total.of('answered'):,}",
                "deputy": f"{total.of('covered'):,}",
                "proxy": f"{total.of('proxied'):,}",
                "listened": policy.get("listened", 20),
            },
        },
        {"name": _("一半人用了"), "seconds": median, "how": _("中位数。从第一次呼出到本人应答，没应的按还在等计。")},
        {"name": _("九成人用了"), "seconds": p90, "how": _("P90。算法同上，每 10 人里第 9 个应答的时间。")},
        {
            "name": _("还没应"),
            "value": f"{total.left:,}",
            "unit": _("人"),
            "how": _("送到没应 %(reached)s，没回音 %(quiet)s，空号停机 %(dead)s。")
            % {"reached": f"{total.reached:,}", "quiet": f"{total.quiet:,}", "dead": f"{total.dead:,}"},
        },
    ]


def rungs(board: Board) -> list[dict[str, Any]]:
    """Return the stair: what each rung brought, whom it is calling, or when it begins."""
    total, call = board.total, board.call
    steps = call.policy.get("ladder", ())
    first = {act: min((s["at"] for s in steps if s["act"] == act), default=None) for act in Act}
    tries = 1 + sum(s["act"] == Act.AGAIN for s in steps)
    made: list[dict[str, Any]] = [
        {"name": RUNG_NAMES[0], "lines": [_("叫 %d 次") % tries, _("%s 应") % f"{total.of('answered'):,}"]}
    ]
    for number, act, brought, calling in (
        (1, Act.DEPUTY, total.of("covered"), total.of("at_deputy")),
        (2, Act.SUPERIOR, None, total.of("at_superior")),
        (3, Act.DOOR, total.of("proxied"), total.of("at_door")),
    ):
        at = first[act]
        lines = [_("这次不用这一级")] if at is None else [_("满 %s") % minutes(at)]
        if at is not None and board.rung >= number:
            if brought:
                lines.append(_("%s 应") % f"{brought:,}")
            if calling:
                lines.append((_("等上门 %s 人") if act == Act.DOOR else _("正叫 %s 人")) % f"{calling:,}")
        elif at is not None and call.started_at and call.state == CallState.RUNNING:
            lines.append(_("%s 起") % f"{clock.local(call.started_at + dt.timedelta(seconds=at)):%H:%M:%S}")
        made.append({"name": RUNG_NAMES[number], "lines": lines})
    for number, rung in enumerate(made):
        here = number == board.rung and call.state == CallState.RUNNING
        rung["state"] = "now" if here else "done" if call.started_at and number <= board.rung else ""
    return made


def next_act(board: Board) -> dict[str, str] | None:
    """Return the one thing the officer has to do now, if the machine cannot do it alone."""
    total, call = board.total, board.call
    door = max(total.dead, total.of("at_door"))
    if call.state in {CallState.DRAFT, CallState.APPROVED, CallState.AWAITING}:
        return None
    if not total.left:
        return None
    if door and call.state == CallState.RUNNING:
        rest = total.left - door
        return {
            "what": _("%s 人机器叫不到，要派人上门") % f"{door:,}",
            "why": _("空号停机 %(dead)s 人，梯子走完还没应 %(door)s 人。其余 %(rest)s 人不用你动，系统还在叫。")
            % {"dead": f"{total.dead:,}", "door": f"{total.of('at_door'):,}", "rest": f"{max(rest, 0):,}"},
            "label": _("打开上门名单 %s 人") % f"{door:,}",
            "icon": "door",
            "query": "rung=door" if total.of("at_door") >= total.dead else "why=dead",
        }
    return None


def described(person: Silent) -> dict[str, Any]:
    """Say why somebody has not answered, and where the ladder stands."""
    receipt = person.receipt
    state = receipt.get("state")
    if person.dead:
        kind, why, note = "late", _("空号或停机"), ""
    elif state == ReceiptState.READ:
        kind, why, note = "doing", _("看了，没应"), _at(receipt["read_at"])
    elif state == ReceiptState.DELIVERED:
        kind, why, note = "doing", _("送到了，没回"), _at(receipt["delivered_at"])
    elif state == ReceiptState.FAILED:
        reason = str(receipt["reason"])
        kind, why, note = "wait", str(REASONS.get(reason, reason or _("没送到"))), _at(receipt["failed_at"])
    elif state in {ReceiptState.HANDED, ReceiptState.HANDING}:
        kind, why, note = "wait", _("发出了，没回音"), _at(receipt["handed_at"])
    else:
        kind, why, note = "wait", _("还没轮到发"), ""
    if person.tries > 1 and not person.dead:
        note = _("叫过 %d 次") % person.tries + (f"，{note}" if note else "")
    return {
        "person": person,
        "kind": kind,
        "why": why,
        "note": note,
        "rung": RUNG_NAMES[person.rung - 1],
        "steps": [
            {"on": i < person.rung, "x": 0.5 + 6 * i, "y": 10.5 - 3 * i, "h": 3 + 3 * i} for i in range(len(RUNG_NAMES))
        ],
        "next": _("%s 再升一级") % _at(person.next_at)
        if person.next_at
        else _("等派人上门")
        if person.rung > 3
        else "",
    }


def _at(moment: dt.datetime | None) -> str:
    return f"{clock.local(moment):%H:%M:%S}" if moment else ""


def trail(call_id: UUID, by: Actor) -> list[dict[str, Any]]:
    """Return what was done to the call itself, newest first."""
    ask = getattr(ledger, "trail", None)
    return (
        []
        if ask is None
        else [
            {
                "at": entry.at,
                "what": entry.words,
                "by": entry.who,
                "kind": "machine" if entry.machine else "key" if entry.key else "",
            }
            for entry in ask(subject_id=call_id, by=by, limit=12)
        ]
    )


# --- persons


def unreached_filters(request: HttpRequest) -> dict[str, str]:
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
            "silent": [described(p) for p in people[:PAGE]],
            "filters": filters,
            "whys": WHY_NAMES,
            "hands": HANDS,
            "rung_choices": zip(boards.RUNGS, RUNG_NAMES, strict=True),
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
    if how not in HANDS:
        raise Invalid({"how": _("选一种联系上的办法：%s") % "、".join(str(w) for w in HANDS.values())})
    outcome = answers.proxy(obligation, by=actor(request), how=str(HANDS[how]), note=note[:200])
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
    ]
    rows = (
        list_row(row)
        for row in boards.every(board.call, at=board.at, by=by, only_left=request.GET.get("only") == "left")
    )
    return _file(f"{_('叫应名单')}-{board.call.serial or ''}", kind, header, rows)


def list_row(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Turn a row of queries.board.every into words."""
    name, post, place, state, rung, dead, reached, met_at, how, part, began = row
    if state == "met":
        result = {"self": _("本人应了"), "deputy": _("B\u2060岗应了"), "proxy": _("代应")}.get(part, _("应了"))
    elif state == "void":
        result = _("不用应了")
    else:
        result = str(WHY_NAMES["dead"] if dead else WHY_NAMES["reached"] if reached else WHY_NAMES["silent"])
    took = round((met_at - began).total_seconds()) if met_at else ""
    when = f"{clock.local(met_at):%Y-%m-%d %H:%M:%S}" if met_at else ""
    return name, post, place, result, str(RUNG_NAMES[list(boards.RUNGS).index(rung)]), how, when, took


def _file(name: str, kind: str, header: list[str], rows: Iterable[tuple[Any, ...]]) -> HttpResponse:
    if kind not in {"csv", "xlsx"}:
        raise Invalid(_("只能导出 CSV 或 XLSX。"))
    body = tables.to_xlsx(header, rows) if kind == "xlsx" else tables.to_csv(header, rows)
    answer = HttpResponse(body, content_type=XLSX if kind == "xlsx" else "text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = _disposition(f"{name}.{kind}")
    return answer


def _disposition(name: str) -> str:
    quoted = "".join(f"%{b:02X}" if not chr(b).isalnum() or b > 127 else chr(b) for b in name.encode())
    return f"attachment; filename*=UTF-8''{quoted}"


# --- the report


@require_GET
def call_report(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Show the report of a call: one page of A4."""
    by = actor(request)
    board = boards.board(call_id, by=by, at=request.GET.get("at", ""))
    kind, words = STATES[board.call.state]
    return render(
        request,
        "callout/report.html",
        {
            "board": board,
            "call": board.call,
            "total": board.total,
            "state_kind": kind,
            "state_words": words,
            "kpis": figures(board),
            "rungs": rungs(board),
            "rows": board.rows[:20],
            "omitted": max(len(board.rows) - 20, 0),
            "trail": [entry for entry in trail(call_id, by) if entry["kind"] != ""][:8],
            "now": board.asked_at,
        },
    )


@require_GET
def call_report_file(request: HttpRequest, call_id: UUID, kind: str) -> HttpResponse:
    """Export the report's table: a place a line, down two levels."""
    by = actor(request)
    board = boards.board(call_id, by=by, at=request.GET.get("at", ""))
    header = [_("级"), _("地方"), _("应叫"), _("已应答"), _("本人"), _("B\u2060岗"), _("代应"), _("送到没应"), _("没回音"),
              _("空号停机"), _("限时内"), _("已应占比 %"), _("中位 秒"), _("P90 秒")]  # fmt: skip
    rows = [board.total]
    for row in board.rows:
        rows += [row, *boards.below(board.call, row.path, by=by)]
    return _file(f"{_('叫应报告')}-{board.call.serial or ''}", kind, header, (report_row(r) for r in rows))


def report_row(row: Row) -> tuple[Any, ...]:
    """Turn a row of the board into cells."""
    median, p90 = row.median, row.p90
    return (
        paths.depth(row.path), row.name, row.due, row.yes, row.of("answered"), row.of("covered"), row.of("proxied"), row.reached,
        row.quiet, row.dead, row.of("in_time"), round(100 * row.share, 1), round(median) if median else "", round(p90) if p90 else "",
    )  # fmt: skip

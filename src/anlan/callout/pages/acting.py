"""Buttons of the board: 补发 sends again to those not reached, 升级 calls higher now. Each asks once before it acts."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from anlan.callout.pages.board import actor
from anlan.callout.queries import board as boards
from anlan.callout.services import again
from anlan.callout.terms import CallState, Can
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict


def _board(request: HttpRequest, call_id: UUID, by: Actor) -> boards.Board:
    board = boards.board(call_id, by=by, at=(request.POST if request.method == "POST" else request.GET).get("at", ""))
    authority.require(by, Can.START, at=board.at)
    return board


def _back(board: boards.Board) -> str:
    return f"{reverse('callout:board', args=[board.call.id])}?at={board.at}"


@require_http_methods(["GET", "POST"])
def again_page(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Ask, then send once more to everybody whom nothing has reached."""
    by = actor(request)
    board = _board(request, call_id, by)
    if request.method == "POST":
        try:
            n = again.send_again(call_id, by=by, at=board.at)
        except Conflict as conflict:
            messages.error(request, str(conflict))
        else:
            said = _("补发给了 {n} 人").format(n=f"{n:,}") if n else _("没有要补发的：都送到了，或者一分钟内刚发过")
            messages.success(request, said)
        return redirect(_back(board))
    n = again.count_not_reached(board.call, board.at)
    facts = {
        "heading": _("补发：没送到的再发一遍"),
        "what": [
            (_("指令"), board.call.title), (_("地方"), board.total.name),
            (_("没送到的"), _("{n} 人。空号停机的不发，一分钟内刚发过的不发。").format(n=f"{n:,}")),
        ],
        "label": _("补发给 {n} 人").format(n=f"{n:,}"), "back": _back(board), "hidden": [("at", board.at)],
    }  # fmt: skip
    return render(request, "ui/confirm.html", facts)


@require_http_methods(["GET", "POST"])
def raise_now(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Ask, then call higher at once for everybody who has not answered."""
    by = actor(request)
    board = _board(request, call_id, by)
    if request.method == "POST":
        try:
            n = again.raise_now(call_id, by=by, at=board.at)
        except Conflict as conflict:
            messages.error(request, str(conflict))
        else:
            said = _("{n} 人没应的，已经往上叫一级").format(n=f"{n:,}") if n else _("没有能再往上叫的了")
            messages.success(request, said)
        return redirect(_back(board))
    rungs = again.higher(board.call) if board.call.state == CallState.RUNNING else []
    left = board.total.of("silent")
    what = [(_("指令"), board.call.title), (_("地方"), board.total.name), (_("还没应"), f"{left:,}")]
    what.append((_("怎么升"), _("每人往上一级：本人 → B\u2060岗 → 上级 → 上门。不等梯子上写的时间。")))
    facts = {
        "heading": _("升级：没应的马上往上叫"),
        "what": what, "label": _("马上往上叫 {n} 人").format(n=f"{left:,}"), "back": _back(board),
        "hidden": [("at", board.at)], "danger": True,
        "error": "" if rungs else _("这次的规则里没有更高一级，升不上去"),
    }  # fmt: skip
    return render(request, "ui/confirm.html", facts)

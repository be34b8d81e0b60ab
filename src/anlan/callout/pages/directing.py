"""What the board says of an instruction: its directive, the four states, and 收到 beside 办结."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anlan.callout.queries import preview
from anlan.callout.queries.board import Board
from anlan.callout.terms import INSTRUCTIONS, WORK, Directive

LACKS = {
    "": gettext_lazy("全部"),
    "handed": gettext_lazy("没发出的"),
    "reached": gettext_lazy("没送达的"),
    "read": gettext_lazy("没读的"),
    "confirmed": gettext_lazy("没确认的"),
}


def shown(board: Board) -> dict[str, Any]:
    """Return what the board's templates show of an instruction; {} for a warning."""
    call = board.call
    if call.directive not in INSTRUCTIONS:
        return {}
    return {
        "directive": preview.DIRECTIVES[Directive(call.directive)],
        "asks": preview.ASKS[Directive(call.directive)],
        "answers": bool(call.policy.get("needs_answer")),
        "works": call.directive in WORK and call.result_due is not None,
        "states": states(board),
        "results": results(board) if call.directive in WORK else [],
    }


def states(board: Board) -> list[dict[str, Any]]:
    """Return the four states as figures: 发出, 送达, 已读, 确认."""
    total = board.total
    of = _("，共 %s 人") % f"{total.persons:,}"
    confirm = _("应了，或者点了“知道了”") + of
    return [
        _figure(_("发出"), total.of("handed"), _("交给了短信、电话的网关") + of),
        _figure(_("送达"), total.of("reached"), _("手机收到了、电话接了") + of),
        _figure(_("已读"), total.of("read"), _("通道报来看过的。看过不算确认") + of),
        _figure(_("确认"), total.confirmed, confirm),
    ]


def results(board: Board) -> list[dict[str, Any]]:
    """Return 办结 as figures."""
    total = board.total
    of = _("要报结果 %s 人") % f"{total.of('tasks'):,}"
    late = board.call.result_due is not None and board.asked_at > board.call.result_due
    undone = total.of("undone")
    return [
        _figure(_("办好了"), total.of("done"), of + _("，其中按时 %s 人") % f"{total.of('done_in_time'):,}"),
        _figure(_("办不了"), total.of("cannot"), _("写了原因的，点“看结果”里看")),
        _figure(_("过期没报") if late else _("还没报"), undone, of),
        _figure(_("说不办"), total.of("refused"), _("要你定：仍要他办，还是改派别人")),
    ]


def _figure(name: str, value: int, how: str) -> dict[str, Any]:
    return {"name": name, "value": f"{value:,}", "unit": _("人"), "how": f"{how}。"}

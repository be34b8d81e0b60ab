"""What the board says: its figures with their definitions, the stair, why somebody has not answered."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anlan.callout.queries import board as boards
from anlan.callout.queries.board import Board, Row, Silent
from anlan.callout.terms import Act, CallState, Did, ReceiptState
from anlan.kernel import clock, paths
from anlan.kernel.authority import Actor
from anlan.ledger import queries as ledger
from anlan.ledger.queries import Filter

READ = 400  # entries of a trail that are gathered

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
                "本人 %(own)s，B\u2060岗 %(deputy)s，代应 %(proxy)s。"
                "听满 %(listened)s 秒、按键、回复、点链接、到岗才算应，已读不算。"
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
            "why": _("其中空号停机 %(dead)s 人。其余 %(rest)s 人不用你动，系统还在按梯子叫。")
            % {"dead": f"{total.dead:,}", "rest": f"{max(rest, 0):,}"},
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


def trail(call_id: UUID, by: Actor, limit: int = 12) -> list[dict[str, Any]]:
    """Return what was done to the call itself, newest first; what repeats within a minute stands once, added up."""
    told = Filter(kinds=tuple(did for did in Did if did is not Did.HANDED))  # many and small: the board counts them
    rows = [_as_repeat(row) for row in ledger.trail(subject_id=call_id, by=by, where=told, limit=READ)]
    return ledger.told(gathered(rows))[:limit]


def _as_repeat(row: Any) -> Any:
    """Tell a repeat of the first rung as what it is, whatever it was entered as (until 2026-11 as a climb)."""
    if row.did == Did.CLIMBED and row.values.get("act") == Act.AGAIN:
        return replace(row, did=Did.CALLED_AGAIN)
    return row


def gathered(rows: Iterable[Any]) -> list[Any]:
    """Return entries, newest first, with the climbs and repeats of one minute and one rung as one, their counts added.

    Dead numbers are found batch by batch and go up the ladder second by second; a trail of seconds tells nothing.
    """
    made: list[Any] = []
    seen: dict[tuple[Any, ...], int] = {}
    for row in rows:
        if row.did not in {Did.CLIMBED, Did.CALLED_AGAIN}:
            made.append(row)
            continue
        minute = row.at.replace(second=0, microsecond=0)
        key = (row.did, row.values.get("rung"), row.values.get("wanted", ""), minute)
        if key in seen:
            first = made[seen[key]]
            count = int(first.values.get("count", 0)) + int(row.values.get("count", 0))
            made[seen[key]] = replace(first, values={**first.values, "count": count})
        else:
            seen[key] = len(made)
            made.append(row)
    return made


def list_row(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Turn a row of queries.board.every into words."""
    name, post, place, state, rung, dead, reached, met_at, how, part, began, handed, read, known = row
    if state == "met":
        result = {"self": _("本人应了"), "deputy": _("B\u2060岗应了"), "proxy": _("代应")}.get(part, _("应了"))
    elif state == "void":
        result = _("不用应了")
    elif state == "told":
        result = _("知道了") if known else _("告诉了，不用应")
    else:
        result = str(WHY_NAMES["dead"] if dead else WHY_NAMES["reached"] if reached else WHY_NAMES["silent"])
    took = round((met_at - began).total_seconds()) if met_at else ""
    four = (_stamp(handed), _stamp(reached), _stamp(read), _stamp(met_at or known))
    rung_name = str(RUNG_NAMES[list(boards.RUNGS).index(rung)])
    return name, post, place, result, rung_name, how, _stamp(met_at), took, *four


def _stamp(moment: dt.datetime | None) -> str:
    return f"{clock.local(moment):%Y-%m-%d %H:%M:%S}" if moment else ""


def report_row(row: Row) -> tuple[Any, ...]:
    """Turn a row of the board into cells."""
    median, p90 = row.median, row.p90
    return (
        paths.depth(row.path), row.name, row.due, row.yes, row.of("answered"), row.of("covered"), row.of("proxied"),
        row.reached, row.quiet, row.dead, row.of("in_time"), round(100 * row.share, 1),
        round(median) if median else "", round(p90) if p90 else "",
    )  # fmt: skip

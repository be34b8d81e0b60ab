"""Policies as data: what one holds, what is wrong with one, and the starting set (domain-facts B4, B13).

A body: `start_within`, `answer_within`, `review_within` (seconds); `listened` (seconds that count as heard); `counts`
(terms.How values that are answers); `needs_answer`; `second_person` (somebody else must approve); `auto_send_after`
(seconds after which it sends itself, or None); `send` (groups of carriers for the first round: each group by its first
usable carrier); `ladder` (steps: `at` seconds after the person was first called, `act`, and `send` for a repeat).

For a task or a command besides:
`result_within` (seconds from the start in which the result is due, where nobody says a time) and `result_ladder` (steps
whose `at` is counted from when the result is due; less than 0 lies before).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anlan.callout.terms import Act, How, Rung

MINUTE, WEEK = 60, 7 * 86_400  # seconds
ANSWERS = tuple(h.value for h in How if h is not How.READ)
RUNG = {Act.AGAIN: Rung.SELF, Act.DEPUTY: Rung.DEPUTY, Act.SUPERIOR: Rung.SUPERIOR, Act.DOOR: Rung.DOOR}
TEXT = [["sms_http", "email"]]
VOICE = [["voice_http", "sms_http", "email"]]
BOTH = [["sms_http", "email"], ["voice_http"]]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a ladder: `at` seconds after the beginning; `send` as in a policy."""

    at: int
    act: Act
    send: tuple[tuple[str, ...], ...] = ()


def steps(raw: Sequence[Mapping[str, Any]] | None) -> tuple[Step, ...]:
    """Read a ladder that `check` admitted, soonest first."""
    read = (Step(int(s["at"]), Act(s["act"]), groups(s.get("send"))) for s in raw or ())
    return tuple(sorted(read, key=lambda s: s.at))


def groups(raw: Sequence[Sequence[str]] | None) -> tuple[tuple[str, ...], ...]:
    """Read groups of carriers."""
    return tuple(tuple(g) for g in raw or ())


def begin_at(ladder: Sequence[Step], result_due: dt.datetime, moment: dt.datetime) -> tuple[int, dt.datetime | None]:
    """Return the first step of a result's ladder that still lies ahead, and when; those of the past are left out."""
    ahead = ((i, result_due + dt.timedelta(seconds=s.at)) for i, s in enumerate(ladder))
    return next(((i, at) for i, at in ahead if at > moment), (len(ladder), None))


def due(ladder: Sequence[Step], number: int, began: dt.datetime) -> dt.datetime | None:
    """Return when step `number` is due; None where the ladder ends."""
    return began + dt.timedelta(seconds=ladder[number].at) if number < len(ladder) else None


def check(body: Mapping[str, Any], carriers: Sequence[str]) -> dict[str, str]:
    """Return what is wrong with a policy, field by field; {} if nothing. `carriers` are the names there are."""
    wrong: dict[str, str] = {}
    for name, low, high in (
        ("start_within", 10, 86_400), ("answer_within", 30, 7 * 86_400), ("listened", 1, 600),
        ("review_within", 60, 7 * 86_400),
    ):  # fmt: skip
        if not (_whole(body.get(name)) and low <= body[name] <= high):
            wrong[name] = f"要填 {low} 到 {high} 之间的整数（秒）"
    auto = body.get("auto_send_after")
    if auto is not None and not (_whole(auto) and auto >= 0):
        wrong["auto_send_after"] = "要填秒数，或者留空（不自动发）"
    for name in ("needs_answer", "second_person"):
        if not isinstance(body.get(name), bool):
            wrong[name] = "要填是或否"
    counts = body.get("counts")
    if not isinstance(counts, list) or not set(counts) <= set(ANSWERS) or (body.get("needs_answer") and not counts):
        wrong["counts"] = f"只能从 {'、'.join(ANSWERS)} 里选，至少一种；已读不算应"
    if problem := _send(body.get("send"), carriers):
        wrong["send"] = problem
    if "result_within" in body and not (_whole(body["result_within"]) and MINUTE <= body["result_within"] <= WEEK):
        wrong["result_within"] = f"要填 {MINUTE} 到 {WEEK} 之间的整数（秒）"
    if "result_ladder" in body:
        wrong |= _ladder("result_ladder", body["result_ladder"], carriers, earliest=-WEEK)
    return wrong | _ladder("ladder", body.get("ladder"), carriers, earliest=1)


def _ladder(name: str, raw: Any, carriers: Sequence[str], *, earliest: int) -> dict[str, str]:
    if not isinstance(raw, list):
        return {name: "要填一列步骤"}
    wrong: dict[str, str] = {}
    order = list(Act)
    last_at, last_act = earliest - 1, 0
    for i, row in enumerate(raw):
        field = f"{name}.{i}"
        known = isinstance(row, dict) and row.get("act") in order and _whole(row.get("at"))
        if not known or not earliest <= row["at"] <= WEEK:
            wrong[field] = f"第 {i + 1} 步要有时间（秒）和做法（{'、'.join(order)}）"
            continue
        if row["at"] <= last_at:
            wrong[field] = f"第 {i + 1} 步要比上一步晚"
        if order.index(Act(row["act"])) < last_act:
            wrong[field] = f"第 {i + 1} 步的次序不对：重呼、B岗、上级、上门"
        if row["act"] == Act.AGAIN and (problem := _send(row.get("send"), carriers)):
            wrong[field] = problem
        last_at, last_act = row["at"], order.index(Act(row["act"]))
    return wrong


def _send(raw: Any, carriers: Sequence[str]) -> str:
    if not isinstance(raw, list) or not raw or not all(isinstance(g, list) and g for g in raw):
        return "要选至少一个通道"
    strange = sorted({str(c) for g in raw for c in g} - set(carriers))
    return f"没有这些通道：{'、'.join(strange)}" if strange else ""


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _policy(answer_within: int, ladder: list[dict[str, Any]], send: list[list[str]], **other: Any) -> dict[str, Any]:
    return {
        "start_within": 180,
        "answer_within": answer_within,
        "review_within": 7200,
        "listened": 20,
        "counts": list(ANSWERS),
        "needs_answer": True,
        "second_person": False,
        "auto_send_after": None,
        "send": send,
        "ladder": ladder,
        **other,
    }


def _climb(*rows: tuple[int, str, list[list[str]] | None]) -> list[dict[str, Any]]:
    return [{"at": at, "act": act} | ({"send": send} if send else {}) for at, act, send in rows]


# Red by domain-facts B13 (3 minutes to start, 5 to answer, three tries, B岗, superior, door); the seconds between the
# rungs above it, and everything below red but orange's ten minutes, are our proposal.
STARTING: tuple[tuple[str, str, str, str, dict[str, Any]], ...] = (
    (
        "red", "红色叫应", "red", "first",
        _policy(
            300,
            _climb(
                (100, "again", VOICE), (200, "again", BOTH), (300, "deputy", None), (480, "superior", None),
                (720, "door", None),
            ),
            BOTH, second_person=True, auto_send_after=150,
        ),
    ),
    (
        "orange", "橙色叫应", "orange", "first",
        _policy(
            600,
            _climb(
                (200, "again", VOICE), (400, "again", BOTH), (600, "deputy", None), (900, "superior", None),
                (1200, "door", None),
            ),
            BOTH, second_person=True, auto_send_after=480, start_within=600,
        ),
    ),
    (
        "yellow", "黄色叫应", "yellow", "first",
        _policy(
            1800,
            _climb((600, "again", TEXT), (1200, "again", VOICE), (1800, "deputy", None), (3600, "superior", None)),
            TEXT, start_within=1800,
        ),
    ),
    (
        "blue", "蓝色叫应", "blue", "first",
        _policy(3600, _climb((1800, "again", TEXT), (3600, "deputy", None)), TEXT, start_within=3600),
    ),
    ("notice", "只通知，不用应", "", "all_clear", _policy(3600, [], TEXT, needs_answer=False, start_within=600)),
)  # fmt: skip


def _work(receipt: dict[str, Any], within: int, *steps: tuple[int, str, list[list[str]] | None]) -> dict[str, Any]:
    return {**receipt, "result_within": within, "result_ladder": _climb(*steps)}


def _told(send: list[list[str]]) -> dict[str, Any]:
    return _policy(3600, [], send, needs_answer=False, start_within=3600, counts=["link", "inbox"])


_BY_LEVEL = {code: body for code, _name, _level, _kind, body in STARTING}
# Instructions (WRN-05): code, name, directive, level, body. A notice goes by the policy of that name above. A command's
# receipt climbs as a warning of its level does; how soon a result is due, and its ladder, are our proposal.
INSTRUCTIONS: tuple[tuple[str, str, str, str, dict[str, Any]], ...] = (
    ("reminder", "提醒", "reminder", "", _told(TEXT)),
    ("notice-red", "红色通知", "notice", "red", _told(BOTH)),
    (
        "task", "任务", "task", "",
        _work(_told(TEXT), 86_400, (-3600, "again", TEXT), (0, "again", TEXT), (1800, "deputy", None),
              (7200, "superior", None)),
    ),
    (
        "task-red", "红色任务", "task", "red",
        _work(_told(BOTH), 7200, (-1200, "again", VOICE), (0, "again", VOICE), (600, "deputy", None),
              (1200, "superior", None)),
    ),
    (
        "task-orange", "橙色任务", "task", "orange",
        _work(_told(BOTH), 14_400, (-1800, "again", TEXT), (0, "again", VOICE), (900, "deputy", None),
              (1800, "superior", None)),
    ),
    (
        "command", "命令", "command", "",
        _work(_BY_LEVEL["yellow"], 28_800, (-3600, "again", TEXT), (0, "again", VOICE), (1800, "deputy", None),
              (3600, "superior", None)),
    ),
    (
        "command-red", "红色命令", "command", "red",
        _work({**_BY_LEVEL["red"], "auto_send_after": None}, 7200, (-1200, "again", VOICE), (0, "again", VOICE),
              (300, "deputy", None), (600, "superior", None)),
    ),
    (
        "command-orange", "橙色命令", "command", "orange",
        _work({**_BY_LEVEL["orange"], "auto_send_after": None}, 14_400, (-1800, "again", VOICE), (0, "again", VOICE),
              (600, "deputy", None), (1200, "superior", None)),
    ),
)  # fmt: skip

"""What can be counted: events, the counters made of them, and by what each can be cut."""

from enum import IntEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Event(IntEnum):
    """What happened on a day. Beside each: what n, x, y of a row count.

    `OBLIGED` is the day from which a hazard counts as 应整改: due, or accepted before that (domain-facts B12).
    `SEEN`, `FLAWED` carry in `base` the month before in which the object was seen (had a fault), so that a sum over
    rows with `base` before a period counts each object once, whatever the period.
    """

    REPORTED = 1  # reports; of them hazards; of those come again
    OBLIGED = 2  # hazards to be rectified; of them accepted in time
    ACCEPTED = 3  # accepted; at the first try; after the deadline
    LATE = 4  # accepted after the deadline; `base` is how many days
    VISIT = 5  # visits; items passed; items failed
    SEEN = 6  # months in which an object was inspected
    FLAWED = 7  # months in which an object had a fault
    TASK = 8  # inspections due; of them done; done in time


DIMENSIONS = ("trade", "kind", "grade", "source", "owner")
DIMENSION_NAMES = {
    "place": _("地方"), "trade": _("行业"), "kind": _("类型"), "grade": _("等级"), "source": _("来源"),
    "owner": _("责任单位"), "month": _("月份"),
}  # fmt: skip
BY: dict[Event, frozenset[str]] = {
    Event.REPORTED: frozenset(DIMENSIONS),
    Event.OBLIGED: frozenset(DIMENSIONS),
    Event.ACCEPTED: frozenset(DIMENSIONS),
    Event.LATE: frozenset(DIMENSIONS),
    Event.VISIT: frozenset({"trade", "source"}),
    Event.SEEN: frozenset(),
    Event.FLAWED: frozenset(),
    Event.TASK: frozenset({"source"}),
}
COUNTERS: dict[str, tuple[Event, str, Any]] = {
    "reported": (Event.REPORTED, "n", _("上报的隐患（撤回的不算；不算隐患的、并到别处的也在内）")),
    "valid": (Event.REPORTED, "x", _("确认过的隐患，按上报那天归月")),
    "recurred": (Event.REPORTED, "y", _("确认过、而且是以前销过号又复发的隐患")),
    "obliged": (Event.OBLIGED, "n", _("应整改的隐患：到期那天，或者提前验收那天归月")),
    "on_time": (Event.OBLIGED, "x", _("应整改、而且期限内验收通过的隐患")),
    "accepted": (Event.ACCEPTED, "n", _("验收通过的隐患，按验收那天归月")),
    "first_pass": (Event.ACCEPTED, "x", _("第一次验收就通过的隐患")),
    "late": (Event.ACCEPTED, "y", _("过了期限才验收通过的隐患")),
    "late_days": (Event.LATE, "n", _("过了期限才验收的隐患，各超了几天")),
    "visits": (Event.VISIT, "n", _("检查次数")),
    "passed": (Event.VISIT, "x", _("检查条目合格数")),
    "failed": (Event.VISIT, "y", _("检查条目不合格数")),
    "seen": (Event.SEEN, "n", _("检查过的对象（用「头一回」才不重复）")),
    "flawed": (Event.FLAWED, "n", _("查出过不合格的对象（用「头一回」才不重复）")),
    "tasks": (Event.TASK, "n", _("应检：检查任务，到期那天或者提前做完那天归月；作废的不算")),
    "done": (Event.TASK, "x", _("已检：做完的检查任务，过期补做的也算")),
    "done_in_time": (Event.TASK, "y", _("期限内做完的检查任务")),
}
RULES: dict[str, Any] = {
    "in": _("本期内"),
    "upto": _("到期末为止"),
    "before": _("到期初为止"),
    "first": _("本期内头一回"),
}
FOUND: dict[str, Any] = {"new": _("本期上报的"), "stock": _("以前上报的")}
# Which columns the sums are kept by; "*" in the others. The last is every column but the unit.
CUT_TOTAL, CUT_FULL = 0, 6
CUTS: dict[int, frozenset[str]] = {
    CUT_TOTAL: frozenset(),
    1: frozenset({"trade"}),
    2: frozenset({"kind"}),
    3: frozenset({"grade"}),
    4: frozenset({"source"}),
    5: frozenset({"owner", "grade"}),  # a unit's major ones: else every part would be read
    CUT_FULL: frozenset({"trade", "kind", "grade", "source"}),
}
# A city by every column, a district by each alone, a street in all and by grade.
DEPTHS = {1: frozenset(CUTS), 2: frozenset(CUTS) - {CUT_FULL}, 3: frozenset({CUT_TOTAL, 3})}
UNREGISTERED = "-"  # a unit that is no organisation here: only a name

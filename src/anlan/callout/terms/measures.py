"""What the statistics of calls count, and the written definition of every figure a leader reads (domain-facts B12)."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

VERSION = 1

# Each is a condition on an obligation `o` of a person in their own right, in a call that is over.
_DUE = "o.state NOT IN ('told', 'void')"
_OWN = "o.state = 'met' AND o.met_part = 'self'"
MEASURED: dict[str, str] = {
    "due": _DUE,
    "void": "o.state = 'void'",
    "in_time": "o.state = 'met' AND (o.due_at IS NULL OR o.met_at <= o.due_at)",
    "own": _OWN,
    "first": f"{_OWN} AND o.tries <= 1",
    "third": f"{_OWN} AND o.tries <= 3",
    "covered": "o.state = 'met' AND o.met_part = 'deputy'",
    "proxied": "o.state = 'met' AND o.met_part = 'proxy'",
    "superior": f"{_DUE} AND o.rung IN ('superior', 'door')",
    "door": f"{_DUE} AND o.rung = 'door'",
    "lapsed": "o.state = 'lapsed'",
    "dead": f"{_DUE} AND o.dead",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure as it is read: a share of two counted columns, or a time; with its definition in words."""

    code: str
    name: Any
    of: tuple[str, ...] = ()
    over: str = "due"
    quantile: float | None = None
    words: Any = ""


MEASURES = (
    Measure(
        "rate", _("叫应率"), ("in_time",),
        words=_("时限内应了的人 ÷ 应叫的人。本人应、B\u2060岗代应、有人当面找到都算应；过了时限才应的不算，已读不算。"),
    ),
    Measure("first", _("首轮率"), ("first",), words=_("叫第一遍本人就应了的人 ÷ 应叫的人。")),
    Measure("third", _("三呼率"), ("third",), words=_("叫三遍之内本人应了的人 ÷ 应叫的人；首轮应的也在内。")),
    Measure("door", _("上门率"), ("door",), words=_("一直没应、最后列入上门名单的人 ÷ 应叫的人。")),
    Measure(
        "dead", _("空号停机"), ("dead",),
        words=_("号码打不通（空号、停机）的人 ÷ 应叫的人。他们也在应叫的人里，不剔除，因为他们同样没被叫到。"),
    ),
    Measure(
        "p50", _("应答中位数"), quantile=0.5,
        words=_("一半应叫的人，本人在这么久之内应了；没应的按还在等计。按 18 段用时累计，段内按直线推算。"),
    ),
    Measure(
        "p90", _("九成用时"), quantile=0.9,
        words=_("九成应叫的人，本人在这么久之内应了；应的不到九成就没有这个数。"),
    ),
)  # fmt: skip
COMMON = _(
    "只算已经结束的叫应，按开始叫的那个月归月；应叫的人 = 叫到名单上的人，减去被新的叫应接过去的、不用再应的。"
    "取消的叫应、只通知不用应的不算。演练和测试单独成表。一人在一次叫应里只算一次，岗位按他被叫时的岗。"
)
FEW = 30  # persons below which a share is shown and not compared (domain-facts B12)

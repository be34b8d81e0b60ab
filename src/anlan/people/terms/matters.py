"""The words of the duty list (责任清单): whose a matter is, what lower levels may be asked for, by when."""

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from anlan.kernel.authority import Refused


class ListState(StrEnum):
    """States of a version of the list. A replaced one stays readable for ever."""

    DRAFT = "draft"
    PUBLISHED = "published"
    REPLACED = "replaced"


class Part(StrEnum):
    """What a level may be asked for on a matter: to lead it, to assist, or nothing."""

    LEAD = "lead"
    ASSIST = "assist"
    NONE = "none"


class Roll(StrEnum):
    """Which of a street's three lists a matter stands on (domain-facts B8: 基本履职/配合履职/上级收回)."""

    BASIC = "basic"
    ASSIST = "assist"
    UPPER = "upper"


class Unit(StrEnum):
    """What a statutory time limit is counted in; NOW: at once."""

    NOW = "now"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WORKDAY = "workday"


class OwnerlessState(StrEnum):
    """States of a matter that nobody was found for (无主事项)."""

    OPEN = "open"
    SETTLED = "settled"


class Outcome(StrEnum):
    """How an ownerless matter was settled: listed already, to be added, given to somebody once, no matter."""

    LISTED = "listed"
    TO_ADD = "to-add"
    ASSIGNED = "assigned"
    NONE = "none"


class Overstep(StrEnum):
    """Why an assignment was stopped: the matter is on no list, the level has no part in it, it only assists."""

    OFF_LIST = "off-list"
    NO_PART = "no-part"
    ONLY_ASSISTS = "only-assists"


PART_NAMES: dict[str, Any] = {Part.LEAD: _("主责"), Part.ASSIST: _("协助"), Part.NONE: _("不承担")}
ROLL_NAMES: dict[str, Any] = {
    "": _("没有分"), Roll.BASIC: _("基本履职"), Roll.ASSIST: _("配合履职"), Roll.UPPER: _("上级收回"),
}  # fmt: skip
OUTCOME_NAMES: dict[str, Any] = {
    Outcome.LISTED: _("清单上本来就有"),
    Outcome.TO_ADD: _("下一版清单加上"),
    Outcome.ASSIGNED: _("这一次指定了单位"),
    Outcome.NONE: _("不是要办的事"),
}
OVERSTEP_NAMES: dict[str, Any] = {
    Overstep.OFF_LIST: _("清单外的事往下派"),
    Overstep.NO_PART: _("清单上没有这一级的份"),
    Overstep.ONLY_ASSISTS: _("协助的事当主责派"),
}


class OffList(Refused):
    """An assignment that the duty list forbids. `words` say which rule and what to do instead; it was recorded."""

    def __init__(self, words: str, at: str) -> None:
        super().__init__("people.matters", at)
        self.words = words

    def __str__(self) -> str:
        return self.words

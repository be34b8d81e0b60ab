"""The words of the duty roster (应急值守, RPT-01): positions, kinds of day, states."""

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Position(StrEnum):
    """As what somebody is on duty. STANDBY stays at home and comes when called: it is not "on duty" for a call."""

    LEADER = "leader"
    CHIEF = "chief"
    OFFICER = "officer"
    STANDBY = "standby"

    @property
    def label(self) -> Any:
        """The position in plain words."""
        return POSITION_NAMES[self]


POSITION_NAMES = {
    Position.LEADER: _("带班领导"),
    Position.CHIEF: _("值班长"),
    Position.OFFICER: _("值班员"),
    Position.STANDBY: _("备班"),
}


class DayKind(StrEnum):
    """Kinds of day, balanced apart. A working Saturday (调休) is a workday."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"

    @property
    def label(self) -> Any:
        """The kind in plain words."""
        return DAY_NAMES[self]


DAY_NAMES = {
    DayKind.WORKDAY: _("工作日"),
    DayKind.WEEKEND: _("周末"),
    DayKind.HOLIDAY: _("节假日"),
}


class MonthState(StrEnum):
    """A month of a rota: only a published one says who is on duty."""

    DRAFT = "draft"
    PUBLISHED = "published"


class ChangeKind(StrEnum):
    """替班: another takes my shift. 换班: two shifts change their holders."""

    SUBSTITUTE = "substitute"
    SWAP = "swap"


class ChangeState(StrEnum):
    """Where a substitution or swap stands."""

    ASKED = "asked"
    DONE = "done"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


CHANGE_STATE_NAMES = {
    ChangeState.ASKED: _("等对方答应"),
    ChangeState.DONE: _("已经换好"),
    ChangeState.DECLINED: _("对方没答应"),
    ChangeState.WITHDRAWN: _("撤回了"),
    ChangeState.LAPSED: _("没人答应，过期了"),
}


class NoteState(StrEnum):
    """A handover note: being written, handed over, read by the next shift."""

    DRAFT = "draft"
    GIVEN = "given"
    READ = "read"


class ItemKind(StrEnum):
    """A line of a handover note: not finished, or only to be watched."""

    OPEN = "open"
    WATCH = "watch"


class DutyCallState(StrEnum):
    """A call received: still being dealt with, or closed."""

    OPEN = "open"
    CLOSED = "closed"


class CallTopic(StrEnum):
    """What an incoming call is about."""

    DANGER = "danger"
    ACCIDENT = "accident"
    HELP = "help"
    ORDER = "order"
    QUESTION = "question"
    OTHER = "other"


TOPIC_NAMES = {
    CallTopic.DANGER: _("险情、灾情"),
    CallTopic.ACCIDENT: _("事故"),
    CallTopic.HELP: _("求助"),
    CallTopic.ORDER: _("上级通知"),
    CallTopic.QUESTION: _("咨询"),
    CallTopic.OTHER: _("其他"),
}


class GapReason(StrEnum):
    """Why a shift has a hole."""

    EMPTY = "empty"
    LEFT = "left"
    AWAY = "away"
    NUMBER = "number"


GAP_NAMES = {
    GapReason.EMPTY: _("没有人"),
    GapReason.LEFT: _("这个人已经不在岗上"),
    GapReason.AWAY: _("这个人在休假"),
    GapReason.NUMBER: _("这个人的电话打不通或没登记"),
}


class SheetState(StrEnum):
    """A month's table on its way in."""

    CHECKED = "checked"
    APPLIED = "applied"
    DROPPED = "dropped"

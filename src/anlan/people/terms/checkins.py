"""The words of double check-in (双报到): people who come forward where they live, tasks they claim, temporary teams."""

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class CheckinState(StrEnum):
    """A registration waits for its community, stands on its list, was declined, or was withdrawn."""

    REGISTERED = "registered"
    LISTED = "listed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class CheckinSource(StrEnum):
    """Who wrote a registration: the person, their employer's list, the community's desk."""

    SELF = "self"
    EMPLOYER = "employer"
    DESK = "desk"


class Slot(StrEnum):
    """When somebody can come. EMERGENCY: at any hour, when it is urgent (急时随叫)."""

    EVENING = "evening"
    WEEKEND = "weekend"
    NIGHT = "night"
    EMERGENCY = "emergency"


class TaskState(StrEnum):
    """States of a task on a community's board."""

    OPEN = "open"
    DONE = "done"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class ClaimState(StrEnum):
    """States of a claim. WAITING: behind the number that is wanted; whoever withdraws lets the next one in."""

    CLAIMED = "claimed"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"
    DONE = "done"


class MusterState(StrEnum):
    """States of a grouping for a response: proposed and editable, standing, disbanded; dropped before it stood."""

    PROPOSED = "proposed"
    STANDING = "standing"
    DISBANDED = "disbanded"
    DROPPED = "dropped"


# What people can do, as data: the keys are stored and are what rosters write.
SKILLS = (
    "医护", "急救", "水电", "驾驶", "心理", "手语", "无人机", "外语", "搬运", "电工", "通信", "做饭", "照看老人孩子",
)  # fmt: skip
SLOT_NAMES: dict[str, Any] = {
    Slot.EVENING: _("工作日晚上"), Slot.WEEKEND: _("周末"), Slot.NIGHT: _("夜里"), Slot.EMERGENCY: _("急时随叫"),
}  # fmt: skip
CHECKIN_NAMES: dict[str, Any] = {
    CheckinState.REGISTERED: _("等社区确认"), CheckinState.LISTED: _("在册"), CheckinState.DECLINED: _("社区没有收"),
    CheckinState.WITHDRAWN: _("退出了"),
}  # fmt: skip
SOURCE_NAMES: dict[str, Any] = {
    CheckinSource.SELF: _("本人报到"), CheckinSource.EMPLOYER: _("单位报来"), CheckinSource.DESK: _("社区登记"),
}  # fmt: skip
TASK_NAMES: dict[str, Any] = {
    TaskState.OPEN: _("招人"), TaskState.DONE: _("办完了"), TaskState.CLOSED: _("收尾了"),
    TaskState.CANCELLED: _("不办了"),
}  # fmt: skip
CLAIM_NAMES: dict[str, Any] = {
    ClaimState.CLAIMED: _("认领了"), ClaimState.WAITING: _("排队"), ClaimState.WITHDRAWN: _("退出"),
    ClaimState.DONE: _("办了"),
}  # fmt: skip
MUSTER_NAMES: dict[str, Any] = {
    MusterState.PROPOSED: _("拟好了，还没编"), MusterState.STANDING: _("编组中"), MusterState.DISBANDED: _("已撤编"),
    MusterState.DROPPED: _("没有编"),
}  # fmt: skip

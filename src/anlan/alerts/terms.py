"""The words of warnings: levels, states, things done, permissions."""

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Level(StrEnum):
    """The four warning levels of 突发事件应对法 §63; never an event level, never a response level (domain-facts B2)."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"


RANK = {Level.RED: 4, Level.ORANGE: 3, Level.YELLOW: 2, Level.BLUE: 1}
COLOUR = {Level.RED: "红色", Level.ORANGE: "橙色", Level.YELLOW: "黄色", Level.BLUE: "蓝色"}


class Weight(StrEnum):
    """How much a finding weighs: an error breaks the standard, a warning a good habit, a note explains a reading."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class AlertState(StrEnum):
    """Where an alert stands."""

    ACTIVE = "active"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class NoticeState(StrEnum):
    """Where an own internal risk notice (内部风险提示) stands. `review`: sent in urgency, still to be looked over."""

    DRAFT = "draft"
    WAITING = "waiting"
    SENT = "sent"
    REVIEW = "review"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    DROPPED = "dropped"


class IntakeState(StrEnum):
    """What became of raw bytes that arrived."""

    READ = "read"
    UNREADABLE = "unreadable"
    DISMISSED = "dismissed"


class Door(StrEnum):
    """By which door bytes came in."""

    FILE = "file"
    POST = "post"
    POLL = "poll"


class Health(StrEnum):
    """How a source stands."""

    NEW = "new"
    OK = "ok"
    FAILING = "failing"
    OFF = "off"


class Did(StrEnum):
    """What the ledger says was done."""

    INTAKE_READ = "alerts.intake-read"
    INTAKE_FAILED = "alerts.intake-failed"
    INTAKE_RETRIED = "alerts.intake-retried"
    INTAKE_DISMISSED = "alerts.intake-dismissed"
    RECEIVED = "alerts.received"
    SUPERSEDED = "alerts.superseded"
    CANCELLED = "alerts.cancelled"
    EXPIRED = "alerts.expired"
    HANDLED = "alerts.handled"
    LINKED = "alerts.call-prepared"
    RAISED = "alerts.call-raised"
    CLEARED = "alerts.all-clear-proposed"
    RUNG = "alerts.duty-rung"
    LINK_FAILED = "alerts.linkage-failed"
    SOURCE_ADDED = "alerts.source-added"
    SOURCE_CHANGED = "alerts.source-changed"
    TOKEN_ISSUED = "alerts.token-issued"  # noqa: S105 - the name of an act
    SOURCE_FAILED = "alerts.source-failed"
    SOURCE_RECOVERED = "alerts.source-recovered"
    RULE_CHANGED = "alerts.rule-changed"
    DRAFTED = "alerts.notice-drafted"
    EDITED = "alerts.notice-edited"
    SUBMITTED = "alerts.notice-submitted"
    ASKED = "alerts.notice-approver-rung"
    RETURNED = "alerts.notice-returned"
    SENT = "alerts.notice-sent"
    APPROVED = "alerts.notice-approved"
    SENT_URGENT = "alerts.notice-sent-urgent"
    REVIEWED = "alerts.notice-reviewed"
    DROPPED = "alerts.notice-dropped"
    WITHDRAWN = "alerts.notice-withdrawn"
    LAPSED = "alerts.notice-expired"


class Can(StrEnum):
    """What a post may be allowed to do with warnings."""

    SEE = "alerts.see"
    RECEIVE = "alerts.receive"
    DRAFT = "alerts.draft"
    APPROVE = "alerts.approve"
    SEND_URGENT = "alerts.send-urgent"
    SETTINGS = "alerts.settings"

    @property
    def label(self) -> Any:
        """The permission in plain words."""
        return CAN_NAMES[self]


CAN_NAMES = {
    Can.SEE: _("看预警"),
    Can.RECEIVE: _("收预警、处理预警"),
    Can.DRAFT: _("起草内部风险提示"),
    Can.APPROVE: _("批准内部风险提示"),
    Can.SEND_URGENT: _("紧急发出内部风险提示"),
    Can.SETTINGS: _("设预警来源和规则"),
}
REAL = "Actual"  # the one CAP status that may ever reach a real phone
NEEDS_SECOND = frozenset({Level.RED, Level.ORANGE})  # a second person approves these (send page)

WORDS = {
    Did.INTAKE_READ: _("收下「{adapter}」来的一份文件，读出 {alerts} 条"),
    Did.INTAKE_FAILED: _("收到一份读不出来的文件：{reason}"),
    Did.INTAKE_RETRIED: _("重新读了一份文件"),
    Did.INTAKE_DISMISSED: _("确认一份读不出来的文件不用处理：{reason}"),
    Did.RECEIVED: _("收到预警「{title}」"),
    Did.SUPERSEDED: _("预警有了更新，这一条不再有效"),
    Did.CANCELLED: _("预警解除了"),
    Did.EXPIRED: _("预警到时间，自动失效"),
    Did.HANDLED: _("值班员看过预警：{note}"),
    Did.LINKED: _("自动拟好了叫应，{persons} 人"),
    Did.RAISED: _("级别升高，新的叫应接过原来的叫应"),
    Did.CLEARED: _("预警解除，请值班员决定要不要发解除通知"),
    Did.RUNG: _("叫了值班员：{post_title}"),
    Did.LINK_FAILED: _("没能自动拟好叫应：{reason}"),
    Did.SOURCE_ADDED: _("加了预警来源「{name}」"),
    Did.SOURCE_CHANGED: _("改了预警来源「{name}」"),
    Did.TOKEN_ISSUED: _("给预警来源「{name}」发了新口令，旧的作废"),
    Did.SOURCE_FAILED: _("预警来源「{name}」取不到了：{reason}"),
    Did.SOURCE_RECOVERED: _("预警来源「{name}」又取到了"),
    Did.RULE_CHANGED: _("改了{level}预警的联动规则"),
    Did.DRAFTED: _("起草了内部风险提示「{title}」"),
    Did.EDITED: _("改了内部风险提示"),
    Did.SUBMITTED: _("请人审批内部风险提示"),
    Did.ASKED: _("叫了批准人：{post_title}"),
    Did.RETURNED: _("退回了内部风险提示：{reason}"),
    Did.SENT: _("发出了内部风险提示「{title}」"),
    Did.APPROVED: _("批准并发出了内部风险提示「{title}」"),
    Did.SENT_URGENT: _("紧急发出了内部风险提示「{title}」：{reason}"),
    Did.REVIEWED: _("补审了紧急发出的内部风险提示：{opinion}"),
    Did.DROPPED: _("放弃了内部风险提示的草稿"),
    Did.WITHDRAWN: _("撤回了内部风险提示：{reason}"),
    Did.LAPSED: _("内部风险提示到时间，自动失效"),
}
KEYS = frozenset({Did.RECEIVED, Did.SUPERSEDED, Did.CANCELLED, Did.SENT, Did.APPROVED, Did.SENT_URGENT, Did.WITHDRAWN})
MACHINES = {
    "alerts.linkage": _("预警联动"),
    "alerts.called": _("预警联动"),
    "alerts.notice": _("内部风险提示"),
    "alerts.expire": _("到时间失效"),
    "alerts.poll": _("取预警"),
    "source:": _("预警来源「{name}」"),
}
TYPES = {
    "alerts.alert": _("预警"),
    "alerts.notice": _("内部风险提示"),
    "alerts.intake": _("收到的文件"),
    "alerts.source": _("预警来源"),
    "alerts.rule": _("联动规则"),
}

"""The words of warnings: levels, states, things done, permissions."""

from enum import StrEnum


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
    """Where an own internal risk notice (内部风险提示) stands."""

    DRAFT = "draft"
    WAITING = "waiting"
    SENT = "sent"
    REVIEW = "review"
    CANCELLED = "cancelled"
    DROPPED = "dropped"


class IntakeState(StrEnum):
    """What became of raw bytes that arrived."""

    READ = "read"
    UNREADABLE = "unreadable"
    DISMISSED = "dismissed"


class Did(StrEnum):
    """What the ledger says was done."""

    INTAKE_READ = "alerts.intake-read"
    INTAKE_FAILED = "alerts.intake-failed"
    INTAKE_DISMISSED = "alerts.intake-dismissed"
    RECEIVED = "alerts.received"
    SUPERSEDED = "alerts.superseded"
    CANCELLED = "alerts.cancelled"
    EXPIRED = "alerts.expired"
    PREPARED = "alerts.call-prepared"
    LINKAGE_FAILED = "alerts.linkage-failed"
    AUTO_SENT = "alerts.auto-sent"
    HELD = "alerts.auto-held"
    SOURCE_ADDED = "alerts.source-added"
    SOURCE_CHANGED = "alerts.source-changed"
    SOURCE_FAILED = "alerts.source-failed"
    SOURCE_RECOVERED = "alerts.source-recovered"
    RULES_CHANGED = "alerts.rules-changed"
    DRAFTED = "alerts.notice-drafted"
    EDITED = "alerts.notice-edited"
    SUBMITTED = "alerts.notice-submitted"
    RETURNED = "alerts.notice-returned"
    APPROVED = "alerts.notice-approved"
    SENT = "alerts.notice-sent"
    SENT_URGENT = "alerts.notice-sent-urgent"
    REVIEWED = "alerts.notice-reviewed"
    DROPPED = "alerts.notice-dropped"
    WITHDRAWN = "alerts.notice-withdrawn"


class Can(StrEnum):
    """What a post may be allowed to do with warnings."""

    SEE = "alerts.see"
    RECEIVE = "alerts.receive"
    DRAFT = "alerts.draft"
    APPROVE = "alerts.approve"
    SEND_URGENT = "alerts.send-urgent"
    SETTINGS = "alerts.settings"

"""The words of the ledger: what it records of itself, what may be permitted, how an entry reads."""

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Did(StrEnum):
    """What the ledger's own services record."""

    EXERCISE_OPENED = "ledger.exercise-opened"
    EXERCISE_CLOSED = "ledger.exercise-closed"
    PRIVATE_READ = "ledger.private-read"
    KEY_DESTROYED = "ledger.key-destroyed"
    VERIFIED = "ledger.verified"
    PROOF_EXPORTED = "ledger.proof-exported"
    TRAIL_EXPORTED = "ledger.trail-exported"
    STUCK_RETRIED = "ledger.stuck-retried"
    STUCK_DISMISSED = "ledger.stuck-dismissed"


class Can(TextChoices):
    """Permissions; held over a subtree of places."""

    READ = "ledger.read", _("看台账")
    READ_PRIVATE = "ledger.read-private", _("看台账里加密的个人信息")
    DESTROY_KEY = "ledger.destroy-key", _("销毁个人信息的密钥")
    VERIFY = "ledger.verify", _("校验台账、处理搁置的记录")
    EXERCISE = "ledger.exercise", _("开始和结束演练")


class Finding(StrEnum):
    """What `verify` can find wrong; the word says what was done to the first bad row."""

    ALTERED = "altered"
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"
    BLOCK = "block"  # a block's own numbers, root, hash or link
    HEAD = "head"  # the chain is whole, and is not the one that was published


WORDS = {
    Did.EXERCISE_OPENED: _("开始了演练「{name}」"),
    Did.EXERCISE_CLOSED: _("结束了演练"),
    Did.PRIVATE_READ: _("查看了加密的个人信息：{reason}"),
    Did.KEY_DESTROYED: _("销毁了本事项个人信息的密钥：{reason}"),
    Did.VERIFIED: _("校验了台账：{sealed} 条已封存记录"),
    Did.PROOF_EXPORTED: _("导出了证据包"),
    Did.TRAIL_EXPORTED: _("导出了 {count} 条留痕"),
    Did.STUCK_RETRIED: _("重新处理了搁置的记录"),
    Did.STUCK_DISMISSED: _("确认搁置的记录不再处理：{reason}"),
}
SYSTEM = _("系统")  # what acted, where no person did
BY_ITSELF = _("系统：{what}")
TYPES = {
    "ledger.exercise": _("演练"),
    "ledger.secret": _("加密的个人信息"),
    "ledger.entry": _("台账记录"),
    "ledger.stuck": _("搁置的记录"),
    "ledger.ledger": _("台账"),
}
KEYS = frozenset({Did.EXERCISE_OPENED, Did.EXERCISE_CLOSED, Did.KEY_DESTROYED})

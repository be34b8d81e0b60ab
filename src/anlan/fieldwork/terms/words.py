"""Permissions of field work, and what is done, as the ledger keeps it."""

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Can(StrEnum):
    """Permissions. Whoever has an account may sync what is theirs; what a record asks is asked by its own context."""

    FORMS = "fieldwork.forms"
    QUEUE = "fieldwork.queue"

    @property
    def label(self) -> Any:
        """The permission in plain words."""
        return CAN_NAMES[self]


CAN_NAMES = {Can.FORMS: _("管手机上的表"), Can.QUEUE: _("处理没收进来的手机记录")}


class Did(StrEnum):
    """Things done."""

    FORM_PUBLISHED = "fieldwork.form-published"
    FORM_OVERRODE = "fieldwork.form-overrode"
    FORM_RETIRED = "fieldwork.form-retired"
    SUBMITTED = "fieldwork.submitted"
    CONFLICT_KEPT = "fieldwork.conflict-kept"
    SETTLED = "fieldwork.settled"
    UPLOADED = "fieldwork.uploaded"


WORDS: dict[str, Any] = {
    Did.FORM_PUBLISHED: _("发布了表「{title}」第 {number} 版"),
    Did.FORM_OVERRODE: _("查重有 {count} 处没改，还是发布了表「{title}」第 {number} 版：{opinion}"),
    Did.FORM_RETIRED: _("停用了表「{title}」"),
    Did.SUBMITTED: _("交了表「{title}」"),
    Did.CONFLICT_KEPT: _("手机记录和现在的对不上，两份都留着，等人看"),
    Did.SETTLED: _("处理了对不上的手机记录：{opinion}"),
    Did.UPLOADED: _("传了 {count} 个文件"),
}
KEYS: frozenset[str] = frozenset()
TYPES: dict[str, Any] = {"fieldwork.form": _("手机上的表"), "fieldwork.record": _("手机记录")}

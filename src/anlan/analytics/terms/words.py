"""Permissions of measures, and what is done, as the ledger keeps it."""

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Can(StrEnum):
    """Permissions."""

    SEE = "analytics.see"
    DEFINE = "analytics.define"
    GATE = "analytics.gate"

    @property
    def label(self) -> Any:
        """The permission in plain words."""
        return CAN_NAMES[self]


CAN_NAMES = {Can.SEE: _("看统计"), Can.DEFINE: _("改指标口径"), Can.GATE: _("审新表、新任务准入")}


class Did(StrEnum):
    """Things done."""

    DEFINED = "analytics.measure-defined"
    WARNED = "analytics.warned"
    ANSWERED = "analytics.warning-answered"
    ENTERED = "analytics.form-entered"
    ADMITTED = "analytics.form-admitted"
    TURNED_AWAY = "analytics.form-turned-away"
    ENDED = "analytics.form-ended"


WORDS: dict[str, Any] = {
    Did.DEFINED: _("定了指标「{title}」第 {number} 版口径"),
    Did.WARNED: _("统计发现：{title}"),
    Did.ANSWERED: _("处理了统计发现：{opinion}"),
    Did.ENTERED: _("登记了新表「{title}」"),
    Did.ADMITTED: _("准入：{opinion}"),
    Did.TURNED_AWAY: _("没准入：{opinion}"),
    Did.ENDED: _("停用了：{opinion}"),
}
KEYS: frozenset[str] = frozenset()
TYPES: dict[str, Any] = {
    "analytics.measure": _("指标"),
    "analytics.finding": _("统计发现"),
    "analytics.form": _("新表准入"),
}

"""Permissions of sensing, and what is done, as the ledger keeps it. Readings are no entries; decisions are."""

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Can(StrEnum):
    """Permissions. `VERIFY`: say of an alarm whether it is real; whoever is asked to may, by the duty itself."""

    SEE = "sensing.see"
    MANAGE = "sensing.manage"
    RULES = "sensing.rules"
    VERIFY = "sensing.verify"
    FEEDS = "sensing.feeds"
    SEND = "sensing.send"
    PURPOSE = "sensing.purpose"

    @property
    def label(self) -> Any:
        """The permission in plain words."""
        return CAN_NAMES[self]


CAN_NAMES = {
    Can.SEE: _("看感知设备和读数"),
    Can.MANAGE: _("管感知设备台账"),
    Can.RULES: _("定报警规则"),
    Can.VERIFY: _("核实设备报警"),
    Can.FEEDS: _("管数据接入、认领设备"),
    Can.SEND: _("用接口送读数"),
    Can.PURPOSE: _("备案门禁、视频的用途"),
}


class Did(StrEnum):
    """Things done to things, streams, rules, alarms and feeds."""

    THING_ADDED = "sensing.thing-added"
    THING_CHANGED = "sensing.thing-changed"
    THING_STOPPED = "sensing.thing-stopped"
    THING_RESUMED = "sensing.thing-resumed"
    THINGS_IMPORTED = "sensing.things-imported"
    CALIBRATED = "sensing.calibrated"
    CLAIMED = "sensing.claimed"
    UNCLAIMED_DROPPED = "sensing.unclaimed-dropped"
    UNCLAIMED_REOPENED = "sensing.unclaimed-reopened"
    SILENT = "sensing.silent"
    HEARD_AGAIN = "sensing.heard-again"
    OBSERVATION_CHANGED = "sensing.observation-changed"
    RULE_DRAFTED = "sensing.rule-drafted"
    RULE_TRIED = "sensing.rule-tried"
    RULE_ON = "sensing.rule-on"
    RULE_OFF = "sensing.rule-off"
    ALARM_RAISED = "sensing.alarm-raised"
    ALARM_ROSE = "sensing.alarm-rose"
    ALARM_ENDED = "sensing.alarm-ended"
    ALARM_DISPATCHED = "sensing.alarm-dispatched"
    ALARM_BECAME = "sensing.alarm-became"
    UNWATCHED = "sensing.nobody-to-verify"
    VERIFIED_REAL = "sensing.verified-real"
    VERIFIED_FALSE = "sensing.verified-false"
    VERIFIED_UNSURE = "sensing.verified-unsure"
    ALARM_CLOSED = "sensing.alarm-closed"
    ALARM_REOPENED = "sensing.alarm-reopened"
    FEED_ADDED = "sensing.feed-added"
    FEED_CHANGED = "sensing.feed-changed"
    FEED_ON = "sensing.feed-on"
    FEED_OFF = "sensing.feed-off"
    KEY_RENEWED = "sensing.key-renewed"
    PURPOSE_GRANTED = "sensing.purpose-granted"
    PURPOSE_ENDED = "sensing.purpose-ended"
    SIDES_JUDGED = "sensing.sides-judged"
    REJECTED_SETTLED = "sensing.rejected-settled"
    EXPORTED = "sensing.exported"
    RETAINED = "sensing.old-readings-removed"


WORDS: dict[str, Any] = {
    Did.THING_ADDED: _("登记了设备「{name}」"),
    Did.THING_CHANGED: _("改了设备「{name}」：{what}"),
    Did.THING_STOPPED: _("设备「{name}」停用：{opinion}"),
    Did.THING_RESUMED: _("设备「{name}」重新启用"),
    Did.THINGS_IMPORTED: _("导入了 {count} 台设备"),
    Did.CALIBRATED: _("设备「{name}」检定过，下次 {until}"),
    Did.CLAIMED: _("认领了设备「{name}」，收下留着的 {count} 条读数"),
    Did.UNCLAIMED_DROPPED: _("没有认领设备「{name}」：{opinion}"),
    Did.UNCLAIMED_REOPENED: _("设备「{name}」放回去等认领"),
    Did.SILENT: _("设备「{name}」没有数据了"),
    Did.HEARD_AGAIN: _("设备「{name}」又有数据了"),
    Did.OBSERVATION_CHANGED: _("改了一条读数的标记：{opinion}"),
    Did.RULE_DRAFTED: _("拟了规则「{name}」第 {number} 版"),
    Did.RULE_TRIED: _("拿过去的数据试了规则「{name}」：会报 {count} 次"),
    Did.RULE_ON: _("启用了规则「{name}」第 {number} 版"),
    Did.RULE_OFF: _("停用了规则「{name}」：{opinion}"),
    Did.ALARM_RAISED: _("设备「{name}」报警（{sensing_level}）：{what}"),
    Did.ALARM_ROSE: _("升到{sensing_level}：{what}"),
    Did.ALARM_ENDED: _("读数回落了"),
    Did.ALARM_DISPATCHED: _("先派人去，再核实：{whom}"),
    Did.ALARM_BECAME: _("转出去接着办：{title}"),
    Did.UNWATCHED: _("这里和上级都没有能核实报警的人"),
    Did.VERIFIED_REAL: _("核实属实：{opinion}"),
    Did.VERIFIED_FALSE: _("核实是误报：{opinion}"),
    Did.VERIFIED_UNSURE: _("说不准，请复核：{opinion}"),
    Did.ALARM_CLOSED: _("报警了结：{opinion}"),
    Did.ALARM_REOPENED: _("重新核实：{opinion}"),
    Did.FEED_ADDED: _("加了数据来源「{name}」"),
    Did.FEED_CHANGED: _("改了数据来源「{name}」：{what}"),
    Did.FEED_ON: _("数据来源「{name}」开始收"),
    Did.FEED_OFF: _("数据来源「{name}」停收：{opinion}"),
    Did.KEY_RENEWED: _("给数据来源「{name}」换了令牌，旧的作废"),
    Did.PURPOSE_GRANTED: _("备案了用途「{name}」，评估编号 {number}，到 {until}"),
    Did.PURPOSE_ENDED: _("用途「{name}」到此为止：{opinion}"),
    Did.SIDES_JUDGED: _("人报的和设备报的对不上，判定：{opinion}"),
    Did.REJECTED_SETTLED: _("处理了没收进来的数据：{opinion}"),
    Did.EXPORTED: _("导出了 {count} 行感知数据"),
    Did.RETAINED: _("过了保存期，删掉 {until} 以前的原始读数"),
}
KEYS = frozenset({Did.ALARM_RAISED, Did.VERIFIED_REAL, Did.VERIFIED_FALSE, Did.ALARM_CLOSED})
TYPES: dict[str, Any] = {
    "sensing.thing": _("感知设备"),
    "sensing.things": _("感知设备台账"),
    "sensing.rule": _("报警规则"),
    "sensing.alarm": _("设备报警"),
    "sensing.feed": _("数据来源"),
    "sensing.purpose": _("门禁、视频的用途备案"),
    "sensing.unclaimed": _("没认领的设备"),
    "sensing.rejected": _("没收进来的数据"),
    "sensing.export": _("感知数据的导出"),
    "sensing.readings": _("原始读数"),
}

"""Permissions, things done, and how the ledger tells them."""

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from anlan.callout.terms.values import How, Rung


class Can(StrEnum):
    """Permissions, held over a subtree of places."""

    SEE = "callout.see"
    PREPARE = "callout.prepare"
    APPROVE = "callout.approve"
    START = "callout.start"
    END = "callout.end"
    ANSWER_FOR = "callout.answer-for"
    POLICY = "callout.policy"
    CARRIERS = "callout.carriers"
    CHECK = "callout.check"
    ROBOTS = "callout.robots"

    @property
    def label(self) -> Any:
        """The permission in plain words."""
        return CAN_NAMES[self]


CAN_NAMES = {
    Can.SEE: _("看叫应"),
    Can.PREPARE: _("拟叫应"),
    Can.APPROVE: _("批准叫应"),
    Can.START: _("发出叫应"),
    Can.END: _("结束和取消叫应"),
    Can.ANSWER_FOR: _("代记应答"),
    Can.POLICY: _("定叫应规则"),
    Can.CARRIERS: _("管叫应通道"),
    Can.CHECK: _("核号码"),
    Can.ROBOTS: _("管群机器人"),
}


class Did(StrEnum):
    """Things done, as the ledger keeps them."""

    PREPARED = "callout.prepared"
    SUBMITTED = "callout.submitted"
    RETURNED = "callout.returned"
    APPROVED = "callout.approved"
    STARTED = "callout.started"
    REVIEWED = "callout.reviewed"
    TAKEN_OVER = "callout.taken-over"
    CANCELLED = "callout.cancelled"
    ENDED = "callout.ended"
    FANNED = "callout.fanned"
    HANDED = "callout.handed"
    CLIMBED = "callout.climbed"
    ANSWERED = "callout.answered"
    COVERED = "callout.covered"
    HEARD_ABOVE = "callout.heard-above"
    NOT_AN_ANSWER = "callout.not-an-answer"
    ANSWERED_LATE = "callout.answered-late"
    PROXIED = "callout.proxied"
    NUMBER_DEAD = "callout.number-dead"
    OWED = "callout.owed"
    TOLD = "callout.told"
    MET = "callout.met"
    VOIDED = "callout.voided"
    LAPSED = "callout.lapsed"
    POLICY_CHANGED = "callout.policy-changed"
    CARRIER_CHANGED = "callout.carrier-changed"
    CARRIER_FAILED = "callout.carrier-failed"
    CARRIER_TESTED = "callout.carrier-tested"
    RELAY_SET = "callout.relay-set"
    RELAY_REMOVED = "callout.relay-removed"
    RELAY_TESTED = "callout.relay-tested"
    SPEAKERS_TAKEN = "callout.speakers-taken"
    SPEAKERS_TOLD = "callout.speakers-told"
    SPEAKERS_HELD = "callout.speakers-held"
    SPEAKERS_FAILED = "callout.speakers-failed"
    ROBOT_SET = "callout.robot-set"
    ROBOT_REMOVED = "callout.robot-removed"
    ROBOT_TESTED = "callout.robot-tested"
    ROBOT_SAID = "callout.robot-said"
    ROBOT_FAILED = "callout.robot-failed"
    UNPLACED_SETTLED = "callout.unplaced-settled"
    PRINTED = "callout.printed"
    DEVICE_ADDED = "callout.device-added"
    DEVICE_REMOVED = "callout.device-removed"
    DEVICES_GONE = "callout.devices-gone"
    CONFIRMED = "callout.confirmed"
    ROUND_STARTED = "callout.round-started"
    ROUND_PAUSED = "callout.round-paused"
    ROUND_RESUMED = "callout.round-resumed"
    ROUND_STOPPED = "callout.round-stopped"
    ROUND_DONE = "callout.round-done"
    NUMBER_MENDED = "callout.number-mended"
    ASKING_CHANGED = "callout.asking-changed"
    REVISED = "callout.revised"
    COPIED = "callout.copied"
    CALLED_AGAIN = "callout.called-again"
    SENT_AGAIN = "callout.sent-again"
    RAISED = "callout.raised"
    KNOWN = "callout.known"
    DONE = "callout.done"
    CANNOT = "callout.cannot"
    REFUSED = "callout.refused"
    PASSED = "callout.passed"
    INSISTED = "callout.insisted"
    TEMPLATE_CHANGED = "callout.template-changed"
    TEST_STARTED = "callout.test-started"
    FILING_OPENED = "callout.filing-opened"
    FILED = "callout.filed"


WORDS = {
    Did.PREPARED: _("拟好了叫应「{title}」"),
    Did.SUBMITTED: _("请人审批叫应「{title}」"),
    Did.RETURNED: _("退回了叫应「{title}」：{reason}"),
    Did.APPROVED: _("同意发出叫应「{title}」"),
    Did.STARTED: _("开始叫应「{title}」"),
    Did.REVIEWED: _("补审了紧急发出的叫应：{opinion}"),
    Did.TAKEN_OVER: _("新的叫应接过了这一次，旧的不再往上叫"),
    Did.CANCELLED: _("取消了叫应：{reason}"),
    Did.ENDED: _("结束了叫应，{lapsed} 人没有应"),
    Did.FANNED: _("把 {count} 人列入叫应"),
    Did.HANDED: _("由 {carrier} 发出 {count} 条，没发出 {failed} 条"),
    Did.CLIMBED: _("{count} 人没应，叫应升到「{rung}」"),
    Did.ANSWERED: _("应了（{how}，用时 {seconds} 秒）"),
    Did.COVERED: _("B岗代应了（{how}）"),
    Did.HEARD_ABOVE: _("上级知道了自己还有 {count} 人没应（{how}）"),
    Did.NOT_AN_ANSWER: _("接到了，但不算应（{reason}）"),
    Did.ANSWERED_LATE: _("叫应结束后才应（{how}）"),
    Did.PROXIED: _("有人当面找到了他（{how}）"),
    Did.NUMBER_DEAD: _("号码打不通：空号或停机"),
    Did.OWED: _("有一件事要办，最晚 {due_at}"),
    Did.TOLD: _("发了一条消息，不用应"),
    Did.MET: _("办完了"),
    Did.VOIDED: _("不用办了：{reason}"),
    Did.LAPSED: _("到期没有办"),
    Did.POLICY_CHANGED: _("改了叫应规则「{name}」，现在是第 {version} 版"),
    Did.CARRIER_CHANGED: _("改了叫应通道「{name}」的设置"),
    Did.CARRIER_FAILED: _("叫应通道「{name}」出了故障：{reason}"),
    Did.RELAY_SET: _("设了短信手机「{name}」"),
    Did.RELAY_REMOVED: _("去掉了短信手机「{name}」"),
    Did.RELAY_TESTED: _("用短信手机「{name}」试发了一条：{outcome}"),
    Did.SPEAKERS_TAKEN: _("导入大喇叭：新加 {added} 只，改了 {changed} 只"),
    Did.SPEAKERS_TOLD: _("让 {places} 个地方的 {terminals} 只大喇叭播"),
    Did.SPEAKERS_HELD: _("大喇叭没有播：{why}"),
    Did.SPEAKERS_FAILED: _("有一处的大喇叭没有播成：{reason}"),
    Did.ROBOT_SET: _("设了群机器人「{name}」"),
    Did.ROBOT_REMOVED: _("去掉了群机器人「{name}」"),
    Did.ROBOT_TESTED: _("试了群机器人「{name}」：{outcome}"),
    Did.ROBOT_SAID: _("在群「{name}」里说了"),
    Did.ROBOT_FAILED: _("群「{name}」没有通知到：{reason}"),
    Did.UNPLACED_SETTLED: _("处理了一条对不上人的回报（{outcome}）"),
    Did.PRINTED: _("打印了 {count} 人的名单，号码{phones}"),
    Did.CONFIRMED: _("回答了核验或测试（{how}）"),
    Did.ROUND_STARTED: _("开始核号码（{quarter}）"),
    Did.ROUND_PAUSED: _("暂停核号码"),
    Did.ROUND_RESUMED: _("接着核号码"),
    Did.ROUND_STOPPED: _("停了核号码：{reason}"),
    Did.ROUND_DONE: _("号码核完了：{ok} 个打得通，{bad} 个要改"),
    Did.NUMBER_MENDED: _("处理了打不通的号码（{what}）"),
    Did.ASKING_CHANGED: _("改了核号码、备案的设置"),
    Did.TEST_STARTED: _("抽了 {count} 人做联络测试"),
    Did.FILING_OPENED: _("开始 {year} 年的备案，{total} 个岗位"),
    Did.FILED: _("{year} 年备案：确认 {total} 个岗位的名单属实，空岗 {vacant}（名单摘要 {digest}）"),
    Did.CARRIER_TESTED: _("试了叫应通道「{name}」：{outcome}"),
    Did.DEVICE_ADDED: _("打开了一台设备的消息提醒"),
    Did.DEVICE_REMOVED: _("关掉了一台设备的消息提醒"),
    Did.DEVICES_GONE: _("{count} 台设备收不到消息提醒了"),
    Did.REVISED: _("改了还没发的指令「{title}」"),
    Did.COPIED: _("抄送了 {count} 人：中间各级的负责岗位"),
    Did.CALLED_AGAIN: _("再叫一遍：{count} 人"),
    Did.SENT_AGAIN: _("补发给没送到的 {count} 人"),
    Did.RAISED: _("值班员把 {count} 人没应的叫到「{rung}」"),
    Did.KNOWN: _("说知道了（{how}）"),
    Did.DONE: _("报了结果：办好了（{how}）"),
    Did.CANNOT: _("报了结果：办不了（{how}）"),
    Did.REFUSED: _("不办，写明了原因（{how}）"),
    Did.PASSED: _("转给了「{post_title}」"),
    Did.INSISTED: _("看过不办的原因，仍然要他办"),
    Did.TEMPLATE_CHANGED: _("改了给「{role}」的话，现在是第 {version} 版"),
}
VALUES: dict[str, dict[str, Any]] = {
    "rung": {Rung.SELF: _("本人"), Rung.DEPUTY: _("B\u2060岗"), Rung.SUPERIOR: _("上级"), Rung.DOOR: _("上门")},
    "why": {"night": _("夜里只播红色"), "level": _("这一级不播")},
    "how": {
        How.LISTENED: _("听满了电话"),
        How.KEY: _("按了键"),
        How.REPLY: _("回了短信"),
        How.LINK: _("点了链接"),
        How.INBOX: _("在待办里点的"),
        How.ARRIVED: _("到岗了"),
        How.PROXY: _("别人代记"),
    },
}
KEYS = frozenset({Did.COPIED, Did.STARTED, Did.TAKEN_OVER, Did.CANCELLED, Did.ENDED, Did.FANNED})
MACHINES = {
    "callout.fan": _("列入叫应"),
    "callout.hand": _("发送"),
    "callout.find-accounts": _("按手机号找账号"),
    "callout.robots": _("在群里通知"),
    "callout.speakers": _("大喇叭播放"),
    "callout.climb": _("没人应往上叫"),
    "callout.answers": _("收应答"),
    "callout.sweep": _("到时间收尾"),
    "callout.auto-send": _("没人批准自动发出"),
    "callout.validity": _("到时间结束"),
    "callout.push": _("消息提醒"),
    "callout.check": _("核号码"),
    "callout.filing": _("年度备案"),
}
TYPES = {
    "callout.call": _("叫应"),
    "callout.obligation": _("待办"),
    "callout.policy": _("叫应规则"),
    "callout.carrier": _("叫应通道"),
    "callout.relay": _("短信手机"),
    "callout.speaker": _("大喇叭"),
    "callout.robot": _("群机器人"),
    "callout.template": _("岗位话术"),
    "callout.unmatched": _("对不上人的回报"),
    "callout.pushdevice": _("收提醒的设备"),
    "callout.round": _("号码核验"),
    "callout.filing": _("年度备案"),
    "callout.asking": _("核号码的设置"),
}

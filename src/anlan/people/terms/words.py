"""Permissions, things done, and how the ledger tells them."""

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from anlan.people.terms.duty import GAP_NAMES, POSITION_NAMES, TOPIC_NAMES, ChangeKind


class Can(StrEnum):
    """Permissions of this context. `READ` shows names and masked phones; `REVEAL` one whole number, with a reason."""

    READ = "people.read"
    REVEAL = "people.reveal"
    WRITE = "people.write"
    IMPORT = "people.import"
    ACCOUNTS = "people.accounts"
    ROLES = "people.roles"
    MATTERS = "people.matters"
    ROTA = "people.rota"
    CHECKINS = "people.checkins"
    CHECKIN_COUNTS = "people.checkin-counts"
    EMPLOYER = "people.employer"

    @property
    def label(self) -> Any:
        """The permission in plain words."""
        return CAN_NAMES[self]


CAN_NAMES = {
    Can.READ: _("看人员和岗位"),
    Can.REVEAL: _("看完整号码"),
    Can.WRITE: _("管人员和岗位"),
    Can.IMPORT: _("导入花名册"),
    Can.ACCOUNTS: _("管账号"),
    Can.ROLES: _("定岗位权限"),
    Can.MATTERS: _("管责任清单"),
    Can.ROTA: _("排值班表"),
    Can.CHECKINS: _("管双报到"),
    Can.CHECKIN_COUNTS: _("看报到人数"),
    Can.EMPLOYER: _("报本单位的人"),
}


class Did(StrEnum):
    """Things done, as the ledger keeps them."""

    PERSON_ENROLLED = "people.person-enrolled"
    PERSON_CHANGED = "people.person-changed"
    REVEALED = "people.revealed"
    CALENDAR_CORRECTED = "people.calendar-corrected"
    REACH_CHECKED = "people.reach-checked"
    ADDRESSES_FOUND = "people.addresses-found"
    ADDRESSES_GONE = "people.addresses-gone"
    ORGANISATION_FOUNDED = "people.organisation-founded"
    POST_CREATED = "people.post-created"
    POST_CHANGED = "people.post-changed"
    POST_CLOSED = "people.post-closed"
    APPOINTED = "people.appointed"
    RELEASED = "people.released"
    AWAY_SET = "people.away-set"
    ROLE_CHANGED = "people.role-changed"
    ACCOUNT_OPENED = "people.account-opened"
    ACCOUNT_CLOSED = "people.account-closed"
    ACCOUNT_REOPENED = "people.account-reopened"
    ACCOUNT_RESET = "people.account-reset"
    PASSWORD_SET = "people.password-set"  # noqa: S105 - the name of an act
    SESSIONS_ENDED = "people.sessions-ended"
    ACCOUNT_LINKED = "people.account-linked"
    ACCOUNTS_PROVISIONED = "people.accounts-provisioned"
    ROSTER_READ = "people.roster-read"
    ROSTER_IMPORTED = "people.roster-imported"
    ROSTER_UNDONE = "people.roster-undone"
    EXPORTED = "people.exported"
    LOADED = "people.loaded"
    MATTERS_DRAFTED = "people.matters-drafted"
    MATTERS_PUBLISHED = "people.matters-published"
    MATTERS_DROPPED = "people.matters-dropped"
    OWNERLESS_NOTED = "people.ownerless-noted"
    OWNERLESS_SETTLED = "people.ownerless-settled"
    OVERSTEP_STOPPED = "people.overstep-stopped"
    ROTA_MADE = "people.rota-made"
    ROTA_CHANGED = "people.rota-changed"
    ROTA_CLOSED = "people.rota-closed"
    ROTA_LAID = "people.rota-laid"
    ROTA_PUBLISHED = "people.rota-published"
    ROTA_SHEET = "people.rota-sheet"
    SEAT_PUT = "people.seat-put"
    SHIFT_ASKED = "people.shift-asked"
    SHIFT_CHANGED = "people.shift-changed"
    SHIFT_DECLINED = "people.shift-declined"
    SHIFT_WITHDRAWN = "people.shift-withdrawn"
    SHIFT_LAPSED = "people.shift-lapsed"
    SHIFT_SEEN = "people.shift-seen"
    GAP_OPENED = "people.gap-opened"
    GAP_CLOSED = "people.gap-closed"
    HANDOVER_GIVEN = "people.handover-given"
    HANDOVER_READ = "people.handover-read"
    ITEM_OPENED = "people.duty-item-opened"
    ITEM_CLOSED = "people.duty-item-closed"
    CALL_NOTED = "people.duty-call-noted"
    CALL_CHANGED = "people.duty-call-changed"
    CALL_CLOSED = "people.duty-call-closed"
    CALLER_SHOWN = "people.duty-caller-shown"
    FEED_OPENED = "people.feed-opened"
    FEED_REVOKED = "people.feed-revoked"
    CHECKED_IN = "people.checked-in"
    CHECKIN_CONFIRMED = "people.checkin-confirmed"
    CHECKIN_DECLINED = "people.checkin-declined"
    CHECKIN_CHANGED = "people.checkin-changed"
    CHECKIN_WITHDRAWN = "people.checkin-withdrawn"
    CHECKIN_ERASED = "people.checkin-erased"
    TASK_POSTED = "people.task-posted"
    TASK_CLAIMED = "people.task-claimed"
    TASK_LEFT = "people.task-left"
    TASK_DONE = "people.task-done"
    TASK_CLOSED = "people.task-closed"
    TASK_CANCELLED = "people.task-cancelled"
    MUSTER_PROPOSED = "people.muster-proposed"
    MUSTER_CHANGED = "people.muster-changed"
    MUSTER_CONFIRMED = "people.muster-confirmed"
    MUSTER_DISBANDED = "people.muster-disbanded"
    MUSTER_DROPPED = "people.muster-dropped"


MACHINES = {"people.roster": _("花名册导入"), "people.duty-watch": _("值班空档检查")}
MACHINES = {"people.checkin": _("报到页"), "people.roster": _("值班表")}
WORDS = {
    Did.PERSON_ENROLLED: _("登记了一个人"),
    Did.PERSON_CHANGED: _("改了人员信息"),
    Did.CALENDAR_CORRECTED: _("改了工作日历：{first} 到 {last}，{count} 天"),
    Did.REVEALED: _("看了完整号码"),
    Did.REACH_CHECKED: _("核对号码：{reach}"),
    Did.ADDRESSES_FOUND: _("按手机号找到 {count} 人的{kind}，{missing} 人没找到"),
    Did.ADDRESSES_GONE: _("{count} 人的{kind}失效了"),
    Did.ORGANISATION_FOUNDED: _("登记了单位「{name}」"),
    Did.POST_CREATED: _("设了岗位「{title}」"),
    Did.POST_CHANGED: _("改了岗位"),
    Did.POST_CLOSED: _("撤了岗位：{reason}"),
    Did.APPOINTED: _("任命了 {seat} 岗"),
    Did.RELEASED: _("{seat} 岗卸任：{reason}"),
    Did.AWAY_SET: _("改了 {seat} 岗的休假"),
    Did.ROLE_CHANGED: _("改了「{role}」的权限"),
    Did.ACCOUNT_OPENED: _("开了账号"),
    Did.ACCOUNT_CLOSED: _("停用了账号：{reason}"),
    Did.ACCOUNT_REOPENED: _("恢复了账号"),
    Did.ACCOUNT_RESET: _("重设了账号：{what}"),
    Did.PASSWORD_SET: _("设了新密码"),
    Did.SESSIONS_ENDED: _("退掉了 {count} 个登录"),
    Did.ACCOUNT_LINKED: _("账号和「{provider}」连上了"),
    Did.ACCOUNTS_PROVISIONED: _("批量开了 {opened} 个账号，停了 {closed} 个"),
    Did.ROSTER_READ: _("上传了花名册，{rows} 行"),
    Did.ROSTER_IMPORTED: _("导入花名册：新 {new} 行，改 {update} 行"),
    Did.ROSTER_UNDONE: _("撤销了花名册导入，{count} 行"),
    Did.EXPORTED: _("导出了 {count} 行人员名单"),
    Did.LOADED: _("装入了 {persons} 人、{posts} 岗"),
    Did.MATTERS_DRAFTED: _("拟了责任清单第 {number} 版，{count} 件事"),
    Did.MATTERS_PUBLISHED: _("发布了责任清单第 {number} 版，{effective_from} 起用，{count} 件事"),
    Did.MATTERS_DROPPED: _("丢掉了责任清单第 {number} 版的草稿"),
    Did.OWNERLESS_NOTED: _("记下一件查不到主责的事"),
    Did.OWNERLESS_SETTLED: _("定了一件无主事项：{outcome}"),
    Did.OVERSTEP_STOPPED: _("拦下一次往下派：{matter}"),
    Did.ROTA_MADE: _("建了值班表「{name}」"),
    Did.ROTA_CHANGED: _("改了值班表"),
    Did.ROTA_CLOSED: _("停用了值班表：{reason}"),
    Did.ROTA_LAID: _("排了 {month} 的班，{shifts} 班"),
    Did.ROTA_PUBLISHED: _("发布了 {month} 的值班表，第 {version} 版"),
    Did.ROTA_SHEET: _("按表格改了 {month} 的值班，{count} 处"),
    Did.SEAT_PUT: _("改了 {when} {shift}的{position}"),
    Did.SHIFT_ASKED: _("请人{swap}：{when} {shift}"),
    Did.SHIFT_CHANGED: _("{swap}说定了：{when} {shift}"),
    Did.SHIFT_DECLINED: _("没有答应{swap}：{when} {shift}"),
    Did.SHIFT_WITHDRAWN: _("撤回了{swap}：{when} {shift}"),
    Did.SHIFT_LAPSED: _("{swap}没人答应，班已经开始：{when} {shift}"),
    Did.SHIFT_SEEN: _("看过了{swap}"),
    Did.GAP_OPENED: _("值班有空档：{when} {shift} {position}，{gap}"),
    Did.GAP_CLOSED: _("值班空档补上了"),
    Did.HANDOVER_GIVEN: _("交了班：{when} {shift}，未办完 {open} 件"),
    Did.HANDOVER_READ: _("接了班，看过交接单"),
    Did.ITEM_OPENED: _("记了一件要交接的事"),
    Did.ITEM_CLOSED: _("办结了一件交接的事"),
    Did.CALL_NOTED: _("记了一个来电：{topic}"),
    Did.CALL_CHANGED: _("改了来电记录"),
    Did.CALL_CLOSED: _("来电办结"),
    Did.CALLER_SHOWN: _("看了来电人的完整号码"),
    Did.FEED_OPENED: _("开了一个日历地址"),
    Did.FEED_REVOKED: _("停用了一个日历地址"),
}
TYPES = {
    "people.rota": _("值班表"),
    "people.shiftchange": _("换班替班"),
    "people.shiftgap": _("值班空档"),
    "people.handovernote": _("交接单"),
    "people.dutyitem": _("交接事项"),
    "people.dutycall": _("来电记录"),
    "people.calendarfeed": _("日历地址"),
}
VALUES = {
    "position": POSITION_NAMES,
    "swap": {ChangeKind.SUBSTITUTE: _("替班"), ChangeKind.SWAP: _("换班")},
    "gap": GAP_NAMES,
    "topic": TOPIC_NAMES,
    Did.CHECKED_IN: _("来报到（{source}）"),
    Did.CHECKIN_CONFIRMED: _("确认了报到，列入名单"),
    Did.CHECKIN_DECLINED: _("没有收这次报到"),
    Did.CHECKIN_CHANGED: _("改了报到的内容"),
    Did.CHECKIN_WITHDRAWN: _("退出了报到"),
    Did.CHECKIN_ERASED: _("删掉了报到的个人信息"),
    Did.TASK_POSTED: _("贴出任务「{title}」，要 {wanted} 人"),
    Did.TASK_CLAIMED: _("认领了任务「{title}」"),
    Did.TASK_LEFT: _("退出了任务「{title}」"),
    Did.TASK_DONE: _("确认任务「{title}」办完，{count} 人"),
    Did.TASK_CLOSED: _("收尾了任务「{title}」"),
    Did.TASK_CANCELLED: _("任务「{title}」不办了"),
    Did.MUSTER_PROPOSED: _("拟了编组「{title}」：{groups} 组 {people} 人"),
    Did.MUSTER_CHANGED: _("改了编组「{title}」"),
    Did.MUSTER_CONFIRMED: _("编组「{title}」：{groups} 组 {people} 人"),
    Did.MUSTER_DISBANDED: _("撤编「{title}」：{groups} 组 {people} 人，{reason}"),
    Did.MUSTER_DROPPED: _("没有编「{title}」"),
}

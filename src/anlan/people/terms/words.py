"""Permissions, things done, and how the ledger tells them."""

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Can(StrEnum):
    """Permissions of this context. `READ` shows names and masked phones; `REVEAL` one whole number, with a reason."""

    READ = "people.read"
    REVEAL = "people.reveal"
    WRITE = "people.write"
    IMPORT = "people.import"
    ACCOUNTS = "people.accounts"
    ROLES = "people.roles"
    MATTERS = "people.matters"

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
}


class Did(StrEnum):
    """Things done, as the ledger keeps them."""

    PERSON_ENROLLED = "people.person-enrolled"
    PERSON_CHANGED = "people.person-changed"
    REVEALED = "people.revealed"
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


MACHINES = {"people.roster": _("值班表")}
WORDS = {
    Did.PERSON_ENROLLED: _("登记了一个人"),
    Did.PERSON_CHANGED: _("改了人员信息"),
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
}

"""The words of reports and incidents: states, things done, permissions, what a form hands in."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _


class Can(StrEnum):
    """Permissions. `REPORT` is asked for anywhere: whoever may report may report whatever they see, wherever."""

    REPORT = "incidents.report"
    SEE = "incidents.see"
    VERIFY = "incidents.verify"

    @property
    def label(self) -> Any:
        """The permission in plain words."""
        return CAN_NAMES[self]


CAN_NAMES = {Can.REPORT: _("报情况"), Can.SEE: _("看情况报告和事件"), Can.VERIFY: _("核实情况、管事件")}


class ReportState(StrEnum):
    """Where a report stands. `folded`: it waits with another one (`lead`) and ends as that one does."""

    RECEIVED = "received"
    VERIFYING = "verifying"
    UNSURE = "unsure"
    FOLDED = "folded"
    VERIFIED = "verified"
    NOT_SO = "not_so"
    PASSED_ON = "passed_on"
    WITHDRAWN = "withdrawn"


OPEN = (ReportState.RECEIVED, ReportState.VERIFYING, ReportState.UNSURE)


class IncidentState(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    CLOSED = "closed"


class Level(StrEnum):
    """Levels of an incident (突发事件应对法 §3); "" is not yet graded. Never a warning's or a response's level."""

    UNSET = ""
    GENERAL = "general"
    LARGER = "larger"
    MAJOR = "major"
    EXTREME = "extreme"


class How(StrEnum):
    """How a report came: from the page typed or spoken, a call that the desk took, a reply to a short message."""

    PAGE = "page"
    VOICE = "voice"
    PHONE = "phone"
    REPLY = "reply"
    API = "api"
    DEVICE = "device"


class Located(StrEnum):
    """By what the place was found."""

    DEVICE = "device"
    PHOTO = "photo"
    CHOSEN = "chosen"
    POST = "post"


class Element(StrEnum):
    """What a report may be completed with later (要素, 先报后补)."""

    DEAD = "dead"
    MISSING = "missing"
    INJURED = "injured"
    TRAPPED = "trapped"
    MOVED = "moved"
    NEEDS = "needs"
    CONTACT = "contact"
    WHERE = "where"
    MORE = "more"


ELEMENTS = {
    Element.DEAD: _("死亡几人"),
    Element.MISSING: _("失踪几人"),
    Element.INJURED: _("受伤几人"),
    Element.TRAPPED: _("被困几人"),
    Element.MOVED: _("已转移几人"),
    Element.NEEDS: _("现场要什么"),
    Element.CONTACT: _("现场找谁，电话"),
    Element.WHERE: _("具体位置"),
    Element.MORE: _("别的"),
}
COUNTED = frozenset({Element.DEAD, Element.MISSING, Element.INJURED, Element.TRAPPED, Element.MOVED})


class Did(StrEnum):
    """Things done, as the ledger keeps them."""

    RECEIVED = "incidents.report-received"
    TAKEN = "incidents.report-taken"
    VERIFIED = "incidents.report-verified"
    JOINED = "incidents.report-joined"
    NOT_SO = "incidents.report-not-so"
    ASKED = "incidents.report-asked-back"
    REPLIED = "incidents.report-replied"
    PASSED_ON = "incidents.report-passed-on"
    FOLDED = "incidents.report-folded"
    FOLDED_OWN = "incidents.report-folded-by-reporter"
    UNFOLDED = "incidents.report-unfolded"
    VERIFIED_TOO = "incidents.report-verified-too"
    NOT_SO_TOO = "incidents.report-not-so-too"
    PASSED_ON_TOO = "incidents.report-passed-on-too"
    REOPENED = "incidents.report-reopened"
    WITHDRAWN = "incidents.report-withdrawn"
    ADDED = "incidents.fact-added"
    PHOTO_ADDED = "incidents.photo-added"
    MOVED = "incidents.report-moved"
    OPENED = "incidents.incident-opened"
    CHANGED = "incidents.incident-changed"
    CLOSED = "incidents.incident-closed"
    RESUMED = "incidents.incident-reopened"
    TOLD = "incidents.reporter-told"
    UNWATCHED = "incidents.nobody-to-verify"
    EXPORTED = "incidents.exported"


WORDS = {
    Did.RECEIVED: _("报了一个情况（{what_kind}，{came}）"),
    Did.TAKEN: _("开始核实"),
    Did.VERIFIED: _("核实了：属实。{opinion}"),
    Did.JOINED: _("核实了，并进已有的事件「{title}」"),
    Did.NOT_SO: _("核实了：不属实。{opinion}"),
    Did.ASKED: _("问报告人：{question}"),
    Did.REPLIED: _("报告人补了情况，接着核实"),
    Did.PASSED_ON: _("转给了{whom}：{opinion}"),
    Did.FOLDED: _("并到另一条报告，来源都留着"),
    Did.FOLDED_OWN: _("报告人说是同一件事，并过去了"),
    Did.UNFOLDED: _("从并案里拆开：{opinion}"),
    Did.VERIFIED_TOO: _("并案的那条核实属实，这条一起算"),
    Did.NOT_SO_TOO: _("并案的那条不属实，这条一起算"),
    Did.PASSED_ON_TOO: _("并案的那条转出了，这条一起算"),
    Did.REOPENED: _("重新核实：{opinion}"),
    Did.WITHDRAWN: _("报告人撤回了：{opinion}"),
    Did.ADDED: _("补了「{element}」"),
    Did.PHOTO_ADDED: _("补了 {count} 张照片"),
    Did.MOVED: _("改了地方"),
    Did.OPENED: _("转成事件「{title}」"),
    Did.CHANGED: _("改了事件"),
    Did.CLOSED: _("事件了结：{opinion}"),
    Did.RESUMED: _("事件又打开：{opinion}"),
    Did.TOLD: _("把结果告诉了报告人"),
    Did.UNWATCHED: _("这里和上级都没有能核实的值班员"),
    Did.EXPORTED: _("导出了 {count} 条情况报告"),
}
KEYS = frozenset({Did.RECEIVED, Did.VERIFIED, Did.JOINED, Did.NOT_SO, Did.OPENED, Did.CLOSED})
TYPES = {"incidents.report": _("情况报告"), "incidents.incident": _("事件"), "incidents.export": _("情况报告的导出")}
HOWS = {
    How.PAGE: _("网页上写的"),
    How.VOICE: _("说的"),
    How.PHONE: _("来电，值班员代记"),
    How.REPLY: _("短信回的"),
    How.API: _("别的系统报的"),
    How.DEVICE: _("设备报的，有人核实过"),
}
KIND_NAMES = {
    "fire": _("着火冒烟"),
    "explosion": _("爆炸"),
    "gas": _("燃气泄漏"),
    "drowning": _("溺水落水"),
    "trapped": _("人被困、走失"),
    "collapse": _("房屋墙体倒塌开裂"),
    "landslide": _("滑坡塌方落石"),
    "flooding": _("积水漫水"),
    "river": _("河水上涨、山洪"),
    "wind": _("树倒、掉东西"),
    "power": _("电线落地、漏电"),
    "road": _("路塌、路断"),
    "traffic": _("交通事故"),
    "chemical": _("危险品泄漏"),
    "outage": _("停水停电停气"),
    "wildfire": _("山林火情"),
    "quake": _("地震"),
    "cold": _("冰雪结冰"),
    "health": _("中毒、传染病"),
    "crowd": _("人群聚集、伤人"),
    "other": _("别的情况"),
}
CLASS_NAMES = {
    "natural": _("自然灾害"),
    "accident": _("事故灾难"),
    "health": _("公共卫生事件"),
    "security": _("社会安全事件"),
    "": _("还没分类"),
}
LEVEL_NAMES = {
    Level.UNSET: _("还没定级"),
    Level.GENERAL: _("一般"),
    Level.LARGER: _("较大"),
    Level.MAJOR: _("重大"),
    Level.EXTREME: _("特别重大"),
}
STATE_NAMES = {
    ReportState.RECEIVED: ("wait", _("等着核实")),
    ReportState.VERIFYING: ("doing", _("正在核实")),
    ReportState.UNSURE: ("wait", _("等报告人回话")),
    ReportState.FOLDED: ("doing", _("并到另一条")),
    ReportState.VERIFIED: ("done", _("属实")),
    ReportState.NOT_SO: ("done", _("不属实")),
    ReportState.PASSED_ON: ("done", _("转出了")),
    ReportState.WITHDRAWN: ("done", _("撤回了")),
}
VALUES: dict[str, dict[str, Any]] = {
    "came": {str(k): v for k, v in HOWS.items()},  # names of its own: the ledger keeps one list for every context
    "what_kind": dict(KIND_NAMES),
    "element": {str(k): v for k, v in ELEMENTS.items()},
}


@dataclass(frozen=True, slots=True)
class Said:
    """A report as a door hands it in. `client` makes it idempotent: the same one from the same person is one report.

    `lon`, `lat` in degrees (WGS-84), `accuracy` in metres. `place` is a path that was chosen, "" for none. `caller` is
    who rang (name and number), where the desk took a call. `photos` are files as they came, not yet trusted;
    `photo_place`: the reporter lets their position be used.
    """

    text: str
    client: UUID | None = None
    how: str = How.PAGE
    kind: str = ""
    place: str = ""
    lon: float | None = None
    lat: float | None = None
    accuracy: float | None = None
    happened_at: dt.datetime | None = None
    caller: str = ""
    photos: Sequence[bytes] = ()
    photo_place: bool = False

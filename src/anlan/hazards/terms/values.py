"""The values of hazards and inspections: states, grades, clocks, sources, what a door hands in."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from anlan.hazards.terms.oversight import LEAD_NAMES, LEVEL_NAMES, OBSTACLE_NAMES
from anlan.hazards.terms.tips import HELD_NAMES


class HazardState(StrEnum):
    """Where a hazard stands. `listed` is 挂账; `merged` waits with another one (`lead`) and ends as that one does."""

    REPORTED = "reported"
    CONFIRMED = "confirmed"
    ASSIGNED = "assigned"
    RECTIFIED = "rectified"
    LISTED = "listed"
    CLOSED = "closed"
    REJECTED = "rejected"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


OPEN = (
    HazardState.REPORTED, HazardState.CONFIRMED, HazardState.ASSIGNED, HazardState.RECTIFIED, HazardState.LISTED,
)  # fmt: skip


class Grade(StrEnum):
    """一般 or 重大 (安监总局令 16 号, domain-facts B7); "" until confirmed."""

    UNSET = ""
    GENERAL = "general"
    MAJOR = "major"


class Limit(StrEnum):
    """Time limits of rectification (domain-facts B13); days are working days by setting. `NONE` is 挂账."""

    AT_ONCE = "at_once"
    H24 = "h24"
    D7 = "d7"
    D15 = "d15"
    D30 = "d30"
    NONE = "none"


class Source(StrEnum):
    """How a hazard was found."""

    DAILY = "daily"
    INSPECTION = "inspection"
    JOINT = "joint"
    SPECIAL = "special"
    SELF_CHECK = "self_check"
    THIRD_PARTY = "third_party"
    TIP = "tip"
    SUPERVISOR = "supervisor"
    HIGHER = "higher"
    INCIDENT = "incident"
    SENSOR = "sensor"
    API = "api"


class Trade(StrEnum):
    """行业, the field of work that a kind of hazard belongs to; routes confirmation and slices statistics."""

    FIRE = "fire"
    GAS = "gas"
    ELECTRIC = "electric"
    BUILDING = "building"
    FALLING = "falling"
    TRAFFIC = "traffic"
    FOOD = "food"
    LIFT = "lift"
    CHEMICAL = "chemical"
    WORK = "work"
    FLOOD = "flood"
    GEOLOGY = "geology"
    ENVIRONMENT = "environment"
    PUBLIC = "public"
    OTHER = "other"


class Plea(StrEnum):
    """What is asked for and decided by another: more time, a stopped clock, 挂账."""

    EXTEND = "extend"
    PAUSE = "pause"
    LIST = "list"


class PleaState(StrEnum):
    """Where a plea stands. `ended`: a granted pause or listing that is over."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    ENDED = "ended"
    VOID = "void"


class Control(StrEnum):
    """Interim control until it is rectified (临时管控)."""

    WARN = "warn"
    STOP = "stop"
    FENCE = "fence"
    EVACUATE = "evacuate"
    WATCH = "watch"
    OTHER = "other"


class Phase(StrEnum):
    """What a photo shows."""

    BEFORE = "before"
    CONTROL = "control"
    AFTER = "after"
    RECHECK = "recheck"


class Result(StrEnum):
    """The answer to one item of a checklist."""

    PASS = "pass"  # noqa: S105 - a mark, no password
    FAIL = "fail"
    NA = "na"


GRADE_NAMES = {Grade.UNSET: _("还没定级"), Grade.GENERAL: _("一般隐患"), Grade.MAJOR: _("重大隐患")}
LIMIT_NAMES = {
    Limit.AT_ONCE: _("立即"),
    Limit.H24: _("24 小时"),
    Limit.D7: _("7 天"),
    Limit.D15: _("15 天"),
    Limit.D30: _("30 天"),
    Limit.NONE: _("挂账"),
}
SOURCE_NAMES = {
    Source.DAILY: _("每日巡查"),
    Source.INSPECTION: _("计划检查"),
    Source.JOINT: _("综合查一次"),
    Source.SPECIAL: _("专项检查"),
    Source.SELF_CHECK: _("单位自查"),
    Source.THIRD_PARTY: _("第三方检查"),
    Source.TIP: _("居民随手拍"),
    Source.SUPERVISOR: _("社会监督员"),
    Source.HIGHER: _("上级交办"),
    Source.INCIDENT: _("险情转来"),
    Source.SENSOR: _("设备告警"),
    Source.API: _("别的系统"),
}
TRADE_NAMES = {
    Trade.FIRE: _("消防"),
    Trade.GAS: _("燃气"),
    Trade.ELECTRIC: _("用电"),
    Trade.BUILDING: _("房屋建筑"),
    Trade.FALLING: _("高空坠物"),
    Trade.TRAFFIC: _("交通"),
    Trade.FOOD: _("食品"),
    Trade.LIFT: _("电梯等特种设备"),
    Trade.CHEMICAL: _("危险化学品"),
    Trade.WORK: _("生产作业"),
    Trade.FLOOD: _("防汛"),
    Trade.GEOLOGY: _("地质灾害"),
    Trade.ENVIRONMENT: _("环境卫生"),
    Trade.PUBLIC: _("公共设施"),
    Trade.OTHER: _("别的"),
}
PLEA_NAMES = {Plea.EXTEND: _("延期"), Plea.PAUSE: _("暂停计时"), Plea.LIST: _("挂账")}
CONTROL_NAMES = {
    Control.WARN: _("贴警示"),
    Control.STOP: _("停用"),
    Control.FENCE: _("围起来"),
    Control.EVACUATE: _("人撤走"),
    Control.WATCH: _("派人看着"),
    Control.OTHER: _("别的办法"),
}
PHASE_NAMES = {
    Phase.BEFORE: _("整改前"),
    Phase.CONTROL: _("临时管控"),
    Phase.AFTER: _("整改后"),
    Phase.RECHECK: _("回头看"),
}
RESULT_NAMES = {Result.PASS: _("合格"), Result.FAIL: _("不合格"), Result.NA: _("不适用")}
STATE_NAMES = {
    HazardState.REPORTED: ("wait", _("等确认")),
    HazardState.CONFIRMED: ("wait", _("等指派")),
    HazardState.ASSIGNED: ("doing", _("正在整改")),
    HazardState.RECTIFIED: ("doing", _("整改完，等验收")),
    HazardState.LISTED: ("wait", _("挂账")),
    HazardState.CLOSED: ("done", _("已销号")),
    HazardState.REJECTED: ("done", _("不算隐患")),
    HazardState.MERGED: ("done", _("并到另一条")),
    HazardState.WITHDRAWN: ("done", _("撤回了")),
}
VALUES: dict[str, dict[str, Any]] = {  # names of its own: the ledger keeps one list for every context
    "hazard_source": {str(k): v for k, v in SOURCE_NAMES.items()},
    "grade": {str(k): v for k, v in GRADE_NAMES.items()},
    "plea": {str(k): v for k, v in PLEA_NAMES.items()},
    "control": {str(k): v for k, v in CONTROL_NAMES.items()},
    "tip_held": {str(k): v for k, v in HELD_NAMES.items()},
    "supervision_level": {str(k): v for k, v in LEVEL_NAMES.items()},
    "obstacle": {str(k): v for k, v in OBSTACLE_NAMES.items()},
    "lead_state": {str(k): v[1] for k, v in LEAD_NAMES.items()},
    "phase": {str(k): v for k, v in PHASE_NAMES.items()},
}


@dataclass(frozen=True, slots=True)
class Found:
    """A hazard as a door hands it in; `text` alone is enough, the rest is filled in.

    `client` makes it idempotent: the same one from the same person is one hazard. `lon`, `lat` in degrees (WGS-84),
    `accuracy` in metres; `place` is a path that was chosen, "" for none; `where` is the spot in words («7 栋 2 单元»).
    `kind` is a code of the library. `found_at` is the device's time, `arrived_at` the server's own. `uploads` are ids
    of `fieldwork` uploads. `visit` and `item` name the inspection and the failed item that it came from.
    """

    text: str
    client: UUID | None = None
    kind: str = ""
    source: str = Source.DAILY
    place: str = ""
    where: str = ""
    lon: float | None = None
    lat: float | None = None
    accuracy: float | None = None
    found_at: dt.datetime | None = None
    offline: bool = False
    object: UUID | None = None
    visit: UUID | None = None
    item: UUID | None = None
    tip: UUID | None = None
    uploads: Sequence[UUID] = ()


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has to rectify: an organisation, a post, a person, or only a name (a shop without an account)."""

    name: str
    organisation: UUID | None = None
    post: UUID | None = None
    person: UUID | None = None

"""The words of inspections: kinds of objects and what each asks, plans, tasks, and what a door hands in."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from anlan.hazards.terms.values import Source

FACT_NAMES: dict[str, Any] = {  # name, unit; a fact without a unit is words, with "?" yes or no
    "area": (_("面积"), _("平方米")),
    "people": (_("平时人数"), _("人")),
    "beds": (_("床位"), _("张")),
    "sleeps": (_("有没有人住"), "?"),
    "floors": (_("一共几层"), _("层")),
    "floor": (_("在几层"), ""),
    "gas": (_("用不用燃气"), ""),
    "trade": (_("做什么的"), ""),
    "households": (_("住户"), _("户")),
    "built": (_("哪年建的"), _("年")),
    "lifts": (_("电梯"), _("部")),
    "sockets": (_("充电口"), _("个")),
    "depth": (_("最低处比路面低"), _("厘米")),
    "threatened": (_("受威胁的人"), _("人")),
    "owner": (_("谁管"), ""),
}
_SHOP = ("area", "people", "sleeps", "floor", "gas", "trade")
_HOUSE = ("floors", "households", "built", "lifts", "gas")
OBJECT_KINDS: dict[str, tuple[Any, tuple[str, ...], bool]] = {  # code: name, facts it asks, one of the nine small
    "small_shop": (_("小商店"), _SHOP, True),
    "small_food": (_("小餐饮"), _SHOP, True),
    "small_inn": (_("小旅馆"), ("area", "beds", "floors", "gas"), True),
    "small_fun": (_("小歌舞娱乐"), _SHOP, True),
    "small_cafe": (_("小网吧"), _SHOP, True),
    "small_salon": (_("小美容洗浴"), _SHOP, True),
    "small_clinic": (_("小医院"), ("area", "beds", "floor", "gas"), True),
    "small_school": (_("小学校、小幼儿园"), ("area", "people", "floors", "sleeps", "gas"), True),
    "small_plant": (_("小生产加工"), _SHOP, True),
    "mixed": (_("多业态混合场所"), ("area", "people", "floors", "sleeps", "gas", "trade"), False),
    "crowd": (_("人员密集场所"), ("area", "people", "floors", "sleeps", "gas", "trade"), False),
    "house": (_("居民楼"), _HOUSE, False),
    "self_built": (_("自建房、出租屋"), ("area", *_HOUSE, "people"), False),
    "charging": (_("充电点"), ("sockets", "owner"), False),
    "site": (_("工地"), ("area", "people", "sleeps", "owner"), False),
    "school": (_("学校"), ("area", "people", "floors", "sleeps", "gas"), False),
    "care_home": (_("养老机构"), ("area", "beds", "floors", "gas"), False),
    "hospital": (_("医院"), ("area", "beds", "floors", "gas"), False),
    "company": (_("企业"), ("area", "people", "sleeps", "gas", "trade"), False),
    "gas_station": (_("加油站、燃气站"), ("area", "people", "owner"), False),
    "underground": (_("地下空间"), ("area", "people", "sleeps", "depth", "owner"), False),
    "low_point": (_("低洼点"), ("depth", "threatened", "owner"), False),
    "geology": (_("地灾点"), ("threatened", "owner"), False),
    "facility": (_("公共设施"), ("owner", "built"), False),
    "other": (_("别的"), ("people", "owner"), False),
}
KIND_NAMES = {code: name for code, (name, _facts, _small) in OBJECT_KINDS.items()}
NINE_SMALL = tuple(code for code, (_name, _facts, small) in OBJECT_KINDS.items() if small)
RISK_NAMES = {4: _("重大风险"), 3: _("较大风险"), 2: _("一般风险"), 1: _("低风险")}
RISK_LEVELS = {4: "red", 3: "orange", 2: "yellow", 1: "blue"}


class Genre(StrEnum):
    """Kinds of plan. `ROUTINE`: as often as each object's own risk asks; `SPECIAL`: once per object, by a last day."""

    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    DAILY = "daily"
    ROUTINE = "routine"
    SPECIAL = "special"


GENRE_NAMES = {
    Genre.ROUTINE: _("日常（按风险定多久查一次）"),
    Genre.DAILY: _("每天"),
    Genre.MONTH: _("每月"),
    Genre.QUARTER: _("每季"),
    Genre.YEAR: _("每年"),
    Genre.SPECIAL: _("专项（每处查一次）"),
}
GENRE_DAYS: dict[str, int] = {Genre.DAILY: 1, Genre.MONTH: 30, Genre.QUARTER: 91, Genre.YEAR: 365}


class TaskState(StrEnum):
    """Where a task stands. A missed one is counted, and may still be made up for (补检)."""

    OPEN = "open"
    DONE = "done"
    MISSED = "missed"
    VOID = "void"


TASK_NAMES = {
    TaskState.OPEN: ("wait", _("要查")),
    TaskState.DONE: ("done", _("查过了")),
    TaskState.MISSED: ("late", _("漏检")),
    TaskState.VOID: ("done", _("不用查了")),
}
VISIT_SOURCES = (
    Source.DAILY, Source.INSPECTION, Source.JOINT, Source.SPECIAL, Source.SELF_CHECK, Source.THIRD_PARTY,
    Source.SUPERVISOR,
)  # fmt: skip
OUTSIDE = (Source.SELF_CHECK, Source.THIRD_PARTY)  # checks by others: they never count as the authority's own visit


@dataclass(frozen=True, slots=True)
class Done:
    """An inspection as a door hands it in.

    `client` makes it idempotent: the same one from the same person is one visit. `answers`: {item id: (result, note)}
    with results of `Result`; `nothing_wrong` is the one tap. `versions` are the checklist versions that it was done
    against, () for those the answers and the task name. `part`: which department's part of a joint task it signs.
    `present`: who came along, in words. `done_at`, `began_at` are the device's time. `unit`: who checked, for a
    check by the unit itself or by a third party. `uploads` are ids of `fieldwork` uploads, never asked for.
    """

    client: UUID
    object: UUID | None = None
    place: str = ""
    task: UUID | None = None
    part: UUID | None = None
    answers: Mapping[UUID, tuple[str, str]] = field(default_factory=dict)
    versions: Sequence[UUID] = ()
    nothing_wrong: bool = False
    conclusion: str = ""
    present: Sequence[str] = ()
    began_at: dt.datetime | None = None
    done_at: dt.datetime | None = None
    offline: bool = False
    source: str = ""
    unit: str = ""
    uploads: Sequence[UUID] = ()
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True)
class ObjectDraft:
    """An object as a form or a row of a table gives it. `place`: its path. `chain`: each sub-let, outermost first.

    A link of the chain is {"name", "role", "phone"}; phones are sealed. `every`: days set by hand, None for the rule.
    """

    kind: str
    name: str
    place: str
    where: str = ""
    lon: float | None = None
    lat: float | None = None
    scheme: str = ""
    code: str = ""
    parent: UUID | None = None
    keeper_name: str = ""
    keeper_phone: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    chain: Sequence[Mapping[str, str]] = ()
    risk: int = 2
    every: int | None = None
    post: UUID | None = None
    head_post: UUID | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A programme as a form gives it. `organisation`: the department goes itself and signs its own part; None: whoever
    is responsible at the place goes. `checklists` are ids of checklists (not versions), () for those of the kind.
    """

    name: str
    place: str
    genre: str = Genre.ROUTINE
    line: str = ""
    organisation: UUID | None = None
    object_kinds: Sequence[str] = ()
    objects: Sequence[UUID] = ()
    checklists: Sequence[UUID] = ()
    least_risk: int = 1
    every: int | None = None
    from_day: dt.date | None = None
    to_day: dt.date | None = None
    basis: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RiskDraft:
    """A risk point (风险点): what could go wrong here even while every control works."""

    name: str
    place: str
    where: str = ""
    object: UUID | None = None
    lon: float | None = None
    lat: float | None = None
    trade: str = "other"
    risk: int = 2
    source: str = ""
    words: str = ""
    measures: str = ""
    responsible: str = ""
    responsible_post: UUID | None = None
    review_on: dt.date | None = None

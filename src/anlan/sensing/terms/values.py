"""Values of sensing: kinds of things, marks of readings, kinds of rules, states of alarms."""

from enum import IntEnum, StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class ThingKind(StrEnum):
    """What stands there. `GATE` and `VIDEO` give counts and events only, never images, faces or tracks (SEN-05)."""

    RAIN = "rain"
    RIVER = "river"
    WATERLOG = "waterlog"
    SMOKE = "smoke"
    GAS = "gas"
    SHED = "shed"
    LIFT = "lift"
    SLOPE = "slope"
    WEATHER = "weather"
    GATE = "gate"
    VIDEO = "video"
    OTHER = "other"


KIND_NAMES: dict[ThingKind, Any] = {
    ThingKind.RAIN: _("雨量站"),
    ThingKind.RIVER: _("河道水位"),
    ThingKind.WATERLOG: _("积水点"),
    ThingKind.SMOKE: _("烟感"),
    ThingKind.GAS: _("燃气"),
    ThingKind.SHED: _("充电棚"),
    ThingKind.LIFT: _("电梯"),
    ThingKind.SLOPE: _("边坡位移"),
    ThingKind.WEATHER: _("气象站"),
    ThingKind.GATE: _("门禁计数"),
    ThingKind.VIDEO: _("视频事件"),
    ThingKind.OTHER: _("其他"),
}


LIFE_SAFETY = frozenset({ThingKind.SMOKE, ThingKind.GAS})  # SEN-04: dispatched first, verified after
RESTRAINED = frozenset({ThingKind.GATE, ThingKind.VIDEO})  # SEN-05: off until a purpose is on record


class Mark(IntEnum):
    """What is thought of a reading. `GOOD` ones count in rules and roll-ups, `LATE` ones (补传) in roll-ups alone."""

    GOOD = 0
    QUARANTINED = 1
    LATE = 2
    FORBIDDEN = 3


MARK_NAMES: dict[Mark, Any] = {
    Mark.GOOD: _("正常"),
    Mark.QUARANTINED: _("存疑，不参与计算"),
    Mark.LATE: _("补传"),
    Mark.FORBIDDEN: _("没有用途备案，未取值"),
}


class Level(IntEnum):
    """How grave, in the four colours of domain-facts B2; a local threshold is an internal hint, never a 预警信号."""

    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4


COLOUR_NAMES: dict[Level, Any] = {
    Level.BLUE: _("蓝"),
    Level.YELLOW: _("黄"),
    Level.ORANGE: _("橙"),
    Level.RED: _("红"),
}


class RuleKind(StrEnum):
    """Kinds of rules (sensing/rules.py)."""

    THRESHOLD = "threshold"
    RATE = "rate"
    TOTAL = "total"
    SILENCE = "silence"
    RANGE = "range"
    BASELINE = "baseline"
    COMBINATION = "combination"
    ANOMALY = "anomaly"


RULE_NAMES: dict[RuleKind, Any] = {
    RuleKind.THRESHOLD: _("超过限值"),
    RuleKind.RATE: _("变化太快"),
    RuleKind.TOTAL: _("时段累计"),
    RuleKind.SILENCE: _("没有数据"),
    RuleKind.RANGE: _("不可能的值"),
    RuleKind.BASELINE: _("跟往常不同"),
    RuleKind.COMBINATION: _("几条同时成立"),
    RuleKind.ANOMALY: _("自动发现异常"),
}


class RuleState(StrEnum):
    """A rule is tried on the past before it is switched on."""

    DRAFT = "draft"
    ON = "on"
    OFF = "off"


RULE_STATE_NAMES: dict[RuleState, Any] = {
    RuleState.DRAFT: _("草稿"),
    RuleState.ON: _("启用"),
    RuleState.OFF: _("停用"),
}


class AlarmState(StrEnum):
    """An alarm is a case (SEN-04)."""

    RAISED = "raised"
    CONFIRMED = "confirmed"
    UNSURE = "unsure"
    CLOSED = "closed"


ALARM_NAMES: dict[AlarmState, Any] = {
    AlarmState.RAISED: _("待核实"),
    AlarmState.CONFIRMED: _("属实，处置中"),
    AlarmState.UNSURE: _("说不准，要复核"),
    AlarmState.CLOSED: _("已了结"),
}


class Verdict(StrEnum):
    """What whoever went there found."""

    NONE = ""
    REAL = "real"
    FALSE = "false"
    UNSURE = "unsure"


VERDICT_NAMES: dict[Verdict, Any] = {
    Verdict.NONE: _("还没核实"),
    Verdict.REAL: _("属实"),
    Verdict.FALSE: _("误报"),
    Verdict.UNSURE: _("说不准"),
}


class FeedState(StrEnum):
    """Whether a door in is open."""

    ON = "on"
    OFF = "off"


FEED_NAMES: dict[FeedState, Any] = {
    FeedState.ON: _("在收"),
    FeedState.OFF: _("停用"),
}

VALUES: dict[str, Any] = {"sensing_level": COLOUR_NAMES, "verdict": VERDICT_NAMES, "thing_kind": KIND_NAMES}
"""Values of entries that have names."""

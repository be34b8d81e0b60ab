"""What a rule says, and what is wrong with one, in the plain words of whoever has to answer for it."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anlan.sensing import rules
from anlan.sensing.fields import Expected, Fault

COLOURS = {
    "blue": gettext_lazy("蓝色"), "yellow": gettext_lazy("黄色"), "orange": gettext_lazy("橙色"),
    "red": gettext_lazy("红色"),
}  # fmt: skip
MINUTE, HOUR, DAY = 60, 3600, 86400
_EXPECTED: dict[Expected, Any] = {
    Expected.FIELD: gettext_lazy("要填"),
    Expected.NOTHING: gettext_lazy("这种规则没有这一项"),
    Expected.NUMBER: gettext_lazy("要填数字"),
    Expected.COUNT: gettext_lazy("要填整数，不小于 {limit}"),
    Expected.AT_LEAST: gettext_lazy("不能小于 {limit}"),
    Expected.AT_MOST: gettext_lazy("不能大于 {limit}"),
    Expected.ONE_OF: gettext_lazy("只能是这几个里的一个：{limit}"),
    Expected.LEVELS: gettext_lazy("蓝、黄、橙、红至少填一级"),
    Expected.RISING: gettext_lazy("要比{limit}那一级更严重"),
    Expected.INSIDE: gettext_lazy("结束的值要比报警的值平缓（报警的值 {limit}）"),
    Expected.OBJECT: gettext_lazy("要写成 JSON 对象"),
    Expected.LIST: gettext_lazy("要写成 JSON 列表，至少一项"),
    Expected.TEXT: gettext_lazy("要写文字"),
    Expected.MULTIPLE: gettext_lazy("要能整除：{limit}"),
    Expected.SOMETHING: gettext_lazy("什么也没有限制，至少填一项"),
}


def fault(one: Fault) -> str:
    """Return what was expected of a field."""
    return str(_EXPECTED[one.expected]).format(limit=COLOURS.get(one.limit, one.limit))


def span(seconds: float) -> str:
    """Return a length of time in its largest whole unit: 600 → 10 分钟."""
    for size, said in ((DAY, _("%s 天")), (HOUR, _("%s 小时")), (MINUTE, _("%s 分钟"))):
        if seconds >= size and seconds % size == 0:
            return said % f"{seconds / size:g}"
    return _("%s 秒") % f"{seconds:g}"


def sentences(spec: Mapping[str, Any], *, what: str = "", unit: str = "") -> list[str]:
    """Return what a document says, a sentence for each level; one that cannot be read says so.

    `what` is what is measured (水位), `unit` its unit (米).
    """
    try:
        rule = rules.read(spec)
    except rules.RuleError as error:
        return [_("这条规则读不懂：%s") % "；".join(f"{f.field} {fault(f)}" for f in error.faults)]
    what, unit = what or _("读数"), f" {unit}" if unit else ""
    match rule:
        case rules.Threshold(ladder=ladder):
            said = _ladder(ladder, what, unit)
        case rules.Rate(ladder=ladder, window=window):
            way = _("涨") if ladder.sign > 0 else _("跌")
            values = {"what": what, "span": span(window), "way": way}
            said = _ladder(ladder, _("%(what)s在 %(span)s里%(way)s") % values, unit, change=True)
        case rules.Total():
            said = _total(rule, what, unit)
        case rules.Range():
            said = _range(rule, what, unit)
        case rules.Baseline(ladder=ladder):
            said = _unusual(ladder, what)
        case _:
            said = [_other(rule, what)]
    return said


def _unusual(ladder: rules.Ladder, what: str) -> list[str]:
    said = _("%(what)s跟往常同一时段差 %(times)s 倍离散度以上%(hold)s，报%(level)s")
    return [
        said % {"what": what, "times": f"{abs(value):g}", "hold": _held(ladder.hold), "level": COLOURS[level]}
        for level, value in ladder.raises.items()
    ]


def _other(rule: rules.Rule, what: str) -> str:
    match rule:
        case rules.Silence(interval=interval, times=times, level=level):
            said = _("%(late)s没有读数，报%(level)s；有了读数就算结束")
            return said % {"late": span(interval * times), "level": COLOURS[level]}
        case rules.Anomaly(level=level, rest=rest):
            said = _("%(what)s出现从没见过的样子，报%(level)s；%(rest)s不再出现就算结束")
            return said % {"what": what, "level": COLOURS[level], "rest": span(rest)}
        case rules.Combination(when=when, level=level):
            return _("%(when)s，报%(level)s") % {"when": _when(when), "level": COLOURS[level]}
    raise TypeError(rule)


def _held(seconds: float) -> str:
    return _("满 %(span)s") % {"span": span(seconds)} if seconds else ""


def _ladder(ladder: rules.Ladder, what: str, unit: str, *, change: bool = False) -> list[str]:
    up = ladder.sign > 0 or change
    said = (
        _("%(what)s超过 %(value)s%(hold)s报%(level)s，降到 %(clear)s以下%(rest)s算结束") if up
        else _("%(what)s低于 %(value)s%(hold)s报%(level)s，升到 %(clear)s以上%(rest)s算结束")
    )  # fmt: skip
    turn = ladder.sign if change else 1  # a change is said without its sign: the words say which way
    return [
        said % {
            "what": what, "value": _with(turn * value, unit), "hold": _held(ladder.hold), "level": COLOURS[level],
            "clear": _with(turn * ladder.clears[level], unit), "rest": _held(ladder.rest),
        }
        for level, value in ladder.raises.items()
    ]  # fmt: skip


def _with(value: float, unit: str) -> str:
    said = f"{round(value, 6):g}{unit}"
    return f"{said} " if said[-1].isascii() else said


def _total(rule: rules.Total, what: str, unit: str) -> list[str]:
    return [
        _("%(windows)s%(hold)s，报%(level)s") % {
            "windows": _("，或者 ").join(
                _("%(span)s累计%(what)s %(amount)s以上")
                % {"span": span(hours * HOUR), "what": what, "amount": f"{amount:g}{unit}"}
                for hours, amount in rows
            ), "hold": _held(rule.hold), "level": COLOURS[level],
        }
        for level, rows in rule.levels.items()
    ]  # fmt: skip


def _range(rule: rules.Range, what: str, unit: str) -> list[str]:
    said = []
    if rule.least is not None:
        said.append(_("%(what)s小于 %(value)s") % {"what": what, "value": f"{rule.least:g}{unit}"})
    if rule.most is not None:
        said.append(_("%(what)s大于 %(value)s") % {"what": what, "value": f"{rule.most:g}{unit}"})
    if rule.jump is not None:
        values = {"what": what, "value": f"{rule.jump:g}{unit}", "agree": rule.agree}
        said.append(_("%(what)s一下跳了 %(value)s以上（连着 %(agree)s 条都这样才信）") % values)
    if rule.stuck is not None:
        said.append(_("连着 %s 条一模一样") % rule.stuck)
    return [_("%s：这条读数存疑，留着，不参与计算") % one for one in said]


def _when(part: rules.Node | rules.Leaf) -> str:
    if isinstance(part, rules.Leaf):
        within = _("%s内 ") % span(part.within) if part.within else ""
        return _("%(within)s规则 %(rule)s 报%(level)s以上") % {
            "within": within, "rule": part.rule, "level": COLOURS[part.level]
        }  # fmt: skip
    if part.verb == "not":
        return _("没有（%s）") % _when(part.parts[0])
    return (_("，并且 ") if part.verb == "all" else _("，或者 ")).join(_when(p) for p in part.parts)

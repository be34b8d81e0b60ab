"""What the system knows already, so that nobody is asked for it again (数据字典): fields, their other names, whence."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from anlan.kernel import likeness

ALIKE = 0.8  # share of the shorter name's pairs of characters


@dataclass(frozen=True, slots=True)
class Known:
    """A field that the system fills in by itself. `names` are the words that forms use for it."""

    names: tuple[str, ...]
    whence: Any


def _known(words: str, whence: Any) -> Known:
    return Known(tuple(words.split()), whence)


DICTIONARY = (
    _known("姓名 人员姓名 名字 联系人 填报人 上报人 检查人 负责人 网格员姓名", _("人员信息")),
    _known("电话 手机 手机号 手机号码 联系电话 联系方式 身份证号 身份证号码 证件号码", _("人员信息")),
    _known("单位 工作单位 所在单位 责任单位 单位名称 整改单位", _("单位信息")),
    _known("岗位 职务 职责 岗位名称", _("岗位信息")),
    _known("A岗 B岗 值班人员 值班员 带班领导", _("值班表")),
    _known("区县 街道 乡镇 社区 村 网格 网格名称 网格编号 行政区划 区划代码", _("地方信息，按填的人的岗位自动带出")),
    _known("所属社区 所属街道 所属网格 所在社区 所在街道 所在网格", _("地方信息，按填的人的岗位自动带出")),
    _known("人口 户数 常住人口 居民户数", _("地方信息")),
    _known("经度 纬度 定位 坐标 位置坐标", _("手机定位")),
    _known("填报时间 上报时间 填表日期 填报日期 检查时间 检查日期 日期", _("提交那一刻自动记")),
    _known("场所名称 检查对象 对象名称 企业名称 商户名称 店名 建筑名称 场所类型", _("检查对象台账")),
    _known("场所地址 地址 详细地址 面积 建筑面积 层数 法定代表人", _("检查对象台账")),
    _known("隐患类型 隐患类别 隐患描述 隐患名称 隐患等级 隐患来源 隐患编号 隐患照片", _("隐患台账")),
    _known("整改期限 整改措施 整改情况 整改责任人 整改时间 整改照片 是否整改", _("隐患台账")),
    _known("验收人 验收时间 验收意见", _("隐患台账")),
    _known("检查结果 检查次数 上次检查时间 检查频次", _("检查记录")),
    _known("隐患数 隐患数量 整改数 整改率 未整改数 检查数 排查数 上报数 完成率", _("统计，按口径自动算")),
    _known("预警级别 预警类型 叫应情况 叫应时间 是否应答", _("预警和叫应记录")),
)


@dataclass(frozen=True, slots=True)
class Match:
    """A field of a form that is known: under which name, and where it comes from."""

    name: str
    whence: str


def look_up(field: str, others: dict[str, str] | None = None) -> Match | None:
    """Return what the system knows of a field's name, exactly or nearly; `others`: {field: form that asks for it}."""
    wanted = "".join(field.split()).strip("：:*＊")
    if not wanted:
        return None
    best: tuple[float, Match] | None = None
    names = [(name, str(one.whence)) for one in DICTIONARY for name in one.names]
    names += [(name, gettext("「{form}」里已经填过").format(form=form)) for name, form in (others or {}).items()]
    for name, whence in names:
        if name == wanted:
            return Match(name, whence)
        short = min(len(name), len(wanted)) < 3  # two characters are one pair: 网格 is in everything of a grid
        score = 0.0 if short else likeness.alike(name, wanted)
        if score >= ALIKE and (best is None or score > best[0]):
            best = (score, Match(name, whence))
    return best[1] if best else None

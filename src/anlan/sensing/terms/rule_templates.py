"""Rules to begin with, offered when one is drafted; a person puts the numbers right, tries it, switches it on. Pure.

Numbers are defaults (domain-facts B2 for rain; 40 % of the lower explosive limit and below is the usual range of gas
alarms, GB 15322); 警戒水位 and 保证水位 are those of the water office.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from anlan.sensing import level_tables

HOUR, MINUTE = 3600, 60


@dataclass(frozen=True, slots=True)
class Template:
    """A rule to begin with: what it is called, for which things, what it says, why."""

    name: Any
    why: Any
    spec: Mapping[str, Any]
    thing_kind: str = ""
    property: str = ""
    advice: Any = ""
    life_safety: bool = False
    about: str = field(default="")


TEMPLATES: dict[str, Template] = {
    "rain": Template(
        _("雨下得大"), _("按本地暴雨预警信号的雨量；是内部提示，不是预警信号"),
        {"kind": "total", "rest": HOUR, "step": 300}, "rain", "rain", _("看低洼处和涵洞，叫醒低洼住户"),
    ),
    "river": Template(
        _("河道水位超警"), _("持续够久才报、降够了才算结束，不会在限值上下来回响"),
        {"kind": "threshold", "direction": "up", "levels": {"blue": 2.5, "yellow": 3, "orange": 3.5, "red": 4},
         "margin": 0.2, "hold": 10 * MINUTE, "rest": 30 * MINUTE},
        "river", "level", _("到河边看，别靠近水边；照预案撤人"),
    ),
    "rise": Template(
        _("水位涨得快"), _("一小时里涨多少，不看总水位"),
        {"kind": "rate", "direction": "up", "window": HOUR, "levels": {"yellow": 0.5, "orange": 1, "red": 1.5},
         "margin": 0.2, "rest": 30 * MINUTE},
        "river", "level", _("上游可能有洪水下来，先叫醒沿河住户"),
    ),
    "waterlog": Template(
        _("积水深"), _("15 厘米小车慢行，27 厘米小车可能熄火，40 厘米断路"),
        {"kind": "threshold", "direction": "up", "levels": {"blue": 10, "yellow": 15, "orange": 27, "red": 40},
         "margin": 3, "hold": 2 * MINUTE, "rest": 10 * MINUTE},
        "waterlog", "depth", _("设警戒、拦车，别蹚水"),
    ),
    "smoke": Template(
        _("烟感报警"), _("一响就派最近的人去，同时核实"),
        {"kind": "threshold", "direction": "up", "levels": {"red": 0.5}, "rest": 5 * MINUTE},
        "smoke", "smoke", _("先救人，打 119"), life_safety=True,
    ),
    "gas": Template(
        _("燃气泄漏"), _("占爆炸下限的百分比"),
        {"kind": "threshold", "direction": "up", "levels": {"orange": 10, "red": 20}, "margin": 3, "rest": 10 * MINUTE},
        "gas", "gas", _("开窗、关阀、别开关电器，人出去再打电话"), life_safety=True,
    ),
    "silence": Template(
        _("没有数据"), _("设备该说话的时候没有说"), {"kind": "silence", "interval": 300, "times": 3, "level": "blue"},
        "river", "level", _("看电源和信号"),
    ),
    "range": Template(
        _("不可能的值"), _("这样的读数留着、标存疑，不参与计算和报警"),
        {"kind": "range", "least": -2, "most": 12, "jump": 3, "agree": 3}, "river", "level",
    ),
}  # fmt: skip


def spec(name: str, *, code: str, on: dt.date) -> dict[str, Any]:
    """Return a template's document; that of rain with the table of a GB/T 2260 code. Raises KeyError."""
    found = dict(TEMPLATES[name].spec)
    if name == "rain":
        table = level_tables.of(code, "rainstorm", on)
        found |= {"levels": dict(table.levels), "table": f"{table.region}/{table.element}"} if table else {"levels": {}}
    return found

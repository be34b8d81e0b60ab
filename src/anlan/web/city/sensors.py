"""The invented city's instruments: registered over its grids, with rules switched on; all of them simulated.

Their properties say so ({"simulated": true}); `quiet` ones have not spoken for hours. Past and present are told by
`instruments`.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from anlan.kernel import clock
from anlan.kernel.authority import Actor
from anlan.places import queries as places
from anlan.sensing import level_tables
from anlan.sensing.models import Rule, RuleVersion, Thing
from anlan.sensing.services import registry
from anlan.sensing.terms import RuleState
from anlan.sensing.terms.registry import USUAL, ThingDraft

COUNTS = {"community": 300, "district": 1000, "city": 2000}
SHARES = (("rain", 0.035), ("river", 0.015), ("waterlog", 0.09), ("smoke", 0.46), ("gas", 0.17), ("shed", 0.11),
          ("lift", 0.12))  # fmt: skip
LEAST = 4
NAMES = {
    "rain": ("雨量站",),
    "river": ("江边水位站",),
    "waterlog": ("下穿通道积水点", "低洼路口积水点", "地下车库入口积水点"),
    "smoke": ("{n} 号楼 1 单元烟感", "{n} 号楼 2 单元烟感", "{n} 号楼地下室烟感"),
    "gas": ("湘味小馆燃气报警器", "老街面馆燃气报警器", "{n} 号楼燃气报警器"),
    "shed": ("南门充电棚", "北门充电棚", "{n} 号楼充电棚"),
    "lift": ("{n} 号楼电梯", "{n} 号楼 2 号梯"),
}
MAKER = "澜测（模拟）"
QUIET = {"river": 1, "waterlog": 2, "gas": 3}  # so many of a kind have not spoken for hours
# name, kind of rule and spec, kind of thing, property, GB/T 35561 code, what to do, a life at stake
RULES: tuple[tuple[str, dict[str, Any], str, str, str, str, bool], ...] = (
    ("水位超过限值", {"kind": "threshold", "levels": {"blue": 3.0, "yellow": 3.6, "orange": 4.2, "red": 5.0},
     "margin": 0.2, "rest": 600}, "river", "level", "", "沿江步道拦人，通知值守", False),
    ("路面积水", {"kind": "threshold", "levels": {"blue": 6, "yellow": 15, "orange": 27, "red": 40}, "margin": 2,
     "rest": 120}, "waterlog", "depth", "", "去看能不能过车，不能过就拦住", False),
    ("烟雾报警", {"kind": "threshold", "levels": {"red": 1}, "rest": 60}, "smoke", "smoke", "",
     "先到现场，先救人", True),
    ("充电棚冒烟", {"kind": "threshold", "levels": {"red": 1}, "rest": 60}, "shed", "smoke", "",
     "先断电，再灭火", True),
    ("燃气浓度高", {"kind": "threshold", "levels": {"orange": 20, "red": 50}, "margin": 5, "rest": 60}, "gas", "gas",
     "", "开窗，不开灯，人先出来", True),
    ("电梯困人", {"kind": "threshold", "levels": {"orange": 1}, "rest": 60}, "lift", "trapped", "",
     "先安抚，叫维保", False),
    ("水位站没有数据", {"kind": "silence", "interval": 300, "times": 6, "level": "blue"}, "river", "level", "",
     "看看供电和信号", False),
)  # fmt: skip


def lay(scale: str, seed: int, *, by: Actor) -> list[Thing]:
    """Register the instruments and switch their rules on. Returns the instruments, in the order of their names."""
    root = places.roots()[0].path
    known = places.visible(by).filter(level="grid", until=None).order_by("path")
    rows = known.values_list("path", "name", "lon", "lat")
    grids = [(path, name, lon, lat) for path, name, lon, lat in rows if lon is not None and lat is not None]
    if not grids:
        return []
    drafts = list(_drafts(COUNTS[scale], grids, np.random.default_rng(seed)))
    things = registry.lay_things(drafts, by=by)
    switch_on(root)
    return things


def _drafts(
    count: int, grids: Sequence[tuple[str, str, float, float]], rng: np.random.Generator
) -> Iterator[ThingDraft]:
    """Spread each kind over the grids, the first of each over the first ones: a visitor's own has some."""
    today = clock.local(clock.now()).date()
    for kind, share in SHARES:
        order = np.concatenate([[0], 1 + rng.permutation(len(grids) - 1)]) if len(grids) > 1 else np.array([0])
        for n in range(max(LEAST, round(count * share))):
            path, name, lon, lat = grids[int(order[n % len(grids)])]
            titles = NAMES[kind]
            title = titles[n % len(titles)].format(n=int(rng.integers(1, 30)))
            near = rng.uniform(-0.0012, 0.0012, 2)
            quiet = 1 <= n <= QUIET.get(kind, 0)
            yield ThingDraft(
                place=path, kind=kind, name=f"{name} {title}", device=f"SIM-{kind.upper()}-{n:04d}", maker=MAKER,
                lon=round(lon + near[0], 6), lat=round(lat + near[1], 6),
                owner="澜江市水务局" if kind in {"rain", "river", "waterlog"} else "",
                calibration_due=_due(kind, n, today), streams=USUAL[kind],
                properties={"simulated": True} | ({"quiet": True} if quiet else {}),
            )  # fmt: skip


def _due(kind: str, n: int, today: dt.date) -> dt.date | None:
    """Return when it is to be calibrated: gauges each year, one of them overdue."""
    if kind not in {"rain", "river", "gas"}:
        return None
    return today - dt.timedelta(days=20) if kind == "rain" and n == 1 else today + dt.timedelta(days=40 + n % 300)


def switch_on(root: str) -> None:
    """Write the rules down as they have been on for ten days."""
    since = clock.now() - dt.timedelta(days=10)
    today = clock.local(since).date()
    code = str(places.by_path(root).code)
    table = level_tables.of(code, "rainstorm", today)
    rows = [*RULES]
    if table is not None:
        rain = table.rule(margin=2, rest=1800)
        rain = {name: value for name, value in rain.items() if name != "table"}
        rows.insert(0, (f"雨量：{table.name}", rain, "rain", "rain", "11B03", "低洼处和山边的住户提个醒", False))
    for name, spec, kind, code, about, advice, life in rows:
        rule = Rule.objects.create(
            place_path=root, name=name[:80], kind=spec["kind"], thing_kind=kind, property=code, about=about,
            advice=advice, life_safety=life, state=RuleState.ON, made_at=since,
        )  # fmt: skip
        RuleVersion.objects.create(rule=rule, number=1, spec=spec, on_at=since, made_at=since)

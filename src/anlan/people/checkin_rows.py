"""An employer's or a community's list of people who check in where they live: what a row says. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from anlan.people import rosters, terms

SYNONYMS: dict[str, tuple[str, ...]] = {
    "name": (*rosters.SYNONYMS["name"][:3], "党员姓名", "职工姓名"),
    "phone": ("手机", "手机号", "手机号码", "联系电话", "电话", "电话号码", "联系方式", "phone"),
    "district": ("居住区县", *rosters.SYNONYMS["district"]),
    "street": ("居住街道", *rosters.SYNONYMS["street"]),
    "community": ("居住社区", "报到社区", *rosters.SYNONYMS["community"]),
    "place": ("住在哪个社区", "社区编码"),
    "estate": ("小区", "居住小区", "小区名称", "院落"),
    "building": ("楼栋", "楼号", "几号楼", "幢", "楼"),
    "unit": ("单元", "单元号"),
    "employer": ("工作单位", "所在单位", "单位名称", "单位"),
    "skills": ("技能", "特长", "专长", "会什么", "skills"),
    "times": ("时段", "可用时段", "什么时候能来", "服务时间"),
}
WIDTHS = {"estate": 60, "building": 40, "unit": 20, "employer": 120}
SLOTS = {
    "工作日晚上": "evening", "平时晚上": "evening", "晚上": "evening", "周末": "weekend", "双休日": "weekend",
    "夜里": "night", "夜间": "night", "急时随叫": "emergency", "急时": "emergency", "随叫随到": "emergency",
    "应急": "emergency",
}  # fmt: skip


@dataclass(slots=True)
class CheckinLine(rosters.Line):
    """One row understood; `path` is the community."""

    estate: str = ""
    building: str = ""
    unit: str = ""
    employer: str = ""
    times: tuple[str, ...] = ()


@dataclass
class CheckinReader(rosters.Reader):
    """Reads cells by a mapping. `communities` are the paths a place must lie at or below; `known` the skills."""

    line: type[rosters.Line] = CheckinLine
    communities: frozenset[str] = frozenset()
    known: tuple[str, ...] = ()

    def _where(self, line: rosters.Line, take: Mapping[str, str]) -> None:
        super()._where(line, take)
        if line.path:
            ends = range(len(line.path), 0, -4)
            home = next((line.path[:end] for end in ends if line.path[:end] in self.communities), "")
            if not home:
                last = next((name for name in reversed(rosters.PLACES) if take.get(name)), "community")
                line.faults[last] = ("没有写到社区", "写居住的社区，比如「柳荫街道 竹苑社区」")
            line.path = home

    def _what(self, line: rosters.Line, take: Mapping[str, str]) -> None:
        for name, most in WIDTHS.items():
            text = " ".join(take.get(name, "").split())
            if len(text) > most:
                line.faults[name] = (f"写了 {len(text)} 个字", f"最多 {most} 个字")
            setattr(line, name, text[:most])
        skills = rosters.several(take.get("skills", ""))
        strange = [one for one in skills if one not in self.known]
        if strange:
            line.faults["skills"] = (f"不认得技能「{strange[0][:12]}」", "、".join(self.known))
        times = rosters.several(take.get("times", ""))
        wrong = [one for one in times if one not in SLOTS]
        if wrong:
            line.faults["times"] = (f"不认得时段「{wrong[0][:12]}」", "工作日晚上、周末、夜里、急时随叫")
        if isinstance(line, CheckinLine):
            line.times = tuple(str(one) for one in terms.Slot if one in {SLOTS.get(word) for word in times})

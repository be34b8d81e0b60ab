"""What each role has to do, as sentences with places to fill: which one fits, and what it becomes (WRN-05).

A sentence is kept for a role and, if it matters, a hazard, a level and a directive; "" fits any. The one that says most
fits best: hazard before level before directive. A role without a sentence gets the general text alone.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MOST = 300  # characters of a sentence
HERE = "{地点}"  # filled for each person: the place of their post
PLACES: Mapping[str, str] = {
    "地点": "收到的人负责的地方，一人一个样",
    "时间": "发出的时间，如 7月18日 02:05",
    "期限": "最晚什么时候报结果，如 7月18日 06:00",
    "灾种": "什么灾害，如暴雨",
    "级别": "红色、橙色、黄色、蓝色",
    "标题": "指令的标题",
}
# Hazards come as their warnings write them; a family gathers those for which the same is to be done. The first fits.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "landslide": ("地质", "滑坡", "泥石流", "崩塌"),
    "flood": ("洪", "水位", "溃", "漫堤"),
    "typhoon": ("台风", "大风", "风暴潮", "龙卷"),
    "cold": ("寒潮", "低温", "寒冷", "暴雪", "冰冻", "结冰", "霜冻"),
    "heat": ("高温", "干热"),
    "fire": ("火险", "火灾", "失火"),
    "rain": ("暴雨", "内涝", "渍涝", "大雨", "雷", "强对流", "冰雹"),
}
FAMILY_NAMES: Mapping[str, str] = {
    "rain": "暴雨内涝", "flood": "洪水山洪", "landslide": "地质灾害", "typhoon": "台风大风", "cold": "寒潮冰雪",
    "heat": "高温", "fire": "火险火灾",
}  # fmt: skip
_GAP = re.compile(r"\{([^{}]*)\}")
CHECK_IN = re.compile(r"打卡|签到|上报定位|拍照|上传照片|传照片")  # what a reminder may not ask for (WRN-05)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and the cases it is kept for."""

    role: str
    hazard: str
    level: str
    directive: str
    text: str

    @property
    def weight(self) -> int:
        """How much it says of its case."""
        return 4 * bool(self.hazard) + 2 * bool(self.level) + bool(self.directive)


def family(hazard: str) -> str:
    """Return the family of a hazard as a warning writes it, "" for one that has none."""
    return next((name for name, words in FAMILIES.items() if any(w in hazard for w in words)), "")


def fitting(sentences: Iterable[Sentence], *, hazard: str, level: str, directive: str) -> dict[str, str]:
    """Return the sentence that fits best for each role; an empty one takes a role's general sentence away."""
    kin = family(hazard)
    best: dict[str, Sentence] = {}
    for s in sentences:
        if s.hazard not in {"", kin} or s.level not in {"", level} or s.directive not in {"", directive}:
            continue
        if s.role not in best or s.weight > best[s.role].weight:
            best[s.role] = s
    return {role: s.text for role, s in best.items() if s.text}


def unknown(text: str) -> list[str]:
    """Return the places to fill that nobody knows."""
    return [gap for gap in _GAP.findall(text) if gap not in PLACES]


def filled(text: str, values: Mapping[str, Any]) -> str:
    """Fill what `values` hold; an empty value takes its place and leaves nothing. {地点} waits for the person."""
    return _GAP.sub(lambda m: str(values[m[1]]) if m[1] in values else m[0], text)


def here(text: str, place: str) -> str:
    """Fill {地点} with the place of one person's post."""
    return text.replace(HERE, place)

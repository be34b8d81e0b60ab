"""Hazards and levels as Chinese warnings write them: in headlines, codes and 12379 identifiers. No whitelist."""

import datetime as dt
import re
from dataclasses import dataclass

from anlan.alerts.terms import Level
from anlan.kernel.clock import CHINA

# Longest first, so that 雷雨大风 is not taken for 大风. What is not here is kept as the text says it (domain-facts B3).
NAMES = (
    "地质灾害气象风险", "中小河流洪水", "森林(草原)火险", "森林草原火险", "道路结冰", "雷雨大风", "山洪灾害",
    "地质灾害", "森林火险", "草原火险", "渍涝风险", "城市内涝", "干热风", "强对流", "重污染天气", "持续低温",
    "海上大风", "空气重污染", "台风", "暴雨", "暴雪", "寒潮", "大风", "沙尘暴", "高温", "干旱", "雷电", "冰雹",
    "霜冻", "大雾", "浓雾", "霾", "内涝", "山洪", "洪水", "低温", "寒冷", "龙卷风", "地震", "海啸", "风暴潮", "冰冻",
    "沙尘", "滑坡", "泥石流",
)  # fmt: skip

# One guide serves several names.
KIN = {
    "山洪灾害": "山洪", "中小河流洪水": "洪水", "地质灾害气象风险": "地质灾害", "滑坡": "地质灾害",
    "泥石流": "地质灾害", "森林(草原)火险": "森林火险", "森林草原火险": "森林火险", "草原火险": "森林火险",
    "渍涝风险": "内涝", "城市内涝": "内涝", "雷雨大风": "大风", "海上大风": "大风", "强对流": "雷电", "浓雾": "大雾",
    "持续低温": "寒潮", "低温": "寒潮", "寒冷": "寒潮", "冰冻": "道路结冰", "霜冻": "寒潮", "洪水": "山洪",
    "龙卷风": "大风",
}  # fmt: skip

ENGLISH = (
    ("flash flood", "山洪灾害"), ("geological", "地质灾害"), ("landslide", "地质灾害"), ("mud", "地质灾害"),
    ("typhoon", "台风"), ("hurricane", "台风"), ("tropical cyclone", "台风"), ("rainstorm", "暴雨"),
    ("heavy rain", "暴雨"), ("blizzard", "暴雪"), ("snow", "暴雪"), ("cold wave", "寒潮"), ("icy road", "道路结冰"),
    ("road ic", "道路结冰"), ("thunder", "雷电"), ("lightning", "雷电"), ("heavy fog", "大雾"), ("fog", "大雾"),
    ("heat", "高温"), ("high temperature", "高温"), ("gale", "大风"), ("wind", "大风"), ("hail", "冰雹"),
    ("forest fire", "森林火险"), ("bushfire", "森林火险"), ("wildfire", "森林火险"), ("waterlogging", "内涝"),
    ("flood", "洪水"), ("earthquake", "地震"), ("tsunami", "海啸"), ("avalanche", "雪崩"), ("drought", "干旱"),
    ("frost", "霜冻"), ("haze", "霾"), ("sand", "沙尘暴"), ("dust", "沙尘暴"),
)  # fmt: skip

# GB/T 35561-2017; 11B14, 11B15 and 11B17 seen in real data, the others [known].
EVENT_CODES = {
    "11B01": "台风", "11B03": "暴雨", "11B04": "暴雪", "11B05": "寒潮", "11B06": "大风", "11B09": "高温",
    "11B21": "道路结冰", "11B14": "雷电", "11B15": "冰雹", "11B17": "大雾",
}  # fmt: skip

_COLOURS = {"红": Level.RED, "橙": Level.ORANGE, "黄": Level.YELLOW, "蓝": Level.BLUE}
_COLOUR = re.compile(r"([红橙黄蓝])色")
_ROMAN = re.compile(r"[\[［(（/](?:Level\s*)?(IV|III|II|I|Ⅳ|Ⅲ|Ⅱ|Ⅰ|[一二三四])级?\s*[/／\]］)）]")
_ROMANS = {
    "I": Level.RED, "Ⅰ": Level.RED, "一": Level.RED, "II": Level.ORANGE, "Ⅱ": Level.ORANGE, "二": Level.ORANGE,
    "III": Level.YELLOW, "Ⅲ": Level.YELLOW, "三": Level.YELLOW, "IV": Level.BLUE, "Ⅳ": Level.BLUE, "四": Level.BLUE,
}  # fmt: skip
_ENGLISH_COLOUR = re.compile(r"\b(red|orange|yellow|blue)\b", re.IGNORECASE)
_NAME = re.compile("|".join(re.escape(n) for n in NAMES))
_TITLE = re.compile(
    r"^(?P<who>.{2,60}?)(?P<verb>继续发布|变更发布|升级发布|发布|更新|变更|解除|取消|升级)(?P<what>.{1,60})$", re.DOTALL
)
_CANCELS = ("解除", "取消")
_UPDATES = ("更新", "变更", "升级", "继续发布", "变更发布", "升级发布")
_BY_SEVERITY = {"extreme": Level.RED, "severe": Level.ORANGE, "moderate": Level.YELLOW, "minor": Level.BLUE}
_BY_NAME = {"red": Level.RED, "orange": Level.ORANGE, "yellow": Level.YELLOW, "blue": Level.BLUE}
SEVERITY = {Level.RED: "Extreme", Level.ORANGE: "Severe", Level.YELLOW: "Moderate", Level.BLUE: "Minor"}


def level_of(text: str) -> Level | None:
    """Return the level a text names; the last colour counts («橙色升级为红色» is red). None where it names none."""
    if found := _COLOUR.findall(text):
        return _COLOURS[found[-1]]
    if found := _ENGLISH_COLOUR.findall(text):
        return _BY_NAME[found[-1].lower()]
    if match := _ROMAN.search(text):
        return _ROMANS[match[1]]
    return None


def level_of_severity(word: str) -> Level | None:
    """Return the level of a CAP severity or a colour word, as GB/T 35965 pairs them."""
    return _BY_SEVERITY.get(word.lower()) or _BY_NAME.get(word.lower())


def level_of_picture(code: str) -> Level | None:
    """Return the level in the last three digits of an icon code such as p0024004 (4 is blue, 1 red)."""
    match = re.search(r"p\d{4}00([1-4])", code)
    return (Level.RED, Level.ORANGE, Level.YELLOW, Level.BLUE)[int(match[1]) - 1] if match else None


def hazard_of(text: str) -> str:
    """Return the hazard a Chinese or English text names, as the text says it if it is not a known one; else empty."""
    if match := _NAME.search(text):
        return match[0]
    if title := title_of(text):
        if colour := _COLOUR.search(title.what):
            return title.what[: colour.start()].strip()
        return ""
    low = text.lower()
    return next((name for word, name in ENGLISH if word in low), "")


def kin(hazard: str) -> str:
    """Return the name under which the defence guide of a hazard stands."""
    return KIN.get(hazard, hazard)


@dataclass(frozen=True, slots=True)
class Title:
    """A Chinese headline taken apart: who, does what (Alert, Update or Cancel), with what."""

    who: str
    msg_type: str
    what: str


def title_of(text: str) -> Title | None:
    """Take «某市气象台发布暴雨红色预警» apart; None for any other text."""
    match = _TITLE.match(text.strip())
    if not match:
        return None
    verb = match["verb"]
    kind = "Cancel" if verb in _CANCELS else "Update" if verb in _UPDATES else "Alert"
    return Title(match["who"], kind, match["what"])


@dataclass(frozen=True, slots=True)
class Code12379:
    """An identifier of the national centre: division, sector, own part, extension, Beijing time, number (B3)."""

    division: str
    sector: str
    own: str
    extension: str
    at: dt.datetime
    number: int | None


_CODE = re.compile(r"^(\d{6})(\d{3})(\d{3})(\d{2})_(\d{14})(?:_(\d))?$")


def code_12379(identifier: str) -> Code12379 | None:
    """Take a 31-character identifier apart, its last two forgiven; None where it is not one or its time is no time."""
    match = _CODE.match(identifier)
    if not match:
        return None
    try:
        at = dt.datetime.strptime(match[5], "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
    except ValueError:
        return None
    return Code12379(match[1], match[2], match[3], match[4], at, int(match[6]) if match[6] else None)

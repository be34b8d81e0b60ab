"""Warnings and places in English, for those who read no Chinese. The issuer's own words are never translated."""

import re

from pypinyin import Style, lazy_pinyin

from anlan.alerts.terms import Level

HAZARDS = {
    "地质灾害气象风险": "landslide risk", "中小河流洪水": "river flood", "森林(草原)火险": "forest fire risk",
    "森林草原火险": "forest fire risk", "道路结冰": "icy roads", "雷雨大风": "thunderstorm gale",
    "山洪灾害": "flash flood", "地质灾害": "landslide", "森林火险": "forest fire risk",
    "草原火险": "grassland fire risk",
    "渍涝风险": "waterlogging risk", "城市内涝": "urban flooding", "干热风": "hot dry wind",
    "强对流": "severe convection", "重污染天气": "heavy air pollution", "持续低温": "lasting cold",
    "海上大风": "gale at sea", "空气重污染": "heavy air pollution", "台风": "typhoon", "暴雨": "rainstorm",
    "暴雪": "blizzard", "寒潮": "cold wave", "大风": "gale", "沙尘暴": "sandstorm", "高温": "heat", "干旱": "drought",
    "雷电": "lightning", "冰雹": "hail", "霜冻": "frost", "大雾": "heavy fog", "浓雾": "dense fog", "霾": "haze",
    "内涝": "flooding", "山洪": "flash flood", "洪水": "flood", "低温": "low temperature", "寒冷": "cold",
    "龙卷风": "tornado", "地震": "earthquake", "海啸": "tsunami", "风暴潮": "storm surge", "冰冻": "freezing",
    "沙尘": "dust", "滑坡": "landslide", "泥石流": "debris flow",
}  # fmt: skip
LEVELS = {Level.RED: "red", Level.ORANGE: "orange", Level.YELLOW: "yellow", Level.BLUE: "blue"}
KINDS = {
    "特别行政区": "", "社区居委会": "Community", "社区": "Community", "街道办事处": "Subdistrict",
    "街道": "Subdistrict",
    "村委会": "Village", "村": "Village", "镇": "Town", "乡": "Township", "县": "County", "新区": "New Area",
    "区": "District", "市": "City", "网格": "Grid", "小区": "Estate",
}  # fmt: skip
_ENDS = re.compile(f"({'|'.join(sorted(KINDS, key=len, reverse=True))})$")


def title(hazard: str, level: str, *, notice: bool = False) -> str:
    """Return «Rainstorm: red warning»; a hazard without an English name says only which level."""
    colour = LEVELS[Level(level)] if level in set(Level) else ""
    what = "risk notice" if notice else "warning"
    name = HAZARDS.get(hazard, "")
    head = f"{name[:1].upper()}{name[1:]}: " if name else ""
    said = f"{head}{colour} {what}" if colour else f"{head}{what}"
    return said[:1].upper() + said[1:]


def place(name: str) -> str:
    """Return a place's name as a foreigner asks for it: Zhuyuan Community."""
    kind = _ENDS.search(name)
    stem = name[: kind.start()] if kind and kind.start() else name
    plain = "".join(part if part.isascii() else "" for part in lazy_pinyin(stem, style=Style.NORMAL, errors="ignore"))
    if not plain:
        return name
    word = KINDS[kind[1]] if kind and kind.start() else ""
    return f"{plain.capitalize()} {word}".strip()

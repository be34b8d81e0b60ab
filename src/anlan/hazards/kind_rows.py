"""The library of typical hazards as a table: which column is which, what a row says, what is wrong with it. Pure.

The starting library (starting_kinds.csv), the exported file and the one that comes back have one and the same form.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from anlan.hazards.terms import Grade, Limit, Trade
from anlan.kernel.tables import Table

Fault = tuple[str, str]  # what is wrong, what was expected

TITLES = {
    "code": "编码", "name": "名称", "trade": "行业", "words": "一句话", "signs": "怎么认", "basis": "依据",
    "advice": "怎么办", "control": "临时管控", "grade": "定级", "limit": "期限", "responsible": "谁来改",
    "consult": "找谁协商", "professional": "需专业", "icon": "图标", "aliases": "大家怎么说", "codes": "部件事件编码",
    "quick": "快捷格", "tile": "快捷格写什么",
}  # fmt: skip
SYNONYMS = {
    "name": ("隐患", "隐患名称", "类型", "隐患类型"), "trade": ("领域", "类别"), "words": ("说明", "描述", "是什么"),
    "signs": ("判定", "判定标准", "怎么看"), "basis": ("法律依据",), "advice": ("处置建议", "整改建议"),
    "grade": ("等级", "隐患等级"), "limit": ("时限", "整改时限"), "responsible": ("责任主体", "整改责任"),
    "consult": ("协商入口",), "professional": ("需专业部门",), "aliases": ("别名", "俗称", "关键词"),
    "codes": ("部件事件", "部件/事件编码"),
}  # fmt: skip
KNOWN = frozenset(TITLES.values()) | {word for words in SYNONYMS.values() for word in words}
TRADES = {
    "消防": Trade.FIRE, "燃气": Trade.GAS, "用电": Trade.ELECTRIC, "房屋建筑": Trade.BUILDING,
    "高空坠物": Trade.FALLING, "交通": Trade.TRAFFIC, "食品": Trade.FOOD, "电梯等特种设备": Trade.LIFT,
    "危险化学品": Trade.CHEMICAL, "生产作业": Trade.WORK, "防汛": Trade.FLOOD, "地质灾害": Trade.GEOLOGY,
    "环境卫生": Trade.ENVIRONMENT, "公共设施": Trade.PUBLIC, "别的": Trade.OTHER,
}  # fmt: skip
GRADES = {"一般": Grade.GENERAL, "重大": Grade.MAJOR, "一般隐患": Grade.GENERAL, "重大隐患": Grade.MAJOR}
LIMITS = {
    "立即": Limit.AT_ONCE, "24小时": Limit.H24, "7天": Limit.D7, "15天": Limit.D15, "30天": Limit.D30,
    "挂账": Limit.NONE,
}  # fmt: skip
YES = {"是": True, "需要": True, "要": True, "√": True, "否": False, "不需要": False, "不要": False, "": False}
LENGTHS = {
    "code": 24, "name": 60, "words": 400, "signs": 800, "basis": 600, "advice": 800, "control": 400,
    "responsible": 120, "consult": 120, "icon": 24, "tile": 12,
}  # fmt: skip
ALIAS, TILES = 30, 8
RESERVED = {"new", "import", "all"}  # addresses of the pages
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,23}")
_SPLIT = re.compile(r"[、,，;；/|\n]+")


@dataclass(slots=True)
class Line:
    """One row understood: `values` as KindRow names them; `faults` maps a field to a fault."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)


def mapping(header: Sequence[str], titles: Mapping[str, str], synonyms: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return {field: column index}; a column that nobody knows stays out."""
    plain = [squeeze(name) for name in header]
    found = {}
    for name, title in titles.items():
        for word in (title, *synonyms.get(name, ())):
            if squeeze(word) in plain:
                found[name] = plain.index(squeeze(word))
                break
    return found


def squeeze(text: str) -> str:
    """Return a text without spaces, full-width forms made plain."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def several(text: str) -> list[str]:
    """Split at 、 and its kin, each word once."""
    return list(dict.fromkeys(filter(None, (" ".join(one.split()) for one in _SPLIT.split(text)))))


def choice(line: Line, name: str, text: str, among: Mapping[str, Any], default: Any) -> Any:
    """Return what a word means among some; a fault names the words that do."""
    word = squeeze(text)
    if not word and "" not in among:
        return default
    if word not in among:
        line.faults[name] = (f"「{text[:12]}」看不懂", "只能写：" + "、".join(k for k in among if k))
        return default
    return among[word]


def shorten(line: Line, name: str, text: str, most: int) -> str:
    """Return a text within its length; a longer one is a fault."""
    if len(text) > most:
        line.faults[name] = (f"写了 {len(text)} 个字", f"最多 {most} 个字")
    return text[:most]


def read(table: Table, icons: frozenset[str] = frozenset()) -> list[Line]:
    """Return every row understood, with its faults. `icons`: names of the sprite (empty: not checked)."""
    columns = mapping(table.header, TITLES, SYNONYMS)
    codes: dict[str, int] = {}
    tiles: dict[int, int] = {}
    lines = []
    for row in table.rows:
        take = {name: row.cells[at].strip() for name, at in columns.items()}
        line = understand(row.number, take, icons)
        code, quick = line.values["code"], line.values["quick"]
        if code and code in codes:
            line.faults["code"] = (f"编码「{code}」第 {codes[code]} 行已经用了", "一类隐患一个编码，改一个")
        codes.setdefault(code, row.number)
        if quick and quick in tiles:
            line.faults["quick"] = (f"第 {quick} 格第 {tiles[quick]} 行已经占了", "换一格，或者空着")
        if quick:
            tiles.setdefault(quick, row.number)
        lines.append(line)
    return lines


def understand(number: int, take: Mapping[str, str], icons: frozenset[str] = frozenset()) -> Line:
    """Return one row understood; `take` maps fields to cells."""
    line = Line(number)
    values = line.values
    for name, most in LENGTHS.items():
        values[name] = shorten(line, name, take.get(name, ""), most)
    values["code"] = squeeze(values["code"]).lower()
    if not _CODE.fullmatch(values["code"]) or values["code"] in RESERVED:
        wrong = f"编码「{values['code']}」不能用" if values["code"] else "编码是空的"
        line.faults["code"] = (wrong, "字母、数字、短横，最多 24 个，例：ev-wire")
    for name, what in (("name", "名称"), ("words", "一句话"), ("signs", "怎么认"), ("advice", "怎么办")):
        if not values[name] and name not in line.faults:
            line.faults[name] = (f"{what}是空的", f"写上{what}，用大白话")
    values["trade"] = choice(line, "trade", take.get("trade", ""), TRADES, Trade.OTHER)
    values["grade"] = choice(line, "grade", take.get("grade", ""), GRADES, Grade.GENERAL)
    values["limit"] = choice(line, "limit", take.get("limit", ""), LIMITS, Limit.D7)
    values["professional"] = choice(line, "professional", take.get("professional", ""), YES, default=False)
    if values["icon"] and icons and values["icon"] not in icons:
        line.faults["icon"] = (f"没有「{values['icon']}」这个图标", "从编辑页的图标里选一个，或者空着")
    values["aliases"] = several(take.get("aliases", ""))
    if any(len(word) > ALIAS for word in values["aliases"]):
        line.faults["aliases"] = (f"有一个说法超过 {ALIAS} 个字", "几个说法之间用顿号隔开")
        values["aliases"] = [word[:ALIAS] for word in values["aliases"]]
    _codes(line, take.get("codes", ""))
    _quick(line, take.get("quick", ""))
    return line


def _codes(line: Line, text: str) -> None:
    found = {}
    for part in several(text):
        scheme, colon, code = part.replace("：", ":").partition(":")
        if not colon or not scheme.strip() or not code.strip():
            line.faults["codes"] = (
                f"「{part[:20]}」看不懂",
                "写成「部件:公用设施」或「事件:街面秩序」，几个之间用顿号隔开",
            )
            continue
        found[scheme.strip()] = code.strip()
    line.values["codes"] = found


def _quick(line: Line, text: str) -> None:
    word = squeeze(text)
    line.values["quick"] = None
    if not word:
        return
    if not (word.isascii() and word.isdigit() and 1 <= int(word) <= TILES):
        line.faults["quick"] = (f"「{text[:8]}」不是格子的号", f"1 到 {TILES}，或者空着")
        return
    line.values["quick"] = int(word)
    if not line.values["tile"]:
        line.values["tile"] = line.values["name"][: LENGTHS["tile"]]


FIELDS = tuple(TITLES)


def cells(values: Mapping[str, Any]) -> list[str]:
    """Write a kind's values as `read` reads them: always in Chinese, since the file goes round."""
    words = {**values}
    words["trade"] = _back(TRADES, values["trade"])
    words["grade"] = _back(GRADES, values["grade"])
    words["limit"] = _back(LIMITS, values["limit"])
    words["professional"] = "是" if values["professional"] else "否"
    words["aliases"] = "、".join(values["aliases"])
    words["codes"] = "、".join(f"{scheme}:{code}" for scheme, code in values["codes"].items())
    words["quick"] = "" if values["quick"] is None else str(values["quick"])
    return [str(words[name]) for name in FIELDS]


def _back(among: Mapping[str, Any], value: Any) -> str:
    return next((word for word, one in among.items() if one == value), "")


def changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return the fields in which two versions of a kind differ."""
    return [name for name in FIELDS if old[name] != new[name]]

"""Checklists as a table: one row per question; what is the same as in the row above may stay empty. Pure.

The starting lists (starting_checklists.csv), the template, the exported file and the one that comes back have one form.
What an item leaves empty (basis, advice, grade, limit, professional) is taken from the kind of hazard that a fail is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from anlan.hazards.kind_rows import (
    GRADES,
    LIMITS,
    TRADES,
    YES,
    Fault,
    Line,
    choice,
    mapping,
    several,
    shorten,
    squeeze,
)
from anlan.hazards.terms import Grade, Limit, Trade
from anlan.kernel.tables import Table

TITLES = {
    "list": "检查表码", "title": "检查表", "trade": "行业", "line": "条线", "objects": "适用对象", "own": "可自查",
    "standard": "标准", "section": "分组", "code": "项目码", "question": "问题", "how": "怎么看", "basis": "依据",
    "advice": "怎么办", "kind": "不合格算什么", "grade": "定级", "limit": "期限", "professional": "需专业",
}  # fmt: skip
SYNONYMS = {
    "list": ("表码",), "title": ("检查表名称", "表名"), "line": ("部门",), "objects": ("检查对象",),
    "standard": ("依据标准", "标准版本"), "section": ("部位", "类别"), "code": ("编码", "序号"),
    "question": ("检查内容", "检查项", "检查项目"), "how": ("判定", "检查方法", "怎么认"),
    "basis": ("检查依据", "法律依据"), "advice": ("处置建议", "整改建议"), "kind": ("隐患类型", "隐患编码"),
    "grade": ("等级",), "limit": ("时限", "整改时限"), "professional": ("需专业部门",),
}  # fmt: skip
KNOWN = frozenset(TITLES.values()) | {word for words in SYNONYMS.values() for word in words}
OBJECTS = {  # as hazards.terms.OBJECT_KINDS names them, in the Chinese of the file
    "小商店": "small_shop", "小餐饮": "small_food", "小旅馆": "small_inn", "小歌舞娱乐": "small_fun",
    "小网吧": "small_cafe", "小美容洗浴": "small_salon", "小医院": "small_clinic", "小学校、小幼儿园": "small_school",
    "小生产加工": "small_plant", "多业态混合场所": "mixed", "人员密集场所": "crowd", "居民楼": "house",
    "自建房、出租屋": "self_built", "充电点": "charging", "工地": "site", "学校": "school", "养老机构": "care_home",
    "医院": "hospital", "企业": "company", "加油站、燃气站": "gas_station", "地下空间": "underground",
    "低洼点": "low_point", "地灾点": "geology", "公共设施": "facility", "别的": "other",
}  # fmt: skip
LENGTHS = {"list": 24, "title": 80, "line": 40, "standard": 200}
ITEM_LENGTHS = {"section": 60, "code": 24, "question": 200, "how": 600, "basis": 600, "advice": 800, "kind": 24}
ITEM_FIELDS = ("section", "code", "question", "how", "basis", "advice", "kind", "grade", "limit", "professional")
LEAST, MOST = 1, 200
INHERITED = ("basis", "advice", "grade", "limit", "professional")


@dataclass(slots=True)
class Listed:
    """One checklist read: its head, its items in order, and what is wrong by row."""

    code: str
    name: str = ""
    trade: str = Trade.OTHER
    line: str = ""
    objects: list[str] = field(default_factory=list)
    own: bool = False
    standard: str = ""
    items: list[Line] = field(default_factory=list)
    faults: dict[int, dict[str, Fault]] = field(default_factory=dict)
    form: Any = None

    @property
    def sound(self) -> bool:
        """Say whether nothing is wrong: half a checklist is no checklist."""
        return not self.faults and bool(self.items)


def read(table: Table, kinds: Mapping[str, Mapping[str, Any]]) -> list[Listed]:
    """Return the checklists of a table. `kinds` maps the codes and the names of the library to their values."""
    columns = mapping(table.header, TITLES, SYNONYMS)
    found: dict[str, Listed] = {}
    current: Listed | None = None
    for row in table.rows:
        take = {name: row.cells[at].strip() for name, at in columns.items()}
        line = Line(row.number)
        code = squeeze(take.get("list", "")).lower()
        if code and (current is None or code != current.code):
            if code in found:
                line.faults["list"] = (f"检查表「{code}」上面已经有了", "一张检查表的各行放在一起")
            current = found.setdefault(code, Listed(code))
            _head(current, line, take)
        if current is None:
            current = found.setdefault("", Listed(""))
            line.faults["list"] = ("没有检查表码", "每张表的第一行写上码，例：food")
        line.values = item(line, take, kinds)
        _numbered(current, line)
        current.items.append(line)
        if line.faults:
            current.faults[row.number] = line.faults
    return list(found.values())


def _head(one: Listed, line: Line, take: Mapping[str, str]) -> None:
    if not one.code.replace("-", "").replace("_", "").isalnum() or not one.code.isascii():
        line.faults["list"] = (f"检查表码「{one.code[:24]}」不能用", "字母、数字、短横，例：food")
    one.code = shorten(line, "list", one.code, LENGTHS["list"])
    one.name = shorten(line, "title", take.get("title", ""), LENGTHS["title"])
    if not one.name:
        line.faults["title"] = ("检查表没有名称", "这张表的第一行写上名称")
    one.trade = choice(line, "trade", take.get("trade", ""), TRADES, Trade.OTHER)
    one.line = shorten(line, "line", take.get("line", ""), LENGTHS["line"])
    one.standard = shorten(line, "standard", take.get("standard", ""), LENGTHS["standard"])
    one.own = choice(line, "own", take.get("own", ""), YES, default=False)
    one.objects = _objects(line, take.get("objects", ""))


def _objects(line: Line, text: str) -> list[str]:
    """Read kinds of objects; two of their names hold a 、 themselves."""
    found, rest = [], text
    for name in sorted(OBJECTS, key=len, reverse=True):
        if name in rest:
            found.append(OBJECTS[name])
            rest = rest.replace(name, "、")
    if left := several(rest):
        line.faults["objects"] = (f"没有「{left[0][:12]}」这种检查对象", "只能写：" + "；".join(OBJECTS))
    order = list(OBJECTS.values())
    return sorted(found, key=order.index)


def item(line: Line, take: Mapping[str, str], kinds: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return an item's values; faults go to the line."""
    values: dict[str, Any] = {name: shorten(line, name, take.get(name, ""), n) for name, n in ITEM_LENGTHS.items()}
    if not values["question"]:
        line.faults["question"] = ("问题是空的", "写一句能答“合格、不合格”的话")
    kind = kinds.get(values["kind"]) if values["kind"] else None
    if values["kind"] and kind is None:
        line.faults["kind"] = (f"库里没有「{values['kind']}」", "写隐患类型的编码或名称，或者空着")
    values["kind"] = kind["code"] if kind else ""
    values["grade"] = choice(line, "grade", take.get("grade", ""), GRADES, kind["grade"] if kind else Grade.GENERAL)
    values["limit"] = choice(line, "limit", take.get("limit", ""), LIMITS, kind["limit"] if kind else Limit.D7)
    word = take.get("professional", "")
    values["professional"] = (
        choice(line, "professional", word, YES, default=False) if word else bool(kind and kind["professional"])
    )
    for name in ("basis", "advice"):
        if kind and not values[name]:
            values[name] = kind[name]
    return values


def _numbered(one: Listed, line: Line) -> None:
    """Give a question without a code the next one; a code is used once in a list."""
    taken = {other.values["code"] for other in one.items}
    code = squeeze(line.values["code"])
    if not code:
        code = next(name for n in range(len(taken) + 1, 999) if (name := f"{one.code[:20]}-{n:02d}") not in taken)
    elif code in taken:
        line.faults["code"] = (f"项目码「{code}」上面已经用了", "一个问题一个码，或者空着")
    line.values["code"] = code[: ITEM_LENGTHS["code"]]


def cells(head: Mapping[str, Any], values: Mapping[str, Any], *, first: bool) -> list[str]:
    """Write one item as `read` reads it; the head of the list stands in its first row alone."""
    names = {code: name for name, code in OBJECTS.items()}
    top = [
        head["code"], head["name"], _back(TRADES, head["trade"]), head["line"],
        "、".join(names.get(code, code) for code in head["objects"]), "是" if head["own"] else "否", head["standard"],
    ] if first else [head["code"], *[""] * 6]  # fmt: skip
    words = {
        **values, "grade": _back(GRADES, values["grade"]), "limit": _back(LIMITS, values["limit"]),
        "professional": "是" if values["professional"] else "否",
    }  # fmt: skip
    return [*map(str, top), *(str(words[name]) for name in ITEM_FIELDS)]


def _back(among: Mapping[str, Any], value: Any) -> str:
    return next((word for word, one in among.items() if one == value), "")

"""Tables of objects as offices keep them: which column is which, what a cell means. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

SYNONYMS: dict[str, tuple[str, ...]] = {
    "name": ("名称", "场所名称", "单位名称", "店名", "对象名称", "name"),
    "kind": ("类型", "类别", "场所类型", "种类", "kind"),
    "place": ("地方", "网格", "社区", "所属网格", "所属社区", "辖区", "place"),
    "where": ("位置", "地址", "详细地址", "where", "address"),
    "scheme": ("编码体系", "编码种类"),
    "code": ("编码", "编号", "统一社会信用代码", "code"),
    "keeper_name": ("负责人", "责任人", "联系人", "负责人姓名"),
    "keeper_phone": ("电话", "联系电话", "手机", "负责人电话", "联系方式"),
    "risk": ("风险", "风险等级", "等级", "risk"),
    "every": ("几天查一次", "检查间隔", "every"),
    "lon": ("经度", "lon", "longitude"),
    "lat": ("纬度", "lat", "latitude"),
    "area": ("面积",), "people": ("人数", "平时人数"), "beds": ("床位",), "sleeps": ("住人", "有没有人住", "住人与否"),
    "floors": ("层数", "一共几层"), "floor": ("楼层", "在几层"), "gas": ("燃气", "用不用燃气"),
    "trade": ("业态", "做什么的", "经营范围"), "households": ("户数", "住户"), "built": ("建成年份", "哪年建的"),
    "lifts": ("电梯",), "sockets": ("充电口",), "depth": ("低洼深度",), "threatened": ("受威胁人数",),
    "owner": ("谁管", "管理单位"),
}  # fmt: skip
RISKS = {"重大": 4, "红": 4, "较大": 3, "橙": 3, "一般": 2, "黄": 2, "低": 1, "蓝": 1}
_FIELD = {word: name for name, words in SYNONYMS.items() for word in words}
_SPLIT = re.compile(r"[\s/\\>›»·|，,、\-—]+")
Fault = tuple[str, str]


def columns(header: Sequence[str]) -> dict[str, int]:
    """Return {field: column}, whole names first, then a known word inside a header; each column once."""
    found: dict[str, int] = {}
    plain = [re.sub(r"[\s*＊:：()（）㎡]|平方米", "", title) for title in header]
    for column, title in enumerate(plain):
        name = _FIELD.get(title)
        if name and name not in found:
            found[name] = column
    for column, title in enumerate(plain):
        if column in found.values():
            continue
        name = next(
            (n for w, n in sorted(_FIELD.items(), key=lambda p: -len(p[0])) if w in title and n not in found), ""
        )
        if name and title:
            found[name] = column
    return found


def risk_of(text: str) -> int | None:
    """Return 1 … 4 of a cell ("重大风险", "3", "橙"), 2 for an empty one, None for what is no risk."""
    text = text.strip().removesuffix(".0")
    if not text:
        return 2
    if text in {"1", "2", "3", "4"}:
        return int(text)
    return next((risk for word, risk in RISKS.items() if word in text), None)


def kind_of(text: str, names: Mapping[str, str]) -> str | None:
    """Return the code of a kind by its name or its code; 九小 may be written without the 小."""
    text = text.strip()
    if text in names:
        return text
    exact = next((code for code, name in names.items() if name == text), None)
    return exact or next((code for code, name in names.items() if text and len(text) > 1 and text in name), None)


@dataclass(slots=True)
class Spots:
    """Finds the one place below a root that some words mean: code, name, or names from large to small."""

    paths: list[tuple[str, str, str]]  # path, name, code
    root: str
    by_name: dict[str, list[str]] = field(default_factory=dict)
    by_code: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path, name, code in self.paths:
            self.by_name.setdefault(name, []).append(path)
            if code:
                self.by_code[code] = path

    def find(self, text: str) -> str | Fault:
        """Return the path, or what is wrong and what was expected."""
        text = text.strip()
        if not text:
            return self.root
        if text in self.by_code:
            return self.by_code[text]
        words = [text] if text in self.by_name else [w for w in _SPLIT.split(text) if w]
        found = [self.root]
        for word in words:
            named = self.by_name.get(word, [])
            found = [p for p in named if any(p.startswith(up) for up in found)]
        if len(found) == 1:
            return found[0]
        if not found:
            return f"这里没有「{text[:30]}」", "写全称，从大到小，比如「竹苑社区 第三网格」，或写编码"
        return f"有 {len(found)} 个地方叫「{words[-1][:20]}」", "在前面加上街道、社区的名字"


def doubles(marks: Iterable[tuple[int, tuple[str, str]]]) -> dict[int, int]:
    """Return {row: the earlier row of the same table that says the same (place, name)}."""
    seen: dict[tuple[str, str], int] = {}
    found: dict[int, int] = {}
    for number, mark in marks:
        if mark in seen:
            found[number] = seen[mark]
        seen.setdefault(mark, number)
    return found

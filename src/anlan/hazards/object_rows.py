"""Tables of objects as offices keep them: which column is which, what a cell means. Pure."""

from collections.abc import Mapping, Sequence

from anlan.kernel.columns import guess

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


def columns(header: Sequence[str]) -> dict[str, int]:
    """Return {field: column}."""
    return guess(header, SYNONYMS)


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

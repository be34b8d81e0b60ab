"""The duty list as offices write it: which column is which, what a row says, who fits some words, by when. Pure."""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from anlan.kernel import workdays
from anlan.people import terms
from anlan.people.rosters import Fault

SYNONYMS: dict[str, tuple[str, ...]] = {
    "code": ("事项码", "事项编码", "事项代码", "编码", "编号", "序号", "code"),
    "name": ("事项", "事项名称", "权责事项", "职责事项", "履职事项", "名称", "name"),
    "category": ("类别", "事项类别", "分类", "领域", "category"),
    "keywords": ("俗称", "别名", "关键词", "大家怎么说", "keywords"),
    "roll": ("清单", "清单类别", "履职类别", "三张清单", "list"),
    "lead": ("主责部门", "主责单位", "牵头部门", "牵头单位", "责任单位", "主责", "lead"),
    "assists": ("配合部门", "配合单位", "协助部门", "协同部门", "assists"),
    "street_part": ("街镇", "街道", "乡镇", "街镇层级", "街镇主责还是协助", "街道（乡镇）", "street"),
    "street_does": ("街镇做什么", "街镇职责", "街道职责", "街道（乡镇）职责", "乡镇职责"),
    "community_part": ("社区", "村社区", "社区层级", "社区主责还是协助", "村（社区）", "community"),
    "community_does": ("社区做什么", "社区职责", "村（社区）职责"),
    "law": ("依据", "法律依据", "设定依据", "法规名称", "law"),
    "article": ("条款", "条文", "依据条款", "article"),
    "limit": ("时限", "法定时限", "办理时限", "办结时限", "limit"),
    "limit_from": ("起算", "从何时起算", "起算点", "from"),
    "enforcer": ("执法权", "执法主体", "执法部门", "行政执法", "enforcer"),
    "object_code": ("部件事件编码", "部件编码", "事件编码", "部件事件码"),
    "note": ("备注", "说明", "注", "note"),
}  # fmt: skip
KNOWN = frozenset(word for words in SYNONYMS.values() for word in words)
LENGTHS = {
    "code": 40, "name": 80, "category": 40, "law": 200, "article": 80, "limit_from": 40, "enforcer": 120, "lead": 120,
    "street_does": 200, "community_does": 200, "object_code": 20, "note": 300,
}  # fmt: skip
PARTS = {
    "主责": "lead", "牵头": "lead", "负责": "lead", "协助": "assist", "配合": "assist", "参与": "assist",
    "不承担": "none", "无": "none", "不参与": "none", "": "none", "-": "none", "—": "none", "/": "none",
}  # fmt: skip
ROLLS = {
    "基本履职": "basic",
    "配合履职": "assist",
    "上级收回": "upper",
    "收回": "upper",
    "上级部门收回": "upper",
    "": "",
}
UNITS = {
    "分钟": "minute", "小时": "hour", "个小时": "hour", "工作日": "workday", "个工作日": "workday", "日": "day",
    "天": "day",
}  # fmt: skip
_LIMIT = re.compile(r"(\d{1,4})(分钟|个小时|小时|个工作日|工作日|日|天)内?")
_SPLIT = re.compile(r"[、,，;；/|\n]+")
FIELDS = (
    "code", "name", "category", "keywords", "roll", "lead_name", "assists", "street_part", "street_does",
    "community_part", "community_does", "law", "article", "limit_value", "limit_unit", "limit_from", "enforcer",
    "object_code", "note",
)  # fmt: skip


@dataclass(slots=True)
class MatterLine:
    """One row understood; `faults` maps a field to (what is wrong, what was expected)."""

    number: int
    code: str = ""
    name: str = ""
    category: str = ""
    keywords: tuple[str, ...] = ()
    roll: str = ""
    lead_name: str = ""
    assists: tuple[str, ...] = ()
    street_part: str = "none"
    street_does: str = ""
    community_part: str = "none"
    community_does: str = ""
    law: str = ""
    article: str = ""
    limit_value: int | None = None
    limit_unit: str = ""
    limit_from: str = ""
    enforcer: str = ""
    object_code: str = ""
    note: str = ""
    faults: dict[str, Fault] = field(default_factory=dict)

    def values(self) -> dict[str, Any]:
        """Return the matter's columns, as models.Matter names them."""
        return {name: list(v) if isinstance(v := getattr(self, name), tuple) else v for name in FIELDS}


@dataclass(slots=True)
class Reader:
    """Reads the rows of a list by a mapping {field: column index}; remembers codes, so that none comes twice."""

    mapping: Mapping[str, int]
    _codes: dict[str, int] = field(default_factory=dict)

    def read(self, number: int, cells: Sequence[str]) -> MatterLine:
        """Return the row understood, with its faults."""
        take = {name: cells[column].strip() for name, column in self.mapping.items() if column < len(cells)}
        line = MatterLine(number)
        for name, most in LENGTHS.items():
            text = " ".join(take.get(name, "").split())
            if len(text) > most:
                line.faults[name] = (f"写了 {len(text)} 个字", f"最多 {most} 个字")
            setattr(line, "lead_name" if name == "lead" else name, text[:most])
        self._named(line)
        line.keywords = _several(take.get("keywords", ""))
        line.assists = _several(take.get("assists", ""))
        for name, words in (("keywords", line.keywords), ("assists", line.assists)):
            most = 40 if name == "keywords" else 120
            if any(len(word) > most for word in words):
                line.faults[name] = (f"有一个词超过 {most} 个字", "几个词之间用顿号隔开")
        _parts(line, take)
        _limit(line, take.get("limit", ""))
        if line.article and not line.law:
            line.faults["law"] = ("写了条款，没写是哪部法", "比如「中华人民共和国消防法」；没有把握就两格都空着")
        return line

    def _named(self, line: MatterLine) -> None:
        for name, what in (("code", "事项码"), ("name", "事项名称"), ("lead", "主责部门")):
            if not getattr(line, "lead_name" if name == "lead" else name) and name not in line.faults:
                line.faults[name] = (f"{what}是空的", f"写上{what}")
        line.code = unicodedata.normalize("NFKC", line.code).replace(" ", "")
        if line.code and not re.fullmatch(r"[\w.\-]+", line.code):
            line.faults["code"] = (f"事项码「{line.code}」里有不能用的符号", "只用字母、数字、汉字、点和短横")
        if line.code in self._codes:
            line.faults["code"] = (
                f"事项码「{line.code}」第 {self._codes[line.code]} 行已经用了",
                "一件事一个码，改一个",
            )
        elif line.code:
            self._codes[line.code] = line.number


def _several(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (" ".join(one.split()) for one in _SPLIT.split(text)))))


def _parts(line: MatterLine, take: Mapping[str, str]) -> None:
    for name in ("street_part", "community_part"):
        word = _plain(take.get(name, ""))
        if word not in PARTS:
            line.faults[name] = (f"「{take.get(name, '')[:12]}」看不懂", "主责、协助、不承担")
        setattr(line, name, PARTS.get(word, "none"))
    roll = _plain(take.get("roll", ""))
    if roll not in ROLLS:
        line.faults["roll"] = (f"没有「{take.get('roll', '')[:12]}」这张清单", "基本履职、配合履职、上级收回")
    line.roll = ROLLS.get(roll, "")
    if line.roll == terms.Roll.UPPER and terms.Part.LEAD in (line.street_part, line.community_part):
        line.faults["street_part"] = ("上级收回的事，街镇、社区不能作主责", "改成协助或不承担")
    if line.roll == terms.Roll.ASSIST and line.street_part == terms.Part.LEAD:
        line.faults["street_part"] = ("配合履职的事，街镇不能作主责", "改成协助，或改清单类别")


def _limit(line: MatterLine, text: str) -> None:
    word = _plain(text)
    if word in {"", "无", "-", "—"}:
        return
    if word in {"立即", "马上", "即时"}:
        line.limit_value, line.limit_unit = 0, terms.Unit.NOW
        return
    found = _LIMIT.fullmatch(word)
    if found is None or found[1] == "0":
        line.faults["limit"] = (f"时限「{text[:12]}」看不懂", "立即、30分钟、2小时、7天、5个工作日；法律没定就空着")
        return
    line.limit_value, line.limit_unit = int(found[1]), UNITS[found[2]]


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


class Findable(Protocol):
    """What `rank` looks at."""

    code: str
    name: str
    keywords: list[str]
    category: str
    lead_name: str
    pinyin: str


def rank(text: str, one: Findable) -> int:
    """Return how well a matter fits some words: 0 not at all; 100 its code; then name, keywords, the words around them.

    "飞线" finds 飞线充电; so does the sentence "楼道里有人飞线充电" and, by its initials, "fxcd".
    """
    plain = _plain(text).casefold()
    if not plain:
        return 1
    names = [one.name.casefold(), *(word.casefold() for word in one.keywords)]
    if plain == one.code.casefold() or plain in names:
        return 100 if plain == one.code.casefold() else 90
    if any(plain in name for name in names):
        return 70
    inside = max((len(name) for name in names if len(name) > 1 and name in plain), default=0)
    if inside:
        return 50 + min(inside, 15)
    return _nearby(plain, one)


def _nearby(plain: str, one: Findable) -> int:
    if plain.isascii() and plain.isalnum():
        return 40 if any(word.startswith(plain) for word in one.pinyin.split()) else 0
    return 20 if plain in one.lead_name.casefold() or plain == one.category.casefold() else 0


def best(text: str, among: Iterable[Findable]) -> list[Any]:
    """Return the matters that fit, the best first, else in the order they came in."""
    scored = [(rank(text, one), one) for one in among]
    return [one for score, one in sorted(scored, key=lambda pair: -pair[0]) if score]


def due(value: int | None, unit: str, start: dt.datetime) -> dt.datetime | None:
    """Return when a time limit that begins at `start` (in local time) ends; None where the law sets none.

    Hours and minutes run on; days end at midnight of the last day, the first day not counted (民法典 §201); working
    days skip the holidays of the State Council's notices.
    """
    if value is None or not unit:
        return None
    if unit == terms.Unit.NOW:
        return start
    if unit in {terms.Unit.MINUTE, terms.Unit.HOUR}:
        return start + dt.timedelta(minutes=value * (60 if unit == terms.Unit.HOUR else 1))
    last = (
        workdays.add_workdays(start.date(), value)
        if unit == terms.Unit.WORKDAY
        else start.date() + dt.timedelta(days=value)
    )
    return dt.datetime.combine(last, dt.time(23, 59, 59), start.tzinfo)


def changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return the fields in which two matters of one code differ."""
    return [name for name in FIELDS if old[name] != new[name]]

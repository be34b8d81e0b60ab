"""Rosters as offices keep them: which column is which, what a cell means, which place a few words name. Pure."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from anlan.people import secrecy
from anlan.people.terms import FIELD, Kinds

SYNONYMS: dict[str, tuple[str, ...]] = {
    "name": ("姓名", "名字", "人员姓名", "责任人", "责任人姓名", "A岗", "A岗姓名", "A角", "A角姓名", "name"),
    "phone": ("手机", "手机号", "手机号码", "联系电话", "电话", "电话号码", "联系方式", "移动电话", "A岗电话",
              "A岗手机", "A岗联系电话", "A岗联系方式", "A岗手机号", "A角电话", "phone", "mobile"),
    "identity": ("身份证号", "身份证", "身份证号码", "公民身份号码", "证件号码", "identity"),
    "role": ("岗位", "岗位类别", "岗位类型", "职务", "角色", "人员类别", "身份", "类别", "role"),
    "title": ("岗位名称", "职务名称", "责任岗位", "title"),
    "place": ("地方", "地点", "区域", "所属区域", "辖区", "地方编码", "区划代码", "行政区划", "责任区", "所在地",
              "place"),
    "district": ("区县", "区", "县", "所属区县", "县市区", "区市县"),
    "street": ("街道", "镇", "乡镇", "街镇", "镇街", "乡镇街道", "所属街道", "所属乡镇", "镇街道"),
    "community": ("社区", "村", "村社区", "社区村", "村社", "所属社区", "所在社区", "行政村", "社区名称"),
    "grid": ("网格", "所属网格", "网格名称", "所在网格", "责任网格", "网格编码", "网格号"),
    "seat": ("AB岗", "A/B岗", "A、B岗", "AB角", "A/B角", "岗别", "seat"),
    "deputy_name": ("B岗", "B岗姓名", "B角", "B角姓名", "备岗", "代理人", "deputy"),
    "deputy_phone": ("B岗电话", "B岗手机", "B岗联系电话", "B岗联系方式", "B岗手机号", "B岗手机号码", "B角电话"),
    "organisation": ("单位", "工作单位", "所在单位", "部门", "organisation"),
    "skills": ("技能", "特长", "专长", "skills"),
    "email": ("邮箱", "电子邮箱", "电子邮件", "email"),
}  # fmt: skip
PLACES = ("district", "street", "community", "grid", "place")
KNOWN = frozenset(word for words in SYNONYMS.values() for word in words)
_SPLIT = re.compile(r"[、,，;；/\n]+")
_STEPS = re.compile(r"\s*[/\\>›»·|,，\-—]+\s*|\s{1,}")


def _plain(text: str) -> str:
    return re.sub(r"[\s*＊:：()（）]+", "", unicodedata.normalize("NFKC", text)).casefold()


_FIELD_OF = {_plain(word): name for name, words in SYNONYMS.items() for word in words}


def guess(header: Sequence[str], synonyms: Mapping[str, Sequence[str]] = SYNONYMS) -> dict[str, int]:
    """Return {field: column index}, each column once: whole names first, then the longest name inside a header.

    `synonyms` are the words that offices use for each field of this kind of list.
    """
    field_of = (
        _FIELD_OF if synonyms is SYNONYMS else {_plain(word): name for name in synonyms for word in synonyms[name]}
    )
    found: dict[str, int] = {}
    left = []
    for column, title in enumerate(header):
        name = field_of.get(_plain(title))
        if name and name not in found:
            found[name] = column
        elif title:
            left.append((column, _plain(title)))
    words = sorted(field_of.items(), key=lambda one: -len(one[0]))
    for column, title in left:
        name = next((name for word, name in words if len(word) > 1 and word in title and name not in found), None)
        if name:
            found[name] = column
    return found


@dataclass(frozen=True, slots=True)
class Spot:
    """A place as a roster may name it."""

    path: str
    name: str
    level: str
    code: str = ""
    aliases: Sequence[str] = ()


class Gazetteer:
    """Finds the one place that some words mean, among those under a root. `above` are the names of what is over it."""

    def __init__(self, spots: Iterable[Spot], root: str, above: Iterable[str] = ()) -> None:
        self.root = root
        self.names: dict[str, str] = {}
        self._above = set(above)
        self._by_name: dict[str, list[str]] = {}
        self._by_code: dict[str, str] = {}
        self._kept: dict[tuple[str, ...], str | Fault] = {}
        for one in spots:
            self.names[one.path] = one.name
            for word in {one.name, *one.aliases}:
                self._by_name.setdefault(word, []).append(one.path)
            if one.code:
                self._by_code[one.code] = one.path
                self._by_code.setdefault(one.code.rstrip("0"), one.path)
        for places in self._by_name.values():
            places.sort()

    def find(self, words: Sequence[str]) -> "str | Fault":
        """Return the path, or what is wrong. Words go from the large to the small: "柳荫街道", "第三网格"."""
        key = tuple(words)
        if key not in self._kept:
            self._kept[key] = self._find([step for word in key for step in self._steps(word)])
        return self._kept[key]

    def _steps(self, word: str) -> list[str]:
        whole = word in self._by_name or word in self._above
        return [word] if whole else [step for step in _STEPS.split(word.strip()) if step]

    def _find(self, words: list[str]) -> "str | Fault":
        while words and words[0] in self._above and words[0] not in self._by_name:
            words = words[1:]
        if not words:
            return self.root
        last = words[-1]
        if last.isascii() and last.isalnum() and last not in self._by_name:
            path = self._by_code.get(last) or self._by_code.get(last.rstrip("0"))
            return path or (f"没有编码为「{last[:20]}」的地方", "本辖区里的编码，或从大到小写地名")
        found = [""]
        for word in words:
            found = [path for prefix in found for path in self._below(prefix, word)]
        if len(found) == 1:
            return found[0]
        if not found:
            return f"本辖区没有「{' '.join(words)[:40]}」", "写全称，比如「柳荫街道 竹苑社区 第三网格」，或写编码"
        return f"有 {len(found)} 个地方叫「{last[:20]}」", "在前面加上街道、社区的名字"

    def _below(self, prefix: str, word: str) -> list[str]:
        """Return the places of a name at a path or below it."""
        named = self._by_name.get(word, [])
        return named[bisect_left(named, prefix) : bisect_left(named, prefix + "\x7f")]


Fault = tuple[str, str]


class Titles:
    """Finds roles by what offices call them."""

    def __init__(self, roles: Iterable[tuple[str, str, Sequence[str]]]) -> None:
        self.codes: dict[str, str] = {}
        self.names: dict[str, str] = {}
        for code, name, aliases in roles:
            self.names[code] = name
            for word in (code, name, *aliases):
                self.codes.setdefault(_plain(word), code)
        self._longest = sorted(self.codes, key=len, reverse=True)

    def find(self, text: str) -> list[str] | Fault:
        """Return the roles a cell names (several where it has 、 or / between), or what is wrong."""
        found: list[str] = []
        for part in filter(None, (_plain(one) for one in _SPLIT.split(text))):
            code = self.codes.get(part) or next(
                (self.codes[w] for w in self._longest if len(w) > 1 and w in part), None
            )
            if code is None:
                return f"不认得岗位「{part}」", "、".join(list(self.names.values())[:12])
            if code not in found:
                found.append(code)
        return found


@dataclass(slots=True)
class Line:
    """One row understood. `faults` maps a field to (what is wrong, what was expected)."""

    number: int
    name: str = ""
    phone: str = ""
    identity: str = ""
    roles: list[str] = field(default_factory=list)
    title: str = ""
    path: str = ""
    seat: str = "A"
    deputy_name: str = ""
    deputy_phone: str = ""
    organisation: str = ""
    skills: tuple[str, ...] = ()
    email: str = ""
    addresses: dict[str, str] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)


@dataclass(slots=True)
class Reader:
    """Reads cells by a mapping. `defaults`: role and fill_down ("1": an empty place is the one above)."""

    mapping: Mapping[str, int]
    defaults: Mapping[str, str]
    places: Gazetteer
    titles: Titles
    kinds: Kinds = field(default_factory=dict)
    line: type[Line] = Line
    _above: tuple[str, ...] = ()

    def read(self, number: int, cells: Sequence[str]) -> Line:
        """Return the row understood, with its faults."""
        take = {name: cells[column].strip() for name, column in self.mapping.items() if column < len(cells)}
        line = self.line(number)
        self._who(line, take)
        self._where(line, take)
        self._what(line, take)
        line.organisation = take.get("organisation", "")[:120]
        line.skills = several(take.get("skills", ""))
        line.email = take.get("email", "")
        if line.email and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", line.email):
            line.faults["email"] = ("写的不是邮箱", "name@example.cn")
        self._accounts(line, take)
        return line

    def _accounts(self, line: Line, take: Mapping[str, str]) -> None:
        """Read the accounts at messengers; an empty cell leaves what is there."""
        for name, text in take.items():
            kind = self.kinds.get(name.removeprefix(FIELD)) if name.startswith(FIELD) else None
            if kind is None or not text:
                continue
            if kind.admits(text):
                line.addresses[kind.kind] = text
            else:
                line.faults[name] = (f"{kind.label}写得不对", kind.hint)

    def _who(self, line: Line, take: Mapping[str, str]) -> None:
        line.name = name_of(take.get("name", ""))
        if not line.name:
            line.faults["name"] = ("姓名是空的", "写上姓名")
        elif len(line.name) > 60:
            line.faults["name"] = ("姓名太长", "最多 60 个字")
        elif re.search(r"\d{3}", line.name):
            line.faults["name"] = ("写的不像姓名，里面有号码", "看看姓名这一列是不是对错了")
        line.phone = self._phone(line, "phone", take.get("phone", ""))
        number = take.get("identity", "")
        if number:
            line.identity = secrecy.identity_of(number) or ""
            if not line.identity:
                line.faults["identity"] = ("身份证号不对", "18 位，最后一位是校验位")
        if not line.phone and not line.identity and "phone" not in line.faults and "identity" not in line.faults:
            line.faults["phone"] = ("没有电话，也没有身份证号", "至少写一样，不然认不出是谁、也叫不到")
        line.deputy_name = name_of(take.get("deputy_name", ""))
        line.deputy_phone = self._phone(line, "deputy_phone", take.get("deputy_phone", ""))
        if line.deputy_name and not line.deputy_phone and "deputy_phone" not in line.faults:
            line.faults["deputy_phone"] = ("B 岗没有电话", "写上 B 岗的手机号，或把 B 岗姓名去掉")

    @staticmethod
    def _phone(line: Line, name: str, text: str) -> str:
        if not text:
            return ""
        phone = secrecy.phone_of(text)
        if phone is None:
            first = next((p for p in map(secrecy.phone_of, _SPLIT.split(text)) if p), None)
            if first:
                return first
            line.faults[name] = (f"写的是 {len(text)} 个字，不是电话号码", "手机 11 位，座机带区号")
        return phone or ""

    def _where(self, line: Line, take: Mapping[str, str]) -> None:
        words = tuple(take[name] for name in PLACES if take.get(name))
        if not words and self.defaults.get("fill_down"):
            words = self._above
        self._above = words
        found = self.places.find(words)
        if isinstance(found, tuple):
            last = next((name for name in reversed(PLACES) if take.get(name)), "place")
            line.faults[last] = found
        else:
            line.path = found

    def _what(self, line: Line, take: Mapping[str, str]) -> None:
        line.title = " ".join(take.get("title", "").split())[:80]
        text = take.get("role") or line.title or self.defaults.get("role", "")
        found = self.titles.find(text)
        if isinstance(found, tuple) and take.get("role") and line.title:
            again = self.titles.find(line.title)
            found = found if isinstance(again, tuple) else again
        if isinstance(found, tuple):
            line.faults["role"] = found
        elif not found:
            line.faults["role"] = ("没有写岗位", "、".join(list(self.titles.names.values())[:12]))
        else:
            line.roles = found
        seat = unicodedata.normalize("NFKC", take.get("seat", "")).upper()
        if seat:
            line.seat = "B" if seat.startswith("B") or "备" in seat or "副" in seat else "A"


def several(text: str) -> tuple[str, ...]:
    """Return the words of a cell that lists some, each once."""
    return tuple(dict.fromkeys(filter(None, (one.strip() for one in _SPLIT.split(text)))))


def name_of(text: str) -> str:
    """Return a name without the spaces that offices put in to align it ("李　明"); Latin names keep single ones."""
    plain = unicodedata.normalize("NFKC", text)
    return " ".join(plain.split()) if plain.isascii() else "".join(plain.split())

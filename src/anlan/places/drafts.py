"""What an import file says, row by row, before the tree is asked: drafts of places, and findings about bad rows."""

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from anlan.kernel.authority import Invalid

NAME_LENGTH = 120
_LARGEST = 2_000_000_000


@dataclass(slots=True)
class Finding:
    """What is wrong with a row, or (`note`) merely worth knowing: row number, field, value, what was expected."""

    row: int
    field: str
    value: str
    expected: str
    raw: dict[str, Any] = dataclasses.field(default_factory=dict)
    note: bool = False

    def __post_init__(self) -> None:
        self.value = self.value[:200]
        self.expected = self.expected[:400]


@dataclass(slots=True)
class Draft:
    """A place as a row describes it. Empty and None mean that the row does not say, never that the value is gone."""

    row: int
    level: str
    name: str
    code: str = ""
    scheme: str = ""
    parent_code: str = ""
    parent_scheme: str = ""
    parent_name: str = ""
    urban_class: str = ""
    population: int | None = None
    households: int | None = None
    grid_level: int | None = None
    lines: list[str] = dataclasses.field(default_factory=list)
    aliases: list[str] = dataclasses.field(default_factory=list)
    lon: float | None = None
    lat: float | None = None
    wkb: bytes | None = None
    raw: dict[str, Any] = dataclasses.field(default_factory=dict)


def squeeze(text: str) -> str:
    """Return a column name as it is compared."""
    return re.sub(r"[\s_\-（(].*?[)）]|[\s_*＊:：-]", "", text).casefold()


def columns(header: Iterable[str], words: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Return {our field: the file's column} for the columns that a vocabulary of synonyms knows; the first one wins."""
    known = {squeeze(word): name for name, synonyms in words.items() for word in (name, *synonyms)}
    found: dict[str, str] = {}
    for column in header:
        name = known.get(squeeze(column))
        if name:
            found.setdefault(name, column)
    return found


def text(value: str, field_name: str) -> str:
    """Return a name that can be kept. Raises Invalid."""
    name = re.sub(r"\s+", " ", value).strip()
    if not name:
        raise Invalid({field_name: "不能为空"})
    if len(name) > NAME_LENGTH:
        raise Invalid({field_name: f"有 {len(name)} 字，最多 {NAME_LENGTH} 字"})
    if any(ord(c) < 32 or ord(c) == 127 for c in name):
        raise Invalid({field_name: "含有不可见的控制字符"})
    return name


def whole(value: str, field_name: str) -> int | None:
    """Return a count: "1,234", "1234人" and "1234.0" are 1234. Empty is None. Raises Invalid."""
    squeezed = re.sub(r"[,，\s]|[户人间]$", "", value)
    if not squeezed:
        return None
    if not re.fullmatch(r"\d{1,12}(\.0+)?", squeezed) or int(float(squeezed)) > _LARGEST:
        raise Invalid({field_name: "应为不小于 0 的整数"})
    return int(float(squeezed))


def degrees(value: str, field_name: str, bound: int) -> float | None:
    """Return decimal degrees within ±bound. Empty is None. Raises Invalid."""
    squeezed = value.strip().rstrip("°")
    if not squeezed:
        return None
    try:
        number = float(squeezed)
    except ValueError:
        number = math.nan
    if not abs(number) <= bound:
        raise Invalid({field_name: f"应为 -{bound} 到 {bound} 之间的十进制度数"})
    return number


def listed(value: str) -> list[str]:
    """Return the words of a cell that lists several: 、，；/ and spaces between them."""
    return list(dict.fromkeys(word for word in re.split(r"[、，,；;/|\s]+", value) if word))


def finding(row: int, error: Invalid, values: Mapping[str, str], raw: dict[str, Any]) -> Finding:
    """Turn an Invalid about one row into a finding."""
    name, expected = next(iter(error.errors.items()))
    return Finding(row, name, str(values.get(name, "")), expected, raw)

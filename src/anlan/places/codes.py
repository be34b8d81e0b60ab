"""Codes of places: the statistical division code, and grid schemes that differ by city (domain-facts B1)."""

import re
from dataclasses import dataclass

from anlan.kernel.authority import Invalid
from anlan.places.terms import Level, Scheme

PROVINCE, CITY, DISTRICT, STREET, COMMUNITY, WHOLE = 2, 4, 6, 9, 12, 17
LEVEL_OF = {
    PROVINCE: Level.PROVINCE,
    CITY: Level.CITY,
    DISTRICT: Level.DISTRICT,
    STREET: Level.STREET,
    COMMUNITY: Level.COMMUNITY,
}
LENGTHS = tuple(LEVEL_OF)
URBAN_CLASSES = {
    "111": "主城区",
    "112": "城乡结合区",
    "121": "镇中心区",
    "122": "镇乡结合区",
    "123": "特殊区域",
    "210": "乡中心区",
    "220": "村庄",
}


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid scheme: its lengths part by part; the first twelve digits name the community where `community` says so."""

    name: str
    parts: tuple[int, ...]
    community: bool

    @property
    def length(self) -> int:
        """Digits in all."""
        return sum(self.parts)


GRIDS = {
    Scheme.GRID_BJ15: Grid("北京 DB11 单元网格 15 位", (6, 3, 3, 3), community=True),
    Scheme.GRID_CJT213: Grid("CJ/T 213 单元网格 14 位", (6, 3, 3, 2), community=True),
    Scheme.GRID_CJT349: Grid("CJ/T 349-2010 网格 20 位", (15, 3, 2), community=False),
    Scheme.HOUSE_SZ25: Grid("深圳统一地址房屋码 25 位", (25,), community=False),
}


def normalise(code: str) -> str:
    """Return a division code in its shortest form: 510100000000 and 510100 become 5101; 17 digits lose their class.

    Raises Invalid, saying which digits are wrong.
    """
    digits = code.strip()
    if not digits.isascii() or not digits.isdigit():
        raise Invalid({"code": f"「{code}」应全部是数字，2、4、6、9、12 或 17 位"})
    if len(digits) == WHOLE:
        digits = digits[:COMMUNITY]
    if len(digits) not in LENGTHS:
        raise Invalid({"code": f"「{code}」有 {len(digits)} 位，区划代码应为 2、4、6、9、12 或 17 位"})
    for longer, shorter in ((COMMUNITY, STREET), (STREET, DISTRICT), (DISTRICT, CITY), (CITY, PROVINCE)):
        if len(digits) == longer and set(digits[shorter:]) == {"0"}:
            digits = digits[:shorter]
    # 91 is the last one given out; invented cities use 99
    if not "11" <= digits[:2] <= "99":
        raise Invalid({"code": f"「{code}」的省级代码 {digits[:2]} 不在 11 到 99 之间"})
    return digits


def level(code: str) -> Level:
    """Return the level that a normalised division code stands for."""
    return LEVEL_OF[len(code)]


def parent(code: str) -> str:
    """Return the normalised code one level up, empty above a province.

    441900003 (a street right under a city without districts) leads to 4419.
    """
    up = {COMMUNITY: STREET, STREET: DISTRICT, DISTRICT: CITY, CITY: PROVINCE, PROVINCE: 0}[len(code)]
    return normalise(code[:up]) if up else ""


def padded(code: str) -> str:
    """Return a division code in twelve digits, as statistics and warnings write it."""
    return code.ljust(COMMUNITY, "0")


def street_kind(code: str) -> str:
    """Return what digits 7–9 say of a street-level place: 街道, 镇, 乡, or 类似乡级单位 (domain-facts B1)."""
    number = int(code[6:9])
    for below, kind in ((1, ""), (100, "街道"), (200, "镇"), (400, "乡"), (600, "类似乡级单位")):
        if number < below:
            return kind
    return ""


def community_kind(code: str) -> str:
    """Return what digits 10–12 say of a community: 居委会, 村委会, or what resembles them (domain-facts B1)."""
    number = int(code[9:12])
    for below, kind in ((1, ""), (200, "居委会"), (400, "村委会"), (500, "类似居委会"), (600, "类似村委会")):
        if number < below:
            return kind
    return ""


def urban_class(value: str) -> str:
    """Check a 3-digit class (or the 5 or 17 digits that end in one). Empty stays empty. Raises Invalid."""
    text = value.strip()
    if not text:
        return ""
    tail = text[-3:] if text.isdigit() and len(text) in {3, 5, WHOLE} else text
    if tail not in URBAN_CLASSES:
        raise Invalid({"urban_class": f"「{value}」不是城乡分类代码，应为 {'、'.join(URBAN_CLASSES)} 之一"})
    return tail


def check(code: str, scheme: str) -> str:
    """Return a code as it is kept under a scheme. Raises Invalid with what the scheme expects."""
    text = code.strip()
    if scheme not in set(Scheme):
        raise Invalid({"scheme": f"编码方案「{scheme}」不认识，应为 {'、'.join(Scheme)} 之一"})
    if scheme == Scheme.STAT:
        return normalise(text)
    if scheme == Scheme.LOCAL:
        if not re.fullmatch(r"[0-9A-Za-z一-鿿][0-9A-Za-z一-鿿._/-]{0,39}", text):
            raise Invalid({"code": f"「{code}」应为 1 到 40 个字母、数字、汉字或 . _ / -"})
        return text
    grid = GRIDS[Scheme(scheme)]
    if not (text.isascii() and text.isdigit() and len(text) == grid.length):
        raise Invalid({"code": f"「{code}」应为 {grid.length} 位数字（{grid.name}）"})
    return text


def guess_scheme(code: str) -> Scheme:
    """Guess the scheme of a local code by its length; what fits none is the town's own."""
    text = code.strip()
    if text.isascii() and text.isdigit():
        for scheme, grid in GRIDS.items():
            if len(text) == grid.length:
                return scheme
        if len(text) in {*LENGTHS, WHOLE} and len(text) > CITY:
            return Scheme.STAT
    return Scheme.LOCAL


def community_of(code: str, scheme: str) -> str:
    """Return the normalised division code of the community in a grid code, empty where the scheme holds none."""
    grid = GRIDS.get(Scheme(scheme))
    return normalise(code[:COMMUNITY]) if grid and grid.community else ""

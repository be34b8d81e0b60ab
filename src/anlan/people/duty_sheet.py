"""A month's duty table as offices keep it: a row for each date and shift, a column for each position. Pure."""

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from anlan.people.terms import Position

SYNONYMS: dict[str, tuple[str, ...]] = {
    "day": ("日期", "值班日期", "时间日期", "date"),
    "shift": ("班次", "班", "班别", "时段", "值班时间", "shift"),
    Position.LEADER: ("带班领导", "带班", "值班领导", "领导", "带班负责人"),
    Position.CHIEF: ("值班长", "班长", "值班组长", "主班"),
    Position.OFFICER: ("值班员", "值班人员", "值班", "值守人员", "副班"),
    Position.STANDBY: ("备班", "备勤", "备班人员", "备勤人员", "替补"),
}
KNOWN = frozenset(word for words in SYNONYMS.values() for word in words)
_PHONE = re.compile(r"电话|手机|联系方式|号码")
_NAMES = re.compile(r"[、,，;；/\n]+|\s{2,}")
_DIGITS = re.compile(r"[（(]?[\d*＊\-]{4,}[)）]?")
_DATES = (
    re.compile(r"(?P<y>\d{4})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})日?"),
    re.compile(r"(?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})[日号]?"),
    re.compile(r"(?P<d>\d{1,2})[日号]?"),
)


@dataclass(frozen=True, slots=True)
class KnownShift:
    """A shift there is: `seats` maps a position to its seats' ids in order."""

    id: UUID
    day: dt.date
    name: str
    span: str
    seats: Mapping[str, Sequence[UUID]]


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody who takes turns."""

    id: UUID
    name: str
    tail: str


@dataclass(slots=True)
class Line:
    """A row: the seats it fills (None empties one), and its faults by column: (what is wrong, what was expected)."""

    number: int
    cells: Sequence[str]
    day: dt.date | None = None
    shift: UUID | None = None
    seats: dict[UUID, UUID | None] = field(default_factory=dict)
    faults: dict[int, tuple[str, str]] = field(default_factory=dict)


def _plain(text: str) -> str:
    return re.sub(r"[\s*＊:：()（）]+", "", unicodedata.normalize("NFKC", text)).casefold()


def columns(header: Sequence[str]) -> tuple[dict[str, list[int]], dict[int, int]]:
    """Return ({field: its columns}, {a names' column: the phones' column that follows it})."""
    found: dict[str, list[int]] = {}
    phones: dict[int, int] = {}
    words = {_plain(word): name for name, many in SYNONYMS.items() for word in many}
    for column, title in enumerate(header):
        plain = _plain(title)
        if _PHONE.search(plain):
            left = max((c for cs in found.values() for c in cs), default=None)
            if left is not None:
                phones[left] = column
            continue
        bare = re.sub(r"(姓名|名单)?\d*$", "", plain)
        name = words.get(plain) or words.get(bare)
        if name:
            found.setdefault(str(name), []).append(column)
    return found, phones


def date_of(text: str, month: dt.date) -> dt.date | None:
    """Read a date as offices write it (2026-11-03, 11月3日, 11.3, 3日), within the month; None where it is none."""
    plain = unicodedata.normalize("NFKC", text).strip().split(" ")[0]
    plain = re.sub(r"[（(].*[)）]$|(星期|周).$", "", plain).strip()
    for form in _DATES:
        match = form.fullmatch(plain)
        if match:
            parts = {key: int(value) for key, value in match.groupdict().items()}
            try:
                return dt.date(parts.get("y", month.year), parts.get("m", month.month), parts["d"])
            except ValueError:
                return None
    return None


class Reader:
    """Understands the rows of one table. `shifts` are the month's, `people` those who take turns."""

    def __init__(
        self, header: Sequence[str], month: dt.date, shifts: Sequence[KnownShift], people: Sequence[KnownPerson]
    ) -> None:
        self._month = month
        self.columns, self._phones = columns(header)
        self._by_day: dict[dt.date, list[KnownShift]] = {}
        for one in shifts:
            self._by_day.setdefault(one.day, []).append(one)
        self._people: dict[str, list[KnownPerson]] = {}
        for person in people:
            self._people.setdefault(_plain(person.name), []).append(person)
        self._last: dt.date | None = None
        self._seen: dict[UUID, int] = {}

    def read(self, number: int, cells: Sequence[str]) -> Line:
        """Read one row. An empty date is the row above's, as where cells are merged."""
        line = Line(number, cells)
        shift = self._shift(line)
        if shift is None:
            return line
        line.shift = shift.id
        if shift.id in self._seen:
            column = self.columns["day"][0]
            line.faults[column] = (f"和第 {self._seen[shift.id]} 行是同一班", "一班只写一行")
            return line
        self._seen[shift.id] = number
        for position in Position:
            self._position(line, shift, position)
        return line

    def _shift(self, line: Line) -> KnownShift | None:
        day_column = self.columns["day"][0]
        text = line.cells[day_column]
        line.day = date_of(text, self._month) if text else self._last
        if line.day is None:
            line.faults[day_column] = (f"「{text}」不是日期", f"写成 {self._month:%Y-%m}-01 或 1日")
            return None
        self._last = line.day
        there = self._by_day.get(line.day, [])
        if not there:
            said = "不在这个月" if line.day.replace(day=1) != self._month else "这一天没有班"
            line.faults[day_column] = (f"{line.day} {said}", f"这张表是 {self._month:%Y 年 %m 月}的")
            return None
        column = self.columns.get("shift", [None])[0]
        name = _plain(line.cells[column]) if column is not None else ""
        fits = [s for s in there if name and (name in {_plain(s.name), _plain(s.span)} or _plain(s.name) in name)]
        if len(fits) == 1:
            return fits[0]
        if not name and len(there) == 1:
            return there[0]
        names = "、".join(s.name for s in there)
        line.faults[day_column if column is None else column] = (
            f"不知道是 {line.day} 的哪一班", f"这天有：{names}"
        )  # fmt: skip
        return None

    def _position(self, line: Line, shift: KnownShift, position: Position) -> None:
        at = self.columns.get(position)
        if not at:
            return
        seats, found = list(shift.seats.get(position, ())), []
        for column in at:
            tails = re.findall(r"\d{4}(?!\d)", line.cells[self._phones[column]]) if column in self._phones else []
            for index, word in enumerate(_names(line.cells[column])):
                person = self._person(line, column, word, tails[index] if index < len(tails) else "")
                if person is not None:
                    found.append(person)
        if len(found) > len(seats):
            line.faults[at[0]] = (
                f"这一班要 {len(seats)} 个{position.label}，写了 {len(found)} 个",
                "去掉多的，或改这张表要的人数",
            )
        if len(set(found)) < len(found):
            line.faults[at[0]] = ("同一个人写了两遍", "一个人一班只写一次")
        if not any(column in line.faults for column in at):
            line.seats |= dict(zip(seats, [*found, *[None] * len(seats)], strict=False))

    def _person(self, line: Line, column: int, word: str, tail: str) -> UUID | None:
        digits = "".join(re.findall(r"\d", word))
        tail = digits[-4:] or tail
        name = _DIGITS.sub("", word).strip()
        there = self._people.get(_plain(name), [])
        fits = [one for one in there if one.tail == tail] if len(there) > 1 and tail else there
        if len(fits) == 1:
            return fits[0].id
        if there:
            line.faults[column] = (f"有 {len(there)} 个「{name}」", "在姓名后面写上手机后四位")
        else:
            near = "、".join(one[0].name for key, one in self._people.items() if key[:1] == _plain(name)[:1])
            expected = f"是不是 {near}" if near else "先把他加进轮值的人，再导入"
            line.faults[column] = (f"「{name}」不在轮值的人里", expected)
        return None


def _names(cell: str) -> list[str]:
    """Return the names in a cell; a line for an empty seat (— or 无) is no name."""
    words = [one.strip() for one in _NAMES.split(cell) if one.strip()]
    return [one for one in words if _plain(one) not in {"-", "—", "–", "无", "空", "/"}]

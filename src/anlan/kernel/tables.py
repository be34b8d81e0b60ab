"""Reads tables as offices keep them (CSV, XLSX), and writes them: titles above the header, merged cells, any encoding.

Whatever is malformed, too large or a bomb raises `authority.Invalid`, which names the row and column where it can.
"""

import codecs
import csv
import datetime as dt
import io
import math
import re
import zipfile
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter, range_boundaries

from anlan.kernel.authority import Invalid


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may weigh. Sizes in bytes, a cell in characters (32,767 is Excel's own limit)."""

    file: int = 64 * 2**20
    unpacked: int = 512 * 2**20
    ratio: int = 150
    rows: int = 400_000
    columns: int = 200
    cell: int = 32_767
    members: int = 2_000


LIMITS = Limits()
MERGED_CELLS = 5_000_000
HEADER_WITHIN = 20  # rows at the top among which the header is looked for
_DOCTYPES = tuple("<!DOCTYPE".encode(code) for code in ("ascii", "utf-16-le", "utf-16-be"))
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row with something in it; `number` is the one the office sees in its own program (1 = the top)."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A header and its rows, every cell a stripped string, every row as wide as the header."""

    header: tuple[str, ...]
    rows: list[Row]
    header_row: int = 1
    encoding: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    titles: tuple[str, ...] = field(default=())  # what stood above the header

    def records(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield (row number, {column: cell}); of columns with the same name the first that is filled wins."""
        for row in self.rows:
            record: dict[str, str] = {}
            for name, cell in zip(self.header, row.cells, strict=True):
                if name and not record.get(name):
                    record[name] = cell
            yield row.number, record


def read_table(
    source: bytes | BinaryIO,
    name: str = "",
    *,
    known: Collection[str] = (),
    sheet: str | None = None,
    limits: Limits = LIMITS,
) -> Table:
    """Read a CSV or XLSX file, told apart by content.

    `known` holds column names that the caller understands: the row among the first twenty that has most of them is the
    header. Merged cells give their value to every cell they cover; a header of two rows becomes "A岗 姓名".
    """
    content = source if isinstance(source, bytes) else source.read(limits.file + 1)
    if len(content) > limits.file:
        raise Invalid({"file": f"文件超过 {limits.file // 2**20} MB，请拆分后再导入"})
    if not content.strip():
        raise Invalid({"file": "文件是空的"})
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Invalid({"file": "这是旧版 .xls 或加密的表格，请另存为不加密的 .xlsx 或 .csv"})
    grid = _read_xlsx(content, sheet, limits) if content.startswith(b"PK") else _read_csv(content, limits)
    return _shape(grid, name, known)


@dataclass(slots=True)
class _Grid:
    """Raw rows by number, and merged ranges as (first column, first row, last column, last row), 1-based."""

    rows: list[tuple[int, list[str]]]
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    encoding: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()


# --- CSV


def decode(content: bytes) -> tuple[str, str]:
    """Return the text and its encoding: a byte order mark, else UTF-16 by its zeros, else UTF-8, else GB18030."""
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return _strictly(content, encoding), encoding
    head = content[:4096]
    if len(head) >= 4 and head.count(0) > len(head) // 5:
        odd = head[1::2].count(0) >= head[0::2].count(0)
        encoding = "utf-16-le" if odd else "utf-16-be"
        return _strictly(content, encoding), encoding
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _strictly(content, "gb18030"), "gb18030"


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Invalid(
            {"file": f"第 {line} 行的文字不是 UTF-8、GB18030（GBK）或 UTF-16 编码，请用表格软件另存为 UTF-8 的 CSV"}
        ) from error


def _read_csv(content: bytes, limits: Limits) -> _Grid:
    text, encoding = decode(content)
    nul = text.find("\0")
    if nul >= 0:
        line = text.count("\n", 0, nul) + 1
        raise Invalid({"file": f"第 {line} 行有空字符（NUL），文件已损坏或不是表格"})
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=False)
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                _check(reader.line_num, cells, len(rows), limits)
                rows.append((reader.line_num, cells))
    except csv.Error as error:
        where = reader.line_num + 1
        raise Invalid({"file": f"第 {where} 行无法读取：引号未闭合或单元格过长（最多 {limits.cell} 字）"}) from error
    return _Grid(rows, encoding=encoding)


def _delimiter(text: str) -> str:
    """Return the mark by which most of the first lines fall into one and the same number of columns."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:HEADER_WITHIN]

    def agreeing(mark: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=mark) if len(row) > 1)
        width, count = max(widths.items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))
        return count, width

    return max((",", "\t", ";", "|"), key=agreeing)


def _check(number: int, cells: Sequence[str], seen: int, limits: Limits) -> None:
    if seen >= limits.rows:
        raise Invalid({"file": f"超过 {limits.rows} 行，请拆分后再导入"})
    filled = max((i for i, cell in enumerate(cells, 1) if cell), default=0)
    if filled > limits.columns:
        raise Invalid({"file": f"第 {number} 行有 {filled} 列，最多 {limits.columns} 列；请检查分隔符"})
    for column, cell in enumerate(cells, 1):
        if len(cell) > limits.cell:
            raise Invalid(
                {"file": f"第 {number} 行 {get_column_letter(column)} 列有 {len(cell)} 字，一格最多 {limits.cell} 字"}
            )


# --- XLSX


def _read_xlsx(content: bytes, sheet: str | None, limits: Limits) -> _Grid:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            _defuse(package, len(content), limits)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        try:
            return _read_sheet(book, content, sheet, limits)
        finally:
            book.close()
    except Invalid:
        raise
    except Exception as error:  # the readers trip over a malformed file in any way they like; all of it is bad input
        raise Invalid(
            {"file": f"不是完好的 .xlsx 文件（{type(error).__name__}），请用表格软件打开后另存一次"}
        ) from error


def _defuse(package: zipfile.ZipFile, size: int, limits: Limits) -> None:
    """Refuse bombs before anything is unpacked; zipfile never unpacks more than a member declares."""
    members = package.infolist()
    total = sum(m.file_size for m in members)
    if len(members) > limits.members or total > limits.unpacked:
        raise Invalid({"file": f"压缩包展开后有 {total // 2**20} MB、{len(members)} 个文件，不是正常的表格"})
    for member in members:
        if member.file_size > 2**20 and member.file_size > limits.ratio * max(member.compress_size, 1):
            raise Invalid({"file": f"{member.filename} 压缩比异常，疑似压缩炸弹，已拒绝"})
        if member.flag_bits & 1:
            raise Invalid({"file": "文件有密码，请取消加密后再导入"})
        if member.filename.endswith((".xml", ".rels")):
            with package.open(member) as part:
                head = part.read(8192)
            if any(mark in head for mark in _DOCTYPES):
                raise Invalid({"file": f"{member.filename} 含有 DOCTYPE 声明，已拒绝"})
    if total > limits.ratio * max(size, 2**20):
        raise Invalid({"file": "压缩比异常，疑似压缩炸弹，已拒绝"})


def _read_sheet(book: Workbook, content: bytes, sheet: str | None, limits: Limits) -> _Grid:
    names = tuple(book.sheetnames)
    if sheet is not None and sheet not in names:
        raise Invalid({"sheet": f"没有名为「{sheet}」的工作表；有：{'、'.join(names)}"})
    visible = [ws for ws in book.worksheets if getattr(ws, "sheet_state", "visible") == "visible"] or book.worksheets
    if not visible:
        raise Invalid({"file": "文件里没有工作表"})
    page = book[sheet] if sheet else visible[0]
    page.reset_dimensions()  # a declared size is a claim, not a fact
    rows: list[tuple[int, list[str]]] = []
    for number, values in enumerate(page.iter_rows(values_only=True), 1):
        cells = [_text(value) for value in values]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            _check(number, cells, len(rows), limits)
            rows.append((number, cells))
    path = str(getattr(page, "_worksheet_path", ""))
    return _Grid(rows, _merged(content, path, limits), sheet=page.title, sheets=names)


def _merged(content: bytes, path: str, limits: Limits) -> list[tuple[int, int, int, int]]:
    """Find merged ranges in the sheet's tail: read-only openpyxl leaves them out, and they stand after the data."""
    tail = b""
    with zipfile.ZipFile(io.BytesIO(content)) as package, package.open(path.lstrip("/")) as part:
        while chunk := part.read(2**20):
            tail = (tail + chunk)[-(2**22) :]
    found = re.findall(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"', tail)
    ranges = [cast("tuple[int, int, int, int]", range_boundaries(ref.decode())) for ref in found]
    return [box for box in ranges if box[2] <= 2 * limits.columns]


def _text(value: object) -> str:
    """Show a cell as the office sees it: whole numbers without a point, dates as ISO, no invisible characters."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return str(value).replace("\u200b", "").replace("\ufeff", "").replace("\u3000", " ").replace("\xa0", " ").strip()


# --- header and rows


def _squeeze(name: str) -> str:
    return re.sub(r"\s+", "", name).strip("*＊:：")


def _shape(grid: _Grid, name: str, known: Collection[str]) -> Table:
    _spread(grid)
    if not grid.rows:
        raise Invalid({"file": f"{name or '文件'}里没有内容"})
    wanted = {_squeeze(word).casefold() for word in known}
    top = grid.rows[:HEADER_WITHIN]
    scores = [_score(cells, wanted) for _, cells in top]
    first = max(range(len(top)), key=lambda i: (scores[i], -i))
    number = top[first][0]
    last, header = _deepen(grid, first, number)
    if not any(header):
        raise Invalid({"file": "找不到表头：首行应是各列的名称"})
    body = grid.rows[last + 1 :]
    titled = max(i for i, title in enumerate(header, 1) if title)
    width = max(titled, max((i for _, line in body for i, c in enumerate(line, 1) if c and i > titled), default=0))
    # cells to the right of the header are kept under a name of their own: nothing is dropped
    header = header[:titled] + [f"第 {i} 列" for i in range(titled + 1, width + 1)]
    rows = [Row(row, tuple(line[:width]) + ("",) * (width - len(line))) for row, line in body]
    titles = tuple(next((c for c in line if c), "") for _, line in grid.rows[:first])
    return Table(
        header=tuple(header),
        rows=[row for row in rows if any(row.cells)],
        header_row=number,
        encoding=grid.encoding,
        sheet=grid.sheet,
        sheets=grid.sheets,
        titles=titles,
    )


def _score(cells: Sequence[str], wanted: set[str]) -> tuple[int, int]:
    names = {_squeeze(cell).casefold() for cell in cells if cell}
    if wanted:
        return len(names & wanted), 0
    wordy = {n for n in names if n and not re.fullmatch(r"[\d.\-/: ]+", n)}
    return 0, 1 if len(wordy) > 1 and len(wordy) == len(names) else 0


def _spread(grid: _Grid) -> None:
    """Give a merged range's value to every cell it covers."""
    by_number = dict(grid.rows)
    numbers = [number for number, _ in grid.rows]
    covered = 0
    for left, upper, right, lower in grid.merged:
        source = by_number.get(upper, [])
        value = source[left - 1] if left <= len(source) else ""
        if not value:
            continue
        within = numbers[bisect_left(numbers, upper) : bisect_right(numbers, lower)]
        covered += len(within) * (right - left + 1)
        if covered > MERGED_CELLS:
            raise Invalid({"file": f"合并单元格超过 {MERGED_CELLS} 格，请取消合并后再导入"})
        for number in within:
            cells = by_number[number]
            cells.extend([""] * (right - len(cells)))
            cells[left - 1 : right] = [cells[i] or value for i in range(left - 1, right)]


def _deepen(grid: _Grid, first: int, number: int) -> tuple[int, list[str]]:
    """Return the index of the header's last row and its names, two rows joined where cells are merged in them."""
    tall = max((low for _, up, _, low in grid.merged if up <= number < low and low - up < 4), default=number)
    wide = any(up == number and right > left for left, up, right, _ in grid.merged)
    high = min((up for _, up, _, low in grid.merged if up < number <= low and low - up < 4), default=number)
    bottom = max(tall, number + 1 if wide and tall == number and high == number else number)
    lines = [(n, line) for n, line in grid.rows if min(high, number) <= n <= bottom]
    width = max(len(line) for _, line in lines)
    names = []
    for column in range(width):
        parts: list[str] = []
        for _, line in lines:
            part = re.sub(r"\s+", " ", line[column]).strip("*＊:： ") if column < len(line) else ""
            if part and part not in parts:
                parts.append(part)
        names.append(" ".join(parts))
    return first + sum(1 for n, _ in lines if n > number), names


# --- writing


def _safe(value: object) -> object:
    """Keep a text from being run as a formula by the program that opens it."""
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("", value)
        return "'" + value if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None)
    return value


def to_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a CSV with a byte order mark, so that every Chinese spreadsheet program reads it as UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([["" if v is None else _safe(v) for v in row] for row in rows])
    return codecs.BOM_UTF8 + out.getvalue().encode()


def to_xlsx(header: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "表") -> bytes:
    """Return a workbook of one sheet; datetimes are written as given, without their zone."""
    return to_workbook([(title, header, rows)])


def to_workbook(sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[object]]]]) -> bytes:
    """Return a workbook of several sheets, each (title, header, rows)."""
    book = Workbook(write_only=True)
    for title, header, rows in sheets:
        page = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31])
        page.append(list(header))
        for row in rows:
            page.append([_safe(v) for v in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()

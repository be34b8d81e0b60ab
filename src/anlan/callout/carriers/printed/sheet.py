"""Call lists on paper, for when the network is gone: A4, by place, a box to tick, room to write who was reached.

Chinese needs a font: the TTF or TTC named in `font` is embedded; without one the sheet names Adobe's standard
STSong-Light, which every reader with Asian language support has and which adds nothing to the file.
"""

import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from reportlab.lib.colors import Color, black
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

STANDARD = "STSong-Light"
FOUND = (  # TrueType outlines only: reportlab embeds no PostScript outlines, as most Noto CJK files have
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
)
GREY = Color(0.35, 0.35, 0.35)
LEFT, RIGHT, TOP, BOTTOM = 15 * mm, A4[0] - 15 * mm, A4[1] - 14 * mm, 15 * mm
ROW = 8.4 * mm


@dataclass(frozen=True, slots=True)
class Row:
    """One person to call or to knock for. `group` heads the block they stand in, `phone` as it may be shown."""

    group: str
    name: str
    post: str
    phone: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """The words on the sheet, so that it prints in the reader's language.

    `columns` are the six heads: number, name, post, phone, reached at, by whom.
    """

    title: str
    subtitle: str
    columns: tuple[str, str, str, str, str, str]
    footer: str
    page: str  # with {page} and {pages}
    people: str  # with {count}
    again: str  # after a group's name where it goes on overleaf
    empty: str


@dataclass(frozen=True, slots=True)
class Column:
    """Where a column starts, how wide it is, in points."""

    x: float
    width: float


_WIDTHS = (9, 24, 64, 33, 22, 28)  # millimetres; together 180


def _columns() -> list[Column]:
    made, x = [], LEFT
    for width in _WIDTHS:
        made.append(Column(x, width * mm))
        x += width * mm
    return made


@lru_cache(maxsize=8)
def register(font: str = "") -> str:
    """Register a font for Chinese and return its name. A configured file that is no TrueType raises TTFError."""
    for path in (font,) if font else FOUND:
        if not font and not Path(path).is_file():
            continue
        name = f"anlan-{Path(path).stem}"
        try:
            pdfmetrics.registerFont(TTFont(name, path))
        except TTFError:
            if font:
                raise
            continue
        return name
    pdfmetrics.registerFont(UnicodeCIDFont(STANDARD))
    return STANDARD


def fit(text: str, font: str, size: float, width: float) -> str:
    """Cut a text to a width in points, with … where it was cut."""
    if pdfmetrics.stringWidth(text, font, size) <= width:
        return text
    while text and pdfmetrics.stringWidth(text + "…", font, size) > width:
        text = text[:-1]
    return text + "…"


def _blocks(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    for name, members in groupby(rows, key=lambda r: r.group):
        yield name, list(members)


def _pages(rows: Sequence[Row]) -> list[list[tuple[str, Row | None, int]]]:
    """Lay rows on pages: a line is (group, row or None for the group's head, its number or the group's size)."""
    room = int((TOP - BOTTOM - 34 * mm) // ROW)
    pages: list[list[tuple[str, Row | None, int]]] = [[]]
    number = 0
    for name, members in _blocks(rows):
        if room - len(pages[-1]) < 3:  # a head never stands alone at the foot
            pages.append([])
        pages[-1].append((name, None, len(members)))
        for row in members:
            if len(pages[-1]) >= room:
                pages.append([(name, None, -1)])
            number += 1
            pages[-1].append((name, row, number))
    return pages


def render(rows: Sequence[Row], words: Words, *, at: dt.datetime, font: str = "") -> bytes:
    """Return the PDF. Rows stand in the order given; `at` is printed as the time of the sheet, to the second."""
    face = register(font)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=True, pageCompression=1)
    canvas.setTitle(words.title)
    canvas.setCreator("Anlan")
    pages = _pages(rows)
    for index, page in enumerate(pages, 1):
        _head(canvas, face, words)
        y = TOP - 30 * mm
        if not rows:
            canvas.setFont(face, 11)
            canvas.drawString(LEFT, y, words.empty)
        for group, row, number in page:
            y = _group(canvas, face, words, group, number, y) if row is None else _line(canvas, face, row, number, y)
        canvas.setFont(face, 8)
        canvas.setFillColor(GREY)
        canvas.drawString(LEFT, BOTTOM - 6 * mm, f"{words.footer}　{at:%Y-%m-%d %H:%M:%S}")
        canvas.drawRightString(RIGHT, BOTTOM - 6 * mm, words.page.format(page=index, pages=len(pages)))
        canvas.setFillColor(black)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _head(canvas: Canvas, face: str, words: Words) -> None:
    canvas.setFont(face, 15)
    canvas.drawString(LEFT, TOP - 4 * mm, fit(words.title, face, 15, RIGHT - LEFT))
    canvas.setFont(face, 9.5)
    canvas.setFillColor(GREY)
    canvas.drawString(LEFT, TOP - 10.5 * mm, fit(words.subtitle, face, 9.5, RIGHT - LEFT))
    y = TOP - 19 * mm
    for column, head in zip(_columns(), words.columns, strict=True):
        canvas.drawString(column.x, y, head)
    canvas.setFillColor(black)
    canvas.setLineWidth(1.2)
    canvas.line(LEFT, y - 2.2 * mm, RIGHT, y - 2.2 * mm)


def _group(canvas: Canvas, face: str, words: Words, name: str, size: int, y: float) -> float:
    canvas.setFont(face, 10.5)
    canvas.drawString(LEFT, y, fit(name, face, 10.5, 130 * mm))
    canvas.setFont(face, 9)
    canvas.setFillColor(GREY)
    canvas.drawRightString(RIGHT, y, words.again if size < 0 else words.people.format(count=size))
    canvas.setFillColor(black)
    canvas.setLineWidth(0.8)
    canvas.line(LEFT, y - 2 * mm, RIGHT, y - 2 * mm)
    return y - ROW


def _line(canvas: Canvas, face: str, row: Row, number: int, y: float) -> float:
    columns = _columns()
    canvas.setFont(face, 9)
    canvas.setLineWidth(0.7)
    canvas.rect(columns[0].x, y - 0.6 * mm, 3.4 * mm, 3.4 * mm)
    canvas.setFont(face, 10.5)
    canvas.drawString(columns[1].x, y, fit(row.name, face, 10.5, columns[1].width - 6))
    canvas.setFont(face, 9)
    post = f"{row.post}　{row.note}" if row.note else row.post
    canvas.drawString(columns[2].x, y, fit(post, face, 9, columns[2].width - 6))
    canvas.setFont(face, 10.5)
    canvas.drawString(columns[3].x, y, fit(row.phone, face, 10.5, columns[3].width - 4))
    canvas.setFont(face, 7)
    canvas.setFillColor(GREY)
    canvas.drawString(columns[0].x + 4.6 * mm, y, str(number))
    canvas.setFillColor(black)
    canvas.setStrokeColor(GREY)
    canvas.setLineWidth(0.4)
    for column in columns[4:]:
        canvas.line(column.x, y - 0.8 * mm, column.x + column.width - 3 * mm, y - 0.8 * mm)
    canvas.setStrokeColor(black)
    return y - ROW

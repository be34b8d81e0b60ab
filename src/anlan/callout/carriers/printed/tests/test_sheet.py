"""WRN-03: the call list prints on A4 with every person once, by place, whatever the length of a name."""

import datetime as dt
import shutil
import subprocess

import pytest
from reportlab.pdfbase.ttfonts import TTFError

from anlan.callout.carriers.printed import sheet

WORDS = sheet.Words(
    title="叫应名单：暴雨红色预警",
    subtitle="澜江市 柳荫街道，第 2 次叫",
    columns=("", "姓名", "岗位", "电话", "几点叫到", "谁叫的"),
    footer="安澜 内部使用，用完收回",
    page="第 {page} 页，共 {pages} 页",
    people="{count} 人",
    again="接上页",
    empty="名单是空的：每个人都应了。",
)
AT = dt.datetime(2026, 7, 18, 2, 11, 5, tzinfo=dt.UTC)


def rows(count, per=7):
    return [
        sheet.Row(f"望江社区第 {i // per} 网格", f"王{i}", "网格员" * (1 + i % 12), "137****0418") for i in range(count)
    ]


def text_of(pdf, tmp_path):
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is absent")
    (tmp_path / "list.pdf").write_bytes(pdf)
    return subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "list.pdf"), "-"], check=True, capture_output=True, text=True
    ).stdout


def test_everybody_stands_on_it_once(tmp_path):
    text = text_of(sheet.render(rows(100), WORDS, at=AT), tmp_path)
    assert [f"王{i}" in text.split() for i in range(100)] == [True] * 100
    assert text.split().count("王42") == 1
    assert "2026-07-18 02:11:05" in text


def test_it_is_a4_and_numbered():
    pdf = sheet.render(rows(100), WORDS, at=AT)
    assert pdf.startswith(b"%PDF-")
    assert b"595.2756 841.8898" in pdf
    assert len(sheet._pages(rows(100))) == 5


def test_a_head_never_stands_alone_at_the_foot():
    for count in range(1, 120):
        for page in sheet._pages(rows(count, per=3)):
            assert page[-1][1] is not None


def test_every_row_is_on_some_page_in_order():
    given = rows(333, per=50)
    assert [row for page in sheet._pages(given) for _, row, _ in page if row] == given


def test_an_empty_list_says_so(tmp_path):
    assert "每个人都应了" in text_of(sheet.render([], WORDS, at=AT), tmp_path)


def test_a_long_text_is_cut_to_its_column():
    face = sheet.register()
    cut = sheet.fit("岗" * 200, face, 9, 100)
    assert cut.endswith("…")
    assert sheet.pdfmetrics.stringWidth(cut, face, 9) <= 100


def test_a_configured_file_that_is_no_font_is_refused(tmp_path):
    (tmp_path / "a.ttf").write_bytes(b"no font")
    with pytest.raises(TTFError):
        sheet.register(str(tmp_path / "a.ttf"))

"""PLC-01, TEA-01: a table is read as offices keep it, and a bad one is refused with a clear word and nothing else."""

import datetime as dt
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from anlan.kernel.authority import Invalid
from anlan.kernel.tables import Limits, read_table, to_csv, to_xlsx

TEXT = "姓名,电话,社区\n张三,13712340418,水井坊社区\n李四,,崇德里社区\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_encoding_that_offices_use(encoding):
    if encoding == "utf-16-be":
        content = b"\xfe\xff" + TEXT.encode(encoding)
    elif encoding == "utf-16-le":
        content = ("name,phone,place\n" + TEXT).encode(encoding)
        assert read_table(content).header == ("name", "phone", "place")
        return
    else:
        content = TEXT.encode(encoding)
    table = read_table(content, "名单.csv")
    assert table.header == ("姓名", "电话", "社区")
    assert [r.number for r in table.rows] == [2, 3]
    assert table.rows[0].cells == ("张三", "13712340418", "水井坊社区")


def test_rare_characters_of_gb18030_survive():
    assert read_table("姓名,字\n𠮷田,㐂\n".encode("gb18030")).rows[0].cells == ("𠮷田", "㐂")


@pytest.mark.parametrize("mark", [",", "\t", ";", "|"])
def test_delimiters(mark):
    assert read_table(TEXT.replace(",", mark).encode()).rows[1].cells == ("李四", "", "崇德里社区")


def book(rows, merges=()):
    made = Workbook()
    for row in rows:
        made.active.append(row)
    for ref in merges:
        made.active.merge_cells(ref)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_title_rows_and_a_header_of_two_rows_with_merged_cells():
    content = book(
        [
            ["锦官驿街道网格员花名册", None, None, None, None, None],
            ["填报单位：街道办", None, None, None, "2026年", None],
            ["序号", "社区", "A岗", None, "B岗", None],
            [None, None, "姓名", "电话", "姓名", "电话"],
            [1, "水井坊社区", "张三", 13712340418.0, "李四", "138 0013 8000"],
            [2, None, "王五", 13712340419, None, None],
        ],
        ["A1:F1", "A3:A4", "B3:B4", "C3:D3", "E3:F3", "B5:B6"],
    )
    table = read_table(content, "花名册.xlsx", known={"序号", "社区", "A岗"})
    assert table.header == ("序号", "社区", "A岗 姓名", "A岗 电话", "B岗 姓名", "B岗 电话")
    assert table.rows[0].cells == ("1", "水井坊社区", "张三", "13712340418", "李四", "138 0013 8000")
    assert table.rows[1].cells[:3] == ("2", "水井坊社区", "王五")
    assert [r.number for r in table.rows] == [5, 6]
    assert table.titles[0] == "锦官驿街道网格员花名册"


def test_header_is_found_without_known_words():
    content = book([["标题", None, None], ["姓名", "电话", "地址"], ["张三", 137, "x"]], ["A1:C1"])
    assert read_table(content).header == ("姓名", "电话", "地址")


def test_cells_right_of_the_header_are_kept():
    table = read_table("a名,b名\n1,2,多出来的\n".encode())
    assert table.header == ("a名", "b名", "第 3 列")
    assert table.rows[0].cells == ("1", "2", "多出来的")


def test_dates_and_numbers_as_the_office_sees_them():
    table = read_table(book([["日期", "数", "真"], [dt.date(2024, 5, 1), 3.5, True]]))
    assert table.rows[0].cells == ("2024-05-01", "3.5", "是")


def refused(content, name="x", **more):
    with pytest.raises(Invalid) as caught:
        read_table(content, name, **more)
    return str(caught.value)


def test_empty_old_and_damaged_files():
    assert "空" in refused(b"  \n ")
    assert ".xls" in refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert "完好" in refused(b"PK\x03\x04 not a zip at all")
    assert "完好" in refused(book([["a", "b"]])[:400])
    assert "NUL" in refused(b"a,b\n1,\x002\n")
    assert "编码" in refused(b"a,b\n\xff\xff\xff\xff\n")


def test_an_unclosed_quote_over_a_large_file_names_the_row():
    assert "行" in refused(b'a,b\n1,"' + b"x" * 200_000)


def test_a_cell_too_long_is_named_by_row_and_column():
    assert "第 2 行 B 列" in refused(f"a,b\n1,{'x' * 40_000}\n".encode())


def test_too_many_rows_and_columns():
    assert "行" in refused(b"a,b\n" + b"1,2\n" * 50, limits=Limits(rows=10))
    assert "列" in refused(",".join(str(i) for i in range(300)).encode())
    assert "MB" in refused(b"a,b\n1,2\n" * 200_000, limits=Limits(file=2**20))


def package(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def test_zip_bomb_is_refused_before_it_is_unpacked():
    assert "炸弹" in refused(package(**{"xl/worksheets/sheet1.xml": b" " * (60 * 2**20)}))


def test_a_member_that_declares_one_gigabyte_is_refused():
    content = bytearray(package(**{"xl/worksheets/sheet1.xml": b"<a/>"}))
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = (2**30).to_bytes(4, "little")
    assert "展开" in refused(bytes(content))


def test_entities_are_refused():
    evil = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    good = book([["a", "b"], [1, 2]])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.infolist():
            new.writestr(member.filename, evil if member.filename == "xl/theme/theme1.xml" else old.read(member))
    assert "DOCTYPE" in refused(out.getvalue())


def test_a_claimed_size_of_the_sheet_is_not_believed():
    good = book([["a", "b"], [1, 2]])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.infolist():
            text = old.read(member)
            new.writestr(member.filename, text.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"'))
    assert read_table(out.getvalue()).rows[0].cells == ("1", "2")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_give_a_table_or_invalid(content):
    for head in (b"", b"PK\x03\x04", b"\xff\xfe", b"\xef\xbb\xbf"):
        try:
            table = read_table(head + content, "x")
        except Invalid:
            continue
        assert all(len(row.cells) == len(table.header) for row in table.rows)


cells = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cf")), max_size=12)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=12))
def test_what_is_written_is_read_again(rows):
    rows = [r for r in rows if any(r) and not any(c[:1] in "=+-@'" and c for c in r)]
    for content in (to_csv(("甲", "乙"), rows), to_xlsx(("甲", "乙"), rows)):
        table = read_table(content, known=("甲", "乙"))
        assert table.header == ("甲", "乙")
        assert [r.cells for r in table.rows] == rows


def test_exports_never_run_as_formulas():
    content = to_xlsx(("甲",), [("=1+1",), ("@SUM(A1)",)])
    values = [row[0].value for row in load_workbook(io.BytesIO(content)).active]
    assert values == ["甲", "'=1+1", "'@SUM(A1)"]
    assert b"'=1+1" in to_csv(("甲",), [("=1+1",)])

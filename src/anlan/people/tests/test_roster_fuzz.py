"""TEA-01: whatever a file holds, a roster is refused with words or read row by row; nothing else happens."""

import argparse
import contextlib
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from anlan.kernel.authority import Invalid
from anlan.people import queries, rosters, services
from anlan.people.models import Person, Post
from anlan.web.commands import import_data

CELL = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["网格员", "第三网格", "竹苑社区", "13812345678", "138 1234 5678", "A", "B岗", "灾害信息员、志愿者", ""]
    ),
)
HEADER = st.lists(st.sampled_from([*sorted(rosters.KNOWN), "备注", ""]), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HEADER, st.lists(st.lists(CELL, min_size=1, max_size=9), max_size=8))
def test_any_table_is_read_row_by_row_or_refused(cast, header, rows):
    before = Person.objects.count(), Post.objects.count()
    text = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in [header, *rows])
    try:
        batch = services.read_roster(
            text.encode("utf-8", "ignore"), "x.csv", place_path=cast.places.street.path, by=cast.street.actor
        )
    except Invalid as error:
        refused = error.errors
    else:
        refused = {}
    if refused:
        assert all(refused.values())
        return
    assert sum(batch.counts.values()) == queries.list_rows(batch).count() > 0
    for row in queries.list_rows(batch, "fault"):
        assert all(len(fault) == 2 and all(fault) for fault in row.faults.values())
    assert (Person.objects.count(), Post.objects.count()) == before


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_read(cast, content):
    for head in (b"", b"PK\x03\x04", "姓名,电话\n".encode()):
        with contextlib.suppress(Invalid):
            services.read_roster(head + content, "x", place_path=cast.places.street.path, by=cast.street.actor)
    assert Person.objects.count() == 9


def test_a_sheet_with_everything_wrong_says_so_for_each_row(cast):
    book = Workbook()
    book.active.append(["姓名", "电话", "岗位", "网格"])
    for line in (["", 1, "网格员", "第三网格"], ["甲" * 90, 13800000001, "网格员", "第三网格"],
                 ["乙", "1.38E+10", "网格员", "第三网格"], ["丙", 13800000003, "皇帝", "第三网格"],
                 ["丁", 13800000004, "网格员", "月亮"], ["戊", 13712340418, "网格员", "第三网格"]):  # fmt: skip
        book.active.append(line)
    out = io.BytesIO()
    book.save(out)
    batch = services.read_roster(out.getvalue(), "x.xlsx", place_path=cast.places.street.path, by=cast.street.actor)
    assert [sorted(row.faults) for row in queries.list_rows(batch)] == [
        ["name", "phone"], ["name"], ["phone"], ["role"], ["grid"], ["phone"]
    ]  # fmt: skip
    services.import_roster(batch.id, by=cast.street.actor)
    assert not Person.objects.filter(name__in=["乙", "丙", "丁", "戊"]).exists()


@pytest.mark.parametrize(("extra", "code", "made"), [(["--dry-run"], 1, 0), ([], 1, 0), (["--good"], 1, 1)])
def test_the_command_line_brings_a_roster_in(cast, tmp_path, capsys, extra, code, made):
    file = tmp_path / "名册.csv"
    file.write_text(
        "姓名,电话,岗位,网格\n命令甲,13911110001,志愿者,第三网格\n命令乙,139,志愿者,第三网格\n", encoding="gbk"
    )
    parser = argparse.ArgumentParser()
    import_data.arguments(parser)
    args = parser.parse_args(["roster", str(file), "--under", cast.places.street.path, *extra])
    assert import_data.run(args) == code
    assert "第 3 行" in capsys.readouterr().out
    assert Person.objects.filter(name__startswith="命令").count() == made

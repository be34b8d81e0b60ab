"""HZD-14, HZD-04: the library of typical hazards and the checklists, as they are laid down and read."""

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.utils import translation

from anlan.hazards import checklist_rows, kind_rows, starting_library, terms
from anlan.hazards.models import ChecklistVersion, Item, KindRow
from anlan.hazards.queries import library
from anlan.hazards.terms.inspections import KIND_NAMES, NINE_SMALL

pytestmark = pytest.mark.django_db


def test_the_starting_library_is_whole():
    """HZD-14: sixty kinds and more over every trade, each with how to tell, advice, limit and who rectifies."""
    found = library.kinds()
    assert len(found) >= 60
    assert {one.trade for one in found} == set(terms.Trade)
    assert not [one.code for one in found if not (one.signs and one.advice and one.responsible)]
    lists = library.checklists()
    assert len(lists) >= 12
    counts = {v.checklist.code: 0 for v in lists}
    codes = {one.code for one in found}
    for one in library.items(v.id for v in lists):
        counts[one.version.checklist.code] += 1
        assert one.kind in codes
        assert one.how
        assert one.advice
    assert all(8 <= count <= 25 for count in counts.values()), counts


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("三楼窗户拉电线下来飞线充电", "ev-wire"), ("楼道堵了", "corridor-clutter"), ("电瓶车上楼", "ev-indoor"),
        ("楼下消防通道停车了", "fire-lane"), ("路口井盖没了", "manhole"), ("煤气罐放卧室", "gas-bottle"),
        ("闻到煤气味", "gas-leak"), ("墙皮掉下来了", "facade"), ("下雨积水很深", "waterlog"),
        ("后门锁死打不开", "exit-locked"), ("灭火器过期", "extinguisher"), ("山坡裂缝变大", "slope"),
        ("今天天气不错", ""), ("", ""),
    ],
)  # fmt: skip
def test_plain_words_find_the_kind(text, code):
    """HZD-14: the words people use lead to the kind."""
    assert library.guess(text) == code


def test_eight_tiles_and_the_last_is_something_else():
    """HZD-01: one tap says what it is; what is happening right now goes the incident's way."""
    tiles = library.quick()
    assert [str(t.name) for t in tiles] == [
        "积水、漫水", "电线落地、漏电", "树倒、掉东西", "墙和坡开裂", "人被困、受伤", "起火、冒烟", "楼道堵了", "别的",
    ]  # fmt: skip
    assert [t.door for t in tiles].count("incidents.report") == 2
    assert library.kind(tiles[-1].code)


def test_reading_asks_once_whatever_is_looked_up(django_assert_num_queries):
    library.kinds()
    with django_assert_num_queries(1):
        assert library.kind("ev-wire").name == "飞线充电"
    with django_assert_num_queries(1):
        assert library.kind_names(["ev-wire", "manhole"]).keys() == {"ev-wire", "manhole"}
    with django_assert_num_queries(4):
        pack = library.for_pack(["1"])
    assert len(pack["checklists"]) == len(library.checklists())
    assert pack["checklists"][0]["items"][0]["question"]


def test_checklists_by_object_and_line():
    assert {v.checklist.code for v in library.checklist_for("small_food")} == {"food", "gas"}
    assert {v.checklist.code for v in library.checklist_for("small_food", line="市场监管")} == {"food"}
    assert {v.checklist.code for v in library.checklist_for("small_food", own=True)} == {"food"}
    assert library.checklist_for("no-such-kind") == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE hazards_item SET question = 'x' WHERE id = %(item)s",
        "DELETE FROM hazards_item WHERE id = %(item)s",
        "UPDATE hazards_checklist_version SET standard = 'x' WHERE id = %(version)s",
        "UPDATE hazards_checklist_version SET published_at = NULL WHERE id = %(version)s",
        "DELETE FROM hazards_checklist_version WHERE id = %(version)s",
        "UPDATE hazards_kind SET grade = 'major' WHERE code = 'ev-wire'",
        "DELETE FROM hazards_kind WHERE code = 'ev-wire'",
        """INSERT INTO hazards_item (id, version_id, position, section, code, question, how, basis, advice, kind, grade,
        "limit", professional) VALUES (gen_random_uuid(), %(version)s, 99, '', 'n', 'n', '', '', '', '', 'general',
        'd7', false)""",
    ],
)
def test_what_is_published_is_frozen_by_the_database(sql):
    """HZD-04: raw SQL too: a result stays tied to what was checked."""
    item = Item.objects.first()
    values = {"item": item.id, "version": item.version_id}
    with pytest.raises(IntegrityError, match="published"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_our_files_come_back_as_they_went():
    """HZD-14: what is exported is read again as the same."""
    rows = [kind_rows.cells(library.values(one)) for one in library.kinds()]
    head = list(kind_rows.TITLES.values())
    text = "\n".join(",".join(f'"{c}"' for c in row) for row in [head, *rows])
    table = starting_library.read_table(text.encode(), known=kind_rows.KNOWN)
    lines = kind_rows.read(table)
    assert not [line.faults for line in lines if line.faults]
    assert [line.values for line in lines] == [library.values(one) for one in library.kinds()]


def test_the_nine_small_places_are_covered():
    kinds_of_objects = {code for v in ChecklistVersion.objects.all() for code in v.checklist.object_kinds}
    assert kinds_of_objects >= set(NINE_SMALL)
    assert list(checklist_rows.OBJECTS.values()) == list(KIND_NAMES)
    with translation.override("zh-hans"):
        assert list(checklist_rows.OBJECTS) == [str(name) for name in KIND_NAMES.values()]
    assert KindRow.objects.filter(version=1).count() == KindRow.objects.count()

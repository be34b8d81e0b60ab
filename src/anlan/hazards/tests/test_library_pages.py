"""HZD-04, HZD-14: the handbook and the editor of checklists through the door."""

import io

import pytest
from django.db import IntegrityError, connection, transaction
from openpyxl import load_workbook

from anlan.fieldwork.tests.workbooks import book
from anlan.hazards.checklist_rows import ITEM_FIELDS
from anlan.hazards.models import Answer, ChecklistVersion, KindRow
from anlan.hazards.queries import library
from anlan.hazards.services import checklists, library_sheets
from anlan.hazards.services import library as services
from anlan.hazards.tests import inspecting
from anlan.kernel.authority import Conflict, Invalid, Refused


def test_everybody_who_may_report_reads_the_handbook(cast):
    """HZD-14: found by what people call it; picture, words, what to do."""
    grid = cast.client("grid")
    page = grid.get("/hazards/kinds", {"q": "楼道堵了"}).content.decode()
    assert page.index("楼道堆物") < page.index("lib__words")
    one = grid.get("/hazards/kinds/ev-wire").content.decode()
    assert "怎么认" in one
    assert "拔下插头" in one
    assert "改草稿" not in one
    assert grid.get("/hazards/kinds/new").status_code == 403
    assert grid.get("/hazards/kinds/no-such").status_code == 404
    assert cast.client("nobody").get("/hazards/kinds").status_code == 403


def test_a_kind_is_drafted_looked_at_and_published(cast):
    """HZD-14: a new version leaves the old one as it was; wrong role refused; twice is once."""
    city = cast.client("city")
    form = dict(zip(library.FIELDS, library.kind_cells(library.kind("ev-wire")), strict=True)) | {"limit": "24小时"}
    bad = city.post("/hazards/kinds/ev-wire/edit", form | {"words": "", "codes": "乱写"})
    assert bad.status_code == 422
    assert "一句话是空的" in bad.content.decode()
    assert "24小时" in bad.content.decode()
    city.post("/hazards/kinds/ev-wire/edit", form)
    assert library.kind("ev-wire").limit == "at_once"
    page = city.get("/hazards/kinds/ev-wire").content.decode()
    assert "<del>立即</del>" in page
    city.post("/hazards/kinds/ev-wire/publish")
    assert (library.kind("ev-wire").version, library.kind("ev-wire").limit) == (2, "h24")
    assert library.kind("ev-wire", 1).limit == "at_once"
    assert city.post("/hazards/kinds/ev-wire/publish").status_code == 404
    with pytest.raises(Refused):
        services.retire_kind("ev-wire", by=cast.street.actor)
    services.retire_kind("ev-wire", by=cast.city.actor)
    assert library.guess("飞线充电") != "ev-wire"
    assert library.kind("ev-wire").name == "飞线充电"
    services.restore_kind("ev-wire", by=cast.city.actor)
    assert library.guess("飞线充电") == "ev-wire"
    with pytest.raises(Conflict):
        services.retire_kind("keypoint-other", by=cast.city.actor)


def test_a_tile_belongs_to_one_kind(cast):
    by = cast.city.actor
    values = library.values(library.kind("manhole")) | {"quick": 1, "tile": "井盖"}
    services.draft_kind(values, by=by)
    with pytest.raises(Invalid, match="第 1 格"):
        services.publish_kind("manhole", by=by)


def test_a_file_of_kinds_is_looked_at_then_drafted(cast):
    """HZD-14: out and in again; each fault by its row and field; the rest goes in; twice is once."""
    city = cast.client("city")
    book = load_workbook(io.BytesIO(city.get("/hazards/kinds.xlsx").content))
    sheet = book.active
    at = {row[0].value: row[0].row for row in sheet.iter_rows()}
    sheet.cell(at["ev-wire"], 3, "消防队")  # no such trade
    sheet.cell(at["ev-indoor"], 10, "24小时")
    sheet.append(["my-own", "自己的", "消防", "一句", "认", "", "办", "", "一般", "7天"])
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    out.name = "库.xlsx"
    at = city.post("/hazards/kinds/import", {"file": out})["Location"]
    page = city.get(at).content.decode()
    assert "「消防队」看不懂" in page
    assert "新增 1" in page
    assert "有错 1" in page
    assert not KindRow.objects.filter(code="my-own").exists()
    city.post(at, {"act": "apply"})
    city.post(at, {"act": "apply"})
    assert {one.code for one in KindRow.objects.filter(published_at=None)} == {"ev-indoor", "my-own"}
    city.post("/hazards/kinds/all/publish")
    assert library.kind("my-own").version == 1
    empty = city.post("/hazards/kinds/import")
    assert empty.status_code == 422
    assert "还没有选文件" in empty.content.decode()


def test_a_checklist_is_edited_as_a_draft_and_published(cast):
    """HZD-04: add, move, change, remove without scripts; the published version stays; differences are told."""
    city = cast.client("city")
    old = library.checklist_for("charging")[0]
    at = city.post(f"/hazards/checklists/versions/{old.id}/draft")["Location"]
    draft = ChecklistVersion.objects.get(published_at=None)
    assert city.post(f"/hazards/checklists/versions/{old.id}/draft")["Location"] == at
    items = library.items([draft.id])
    one = f"/hazards/checklists/versions/{draft.id}/items"
    assert city.post(f"{one}/new", {"question": ""}).status_code == 422
    city.post(f"{one}/new", {"question": "有没有消防沙？", "kind": "ev-charger"})
    city.post(f"{one}/{items[0].id}", {"question": "离住宅门窗够远？", "kind": "ev-charger", "section": "位置"})
    city.post(f"{one}/{items[2].id}/up")
    city.post(f"{one}/{items[4].id}/remove")
    now = library.items([draft.id])
    assert [i.position for i in now] == list(range(1, len(now) + 1))
    assert now[1].id == items[2].id
    assert now[-1].basis == library.kind("ev-charger").basis
    assert now[-1].code == "charge-11"
    page = city.get(at, {"view": "changes"}).content.decode()
    for word in ("新增", "改了", "换了位置", "去掉"):
        assert word in page
    grid = cast.client("grid")
    assert grid.get(at).status_code == 404
    assert grid.post(f"/hazards/checklists/versions/{draft.id}/publish").status_code == 403
    city.post(f"/hazards/checklists/versions/{draft.id}/publish")
    assert library.checklist_for("charging")[0].number == 2
    assert len(library.items([old.id])) == 10
    with pytest.raises(Conflict):
        checklists.remove_item(draft.id, now[0].id, by=cast.city.actor)
    assert grid.get(at).status_code == 200
    assert "paper__box" in grid.get(f"{at}/print").content.decode()


def test_a_checklist_goes_out_and_comes_back(cast):
    """HZD-04: the exported file read again is the same; a faulty row keeps the whole list out."""
    city = cast.client("city")
    version = library.checklist_for("geology")[0]
    got = city.get(f"/hazards/checklists/versions/{version.id}.xlsx").content
    sheet = library_sheets.read_lists(got, "地灾.xlsx", by=cast.city.actor)
    assert [one["state"] for one in sheet.body["lists"]] == ["same"]
    book = load_workbook(io.BytesIO(got))
    book.active["N3"] = "没有这一类"
    out = io.BytesIO()
    book.save(out)
    sheet = library_sheets.read_lists(out.getvalue(), "地灾.xlsx", by=cast.city.actor)
    assert sheet.body["lists"][0]["state"] == "fault"
    assert "没有这一类" in city.get(f"/hazards/sheets/{sheet.id}").content.decode()
    assert library_sheets.apply(sheet.id, by=cast.city.actor).counts == {"made": 0}
    made = library_sheets.read_lists(
        city.get("/hazards/checklists/template.xlsx").content, "模板.xlsx", by=cast.city.actor
    )
    library_sheets.apply(made.id, by=cast.city.actor)
    draft = ChecklistVersion.objects.get(checklist__code="my-list")
    assert [i.kind for i in library.items([draft.id])] == ["exit-locked", "extinguisher"]
    checklists.drop_checklist_draft(draft.id, by=cast.city.actor)
    assert not ChecklistVersion.objects.filter(checklist__code="my-list").exists()


FORM = [
    {"type": "begin_group", "name": "g", "label": "用电"},
    {"type": "select_one pf", "name": "wires", "label": "电线没有乱拉？", "hint": "看柜台下面",
     "不合格算什么": "wiring-old"},
    {"type": "select_one yn", "name": "lamp", "label": "应急灯亮？", "relevant": "${wires} = 'pass'"},
    {"type": "end_group"},
    {"type": "text", "name": "memo", "label": "还有什么"},
]  # fmt: skip
MARKS = [
    ("pf", "pass", "合格"),
    ("pf", "fail", "不合格"),
    ("pf", "na", "不适用"),
    ("yn", "1", "亮"),
    ("yn", "2", "不亮"),
]
FORM_HEAD = ["type", "name", "label", "hint", "relevant", "不合格算什么"]


def test_an_xlsform_becomes_a_checklist(cast):
    """HZD-04: groups are sections, hints how to tell; unclear choices are asked for; skip logic stays in the form."""
    city = cast.client("city")
    upload = io.BytesIO(book(FORM, MARKS, {"form_title": "用电检查", "form_id": "Power Check"}, head=FORM_HEAD))
    upload.name = "form.xlsx"
    at = city.post("/hazards/checklists/import", {"file": upload})["Location"]
    page = city.get(at).content.decode()
    assert "选项组「yn」" in page
    assert "「还有什么」是填字题" in page
    city.post(at, {"act": "map", "map:yn:1": "pass", "map:yn:2": "fail"})
    assert "选项组「yn」" not in city.get(at).content.decode()
    city.post(at, {"act": "apply"})
    draft = ChecklistVersion.objects.get(checklist__code="power-check")
    one, two = library.items([draft.id])
    assert (one.section, one.question, one.how, one.kind) == ("用电", "电线没有乱拉？", "看柜台下面", "wiring-old")
    assert one.basis == library.kind("wiring-old").basis
    assert draft.form["questions"][0]["children"][1]["relevant"]
    assert two.code == "lamp"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"type": "select_one nn"}, "第 3 行：choices 表里没有选项组「nn」"),
        ({"name": "a b"}, "第 3 行：survey 表的 name 只能用"),
        ({"relevant": "${zz} = '1'"}, "第 3 行：relevant 里用到的 ${zz}，survey 表里没有这道题"),
        ({"type": "selekt"}, "第 3 行：还不会这种题：selekt"),
    ],
)  # fmt: skip
def test_a_broken_xlsform_is_told_by_row_in_plain_words(cast, change, said):
    """HZD-04: the faults of the form's own reader, in words its author can use."""
    rows = [FORM[0], FORM[1] | change, *FORM[2:]]
    content = book(rows, MARKS, {"form_title": "用电检查", "form_id": "x"}, head=FORM_HEAD)
    with pytest.raises(Invalid) as wrong:
        library_sheets.read_form(content, "f.xlsx", by=cast.city.actor)
    assert any(said in text for text in wrong.value.errors.values()), wrong.value.errors


def test_a_result_stays_tied_to_its_version(cast):
    """HZD-04: what was answered names the item of the version that was published then."""
    old = library.checklist_for("small_food")[0]
    first = library.items([old.id])[0]
    row = inspecting.thing(cast)
    inspecting.visit(row, cast.grid.actor, nothing_wrong=False, answers={first.id: ("fail", "软管裂了")})
    draft = checklists.draft_checklist(old.checklist_id, by=cast.city.actor)
    again = library.items([draft.id])[0]
    checklists.put_item(
        draft.id, {name: getattr(again, name) for name in ITEM_FIELDS} | {"question": "换了一个问法？"},
        item_id=again.id, by=cast.city.actor,
    )  # fmt: skip
    checklists.publish_checklist(draft.id, by=cast.city.actor)
    answer = Answer.objects.get(item=first.id)
    assert (answer.item.question, answer.item.version_id) == (first.question, old.id)
    assert library.checklist_for("small_food")[0].id == draft.id
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM hazards_item WHERE id = %s", [first.id])


def test_the_list_pages_ask_the_same_few_questions_whatever_their_size(cast, django_assert_max_num_queries):
    client = cast.client("city")
    version = library.checklist_for("mixed")[0]
    for address in ("/hazards/kinds", "/hazards/checklists", f"/hazards/checklists/versions/{version.id}"):
        client.get(address)
        with django_assert_max_num_queries(16):
            assert client.get(address).status_code == 200

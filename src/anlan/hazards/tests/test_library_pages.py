"""HZD-04, HZD-14: the handbook and the editor of checklists through the door."""

import io

import pytest
from openpyxl import load_workbook

from anlan.hazards.models import ChecklistVersion, KindRow
from anlan.hazards.queries import library
from anlan.hazards.services import checklists, library_sheets
from anlan.hazards.services import library as services
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


def test_the_list_pages_ask_the_same_few_questions_whatever_their_size(cast, django_assert_max_num_queries):
    client = cast.client("city")
    version = library.checklist_for("mixed")[0]
    for address in ("/hazards/kinds", "/hazards/checklists", f"/hazards/checklists/versions/{version.id}"):
        client.get(address)
        with django_assert_max_num_queries(16):
            assert client.get(address).status_code == 200

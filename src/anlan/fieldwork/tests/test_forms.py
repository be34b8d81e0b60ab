"""EVL-03: a form is imported, looked at, published, filled in; what was filled in is checked, listed and exported."""

import io

import openpyxl
import pytest

from anlan.fieldwork import ports
from anlan.fieldwork.models import Form, FormVersion, Submission
from anlan.fieldwork.services import forms as services
from anlan.fieldwork.tests.phones import Phone, result
from anlan.fieldwork.tests.test_filled import GOOD
from anlan.fieldwork.tests.workbooks import CHOICES, SETTINGS, VISIT, book
from anlan.kernel.authority import Conflict, Invalid, Refused
from anlan.ledger.models import Entry


def file(content, name="form.xlsx"):
    made = io.BytesIO(content)
    made.name = name
    return made


WHY = "街道汛前要用，准入下周补"


@pytest.fixture
def form(db, cast):
    found = services.import_form(book(VISIT, CHOICES, SETTINGS), place=cast.places.city.path, by=cast.city.actor)
    services.publish(found.id, reason=WHY, by=cast.city.actor)
    found.refresh_from_db()
    return found


def fill(phone, form, answers, **more):
    return phone.record(kind="fieldwork.form", body={"form": str(form.id), "number": 1, "answers": answers}, **more)


def test_a_form_goes_from_a_workbook_to_a_phone_and_back(db, cast, inline):
    client = cast.client("city")
    page = client.post("/field/forms/new", {"file": file(book(VISIT, CHOICES, SETTINGS))}, follow=True)
    assert "独居老人走访" in page.content.decode()
    assert "年龄" in page.content.decode()
    form = Form.objects.get()
    assert cast.client("grid").get("/field/pack").json()["packs"]["fieldwork.forms"]["forms"] == []
    confirm = client.get(f"/field/forms/{form.id}/publish").content.decode()
    assert "「统计 › 新表准入」登记" in confirm  # the gate of the statistics has not seen it
    bare = client.post(f"/field/forms/{form.id}/publish")
    assert (bare.status_code, "写明为什么还要发布" in bare.content.decode()) == (422, True)
    assert client.post(f"/field/forms/{form.id}/publish", {"reason": WHY}).status_code == 302
    assert Entry.objects.get(did="fieldwork.form-overrode").values["opinion"] == WHY
    (kept,) = cast.client("grid").get("/field/pack").json()["packs"]["fieldwork.forms"]["forms"]
    assert (kept["id"], kept["number"], kept["questions"][0]["name"]) == (str(form.id), 1, "who")
    phone = Phone(cast.client("grid"))
    good, bad = fill(phone, form, GOOD), fill(phone, form, GOOD | {"age": 200})
    answer = phone.sync(good, bad)[1]
    assert result(answer, good)["state"] == "done"
    assert (result(answer, bad)["state"], result(answer, bad)["message"]) == ("refused", "年龄：年龄写 0 到 129")
    phone.sync(good)
    assert Submission.objects.get().answers["year"] == 3600
    assert Entry.objects.get(did="fieldwork.submitted").values["title"] == "独居老人走访"
    listed = client.get(f"/field/forms/{form.id}/submissions").content.decode()
    assert "陈婆婆" in listed
    assert client.get("/field/forms").status_code == 200


def test_what_was_filled_in_comes_out_as_csv_and_as_a_workbook_with_the_repeats(form, cast, inline):
    phone = Phone(cast.client("grid"))
    phone.sync(fill(phone, form, GOOD))
    client = cast.client("city")
    text = client.get(f"/field/forms/{form.id}/submissions.csv").content.decode("utf-8-sig")
    assert text.splitlines()[0].startswith("编号,")
    assert "陈婆婆" in text
    assert "吃饭、看病" in text
    sheets = openpyxl.load_workbook(io.BytesIO(client.get(f"/field/forms/{form.id}/submissions.xlsx").content))
    assert sheets.sheetnames == ["独居老人走访", "people"]
    assert [row[2].value for row in sheets["people"].iter_rows(min_row=2)] == ["儿子", "女儿"]
    assert client.get(f"/field/forms/{form.id}/submissions.pdf").status_code == 404


def test_a_workbook_that_is_wrong_says_so_row_by_row_and_leaves_nothing(db, cast):
    rows = [{"type": "audio", "name": "a", "label": "录音"},
            {"type": "text", "name": "b", "label": "x", "relevant": "pulldata('x')"}]  # fmt: skip
    page = cast.client("city").post("/field/forms/new", {"file": file(book(rows, settings=SETTINGS))})
    assert page.status_code == 422
    assert "第 2 行：还不会这种题：audio" in page.content.decode()
    assert "第 3 行：式子读不懂" in page.content.decode()
    assert not Form.objects.exists()
    assert cast.client("city").post("/field/forms/new", {}).status_code == 422


def test_a_published_version_is_frozen_and_the_next_import_is_a_draft(form, cast):
    changed = [*VISIT, {"type": "text", "name": "more", "label": "还有什么"}]
    for _again in range(2):
        services.import_form(book(changed, CHOICES, SETTINGS), place=cast.places.city.path, by=cast.city.actor)
    assert [v.number for v in FormVersion.objects.order_by("number")] == [1, 2]
    assert "more" not in str(FormVersion.objects.get(number=1).compiled)
    with pytest.raises(Conflict):
        services.publish(form.id, reason=WHY, by=cast.city.actor) and services.publish(form.id, by=cast.city.actor)


def test_what_is_on_its_way_is_taken_in_after_the_form_was_retired(form, cast, inline):
    services.retire(form.id, by=cast.city.actor)
    phone = Phone(cast.client("grid"))
    assert cast.client("grid").get("/field/pack").json()["packs"]["fieldwork.forms"]["forms"] == []
    assert phone.sync(fill(phone, form, GOOD))[1]["results"][0]["state"] == "done"


def test_a_gate_may_stop_a_form_and_says_why(form, cast, monkeypatch):
    services.import_form(book(VISIT, CHOICES, SETTINGS), place=cast.places.city.path, by=cast.city.actor)
    seen = []

    def gate(form, *, by):
        seen.append(form.questions[0]["name"])
        return [ports.Finding("age", "年龄已经有了，不用再填", stops=True)]

    monkeypatch.setattr(ports, "gates", [gate])
    client = cast.client("city")
    assert "先改：" in client.get(f"/field/forms/{form.id}/publish").content.decode()
    assert "年龄已经有了" in client.get(f"/field/forms/{form.id}").content.decode()
    assert client.post(f"/field/forms/{form.id}/publish").status_code == 422
    with pytest.raises(Invalid):
        services.publish(form.id, reason=WHY, by=cast.city.actor)
    assert "who" in seen
    monkeypatch.setattr(ports, "gates", [lambda form, *, by: []])
    assert "为什么还要发布" not in client.get(f"/field/forms/{form.id}/publish").content.decode()
    assert client.post(f"/field/forms/{form.id}/publish").status_code == 302
    assert client.get(f"/field/forms/{form.id}/publish").status_code == 422  # nothing waits any more


def test_who_may_manage_and_who_may_fill_in(form, cast, inline):
    with pytest.raises(Refused):
        services.import_form(book(VISIT, CHOICES, SETTINGS), place=cast.places.city.path, by=cast.grid.actor)
    assert cast.client("grid").get("/field/forms").status_code == 403
    Form.objects.filter(id=form.id).update(place_path=cast.places.other_district.path)
    phone = Phone(cast.client("grid"))
    assert phone.sync(fill(phone, form, GOOD))[1]["results"][0]["state"] == "refused"
    assert not Submission.objects.exists()


@pytest.mark.parametrize("body", [{}, {"form": "x"}, {"form": "x" * 36, "number": 1}, {"form": 3, "number": []},
                                  {"form": "01a21306-8e2f-7dd8-8d79-36a4299e2730", "number": 1}])  # fmt: skip
def test_a_form_nobody_knows_is_kept_in_the_queue(db, cast, inline, body):
    phone = Phone(cast.client("grid"))
    status, answer = phone.sync(phone.record(kind="fieldwork.form", body=body))
    assert (status, answer["results"][0]["state"]) == (200, "refused")

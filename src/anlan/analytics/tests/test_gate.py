"""EVL-03: a new form passes a gate that finds what the system knows; burden is counted from the records' own times."""

import datetime as dt
from types import SimpleNamespace

import pytest

from anlan.analytics.models import FormEntry
from anlan.analytics.services import gate
from anlan.analytics.terms import dictionary
from anlan.analytics.tests import laying
from anlan.fieldwork.models import Record
from anlan.kernel import clock
from anlan.kernel.ids import uuid7
from anlan.ledger.models import Entry

pytestmark = pytest.mark.django_db
NEW = "/statistics/gate/new"
FORM = {
    "name": "充电桩月报", "genre": "form", "basis": "市安委办〔2026〕3 号第五条", "frequency": "month",
    "filled_by": "网格员",
    "fields": "填报人 | 网格员\n充电口数量 | 物业清点", "minutes": "5",
}  # fmt: skip


def test_names_that_forms_use_are_known():
    for word in ("联系电话", "所属社区", " 整改措施 ", "整改责任人姓名", "A岗"):
        assert dictionary.look_up(word), word
    for word in ("充电口数量", "水位", "", "备注"):
        assert dictionary.look_up(word) is None, word
    assert dictionary.look_up("充电口数量", {"充电口数量": "充电桩月报"}).whence == "「充电桩月报」里已经填过"


def test_a_form_needs_a_basis_and_no_field_that_is_known(cast):
    client = cast.client("district")
    answer = client.post(NEW, FORM | {"basis": "", "save": "1"})
    said = answer.content.decode()
    assert answer.status_code == 422
    assert "没有依据的表不能让人填" in said
    assert "系统里有，自动带出：人员信息" in said
    assert client.post(NEW, FORM | {"fields": "充电口数量", "save": "1"}).status_code == 422
    kept = {"kept": "填报人\n充电口数量", "answer-0": "代别人填，要写清是谁"}
    assert "登记，送去审" in client.post(NEW, FORM | kept | {"check": "1"}).content.decode()
    assert client.post(NEW, FORM | kept | {"save": "1"}).status_code == 302
    row = FormEntry.objects.get()
    assert [bool(f["known"]) for f in row.fields] == [True, False]
    page = f"/statistics/gate/{row.id}"
    assert client.post(page, {"act": "admit", "opinion": "可以"}).status_code == 409
    assert cast.client("community").post(page, {"act": "admit", "opinion": "可以"}).status_code == 403
    assert cast.client("city").post(page, {"act": "admit", "opinion": ""}).status_code == 422
    assert cast.client("city").post(page, {"act": "admit", "opinion": "可以"}).status_code == 302
    assert cast.client("city").post(page, {"act": "refuse", "opinion": "x"}).status_code == 409
    again = client.post(NEW, FORM | {"name": "另一张", "fields": "充电口数量 | 物业", "check": "1"}).content.decode()
    assert "「充电桩月报」里已经填过" in again
    assert cast.client("city").post(page, {"act": "end", "opinion": "并到检查表里了"}).status_code == 302
    done = Entry.objects.filter(did__startswith="analytics.form").order_by("id").values_list("did", flat=True)
    assert list(done) == [
        "analytics.form-entered", "analytics.form-admitted", "analytics.form-ended",
    ]  # fmt: skip


def test_no_more_forms_than_the_quota(cast, settings):
    settings.FORM_QUOTA = 0
    answer = cast.client("district").post(NEW, FORM | {"fields": "水位 | 水尺", "save": "1"})
    assert answer.status_code == 422
    assert "先停掉一张再加" in answer.content.decode()


def test_publishing_asks_the_gate(cast, settings):
    form = SimpleNamespace(
        code="charging", questions=[{"name": "who", "label": "填报人"}, {"name": "n", "label": "水位"}]
    )
    found = gate.of_published(form, by=cast.city.actor)
    assert [(f.field, f.stops) for f in found] == [("who", False), ("", False)]
    settings.FORM_GATE_STOPS = True
    assert [f.stops for f in gate.of_published(form, by=cast.city.actor)] == [False, True]
    FormEntry.objects.create(
        place_path=cast.places.city.path, name="x", genre="form", basis="x", frequency="day", filled_by="x",
        form="charging", state="admitted", asked_by=laying.SOMEBODY, asked_name="x",
    )  # fmt: skip
    assert [f.field for f in gate.of_published(form, by=cast.city.actor)] == ["who"]


def test_burden_counts_minutes_a_day_and_fields_a_report(cast):
    """EVL-03: 人均填报分钟/日 from visits and phones; no person is named."""
    grid, now = cast.places.grid.path, clock.now()
    laying.visit(grid, 0, by=laying.SOMEBODY, began_at=laying.noon(0) - dt.timedelta(minutes=6))
    body = {"text": "楼道堆物", "kind": "corridor", "where": "", "lon": 1, "spent_s": 120}
    Record.objects.create(id=uuid7(), device=uuid7(), seq=1, kind="hazards.report", body=body, place_path=grid,
                          pseudonym=laying.ANOTHER, arrived_at=now, state="done")  # fmt: skip
    page = cast.client("city").get("/statistics/burden").content.decode()
    assert "4<small>分钟/天</small>" in page
    assert "2<small>项</small>" in page
    assert cast.grid.name not in page

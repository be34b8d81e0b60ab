"""HZD-08, HZD-09: pages of statistics: each figure with its meaning, cut, compared, handed out; versions."""

import datetime as dt
import io

import pytest
from openpyxl import load_workbook

from anlan.analytics import queries
from anlan.analytics.models import MeasureVersion
from anlan.analytics.services import recounting
from anlan.analytics.terms import periods
from anlan.analytics.terms.periods import Period
from anlan.analytics.tests import laying
from anlan.ledger.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def laid(cast):
    """A quarter of hazards and visits in the cast's grid, and some in the other district."""
    grid, other = cast.places.grid.path, cast.places.other_street.path
    for n in range(36):
        laying.hazard(
            grid,
            20,
            due=10,
            state="closed" if n < 27 else "assigned",
            accepted=12,
            kind="wires" if n % 2 else "corridor",
        )
    laying.hazard(other, 20, due=10, grade="major")
    laying.kind("wires", "h24", name="飞线充电")
    laying.visit(grid, 9, ("pass", "pass", "fail"), laying.checklist(), object=laying.thing(grid))
    recounting.recount()
    return cast


def address(**more):
    first, last = periods.number(laying.noon(20).date()), periods.this_month().until
    return "/statistics?" + "&".join(f"{k}={v}" for k, v in {
        "since": periods.label(first), "until": periods.label(last), **more}.items())  # fmt: skip


def test_each_figure_stands_with_its_meaning_and_leads_down(laid):
    page = laid.client("city").get(address()).content.decode()
    assert "27 / 37" in page
    assert "自己报改完了不算" in page
    assert "江岸区" in page
    assert "北埠区" in page
    assert "/hazards?place=0001" in page
    below = (
        laid.client("city").get(address(place=laid.places.district.path, by="kind", measure="on_time")).content.decode()
    )
    assert "飞线充电" in below
    assert "27 / 36" in below


def test_whoever_sees_one_district_sees_no_other(laid):
    client = laid.client("elsewhere")
    assert client.get(address()).status_code == 200
    assert "27 / 3" not in client.get(address()).content.decode()
    assert client.get(address(place=laid.places.district.path)).status_code == 404
    assert laid.client("grid").get("/statistics").status_code == 403


def test_every_slice_and_meaning_is_in_the_workbook(laid):
    answer = laid.client("city").get(address(format="xlsx"))
    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["地方", "行业", "类型", "等级", "来源", "责任单位", "月份", "口径"]
    meaning = {row[0]: row[1] for row in book["口径"].iter_rows(values_only=True)}
    assert "别人验收通过才算" in meaning["隐患整改率"]
    places = {row[0]: row[1:4] for row in book["地方"].iter_rows(values_only=True)}
    assert places["江岸区"] == (0.75, 27, 36)


def test_two_places_are_compared_and_few_cases_are_not(laid):
    page = laid.client("city").get(
        "/statistics/compare", {"place": laid.places.district.path, "other": laid.places.other_district.path,
                                "since": periods.label(periods.this_month().until - 1)},
    ).content.decode()  # fmt: skip
    assert "27/36" in page
    assert "件数少，不比" in page


def test_a_new_version_is_looked_at_and_old_months_keep_the_old_one(laid):
    """HZD-08: versions, 按当时口径 and 按现在口径."""
    client = laid.client("admin")
    this = periods.first_day(periods.this_month().until)
    form = {
        "name": "隐患整改率", "words": "只看重大。", "numerator": "验收通过的重大隐患",
        "denominator": "应整改的重大隐患",
        "of": "accepted in", "over": "obliged upto\n-accepted before", "only_grade": "major", "good": "up",
        "valid_from": this.isoformat(), "number": "1", "reason": "市里要求", "sort": "share",
    }  # fmt: skip
    path = "/statistics/measures/rectified/define"
    looked = client.post(path, form | {"preview": "1"}).content.decode()
    assert "改以前和改以后" in looked
    wrong = client.post(path, form | {"save": "1", "of": "nonsense", "reason": ""})
    assert wrong.status_code == 422
    assert "看不懂「nonsense」" in wrong.content.decode()
    assert client.post(path, form | {"save": "1"}).status_code == 302
    assert client.post(path, form | {"save": "1"}).status_code == 409
    assert MeasureVersion.objects.filter(measure__code="rectified").count() == 2
    assert Entry.objects.filter(did="analytics.measure-defined").count() == 1
    before = queries.definition("rectified", this - dt.timedelta(days=1))
    now = queries.definition("rectified", periods.last_day(periods.this_month().until))
    assert (before.number, now.number) == (1, 2)
    whole = queries.Asked("0001", Period(periods.number(this) - 2, periods.number(this)))
    assert queries.figure(whole, before).whole == 37
    assert queries.figure(whole, now).whole == 1
    assert laid.client("city").get(path).status_code == 403


def test_a_place_that_reports_the_easy_ones_alone_is_hinted_at(laid):
    """HZD-08: 防刷（只报易改项）提示: against the places beside it, never with a few cases."""
    beside, grid = laid.places.other_district.path, laid.places.grid.path
    for n in range(80):
        laying.hazard(beside + "0001", 5, kind="wires" if n % 10 == 0 else "corridor")
        laying.hazard(grid, 5, kind="wires")
    recounting.recount()
    page = laid.client("city").get(address(place=laid.places.district.path)).content.decode()
    assert "这只是提示" in page
    assert "这只是提示" not in laid.client("city").get(address(place=beside)).content.decode()

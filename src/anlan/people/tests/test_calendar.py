"""HZD-05: the working calendar is corrected by data, without a release; the page says which years are known."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from anlan.kernel import tables, workdays
from anlan.kernel.authority import Invalid, Refused
from anlan.ledger.models import Entry
from anlan.people import services
from anlan.people.models import CalendarDay
from anlan.people.queries.calendar import calendar_years, forget_calendar, notice_of
from anlan.people.terms import Did

pytestmark = pytest.mark.django_db
NOTICE = "日期,上班或放假,名称\n2027-01-01,放假,元旦\n2027年2月6日,放假,春节\n2027/02/20,上班,补班\n"


@pytest.fixture(autouse=True)
def _corrected(monkeypatch):
    forget_calendar()
    monkeypatch.setattr(workdays.notices, "of", notice_of)
    yield
    forget_calendar()


def test_a_notice_makes_a_year_known(cast):
    new_year, saturday = dt.date(2027, 1, 1), dt.date(2027, 2, 20)
    assert (workdays.is_workday(new_year), workdays.is_workday(saturday)) == (True, False)
    assert not workdays.known(new_year, saturday)
    days = services.read_calendar(NOTICE.encode(), "2027.csv")
    assert services.correct_calendar(days, whole=2027, source="国办发明电", by=cast.admin.actor) == 3
    assert (workdays.is_workday(new_year), workdays.is_workday(saturday)) == (False, True)
    assert workdays.known(new_year, saturday)
    assert Entry.objects.get(did=Did.CALENDAR_CORRECTED).values["first"] == "2027-01-01"
    services.uncorrect_calendar(new_year, by=cast.admin.actor)
    assert workdays.is_workday(new_year)
    known = {year: (is_known, bool(ours)) for year, is_known, ours in calendar_years()}
    assert known[2027] == (True, True)


def test_a_correction_goes_before_the_library(cast):
    day = dt.date(2026, 9, 30)
    assert workdays.is_workday(day)
    services.correct_calendar([CalendarDay(day=day, works=False, name="台风停工")], by=cast.admin.actor)
    assert not workdays.is_workday(day)
    assert workdays.add_workdays(dt.date(2026, 9, 29), 1) == dt.date(2026, 10, 8)


def test_every_wrong_row_is_named(cast):
    wrong = "日期,上班或放假\n2027-13-01,放假\n2027-01-01,也许\n"
    with pytest.raises(Invalid) as error:
        services.read_calendar(wrong.encode(), "x.csv")
    assert "第 2 行" in str(error.value)
    assert "第 3 行：「也许」" in str(error.value)
    with pytest.raises(Invalid, match="两列"):
        services.read_calendar("甲,乙\n1,2\n".encode(), "x.csv")
    with pytest.raises(Refused):
        services.correct_calendar([], whole=2027, by=cast.city.actor)


def test_the_page_takes_a_table_and_a_day(cast):
    page = cast.client("admin")
    sheet = tables.to_xlsx(("日期", "上班或放假", "名称"), [("2027-01-01", "放假", "元旦")])
    answer = page.post(
        "/people/calendar", {"act": "table", "whole": "2027", "file": SimpleUploadedFile("a.xlsx", sheet)}, follow=True
    )
    assert "记下了 1 天" in answer.content.decode()
    answer = page.post("/people/calendar", {"act": "day", "day": "2027-05-03", "works": "1", "name": "补班"})
    assert answer.status_code == 302
    shown = page.get("/people/calendar?year=2027").content.decode()
    assert "补班" in shown
    assert "元旦" in shown
    answer = page.post("/people/calendar", {"act": "day", "day": "不是日子"})
    assert (answer.status_code, "选一天" in answer.content.decode()) == (422, True)
    assert page.get("/people/calendar.xlsx").content[:2] == b"PK"
    assert cast.client("city").get("/people/calendar").status_code == 403

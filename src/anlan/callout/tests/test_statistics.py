"""WRN-03, B12: the figures a leader asks for are sums of the calls that are over, and equal a recount."""

import datetime as dt
import io

import pytest
from django.db import connection
from openpyxl import load_workbook

from anlan.callout.models import Call, Counted, Obligation, Statistic
from anlan.callout.queries import statistics as queries
from anlan.callout.services import answers, calls, statistics
from anlan.callout.terms import MEASURES, Answer, How
from anlan.callout.tests import mass
from anlan.callout.tests.test_calling import EVERYBODY, begin, token
from anlan.kernel import clock
from anlan.kernel.authority import Hidden
from anlan.people.models import Person

pytestmark = pytest.mark.django_db

RATE, FIRST, THIRD, DOOR, DEAD, HALF, NINE = MEASURES
DISTRICT = "00010001"


def asked(place=mass.ROOT, **values):
    since, until = queries.latest()
    return queries.Asked(place, since, until, **values)


def say_yes(*owed, after=20, how=How.KEY):
    with clock.shifted(dt.timedelta(seconds=after)):
        answers.answer_many([Answer(how, token=token(o)) for o in owed])


def end(call, by):
    calls.end(call.id, by=by)
    mass.drain()


def over(by=None, yes=6, **values):
    """A call that `yes` of the grid workers answered at once, then ended."""
    by = by or mass.officer()
    call = begin(by=by, **values)
    say_yes(*Obligation.objects.filter(call_id=call.id, part="self").order_by("id")[:yes])
    end(call, by)
    return call


def kept(month):
    rows = Statistic.objects.filter(month=month).values_list(
        "place_path", "month", "level", "role", "drill", "calls", *statistics.COLUMNS
    )
    return {row[:5]: row[5:] for row in rows}


@pytest.fixture
def city(monkeypatch):
    """A small city of 10 workers whose messages all go by one gateway."""
    mass.load(10)
    return mass.install(monkeypatch, mass.Gateway("sms_http"))


@pytest.mark.usefixtures("city")
def test_a_call_is_counted_once_when_it_is_over():
    call = over(yes=6)
    total = queries.total(asked())
    assert (total.of("calls"), total.due, total.of("in_time"), total.of("lapsed")) == (1, 10, 6, 4)
    assert total.share(RATE) == (6, 10)
    assert not statistics.count(call.id)
    assert statistics.missed() == 0
    assert queries.total(asked()).due == 10


@pytest.mark.usefixtures("city")
def test_a_call_under_way_is_not_counted():
    begin()
    assert queries.total(asked()).due == 0
    assert not Counted.objects.exists()


@pytest.mark.usefixtures("city")
def test_what_was_missed_at_the_end_is_found_later():
    call = over()
    Counted.objects.all().delete()
    Statistic.objects.all().delete()
    assert statistics.missed() == 0  # its sweep may still be at it
    with clock.shifted(dt.timedelta(seconds=statistics.SETTLED + 1)):
        assert statistics.missed() == 1
    assert queries.total(asked()).due == 10
    assert Counted.objects.get().call_id == call.id


@pytest.mark.usefixtures("city")
def test_the_sums_equal_a_recount_and_can_be_written_anew():
    over(yes=3)
    over(yes=8, targeting=EVERYBODY)
    month = statistics.month_of(clock.now())
    assert kept(month) == statistics.recount(month)
    Statistic.objects.update(due=999)
    assert statistics.rebuild(month) == Statistic.objects.count() > 0
    assert kept(month) == statistics.recount(month)


@pytest.mark.usefixtures("city")
def test_the_places_below_add_up_to_the_place():
    over(yes=5, targeting=EVERYBODY)
    rows = queries.by_place(asked())
    assert sum(r.due for r in rows) == queries.total(asked()).due == 37
    assert {r.key for r in rows} == {"00010001", "00010002", "00010003"}
    assert sum(r.due for r in queries.by_place(asked(DISTRICT))) == next(r.due for r in rows if r.key == DISTRICT)


@pytest.mark.usefixtures("city")
def test_by_role_by_level_by_month():
    over(yes=5, targeting=EVERYBODY)
    over(yes=1, level="blue")
    assert {r.key: r.due for r in queries.by_role(asked())} == {"grid_worker": 20, "community_duty": 27}
    assert [(r.key, r.due) for r in queries.by_level(asked())] == [("yellow", 37), ("blue", 10)]
    months = queries.by_month(asked())
    assert [m.due for m in months] == [0] * 11 + [47]
    assert queries.total(asked(level="blue", role="grid_worker")).due == 10
    assert queries.total(asked(level="none")).due == 0


@pytest.mark.usefixtures("city")
def test_how_far_the_ladder_went_and_when_they_answered():
    """首轮率, 三呼率, 上门率: by how often somebody was called, and how far it climbed."""
    by = mass.officer()
    call = begin(by=by)
    one, two, *rest = Obligation.objects.filter(call_id=call.id).order_by("id")
    say_yes(one)
    Obligation.objects.filter(id=two.id).update(tries=3)
    say_yes(two, after=700)
    Obligation.objects.filter(id__in=[o.id for o in rest[:3]]).update(rung="door")
    end(call, by)
    total = queries.total(asked())
    assert total.share(FIRST) == (1, 10)
    assert total.share(THIRD) == (2, 10)
    assert total.share(DOOR) == (3, 10)
    assert total.seconds(HALF) is None  # eight of ten never answered: half of them have no time


@pytest.mark.usefixtures("city")
def test_an_answer_past_the_deadline_is_not_in_time():
    by = mass.officer()
    call = begin(by=by)
    one, two, *_ = Obligation.objects.filter(call_id=call.id).order_by("id")
    say_yes(one, after=60)
    say_yes(two, after=1801)
    end(call, by)
    total = queries.total(asked())
    assert (total.of("in_time"), total.of("own")) == (1, 2)


def test_a_dead_number_is_owed_and_told_apart(monkeypatch):
    mass.load(10, dead=0.4, seed=3)
    mass.install(monkeypatch, mass.Gateway("sms_http", needs="phone"))
    over(yes=0)
    total = queries.total(asked())
    assert total.due == 10
    assert total.of("dead") == Person.objects.filter(reach="dead").count() > 0


@pytest.mark.usefixtures("city")
def test_an_exercise_never_enters_a_real_figure():
    over(yes=10, status="test")
    assert queries.total(asked()).due == 0
    assert queries.total(asked(drill=True)).due == 10


@pytest.mark.usefixtures("city")
def test_a_cancelled_call_is_not_counted():
    by = mass.officer()
    call = begin(by=by)
    calls.cancel(call.id, "误发", by=by, tell=False)
    mass.drain()
    assert Call.objects.get(id=call.id).state == "cancelled"
    assert queries.total(asked()).due == 0


@pytest.mark.usefixtures("city")
def test_the_month_is_the_citys_own():
    """A call at 00:30 on the first belongs to the new month, though it is the old one by UTC."""
    with clock.shifted(dt.datetime(2026, 6, 30, 16, 30, tzinfo=dt.UTC) - clock.now()):
        over()
    assert set(Statistic.objects.values_list("month", flat=True)) == {dt.date(2026, 7, 1)}


def test_months_are_counted_over_a_new_year():
    asked_ = queries.Asked("0001", dt.date(2025, 11, 1), dt.date(2026, 2, 1))
    assert [f"{m:%y-%m}" for m in asked_.months] == ["25-11", "25-12", "26-01", "26-02"]
    assert asked_.before().since == dt.date(2025, 7, 1)
    assert asked_.before().until == dt.date(2025, 10, 1)


def test_a_place_out_of_sight_is_absent(cast):
    with pytest.raises(Hidden):
        queries.within(cast.places.other_district.path, cast.district.actor)
    assert cast.client("district").get(f"/calls/statistics?place={cast.places.other_district.path}").status_code == 404
    assert cast.client("district").get("/calls/statistics?place=zzzz").status_code == 404
    assert cast.client("nobody").get("/calls/statistics").status_code == 403


# --- the page


def seen(client, query=""):
    answer = client.get(f"/calls/statistics{query}")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def counted(cast, monkeypatch):
    """The cast's town with one call that ended, and who called."""
    mass.install(monkeypatch, mass.Gateway("sms_http"))
    by = cast.city.actor
    from_town = type(EVERYBODY)((cast.places.city.path,))
    call = begin(by=by, targeting=from_town, level="blue")
    say_yes(*Obligation.objects.filter(call_id=call.id).order_by("id")[:3])
    end(call, mass.officer())
    return call


def test_the_page_shows_figures_with_their_meaning(cast, counted):
    page = seen(cast.client("city"))
    assert "叫应率" in page
    assert "时限内应了的人 ÷ 应叫的人" in page
    assert "江岸区" in page
    assert "不到 30 人次" in page
    assert f"place={cast.places.district.path}" in page
    assert "/calls?place=" in page


def test_the_page_of_a_place_without_calls_says_so(cast):
    assert "这段时间没有叫应结束" in seen(cast.client("city"))


def test_nonsense_in_the_address_falls_back(cast, counted):
    page = seen(cast.client("city"), "?since=2026-99&until=x&level=pink&role=%3Cb%3E&view=%27")
    assert "叫应率" in page
    seen(cast.client("city"), "?since=2000-01&until=2099-12")


def test_drilling_down_by_month_leads_to_the_calls(cast, counted):
    month = f"{clock.local(clock.now()):%Y-%m}"
    client = cast.client("city")
    assert counted.title in client.get(f"/calls?month={month}").content.decode()
    assert counted.title not in client.get("/calls?month=2020-01").content.decode()


def test_the_workbook_holds_the_same_figures_and_their_definitions(cast, counted):
    answer = cast.client("city").get("/calls/statistics?format=xlsx")
    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["各地", "各月", "各级别", "各种岗位", "口径"]
    head, whole, *_rows = book["各地"].iter_rows(values_only=True)
    figures = dict(zip(head, whole, strict=True))
    due = queries.total(asked(cast.places.city.path)).due
    assert figures["应叫人次"] == due
    assert figures["叫应率"] == round(3 / due, 4)
    assert any("÷" in str(row[1]) for row in book["口径"].iter_rows(values_only=True))


def test_the_page_asks_the_same_number_of_questions_whatever_it_shows(cast, counted, django_assert_max_num_queries):
    client = cast.client("city")
    seen(client)
    with django_assert_max_num_queries(30):
        seen(client)


def test_a_range_of_places_is_read_from_the_key(cast):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT sum(due) FROM callout_statistic WHERE place_path = ANY(%s) AND month BETWEEN %s AND %s",
            [["0001"], dt.date(2026, 1, 1), dt.date(2026, 12, 1)],
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "callout_statistic_pkey" in plan

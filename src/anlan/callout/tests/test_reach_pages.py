"""TEA-01: the pages of the quarterly check, of the numbers to mend and the empty posts."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from anlan.callout.models import Check, Round
from anlan.callout.services import asked
from anlan.callout.tests import mass
from anlan.callout.tests.test_checking import begin, minute, number_dead, office_hours, press  # noqa: F401 - a fixture
from anlan.kernel.authority import machine
from anlan.people import services as people
from anlan.people.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def checked(cast, office_hours, monkeypatch):  # noqa: F811 - the fixture
    """A round in which one number is dead, one another's and one good."""
    mass.install(monkeypatch, mass.Gateway("sms_http", needs="phone"), mass.Gateway("voice_http", needs="phone"))
    begin(cast)
    minute()
    number_dead(cast.grid)
    press(cast.street, "2")
    press(cast.district)
    minute()
    return cast


def read(cast, who, path):
    answer = cast.client(who).get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_it_is_started_paused_and_drilled_down(cast, office_hours):  # noqa: F811
    page = read(cast, "city", "/people/reach")
    assert "开始核这里的号码" in page
    assert "开始核这里的号码" not in read(cast, "grid", "/people/reach")
    path = cast.places.city.path
    cast.client("city").post("/people/reach/start", {"place": path})
    mass.drain()
    page = read(cast, "city", f"/people/reach?place={path}")
    assert "江岸区" in page
    assert "先暂停核号码" in page
    made = Round.objects.get()
    assert cast.client("grid").post(f"/people/reach/{made.id}/pause").status_code == 404
    assert cast.client("elsewhere").post("/people/reach/start", {"place": path}).status_code == 404
    cast.client("city").post(f"/people/reach/{made.id}/pause")
    assert "接着核号码" in read(cast, "city", "/people/reach")
    cast.client("city").post(f"/people/reach/{made.id}/stop", {"reason": ""})
    assert Round.objects.get().state == "paused"
    below = read(cast, "street", f"/people/reach?place={cast.places.community.path}")
    assert "这一批是上级开始核的" in below
    assert cast.client("street").get(f"/people/reach?place={path}").status_code == 404
    assert cast.client("nobody").get("/people/reach").status_code == 403
    sheet = cast.client("city").get("/people/reach?format=csv").content.decode("utf-8-sig")
    assert sheet.splitlines()[0].startswith("地方,名册上,打得通")
    assert cast.client("city").get("/people/reach?format=xlsx").content[:2] == b"PK"


def test_the_queue_of_numbers_is_mended_in_one_step(checked):
    cast = checked
    page = read(cast, "community", "/people/reach/mend")
    assert "李小满" in page
    assert "空号或停机" in page
    assert "137****0418" in page
    assert "13712340418" not in page
    assert "吴晓燕" not in page, "above the community"
    here, one = cast.places.community.path, f"/people/reach/mend/{cast.grid.person.id}"
    bad = cast.client("community").post(one, {"place": here, "act": "number", "phone": "123"})
    assert bad.status_code == 422
    assert 'value="123"' in bad.content.decode()
    assert cast.client("elsewhere").post(one, {"act": "number", "phone": "13712340419"}).status_code == 404
    assert cast.client("grid").post(one, {"act": "number", "phone": "13712340419"}).status_code == 403
    good = cast.client("community").post(one, {"place": here, "act": "number", "phone": "13712340419"}, follow=True)
    assert "改好了" in good.content.decode()
    assert "李小满" not in read(cast, "community", "/people/reach/mend")
    assert Person.objects.get(id=cast.grid.person.id).phone_tail == "0419"
    assert Check.objects.get(person_id=cast.grid.person.id).state == "asked"


def test_empty_posts_are_filled(checked):
    cast = checked
    people.release(cast.grid.holding.id, by=machine("t"))
    page = read(cast, "community", "/people/reach/mend?view=vacant")
    assert "第三网格网格员" in page
    assert "李小满" not in read(cast, "community", "/people/reach/mend"), "who left is nobody's to mend"
    one = f"/people/reach/fill/{cast.grid.post.id}"
    assert cast.client("community").post(one, {"name": "王新", "phone": ""}).status_code == 422
    assert cast.client("elsewhere").post(one, {"name": "王新", "phone": "13712340999"}).status_code == 404
    cast.client("community").post(one, {"name": "王新", "phone": "13712340999"})
    assert cast.grid.post.holdings.get(until=None).person.name == "王新"
    assert "没有空岗" in read(cast, "community", "/people/reach/mend?view=vacant")


def test_the_inbox_leads_to_the_queue(checked):
    page = read(checked, "community", "/inbox")
    assert "1 个号码要改" in page
    assert f"/people/reach/mend?place={checked.places.community.path}" in page


def test_the_settings(cast):
    assert cast.client("city").get("/settings/reach").status_code == 403
    page = read(cast, "admin", "/settings/reach")
    assert "09:00-11:30，14:30-17:00" in page
    form = {
        "version": 0, "windows": "9:00-11:00、14:00-16:30", "days": "5", "a_minute": "30", "again_after": "7",
        "mend_within": "3", "quiet_from": "21:00", "quiet_until": "07:00", "filing_month": "4", "filing_day": "20",
        "filing_lead": "30", "red": "1",
    }  # fmt: skip
    bad = cast.client("admin").post("/settings/reach", form | {"days": "很多", "windows": "25:00-26:00"})
    assert bad.status_code == 422
    assert "很多" in bad.content.decode()
    assert cast.client("admin").post("/settings/reach", form)["Location"] == "/settings/reach"
    kept = asked.settings()
    assert (kept["windows"], kept["days"], kept["pause_levels"]) == (
        [["09:00", "11:00"], ["14:00", "16:30"]], 5, ["red"],
    )  # fmt: skip
    assert cast.client("admin").post("/settings/reach", form).status_code == 422, "an old version"


def test_a_visitor_signs_in_first(cast):
    for path in ("/people/reach", "/people/reach/mend", "/settings/reach"):
        assert Client().get(path)["Location"].startswith("/accounts/login/")


def test_the_queue_asks_the_same_few_things_of_the_database(checked, django_assert_num_queries):
    client = checked.client("city")
    for path in ("/people/reach/mend", "/people/reach"):
        client.get(path)
        with CaptureQueriesContext(connection) as few:
            client.get(path)
        Person.objects.filter(reach="unchecked").update(reach="dead")
        with django_assert_num_queries(len(few)):
            client.get(path)

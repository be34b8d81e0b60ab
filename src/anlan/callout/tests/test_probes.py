"""RPT-01: the share of those on duty that a test call reaches; by place and organisation, never by person."""

import datetime as dt

import pytest

from anlan.callout import asking
from anlan.callout.models import Call, Obligation
from anlan.callout.queries import listing, probes
from anlan.callout.services import answers, calls, receipts
from anlan.callout.services import probes as services
from anlan.callout.terms import Answer, Draft, Report
from anlan.callout.tests import mass
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused, machine
from anlan.kernel.shares import wilson
from anlan.ledger import services as ledger
from anlan.people import services as people
from anlan.people.terms import Targeting

pytestmark = pytest.mark.django_db


@pytest.fixture
def voice(monkeypatch):
    return mass.install(monkeypatch, mass.Gateway("voice_http", needs="phone"))


def owed(call, member):
    return Obligation.objects.get(call_id=call.id, person_id=member.person.id)


def test_sizes_and_intervals():
    assert [asking.suggested(n) for n in (0, 10, 100, 1_000, 176_000)] == [0, 10, 80, 278, 384]
    low, high = wilson(95, 100)
    assert (round(low, 3), round(high, 3)) == (0.888, 0.978)
    assert wilson(0, 0) is None
    assert wilson(0, 10)[0] == 0.0


def test_a_sample_is_rung_and_its_share_shown(cast, voice):
    """RPT-01 抽查(不签到打卡): reached within five minutes, later, not, dead; whoever is on leave is not drawn."""
    people.set_away(cast.approver.holding.id, clock.now() + dt.timedelta(days=1), by=machine("t"))
    where = Targeting((cast.places.city.path,), on_duty=True)
    assert services.crowd(where) == 7
    call = services.start(where, 50, by=cast.city.actor)
    mass.drain()
    assert len(voice.sent) == 7
    assert {(m.genre, m.body) for m in voice.sent.values()} == {("test", "这是联络测试，不是预警。")}
    answers.answer_many([Answer("key", obligation=owed(call, m).id, said="1") for m in (cast.city, cast.grid)])
    receipts.report_many([Report(owed(call, cast.street).id, "failed", reason="empty_number", dead=True)])
    with clock.shifted(dt.timedelta(minutes=10)):
        answers.answer_many([Answer("key", obligation=owed(call, cast.district).id, said="1")])
        found = probes.shares([call], call.place_path)[call.id]
    assert (found.owed, found.soon, found.later, found.dead, found.silent) == (7, 2, 1, 1, 3)
    assert found.few
    assert found.interval == (8, 64)
    assert [(s.name, s.owed) for s in probes.by_place(call)] == [("江岸区", 4), ("北埠区", 1)]
    assert not listing.calls(cast.city.actor, listing.Filter()).exists()
    assert Call.objects.get(id=call.id).serial is None
    with clock.shifted(dt.timedelta(hours=2)):
        calls.send_due()
        mass.drain()
        call.refresh_from_db()
        (month,) = probes.by_month(cast.city.actor, cast.places.city.path)
        assert (month.owed, month.soon) == (7, 2)
    assert {name for _o, name in probes.missed(call, by=cast.street.actor)} == {"何秀兰", "吴晓燕"}
    assert not probes.missed(call, by=cast.grid.actor)


def test_who_may_and_when_not(cast, voice):
    where = Targeting((cast.places.district.path,))
    for who in ("grid", "elsewhere", "nobody"):
        with pytest.raises(Refused):
            services.start(where, 5, by=getattr(cast, who).actor)
    for size in (0, 5_000):
        with pytest.raises(Invalid):
            services.start(where, size, by=cast.city.actor)
    exercise = ledger.open_exercise("演练", place_path=cast.places.city.path, by=cast.city.actor)
    with pytest.raises(Conflict):
        services.start(where, 5, by=cast.city.actor.drilling(exercise.id))
    red = calls.prepare(Draft("暴雨红色预警", "转移", where, level="red"), by=cast.city.actor)
    calls.approve(red.id, by=cast.approver.actor)
    with pytest.raises(Conflict):
        services.start(where, 5, by=cast.city.actor)


def test_the_pages(cast, voice):
    page = cast.client("district").get("/calls/tests")
    assert "这样选有 4 人" in page.content.decode()
    assert cast.client("district").post("/calls/tests", {"chosen": "1", "size": "没有"}).status_code == 422
    started = cast.client("district").post("/calls/tests", {"chosen": "1", "on_duty": "1", "size": "4"})
    mass.drain()
    address = started["Location"]
    page = cast.client("district").get(address).content.decode()
    assert "柳荫街道" in page
    assert "吴晓燕" not in page, "still waited for"
    with clock.shifted(dt.timedelta(hours=2)):
        calls.send_due()
        mass.drain()
    page = cast.client("district").get(address).content.decode()
    assert "吴晓燕" in page
    assert cast.client("elsewhere").get(address).status_code == 404
    assert cast.client("grid").get(address).status_code == 404
    assert cast.client("nobody").get("/calls/tests").status_code == 403
    assert "吴晓燕" not in cast.client("district").get("/calls/tests").content.decode(), "no names in the list"
    call = Call.objects.get(genre="test")
    with pytest.raises(Hidden):
        probes.test(call.id, by=cast.elsewhere.actor)

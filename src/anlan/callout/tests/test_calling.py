"""WRN-03: a started call reaches everybody once, highest posts first; answers stop the ladder for whoever answered."""

import datetime as dt

import pytest
from django.db import connection, transaction

from anlan.callout import tokens
from anlan.callout.models import Call, Obligation, Receipt
from anlan.callout.services import answers, calls, climbing, tallies
from anlan.callout.terms import Answer, CallState, Draft, How, Result
from anlan.callout.tests import mass
from anlan.kernel import clock
from anlan.people.terms import Targeting

pytestmark = pytest.mark.django_db

EVERYBODY = Targeting((mass.ROOT,))


def draft(**values):
    base = {"title": "暴雨红色预警", "body": "马上转移", "level": "yellow", "targeting": mass.GRID_WORKERS}
    return Draft(**(base | values))


def begin(by=None, **values):
    by = by or mass.officer()
    call = calls.start(calls.prepare(draft(**values), by=by).id, by=by)
    mass.drain()
    call.refresh_from_db()
    return call


def token(o):
    return tokens.mint(o.number, o.id)


def true(call):
    assert tallies.check(call.id) == {}
    return tallies.total(call.id)


def test_everybody_is_called_once_and_handed_over(monkeypatch):
    mass.load(700)
    gateway = mass.install(monkeypatch, mass.Gateway("sms_http"))
    call = begin(targeting=EVERYBODY)
    assert call.state == CallState.RUNNING
    assert call.fanned == 727
    assert len(gateway.sent) == len(gateway.asked) == 727
    assert Receipt.objects.filter(call_id=call.id, state="handed").count() == 727
    ranks = list(Obligation.objects.filter(call_id=call.id).order_by("id").values_list("rank", flat=True))
    assert ranks == sorted(ranks, reverse=True)
    assert [m.obligation for m in gateway.asked] == sorted(m.obligation for m in gateway.asked)
    counts = true(call)
    assert (counts["owed"], counts["handed"], counts["silent"]) == (727, 727, 727)


def test_an_answer_stops_the_ladder_at_once_and_a_repeat_says_the_same(monkeypatch):
    mass.load(50)
    mass.install(monkeypatch, mass.Gateway("sms_http"))
    call = begin()
    one = Obligation.objects.filter(call_id=call.id).first()
    first, again = answers.answer_many([Answer(How.LINK, token=token(one)), Answer(How.LINK, token=token(one))])
    assert (first.result, again.result) == (Result.FIRST, Result.REPEAT)
    assert again.met_at == first.met_at
    one.refresh_from_db()
    assert (one.state, one.next_at, one.met_part) == ("met", None, "self")
    assert Receipt.objects.get(id=one.id).state == "answered"
    assert true(call)["answered"] == 1


def test_read_is_not_answered_and_eight_seconds_are_not_heard(monkeypatch):
    mass.load(10)
    mass.install(monkeypatch, mass.Gateway("sms_http"))
    call = begin()
    one = Obligation.objects.filter(call_id=call.id).first()
    got = answers.answer_many([
        Answer(How.READ, receipt=one.id),
        Answer(How.LISTENED, receipt=one.id, seconds=8),
        Answer(How.LINK, token="1" * 16),
        Answer(How.LINK, token="no such thing"),
        Answer(How.LISTENED, receipt=one.id, seconds=20),
    ])  # fmt: skip
    assert [g.result for g in got] == [
        Result.NOT_AN_ANSWER, Result.NOT_AN_ANSWER, Result.UNKNOWN, Result.UNKNOWN, Result.FIRST,
    ]  # fmt: skip
    assert "8" in got[1].words
    true(call)


def test_silence_climbs_again_then_deputy_then_superior_then_door(monkeypatch):
    mass.load(60, deputies=1.0)
    mass.install(monkeypatch, gateway := mass.Gateway("sms_http"))
    by = mass.officer()
    call = calls.prepare(draft(level="red"), by=by)
    call = calls.approve(call.id, by=mass.officer("另一个"))
    mass.drain()

    def at(seconds):
        with clock.shifted(dt.timedelta(seconds=seconds)):
            climbing.climb()
            mass.drain()

    at(101)
    assert Receipt.objects.filter(call_id=call.id).count() == 120
    assert len(gateway.sent) == 120
    at(201)
    assert len(gateway.sent) == 180
    at(301)
    deputies = Obligation.objects.filter(call_id=call.id, part="deputy")
    assert deputies.count() == 60
    assert len(gateway.sent) == 240
    assert true(call)["at_deputy"] == 60
    b = deputies.first()
    with clock.shifted(dt.timedelta(seconds=310)):
        assert answers.answer(Answer(How.LINK, token=token(b))).result == Result.FIRST
    counts = true(call)
    assert (counts["covered"], counts["answered"], counts["silent"]) == (1, 0, 59)
    principal = Obligation.objects.get(id=b.stands_for)
    assert (principal.state, principal.met_part, principal.next_at) == ("met", "deputy", None)
    at(481)
    above = Obligation.objects.filter(call_id=call.id, part="superior")
    assert above.count() == 27
    assert sum(above.values_list("weight", flat=True)) == 59
    assert all(str(o.weight) in o.why for o in above)
    at(721)
    counts = true(call)
    assert (counts["at_door"], counts["at_superior"]) == (59, 0)
    assert not Obligation.objects.filter(call_id=call.id, next_at__isnull=False).exists()
    door = Obligation.objects.filter(call_id=call.id, rung="door", state="open").first()
    outcome = answers.proxy(door.id, by=by, how="上门", note="在家，已经醒了")
    assert outcome.result == Result.FIRST
    counts = true(call)
    assert (counts["proxied"], counts["answered"], counts["at_door"]) == (1, 0, 58)


def test_a_dead_number_is_counted_apart_and_goes_up_at_once(monkeypatch):
    mass.load(40, dead=0.5, deputies=1.0)
    gateway = mass.install(monkeypatch, mass.Gateway("voice_http", needs="phone"))
    by = mass.officer()
    call = calls.start(calls.prepare(draft(policy="red"), by=by).id, by=by, now=True, reason="溃口")
    mass.drain()
    counts = true(call)
    assert 5 < counts["dead"] < 35
    assert len(gateway.sent) == 40 - counts["dead"]
    climbing.climb()
    mass.drain()
    assert Obligation.objects.filter(call_id=call.id, part="deputy").count() == counts["dead"]
    true(call)


def test_the_link_of_one_opens_nothing_of_another():
    a, b = (tokens.mint(n, i) for n, i in ((5, mass.uuid7()), (5, mass.uuid7())))
    assert a != b
    assert len(a) == 16
    assert not set(a) & set("0OIl")
    assert tokens.read(a)[0] == 5
    assert tokens.read(a + "1") is None


def test_raw_sql_cannot_skip_the_lifecycle(monkeypatch):
    mass.load(5)
    mass.install(monkeypatch, mass.Gateway("sms_http"))
    call = begin()
    for sql in (
        "UPDATE callout_call SET state = 'draft' WHERE id = %s",
        "UPDATE callout_call SET title = 'x' WHERE id = %s",
        "UPDATE callout_obligation SET state = 'told' WHERE call_id = %s",
        "UPDATE callout_receipt SET state = 'queued' WHERE call_id = %s",
        "UPDATE callout_receipt SET carrier = 'null' WHERE call_id = %s",
    ):
        with pytest.raises(Exception, match=r"lifecycle|frozen|fixed"), transaction.atomic():  # noqa: SIM117
            with connection.cursor() as cursor:
                cursor.execute(sql, [call.id])
    assert Call.objects.get(id=call.id).title == "暴雨红色预警"

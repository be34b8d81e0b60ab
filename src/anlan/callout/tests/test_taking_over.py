"""WRN-03: an upgrade takes over the running ladder, so that nobody climbs two; cancellations, all-clears, ends."""

import datetime as dt

import pytest

from anlan.callout.models import Obligation
from anlan.callout.services import answers, calls, climbing, tallies
from anlan.callout.terms import Answer, CallState, How, Result
from anlan.callout.tests import mass
from anlan.callout.tests.test_calling import EVERYBODY, begin, draft, token
from anlan.kernel import clock
from anlan.kernel.authority import Conflict

pytestmark = pytest.mark.django_db


def true(*these):
    for call in these:
        assert tallies.check(call.id) == {}


def upgraded(old, by=None, **values):
    by = by or mass.officer()
    call = calls.upgrade(old.id, draft(**values), by=by)
    if call.state == "awaiting_approval":
        call = calls.approve(call.id, by=mass.officer("另一个"))
    else:
        call = calls.start(call.id, by=by)
    old.refresh_from_db()
    return call


def test_yellow_orange_red_and_nobody_climbs_two(monkeypatch):
    mass.load(600)
    mass.install(monkeypatch, mass.Gateway("sms_http"))
    yellow = begin(level="yellow")
    first = Obligation.objects.filter(call_id=yellow.id).order_by("-id").first()
    answers.answer(Answer(How.LINK, token=token(first)))
    orange = upgraded(yellow, level="orange")
    assert yellow.state == CallState.SUPERSEDED
    assert orange.chain_id == yellow.chain_id
    with clock.shifted(dt.timedelta(seconds=700)):
        climbing.climb()  # before the fan-out has reached everybody: the old ladder is dead for all already
        assert Obligation.objects.filter(call_id=yellow.id, state="open", next_at__isnull=False).count() == 0
        assert set(Obligation.objects.filter(call_id=yellow.id, state="open").values_list("tries", flat=True)) <= {1}
    mass.drain()
    twice = Obligation.objects.filter(state="open", part="self", call_id__in=[yellow.id, orange.id])
    assert len(set(twice.values_list("person_id", flat=True))) == twice.count() == 600
    red = upgraded(orange, level="red")
    mass.drain()
    true(yellow, orange, red)
    assert tallies.total(yellow.id)["answered"] == 1
    assert tallies.total(yellow.id)["void"] == 599
    assert tallies.total(red.id)["silent"] == 600
    old_link = answers.answer(Answer(How.LINK, token=token(Obligation.objects.filter(call_id=orange.id).first())))
    assert old_link.result == Result.SUPERSEDED
    assert tallies.total(red.id)["answered"] == 0


def test_whoever_is_no_longer_meant_is_freed_too(monkeypatch):
    mass.load(100)
    mass.install(monkeypatch, mass.Gateway("sms_http"))
    wide = begin(targeting=EVERYBODY)
    upgraded(wide, targeting=mass.Targeting(("00010001",)))
    mass.drain()
    assert not Obligation.objects.filter(call_id=wide.id, state="open").exists()
    true(wide)


def test_two_heirs_of_one_call_one_wins(monkeypatch):
    mass.load(20)
    old, by = begin(), mass.officer()
    a, b = (calls.upgrade(old.id, draft(level="blue"), by=by) for _ in range(2))
    calls.start(a.id, by=by)
    with pytest.raises(Conflict):
        calls.start(b.id, by=by)


def test_an_all_clear_tells_everybody_and_nobody_owes(monkeypatch):
    mass.load(40)
    gateway = mass.install(monkeypatch, mass.Gateway("sms_http"))
    old = begin()
    clear = calls.all_clear(old.id, by=mass.officer(), title="警报解除", body="可以回家了")
    mass.drain()
    assert len(gateway.sent) == 80
    assert not any(m.needs_answer or m.link for m in gateway.asked[40:])
    assert not Obligation.objects.filter(state="open").exists()
    counts = tallies.total(clear.id)
    assert (counts["told"], counts["owed"], counts["silent"]) == (40, 0, 0)
    true(old, clear)


def test_a_cancelled_call_stops_and_says_so(monkeypatch):
    mass.load(10)
    gateway = mass.install(monkeypatch, mass.Gateway("sms_http"))
    old = begin()
    kept = token(Obligation.objects.filter(call_id=old.id).first())
    calls.cancel(old.id, "发错了地方", by=mass.officer())
    mass.drain()
    assert "取消" in gateway.asked[-1].title
    assert answers.answer(Answer(How.LINK, token=kept)).result in {Result.SUPERSEDED, Result.LATE}
    assert not Obligation.objects.filter(state="open").exists()


def test_after_the_end_an_answer_is_kept_and_called_late(monkeypatch):
    mass.load(10)
    mass.install(monkeypatch, mass.Gateway("sms_http"))
    call = begin()
    kept = Obligation.objects.filter(call_id=call.id).first()
    calls.end(call.id, by=mass.officer())
    assert answers.answer(Answer(How.LINK, token=token(kept))).result == Result.LATE
    mass.drain()
    assert tallies.total(call.id)["lapsed"] == 10
    true(call)
    kept.refresh_from_db()
    assert kept.late_at is not None

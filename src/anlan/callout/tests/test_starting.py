"""WRN-03, WRN-04: who may start a call: a second person for red, urgency with reason and review, once."""

import datetime as dt

import pytest

from anlan.callout.models import Call, Obligation
from anlan.callout.services import answers, calls, reviews
from anlan.callout.terms import Answer, CallState, How, Result
from anlan.callout.tests import mass
from anlan.callout.tests.test_calling import begin, draft, token
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.ledger.models import Entry
from anlan.people.tests.together import together


@pytest.mark.django_db
def test_red_needs_another_person_and_the_drafter_is_not_one():
    mass.load(5)
    by = mass.officer()
    call = calls.prepare(draft(level="red"), by=by)
    assert call.state == CallState.AWAITING
    with pytest.raises(Conflict):
        calls.start(call.id, by=by)
    with pytest.raises(Refused):
        calls.approve(call.id, by=by)
    assert calls.approve(call.id, by=mass.officer("审批人")).state == CallState.RUNNING


@pytest.mark.django_db
def test_the_wrong_place_and_the_wrong_role_are_refused():
    mass.load(5)
    elsewhere = mass.officer(at="00010002")
    with pytest.raises(Refused):
        calls.prepare(draft(), by=elsewhere)
    call = calls.prepare(draft(), by=mass.officer())
    with pytest.raises(Hidden):
        calls.start(call.id, by=elsewhere)
    with pytest.raises(Refused):
        calls.start(call.id, by=mass.officer(can=("callout.see", "callout.prepare")))


@pytest.mark.django_db
def test_bad_drafts_say_what_is_wrong_in_which_field():
    with pytest.raises(Invalid) as bad:
        calls.prepare(draft(title=" ", body="", level="purple", targeting=mass.Targeting(())), by=mass.officer())
    assert set(bad.value.errors) == {"title", "body", "level", "targeting"}
    assert not Call.objects.exists()


@pytest.mark.django_db
def test_urgent_sending_needs_a_reason_and_leaves_a_review(cast):
    by = cast.city.actor
    call = calls.prepare(draft(level="red", targeting=mass.Targeting((cast.places.city.path,))), by=by)
    with pytest.raises(Invalid):
        calls.start(call.id, by=by, now=True)
    call = calls.start(call.id, by=by, now=True, reason="水已经漫过来了")
    assert call.review_due is not None
    owed = Obligation.objects.filter(subject_id=call.id, did="callout.reviewed", state="open")
    assert cast.approver.person.id in set(owed.values_list("person_id", flat=True))
    assert by.person not in set(owed.values_list("person_id", flat=True))
    with pytest.raises(Refused):
        reviews.review(call.id, "同意", by=by)
    reviews.review(call.id, "同意", by=cast.approver.actor)
    assert not owed.exists()
    with pytest.raises(Conflict):
        reviews.review(call.id, "再审", by=cast.approver.actor)
    assert "水已经漫过来了" not in str(list(Entry.objects.filter(subject_id=call.id).values_list("values")))


@pytest.mark.django_db
def test_red_sends_itself_when_nobody_approves_within_the_rule():
    mass.load(5)
    call = calls.prepare(draft(level="red", auto=True), by=mass.officer())
    assert calls.send_due() == 0
    with clock.shifted(dt.timedelta(seconds=149)):
        assert calls.send_due() == 0
    with clock.shifted(dt.timedelta(seconds=151)):
        assert calls.send_due() == 1
    call.refresh_from_db()
    assert call.state == CallState.RUNNING
    assert call.urgent_reason
    assert (call.started_at - call.prepared_at).total_seconds() < 180


def test_two_officers_at_once_one_wins_the_other_is_told(live_db):
    mass.load(20)
    one, other = mass.officer("甲"), mass.officer("乙")
    call = calls.prepare(draft(level="red"), by=mass.officer("拟稿"))
    got = together(lambda: calls.approve(call.id, by=one), lambda: calls.approve(call.id, by=other))
    assert sorted(type(g).__name__ for g in got) == ["Call", "Conflict"]
    assert Obligation.objects.filter(call_id=call.id).count() == 20
    got = together(lambda: calls.end(call.id, by=one), lambda: calls.cancel(call.id, "误发", by=other, tell=False))
    assert sorted(type(g).__name__ for g in got) == ["Call", "Conflict"]


def test_the_same_answer_twice_at_once_counts_once(live_db):
    mass.load(5)
    call = begin()
    said = Answer(How.LINK, token=token(Obligation.objects.filter(call_id=call.id).first()))
    got = together(*[lambda: answers.answer(said)] * 4)
    assert sorted(g.result for g in got) == [Result.FIRST] + [Result.REPEAT] * 3

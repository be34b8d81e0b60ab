"""WRN-01, WRN-04: whoever may approve a notice is rung, and owes nothing once it is decided; an urgent send is owed."""

import datetime as dt

import pytest

from anlan.alerts.services import notices
from anlan.callout.models import Call, Obligation
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, machine


@pytest.fixture
def said(cast):
    start = clock.now()
    return notices.Draft(
        hazard="内涝", level="orange", starts_at=start, expires_at=start + dt.timedelta(hours=6),
        paths=[cast.places.district.path], matters="今晚低处会积水。", measures="叫醒低处的人。",
        issuer="江岸区应急指挥中心",
    )  # fmt: skip


@pytest.fixture
def made(cast, said):
    return notices.draft(said, by=cast.district.actor)


def owed(made, did, state="open"):
    return Obligation.objects.filter(subject_id=made.id, did=did, state=state)


def test_submitting_rings_the_approver_until_approved(cast, made):
    notices.submit(made.id, by=cast.district.actor, revision=1)
    duty = owed(made, "alerts.notice-approved").get(person_id=cast.approver.actor.person)
    assert duty.link == f"/notices/{made.id}"
    assert made.title in duty.why
    assert duty.carriers
    assert dt.timedelta(0) < duty.due_at - clock.now() <= dt.timedelta(minutes=10)
    assert made.title in cast.client("approver").get("/inbox").content.decode()
    notices.approve(made.id, by=cast.approver.actor, revision=1)
    duty.refresh_from_db()
    assert (duty.state, duty.met_by) == ("met", cast.approver.actor.pseudonym)
    assert not owed(made, "alerts.notice-approved").exists()


def test_the_author_is_never_asked(cast, said):
    made = notices.draft(said, by=cast.approver.actor)
    notices.submit(made.id, by=cast.approver.actor, revision=1)
    assert not Obligation.objects.filter(subject_id=made.id, person_id=cast.approver.actor.person).exists()


def test_a_return_and_a_drop_free_the_approver(cast, made):
    notices.submit(made.id, by=cast.district.actor, revision=1)
    notices.send_back(made.id, "写清时间", by=cast.approver.actor)
    assert not owed(made, "alerts.notice-approved").exists()
    assert owed(made, "alerts.notice-approved", "met").exists()
    notices.submit(made.id, by=cast.district.actor, revision=1)
    assert owed(made, "alerts.notice-approved").exists()
    notices.drop(made.id, by=cast.district.actor)
    assert not owed(made, "alerts.notice-approved").exists()
    assert owed(made, "alerts.notice-approved", "void").exists()


def test_an_urgent_send_is_owed_a_review_by_the_policy(cast, made):
    notices.submit(made.id, by=cast.district.actor, revision=1)
    sent = notices.send_urgent(made.id, "水已经进楼", by=cast.district.actor, revision=1)
    call = Call.objects.get(chain_id=made.chain_id)
    assert not owed(made, "alerts.notice-approved").exists()
    duty = owed(made, "alerts.notice-reviewed").get(person_id=cast.approver.actor.person)
    assert duty.due_at == sent.review_due
    assert abs((sent.review_due - call.review_due).total_seconds()) < 60
    assert not Obligation.objects.filter(subject_id=call.id, did="callout.reviewed", state="open").exists()
    notices.review(made.id, "同意，下次早点送批", by=cast.approver.actor)
    duty.refresh_from_db()
    call.refresh_from_db()
    assert (duty.state, bool(call.reviewed_at)) == ("met", True)


def test_a_review_outlives_the_notice_and_is_done_once(cast, made):
    notices.send_urgent(made.id, "水已经进楼", by=cast.district.actor, revision=1)
    with clock.shifted(dt.timedelta(hours=7)):
        assert notices.expire(by=machine("test")) == 1
        assert "写下补审意见" in cast.client("approver").get(f"/notices/{made.id}").content.decode()
        assert notices.review(made.id, "同意", by=cast.approver.actor).state == "expired"
        with pytest.raises(Conflict):
            notices.review(made.id, "同意", by=cast.approver.actor)
    assert not owed(made, "alerts.notice-reviewed").exists()
    assert "写下补审意见" not in cast.client("approver").get(f"/notices/{made.id}").content.decode()

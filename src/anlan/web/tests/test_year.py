"""HZD-01, HZD-02: an invented city has a year behind it, with the marks of real work, and something open now."""

from collections import Counter

import pytest

from anlan.hazards.models import (
    Answer,
    FollowUp,
    Hazard,
    Hint,
    MajorReport,
    Object,
    ObstacleRow,
    Posting,
    Referral,
    Remark,
    RewardRow,
    Supervision,
    Tip,
    Visit,
)  # fmt: skip
from anlan.hazards.terms import HazardState
from anlan.kernel.authority import machine
from anlan.ledger.models import Entry
from anlan.web.city import load, year


@pytest.fixture
def laid(db):
    load.load_town("community", 7)
    return year.lay("community", 7, by=machine("test"))


def test_the_year_is_whole(laid):
    closed = Hazard.objects.filter(state=HazardState.CLOSED)
    assert closed.count() == laid["hazards"] > 200
    assert not closed.filter(kind="").exists(), "the library knows what the city's people call things"
    assert 0 < sum(h.rectified_at > h.due_at for h in closed) < closed.count() / 3
    for h in closed:
        assert h.found_at <= h.confirmed_at <= h.assigned_at < h.rectified_at < h.accepted_at
    assert set(Hazard.objects.values_list("state", flat=True)) >= {"reported", "confirmed", "assigned", "rectified"}
    assert Object.objects.count() == laid["objects"]
    assert Answer.objects.count() == laid["answers"] == sum(v.passed + v.failed for v in Visit.objects.all()) > 1000
    one = closed.order_by("number").first()
    assert Entry.objects.filter(chain=one.chain_id).count() >= 5


def test_residents_speak_and_the_district_looks_after_what_is_serious(laid):
    """HZD-11, HZD-12, HZD-13, EVL-02, EVL-05: each page of the demonstration has something at each stage."""
    assert Counter(Tip.objects.values_list("state", flat=True)) == {
        "received": 3, "held": 2, "accepted": 3, "declined": 1, "forwarded": 1, "folded": 1,
    }  # fmt: skip
    assert set(RewardRow.objects.values_list("state", flat=True)) == {"proposed", "paid"}
    assert Posting.objects.count() == 3
    assert set(Remark.objects.filter(vote=False).values_list("state", flat=True)) == {"waiting", "shown", "hidden"}
    assert Supervision.objects.filter(lifted_at=None).count() == 2
    assert FollowUp.objects.exclude(answered_at=None).count() == 1
    assert MajorReport.objects.filter(taken_at=None, ended_at=None).exists()
    assert set(Referral.objects.values_list("state", flat=True)) == {"sent", "result"}
    assert ObstacleRow.objects.count() == Hint.objects.filter(genre="photo").count() == 1

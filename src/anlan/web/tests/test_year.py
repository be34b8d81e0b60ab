"""HZD-01, HZD-02: an invented city has a year behind it, with the marks of real work, and something open now."""

import pytest

from anlan.hazards.models import Answer, Hazard, Object, Visit
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

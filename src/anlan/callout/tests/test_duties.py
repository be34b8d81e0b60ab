"""WRN-03: duties of any kind stand in the same inbox, are reminded by the same ladder, and end when they are done."""

import datetime as dt

import pytest

from anlan.callout.models import Obligation
from anlan.callout.services import climbing, obligations
from anlan.callout.terms import Owed
from anlan.callout.tests import mass
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, machine
from anlan.kernel.ids import uuid7
from anlan.ledger.models import Entry

pytestmark = pytest.mark.django_db
BY = machine("test")


def owed(member, **values):
    base = {
        "subject_type": "hazards.hazard", "subject_id": uuid7(), "did": "hazards.confirmed", "person": member.person.id,
        "pseudonym": member.person.pseudonym, "place_path": member.post.place_path,
        "why": "确认隐患", "post": member.post.id,
        "due_at": clock.now() + dt.timedelta(hours=1),
    }  # fmt: skip
    return Owed(**(base | values))


def test_a_duty_is_met_once_and_by_nobody_else(cast):
    one = obligations.owe(owed(cast.grid), by=BY)
    with pytest.raises(Hidden):
        obligations.meet(one, by=cast.city.actor)
    assert obligations.meet(one, by=cast.grid.actor).state == "met"
    with pytest.raises(Conflict):
        obligations.meet(one, by=cast.grid.actor)
    assert list(Entry.objects.filter(subject_id=one).order_by("id").values_list("did", flat=True)) == [
        "callout.owed", "callout.met",
    ]  # fmt: skip


def test_it_is_reminded_then_laid_on_the_deputy_and_the_superior(cast, monkeypatch):
    gateway = mass.install(monkeypatch, mass.Gateway("sms_http"))
    ladder = (
        {"at": 600, "act": "again", "send": [["sms_http"]]},
        {"at": 1200, "act": "deputy"},
        {"at": 1800, "act": "superior"},
    )
    one = obligations.owe(
        owed(
            cast.grid,
            ladder=ladder,
            carriers=(("sms_http",),),
            deputy=cast.community.person.id,
            superior=cast.street.post.id,
        ),
        by=BY,
    )
    mass.drain()
    assert len(gateway.sent) == 1
    for seconds, persons in ((601, 1), (1201, 2), (1801, 3)):
        with clock.shifted(dt.timedelta(seconds=seconds)):
            climbing.climb()
            mass.drain()
        assert Obligation.objects.filter(did="hazards.confirmed").count() == persons
    assert len(gateway.sent) == 4
    deputy = Obligation.objects.get(stands_for=one)
    obligations.meet(deputy.id, by=cast.community.actor)
    principal = Obligation.objects.get(id=one)
    assert (principal.state, principal.met_part) == ("met", "deputy")


def test_what_happened_meets_it_and_what_fell_away_voids_it(cast):
    subject = uuid7()
    ids = obligations.owe_many([owed(m, subject_id=subject) for m in (cast.grid, cast.community)], by=BY)
    other = obligations.owe(owed(cast.street, subject_id=subject, did="hazards.rectified"), by=BY)
    assert obligations.meet_all(subject, "hazards.confirmed", by=BY) == 2
    assert obligations.void(subject, "隐患已撤销", by=BY) == 1
    assert set(Obligation.objects.filter(id__in=ids).values_list("state", flat=True)) == {"met"}
    assert Obligation.objects.get(id=other).state == "void"

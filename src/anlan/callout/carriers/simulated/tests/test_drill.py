"""WRN-03: in a drill invented people answer through the same door as real ones, when their time has come, and once."""

import datetime as dt
import time
from uuid import uuid4

import pytest

from anlan.callout.carriers import Message
from anlan.callout.carriers.simulated.carrier import Carrier
from anlan.callout.models import Obligation, Receipt, SimulatedEvent
from anlan.callout.services import simulated
from anlan.callout.tests import calling
from anlan.kernel import clock

ALL_WELL = {"dead": "0", "sleeps": "0", "reads": "0", "refuses": "0"}


@pytest.fixture
def drill(cast):
    calling.set_up("simulated", **ALL_WELL, sends="sms")
    call = calling.start(cast, status="exercise")
    calling.hand_over(call)
    return call


def test_nothing_happens_before_its_time(drill):
    assert SimulatedEvent.objects.exists()
    assert simulated.play() == 0
    assert simulated.next_due() > clock.now()


def test_people_answer_when_their_time_has_come_and_once(drill):
    planned = SimulatedEvent.objects.count()
    with clock.shifted(dt.timedelta(hours=12)):
        assert simulated.play() == planned
        assert simulated.play() == 0
    answered = Obligation.objects.filter(call_id=drill.id, state="met")
    assert answered.exists()
    assert set(answered.values_list("met_how", flat=True)) <= {"reply", "link"}
    assert not SimulatedEvent.objects.exists()
    assert set(Receipt.objects.filter(call_id=drill.id).values_list("carrier", flat=True)) == {"simulated"}


def test_the_soonest_goes_first(drill):
    first = simulated.next_due()
    with clock.shifted(dt.timedelta(hours=12)):
        simulated.play(limit=1)
    assert simulated.next_due() > first


def test_a_repeated_hand_over_plans_nothing_new(db):
    batch = [Message(uuid4(), "", "暴雨", "上楼", "", place_path="0001", person=uuid4()) for _ in range(50)]
    settings = {"seed": "flood"}
    Carrier().send_many(batch, settings)
    planned = SimulatedEvent.objects.count()
    Carrier().send_many(batch, settings)
    assert SimulatedEvent.objects.count() == planned > 50


def test_who_is_only_told_answers_nothing(db):
    batch = [
        Message(uuid4(), "", "解除", "回家吧", "", place_path="0001", person=uuid4(), needs_answer=False)
        for _ in range(200)
    ]
    Carrier().send_many(batch, {})
    kinds = set(SimulatedEvent.objects.values_list("event__type", flat=True))
    assert kinds <= {"delivered", "read", "failed"}


def test_a_mass_is_planned_in_seconds(db):
    batch = [Message(uuid4(), "", "暴雨", "上楼", "", place_path="000100010001", person=uuid4()) for _ in range(5000)]
    began = time.monotonic()
    handed = Carrier().send_many(batch, {})
    assert len(handed) == 5000
    assert time.monotonic() - began < 5  # 176,000 are 36 of these: the fan-out of a city stays a matter of seconds

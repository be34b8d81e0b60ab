"""SEN-04: one alarm per episode, laid on whoever is nearest; a life at stake rings before anybody judged it."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from anlan.callout.models import Call, Obligation, Policy, Receipt
from anlan.callout.tests import calling, mass
from anlan.kernel import clock
from anlan.ledger.models import Entry, Exercise
from anlan.people.models import Role
from anlan.people.tests.together import together
from anlan.sensing.models import Alarm
from anlan.sensing.services import alarms
from anlan.sensing.terms import Did
from anlan.sensing.tests.alarming import BY, event, raised, rule, settle, thing


def owing(alarm):
    """Return who owes a verdict."""
    rows = Obligation.objects.filter(subject_id=alarm.id, state="open")
    return sorted(rows.values_list("person_id", flat=True))


def dids(alarm):
    return list(Entry.objects.filter(subject_id=alarm.id).order_by("id").values_list("did", flat=True))


def test_raised_risen_ended(db, cast):
    """SEN-04, CMD-01: T0 is when it was raised; a rise is one entry and a new word to whoever owes it."""
    (stream,) = thing(cast.places.grid)
    version = rule(cast.places.city)
    (alarm,) = settle(event(version, stream, 2, value=3.6))
    year = clock.local(clock.now()).year
    assert (alarm.number, alarm.state, alarm.level) == (f"BJ-{year}-00001", "raised", 2)
    assert alarm.began_at <= alarm.raised_at
    assert alarm.came_at is not None
    assert owing(alarm) == [cast.grid.person.id]
    duty = Obligation.objects.get(subject_id=alarm.id, state="open")
    assert (duty.subject_type, duty.link) == ("sensing.alarm", f"/sensing/alarms/{alarm.id}")
    assert "竹苑河水位站" in duty.why
    before, sent = duty.due_at, Receipt.objects.filter(obligation_id=duty.id).count()
    assert settle(event(version, stream, 2, after=1, value=3.7)) == []
    assert settle(event(version, stream, 4, after=2, value=4.6)) == []
    alarm.refresh_from_db()
    duty.refresh_from_db()
    assert (alarm.level, alarm.peak, alarm.count) == (4, 4.6, 3)
    assert duty.due_at < before
    assert "4.6" in duty.why
    assert Receipt.objects.filter(obligation_id=duty.id).count() > sent or sent == 0
    settle(event(version, stream, 0, after=5, value=2.0))
    alarm.refresh_from_db()
    assert alarm.ended_at is not None
    assert alarm.state == "raised"
    assert dids(alarm) == [Did.ALARM_RAISED, Did.ALARM_ROSE, Did.ALARM_ENDED]
    entry = Entry.objects.filter(did=Did.ALARM_RAISED).get()
    assert (entry.chain, entry.values["sensing_level"], entry.values["name"]) == (alarm.id, 2, "竹苑河水位站")


def test_flapping_is_one_alarm(db, cast):
    """SEN-04: storms are folded: what comes again within the quiet minutes is the same alarm, later it is another."""
    (stream,) = thing(cast.places.grid)
    version = rule(cast.places.city)
    settle(event(version, stream, 1), event(version, stream, 0, after=1))
    settle(*[event(version, stream, i % 2, after=2 + i) for i in range(9)])
    assert Alarm.objects.count() == 1
    settle(event(version, stream, 0, after=20), event(version, stream, 1, after=31))
    assert Alarm.objects.count() == 2
    other = rule(cast.places.city, name="别的")
    settle(event(other, stream, 1, after=31))
    assert Alarm.objects.count() == 3
    with pytest.raises(IntegrityError), transaction.atomic():  # the index defends it
        Alarm.objects.filter(ended_at=None).update(rule_id=version.rule_id)


def test_a_storm_costs_as_one(db, cast):
    """SEN-04: a hundred alarms at once are as many statements as one, and a person has one duty each."""
    version = rule(cast.places.city)
    (one,) = thing(cast.places.grid)
    with CaptureQueriesContext(connection) as single:
        settle(event(version, one, 2))
    streams = [thing(cast.places.grid, name=f"站{i}")[0] for i in range(100)]
    with CaptureQueriesContext(connection) as many:
        assert len(settle(*[event(version, s, 2) for s in streams])) == 100
    assert len(many) <= len(single)
    assert Obligation.objects.filter(did=Did.VERIFIED_REAL, state="open").count() == 101


def test_who_is_asked(db, cast):
    """SEN-04: the thing's own post, else the nearest at or above its place, else it is told that nobody is there."""
    own = raised(cast.places.community, post_id=cast.street.post.id)
    assert owing(own) == [cast.street.person.id]
    assert owing(raised(cast.places.community, name="别的")) == [cast.community.person.id]
    assert owing(raised(cast.places.other_street)) == [cast.elsewhere.person.id]
    Role.objects.update(grants=[])
    nobody = raised(cast.places.other_street, name="没人管的站")
    assert owing(nobody) == []
    assert Did.UNWATCHED in dids(nobody)


def test_a_life_at_stake_rings_first(db, cast):
    """SEN-04: 生命类报警先派后核: a call rings the nearest before anybody judged it, by a carrier, once for a place."""
    calling.set_up("simulated")
    smoke = [thing(cast.places.grid, "smoke", name=f"烟感{i}", measures="smoke")[0] for i in range(3)]
    version = rule(cast.places.city, name="烟雾")
    made = settle(*[event(version, s, 1) for s in smoke])
    call = Call.objects.get()
    assert (call.state, call.drill, call.place_path) == ("running", False, cast.places.grid.path)
    assert "3 个设备报警" in call.title
    assert [p.person_id for p in Obligation.objects.filter(call_id=call.id)] == [cast.grid.person.id]
    for alarm in made:
        assert (alarm.state, alarm.verdict, alarm.call) == ("raised", "", call.id)
        assert alarm.dispatched_at is not None
        assert dids(alarm) == [Did.ALARM_RAISED, Did.ALARM_DISPATCHED]
    mass.drain()
    ring = Receipt.objects.get(call_id=call.id)
    assert ring.carrier == "simulated"
    assert ring.state in {"handed", "delivered", "read", "answered"}
    silent = rule(cast.places.city, "silence", name="没数据", spec={"kind": "silence"})
    settle(event(silent, smoke[0], 1))
    assert Call.objects.count() == 1  # a device that fails sends nobody running


def test_no_call_can_be_made(db, cast):
    """SEN-04: where no call can start the duty rings by itself: no alarm is lost, and nothing stops the others."""
    calling.set_up("sms_http", **calling.SMS, url="http://127.0.0.1:9/none")
    Policy.objects.update(current=False)
    alarm = raised(cast.places.grid, kind="smoke", measures="smoke")
    assert (alarm.call, alarm.dispatched_at) == (None, None)
    assert owing(alarm) == [cast.grid.person.id]
    duty = Obligation.objects.get(subject_id=alarm.id)
    assert Receipt.objects.get(obligation_id=duty.id).carrier == "sms_http"


def test_an_exercise_reaches_no_phone(db, cast):
    """SEN-04: what a drill's thing says goes by the simulated carrier alone."""
    exercise = Exercise.objects.create(name="消防演练", place_path=cast.places.city.path, started_at=clock.now())
    calling.set_up("sms_http", **calling.SMS, url="http://127.0.0.1:9/none")
    alarm = raised(cast.places.grid, kind="smoke", measures="smoke", exercise_id=exercise.id)
    call = Call.objects.get()
    assert (alarm.exercise_id, call.exercise_id, call.drill) == (exercise.id, exercise.id, True)
    assert not Obligation.objects.filter(drill=False).exists()
    mass.drain()
    assert Receipt.objects.exists()
    assert set(Receipt.objects.values_list("carrier", flat=True)) <= {"simulated"}


@pytest.mark.slow
def test_folded_under_concurrency(live_db, cast):
    """SEN-04: whoever settles at the same moment, one episode is one alarm."""
    (stream,) = thing(cast.places.grid)
    version = rule(cast.places.city)
    came = together(*[lambda: alarms.settle([event(version, stream, 2)], by=BY) for _ in range(4)])
    assert all(isinstance(one, alarms.Settled) for one in came), came
    assert sum(len(one.raised) for one in came) == 1
    assert Alarm.objects.get().count == 4
    assert Obligation.objects.filter(state="open").count() == 1
    assert clock.now() - Alarm.objects.get().raised_at < dt.timedelta(minutes=1)

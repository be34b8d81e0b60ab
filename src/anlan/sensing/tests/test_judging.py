"""Rules that are on, over what comes in: alarms once, doubtful readings kept apart, memory that outlives a kill."""

import datetime as dt

import pytest

from anlan.callout.models import Obligation
from anlan.kernel import clock
from anlan.sensing import watch
from anlan.sensing.batches import Batch
from anlan.sensing.models import Alarm, Arrival, Latest, Observation, Rejected, Rule, RuleMemory, RuleVersion
from anlan.sensing.services import evaluating
from anlan.sensing.services.observing import take
from anlan.sensing.terms import Mark
from anlan.sensing.tests import streams

HIGH = {"kind": "threshold", "levels": {"blue": 3, "red": 5}, "margin": 0.5}


@pytest.fixture
def town(db, cast):
    return streams.town(cast)


@pytest.fixture
def told(monkeypatch):
    """What the alarms are told: (rule, level, value)."""
    said = []

    def settle(events, *, by):
        assert by.machine
        said.extend((e.words.split("：")[0], e.level, e.value) for e in events)

    monkeypatch.setattr(evaluating.alarms, "settle", settle)
    return said


def on(cast, spec, *, name="水位高", **more):
    rule = Rule.objects.create(place_path=cast.places.city.path, name=name, kind=spec["kind"], state="on", **more)
    RuleVersion.objects.create(rule=rule, number=1, spec=spec, on_at=clock.now())
    evaluating.directory.current(look=True)
    return rule


def test_a_threshold_is_told_once_when_it_is_passed_and_once_when_it_is_over(town, cast, told):
    """WRN-01: local thresholds, judged on every reading."""
    on(cast, HIGH, property="level")
    take(streams.series(town.level, [1, 3.2, 3.4, 5.5, 5.2, 2.9, 2.6, 2.0], start=20))
    take(streams.series(town.rain, [9, 9], start=20))
    evaluating.run_once()
    assert told == [("水位高", 1, 3.2), ("水位高", 4, 5.5), ("水位高", 1, 2.9), ("水位高", 0, 2.0)] or told[-1][1] == 0
    assert [level for _name, level, _value in told][:2] == [1, 4]
    assert Latest.objects.get(stream=town.level).level == 0


def test_a_level_stands_on_the_newest_reading(town, cast, told):
    on(cast, HIGH, property="level")
    take(streams.series(town.level, [1, 5.5], start=20))
    evaluating.run_once()
    assert Latest.objects.get(stream=town.level).level == 4


def test_an_impossible_value_is_kept_apart_and_told_to_nobody(town, cast, told):
    """SEN-03: range is quarantine, not alarm (Puhinui: a sample of 20.25 m)."""
    on(cast, HIGH, property="level")
    on(cast, {"kind": "range", "jump": 2, "agree": 3}, name="跳变", property="level")
    take(streams.series(town.level, [1, 20.25, 1.1, 4.9, 1.2], start=20))
    evaluating.run_once()
    assert told == []
    marks = dict(Observation.objects.values_list("value", "mark"))
    assert (marks[20.25], marks[4.9], marks[1.1]) == (Mark.QUARANTINED, Mark.QUARANTINED, Mark.GOOD)


def test_memory_outlives_whoever_led(town, cast, told):
    """PLT-05: a state between two writes of the memory is judged again from the arrivals, without effects."""
    on(cast, HIGH | {"hold": 120}, property="level")
    for n, value in enumerate([1, 3.5, 3.6]):
        take(streams.reading(town.level, value, minutes=30 - n))
        with evaluating.leading() as evaluator:
            assert evaluator.bite() == 1
            evaluator.judge = None  # killed: nothing is written on leaving
    assert told == []
    take(streams.reading(town.level, 3.7, minutes=27))
    evaluating.run_once()
    assert [level for _name, level, _value in told] == [1]
    assert RuleMemory.objects.count() == 1
    with evaluating.leading() as evaluator:
        assert evaluator.bite() == 0
    assert not Arrival.objects.exists()
    take(streams.reading(town.level, 3.8, minutes=26))
    evaluating.run_once()
    assert len(told) == 1


def test_a_rule_that_is_switched_on_starts_there(town, cast, told):
    first = on(cast, HIGH, property="level")
    take(streams.reading(town.level, 4.0, minutes=30))
    evaluating.run_once()
    on(cast, HIGH, name="另一条", property="level")
    take(streams.reading(town.level, 4.1, minutes=29))
    evaluating.run_once()
    assert [name for name, _level, _value in told] == ["水位高", "另一条"]
    Rule.objects.filter(id=first.id).update(state="off")
    evaluating.directory.current(look=True)
    take(streams.reading(town.level, 6.0, minutes=28))
    evaluating.run_once()
    assert told[-1] == ("另一条", 4, 6.0)


def test_two_rules_together(town, cast, told):
    """SEN-03: rain here and level there."""
    level = on(cast, HIGH, property="level")
    rain = on(cast, {"kind": "threshold", "levels": {"blue": 10}}, name="雨大", property="rain")
    when = {"all": [{"rule": str(level.id)}, {"rule": str(rain.id), "within": 3600}]}
    on(cast, {"kind": "combination", "when": when, "level": "orange"}, name="雨大水也高")
    take(streams.reading(town.rain, 12.0, minutes=30))
    evaluating.run_once()
    take(Batch.together([streams.reading(town.rain, 1.0, minutes=20), streams.reading(town.level, 4.0, minutes=10)]))
    evaluating.run_once()
    assert ("雨大水也高", 3, None) in told


def test_silence_is_told_as_time_passes(town, cast, told):
    on(cast, {"kind": "silence", "interval": 60, "times": 3, "level": "blue"}, name="没数据", property="level")
    take(streams.reading(town.level, 1.0))
    evaluating.run_once()
    with evaluating.leading() as evaluator, clock.shifted(dt.timedelta(minutes=10)):
        evaluator.pass_time()
        evaluator.pass_time()
    assert [(name, level) for name, level, _value in told] == [("没数据", 1)]
    take(streams.reading(town.level, 1.0, minutes=0))
    evaluating.run_once()
    assert told[-1][:2] == ("没数据", 0)


def test_late_readings_set_nothing_off(town, cast, told):
    on(cast, HIGH, property="level")
    take(streams.reading(town.level, 5.0, minutes=60 * 24))
    evaluating.run_once()
    assert told == []


def test_what_happened_becomes_an_alarm_with_its_duty(town, cast):
    """SEN-04, CMD-01: from a reading to an alarm that somebody owes an answer on, in one transaction."""
    on(cast, HIGH, property="level", about="11B01")
    take(streams.series(town.level, [1, 5.5, 5.6], start=3))
    evaluating.run_once()
    alarm = Alarm.objects.get()
    assert (alarm.level, alarm.state, alarm.thing_id) == (4, "raised", town.level.thing_id)
    assert Obligation.objects.filter(subject_id=alarm.id).exists()


def test_a_rule_that_breaks_stops_nobody_else_and_is_seen(town, cast, told, monkeypatch):
    """PLT-05: one bad rule must not silence the others."""
    on(cast, HIGH | {"direction": "down", "levels": {"blue": -1}}, name="坏的", property="level")
    on(cast, HIGH, name="好的", property="level")
    whole = watch.Watch.step

    def step(self, state, batch):
        if self.sign[0] < 0:
            raise IndexError("bug")
        return whole(self, state, batch)

    monkeypatch.setattr(watch.Watch, "step", step)
    take(streams.series(town.level, [1, 3.5], start=5))
    assert evaluating.run_once() == 2
    assert told == [("好的", 1, 3.5)]
    assert b"IndexError" in bytes(Rejected.objects.get(door="rules").payload)


def test_alarms_that_cannot_be_made_lie_in_a_queue_and_the_readings_go_on(town, cast, monkeypatch):
    on(cast, HIGH, property="level")

    def broken(events, *, by):
        raise KeyError("bug")

    monkeypatch.setattr(evaluating.alarms, "settle", broken)
    take(streams.series(town.level, [1, 3.5], start=5))
    assert evaluating.run_once() == 2
    assert "水位高".encode() in bytes(Rejected.objects.get(field="alarm").payload)
    assert Latest.objects.get(stream=town.level).value == 3.5

"""Readings are kept once: replays, differences, clocks, what nobody put a purpose on record for."""

import datetime as dt

import numpy as np
import pytest
from django.db import connection

from anlan.kernel import clock
from anlan.sensing.batches import Batch, instant
from anlan.sensing.models import Arrival, Day, Hour, Latest, Observation, Purpose, Rejected
from anlan.sensing.services import evaluating, rollups
from anlan.sensing.services.observing import Taken, take
from anlan.sensing.terms import Mark
from anlan.sensing.tests import streams


@pytest.fixture
def town(db, cast):
    return streams.town(cast)


def test_what_is_sent_again_is_kept_once(town):
    """SEN-01: a gateway that replays a day is harmless."""
    given = streams.series(town.level, [1.0, 2.0, 3.0])
    assert take(given) == Taken(new=3)
    assert take(given) == Taken(same=3)
    more = streams.series(town.level, [1.0, 2.5, 3.0, 4.0])
    assert take(more) == Taken(new=1, same=2, changed=1)
    assert list(Observation.objects.order_by("at").values_list("value", flat=True)) == [1.0, 2.0, 3.0, 4.0]
    assert sum(Arrival.objects.values_list("count", flat=True)) == 4
    (fault,) = Rejected.objects.all()
    assert (fault.field, fault.count) == ("value", 1)
    assert b'"value":2.5,"kept":2.0' in bytes(fault.payload)
    take(more)
    fault.refresh_from_db()
    assert fault.count == 2


def test_what_is_no_number_is_kept_beside(town):
    at = streams.minutes_ago(3)
    given = Batch.of([town.level.id], [at], [np.nan], {0: {"result": "open", "resultQuality": "good"}})
    assert take(given).new == 1
    kept = Observation.objects.get()
    assert (kept.value, kept.other["result"]) == (None, "open")
    assert take(given) == Taken(same=1)
    assert take(Batch.of([town.level.id], [at], [np.nan], {0: {"result": "shut"}})).changed == 1


def test_doubles_inside_a_batch_count_as_the_same_or_as_changed(town):
    at = streams.minutes_ago(3)
    assert take(Batch.of([town.level.id] * 3, [at] * 3, [1.0, 1.0, 2.0])) == Taken(new=1, same=1, changed=1)


def test_a_clock_that_is_wrong_is_refused_and_seen(town):
    ahead = streams.series(town.level, [1.0, 2.0], start=-60)
    old = Batch.of([town.level.id], [0], [1.0])
    assert take(Batch.together([ahead, old, streams.reading(town.level, 3.0)])) == Taken(new=1, refused=3)
    assert sorted(Rejected.objects.values_list("count", flat=True)) == [1, 2]
    assert take(streams.reading(town.level, 3.0, minutes=-9)).new == 1


def test_readings_of_a_stopped_device_are_refused_and_seen(town):
    town.level.thing.stopped_at = clock.now()
    town.level.thing.save()
    clock_ = evaluating.directory.current(look=True)
    assert clock_.stopped[town.level.id]
    assert take(streams.reading(town.level, 3.0)) == Taken(refused=1)
    with pytest.raises(ValueError, match="no stream"):
        take(streams.reading(10**6, 1.0))


def test_gates_give_no_value_without_a_purpose_on_record(town, cast, settings):
    """SEN-05: off by default, and without the setting also with a purpose."""
    gate = streams.stand(cast.places.grid.path, device="gate-1", kind="gate", code="count", key="in")
    evaluating.directory.current(look=True)
    take(streams.reading(gate, 40.0))
    kept = Observation.objects.get()
    assert (kept.value, kept.mark) == (None, Mark.FORBIDDEN)
    Purpose.objects.create(
        place_path=cast.places.community.path, kind="gate", name="疏散清点", basis="预案", assessment="评-1",
        until=clock.now().date() + dt.timedelta(days=2),
    )  # fmt: skip
    evaluating.directory.current(look=True)
    take(streams.reading(gate, 42.0, minutes=0.6))
    settings.SENSING_PEOPLE = True
    evaluating.directory.forget()
    take(streams.reading(gate, 41.0, minutes=0.5))
    assert list(Observation.objects.order_by("at").values_list("value", "mark")) == [(None, 3), (None, 3), (41.0, 0)]
    evaluating.run_once()
    assert sum(Hour.objects.values_list("count", flat=True)) == 1


def test_evaluating_sums_up_and_uses_the_arrivals_up(town):
    take(streams.series(town.level, [1.0, 2.0, 99.0, 3.0], start=5))
    take(streams.series(town.rain, [0.5, 0.25], start=4))
    assert evaluating.run_once() == 6
    assert evaluating.run_once() == 0
    assert not Arrival.objects.exists()
    level = Day.objects.filter(stream=town.level.id)
    assert (sum(d.count for d in level), sum(d.total for d in level), max(d.high for d in level)) == (3, 6.0, 3.0)
    assert Observation.objects.get(value=99.0).mark == Mark.QUARANTINED
    newest = Latest.objects.get(stream=town.level)
    assert (newest.value, newest.mark) == (3.0, 0)
    assert rollups.recount(mend=False) == []


def test_a_late_reading_counts_in_the_sums_and_is_not_the_newest(town):
    take(streams.reading(town.level, 2.0))
    evaluating.run_once()
    take(streams.reading(town.level, 1.0, minutes=60 * 24 * 40))
    evaluating.run_once()
    assert Observation.objects.get(value=1.0).mark == Mark.LATE
    assert Latest.objects.get(stream=town.level).value == 2.0
    assert sum(Hour.objects.values_list("count", flat=True)) == 2
    assert rollups.recount(mend=False) == []


def test_a_recount_leaves_what_waits_and_mends_what_is_wrong(town):
    take(streams.series(town.level, [1.0, 2.0], start=90))
    evaluating.run_once()
    take(streams.series(town.level, [5.0], start=91))
    assert rollups.recount(mend=False) == []
    Hour.objects.filter(stream=town.level.id).update(count=9)
    assert [name for name, _stream, _at in rollups.recount()][:1] == ["hour"]
    assert rollups.recount(mend=False) == []
    evaluating.run_once()
    assert rollups.recount(mend=False) == []
    assert sum(Hour.objects.values_list("count", flat=True)) == 3


def test_old_months_get_a_partition_of_their_own(town):
    at = streams.micros(dt.datetime(2019, 5, 3, tzinfo=dt.UTC))
    take(Batch.of([town.level.id], [at], [1.0]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM sensing_observation WHERE at = %s", [instant(at)])
        assert cursor.fetchone()[0] == "sensing_observation_2019_05"

"""Series, newest readings and exports; the big table is asked by its key."""

import datetime as dt

import numpy as np
import pytest
from django.db import connection

from anlan.kernel import clock
from anlan.kernel.authority import Hidden
from anlan.sensing.batches import Batch, micros
from anlan.sensing.queries import readings
from anlan.sensing.services import evaluating
from anlan.sensing.services.observing import take
from anlan.sensing.tests import streams

START = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


@pytest.fixture
def town(db, cast):
    """Three days of readings, every ten minutes: 0, 1, 2 …"""
    town = streams.town(cast)
    count = 3 * 144
    at = micros(START) + np.arange(count) * 600_000_000
    take(Batch.of(np.full(count, town.level.id), at, np.arange(count) / 100), came=START + dt.timedelta(days=3))
    take(streams.series(town.rain, [1, 2]))
    evaluating.run_once()
    return town


def test_a_series_raw_by_hour_and_by_day(town):
    until = START + dt.timedelta(days=3)
    raw = readings.series(town.level.id, START, until)
    assert (len(raw), raw.value[0], raw.value[-1], raw.at[0]) == (432, 0.0, 4.31, micros(START))
    hour = readings.series(town.level.id, START, until, "hour")
    assert (len(hour), hour.count[0], round(hour.value[0], 3), hour.high[0]) == (72, 6, 0.025, 0.05)
    day = readings.series(town.level.id, START, until, "day")
    assert day.count.tolist() == [96, 144, 144, 48]  # a day ends at 16:00 UTC
    few = readings.series(town.level.id, START, until, most=10)
    assert (len(few), few.cut, few.value[-1]) == (10, True, 4.31)
    assert len(readings.series(town.level.id, until, until, "day")) == 1  # whole days: that one has begun
    assert len(readings.series(town.rain.id, START, until, "day")) == 0


def test_the_newest_are_found_by_place_and_kind_and_scope(town, cast):
    grid = cast.grid.actor
    assert {row.stream_id for row in readings.latest(by=cast.city.actor)} == {town.level.id, town.rain.id}
    assert [r.stream_id for r in readings.latest(by=cast.city.actor, kind="rain")] == [town.rain.id]
    assert [r.stream_id for r in readings.latest(by=cast.city.actor, code="level")] == [town.level.id]
    assert not readings.latest(by=cast.elsewhere.actor)
    assert not readings.latest(by=cast.city.actor, place=cast.places.other_district.path)
    assert readings.visible(town.level.id, by=cast.city.actor).thing.device == "dev-1"
    for who, stream in ((cast.elsewhere.actor, town.level.id), (cast.city.actor, 10**6), (cast.nobody.actor, 1)):
        with pytest.raises(Hidden):
            readings.visible(stream, by=who)
    assert grid is not None


def test_an_export_has_every_reading_once(town, monkeypatch):
    monkeypatch.setattr(readings, "PART", 100)
    rows = list(readings.export(town.level.id, START, START + dt.timedelta(days=9)))
    assert [row[1] for row in rows] == [n / 100 for n in range(432)]


def test_the_big_table_is_asked_by_its_key(town):
    """PLT-07: no chart reads a whole month of everybody."""
    at = [START, START + dt.timedelta(days=2)]
    for sql, params in (
        (readings._RAW, [town.level.id, *at, 10]), (readings._HOUR, [town.level.id, *at, 10]),
        (readings._DAY, [town.level.id, *(a.date() for a in at), 10]),
    ):  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {sql}", params)
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert "pkey" in plan or "Index" in plan
        assert "Seq Scan" not in plan
        assert plan.count("sensing_observation_2026") <= 2, plan
    assert clock.now() > START

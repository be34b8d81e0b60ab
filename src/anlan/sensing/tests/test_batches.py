"""A batch of readings: order, doubles, packing."""

import numpy as np
import pytest

from anlan.sensing import arrays
from anlan.sensing.batches import DAY, EAST, HOUR, Batch, among, instant, micros, sums


def batch(*rows):
    return Batch.of(*zip(*rows, strict=True)) if rows else Batch.of([], [], [])


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="one length"):
        Batch.of([1, 2], [1], [1.0])


def test_sorting_keeps_the_first_of_two_and_carries_what_is_no_number():
    given = Batch.of([2, 1, 2], [5, 9, 5], [1.0, np.nan, 3.0], {1: {"result": "open"}})
    made = given.sorted()
    assert made.stream.tolist() == [1, 2, 2]
    assert made.other == {0: {"result": "open"}}
    kept, same, changed = made.single()
    assert (len(kept), same, changed.value.tolist()) == (2, 0, [3.0])
    assert kept.other == {0: {"result": "open"}}


def test_doubles_that_say_the_same_are_the_same_also_without_a_number():
    kept, same, changed = batch((1, 5, np.nan), (1, 5, np.nan), (1, 5, 2.0), (1, 6, 1.0)).single()
    assert (len(kept), same, len(changed)) == (2, 1, 1)
    one = Batch.of([1, 1], [5, 5], [np.nan, np.nan], {0: {"result": "a"}, 1: {"result": "b"}})
    assert [len(part) if isinstance(part, Batch) else part for part in one.single()] == [1, 0, 1]


def test_packed_and_back():
    given = batch((7, -5, 1.5), (8, 2**60, np.nan))
    made = Batch.unpack(given.pack())
    assert (made.stream.tolist(), made.at.tolist()) == ([7, 8], [-5, 2**60])
    assert made.value[0] == 1.5
    assert np.isnan(made.value[1])
    with pytest.raises(ValueError, match="no packed batch"):
        Batch.unpack(b"x" * 21)


def test_together_and_among():
    whole = Batch.together([batch((1, 1, 1.0)), batch(), Batch.of([1], [2], [np.nan], {0: {"result": True}})])
    assert (len(whole), whole.other) == (2, {1: {"result": True}})
    assert among(np.array([1]), np.array([2]), whole).tolist() == [False, True]
    assert len(Batch.together([])) == 0


def test_days_are_those_of_beijing():
    late, early = micros(instant(0)) + 15 * HOUR, 16 * HOUR
    made = sums(batch((1, late, 1.0), (1, early, 5.0), (2, early, 2.0)), DAY, EAST)
    assert (made.stream.tolist(), made.step.tolist(), made.count.tolist()) == ([1, 1, 2], [0, 1, 1], [1, 1, 1])
    hours = sums(batch((1, late, 1.0), (1, late + 1, 5.0)), HOUR)
    assert (hours.count.tolist(), hours.low.tolist(), hours.high.tolist(), hours.total.tolist()) == ([2], [1], [5], [6])


def test_arrays_speak_postgresql(db):
    from django.db import connection

    with arrays.cursor(connection.connection) as cursor:
        cursor.execute("SELECT %s, %s, %s, array_send(%s), array_send(%s::timestamptz[])", [
            arrays.Integers(np.array([1, 2])), arrays.Dates(np.array([0])), arrays.Doubles(np.array([])),
            arrays.Doubles(np.array([1.5])), arrays.Times(np.array([5, 7])),
        ])  # fmt: skip
        numbers, dates, none, doubles, times = cursor.fetchone()
    assert (numbers, [str(d) for d in dates], none) == ([1, 2], ["1970-01-01"], [])
    assert arrays.items(doubles, "f8").tolist() == [1.5]
    assert arrays.items(times, "i8").tolist() == [5, 7]
    assert arrays.items(None, "i8").size == 0

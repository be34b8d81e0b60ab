"""UUIDv7 that the tables partition by."""

import time

from hypothesis import given
from hypothesis import strategies as st

from anlan.kernel import ids


def test_a_mass_of_ids_ascends_and_is_version_seven():
    made = ids.uuid7s(5000)
    assert made == sorted(made)
    assert len(set(made)) == 5000
    assert {(i.version, i.variant) for i in made} == {(7, "specified in RFC 4122")}


def test_an_id_carries_its_time():
    assert abs(ids.time_of(ids.uuid7()) - time.time()) < 1


@given(st.integers(min_value=1, max_value=2**47))
def test_a_partition_bound_is_not_above_any_id_of_its_millisecond(ms):
    assert ids.floor_of(ms) <= ids.uuid7(at_ms=ms) < ids.floor_of(ms + 1)

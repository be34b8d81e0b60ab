"""HZD-02: whatever a device sends, the door answers with what is wrong, and keeps what has an id."""

import datetime as dt

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anlan.fieldwork import parcels
from anlan.fieldwork.models import Record
from anlan.fieldwork.tests.phones import Phone
from anlan.kernel import clock
from anlan.kernel.ids import uuid7

ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=6), one, max_size=3),
    max_leaves=6,
)
ID = st.builds(lambda: str(uuid7()))
RECORD = st.fixed_dictionaries(
    {"id": ID | ANY, "seq": st.integers(0, 99) | ANY},
    optional={
        "kind": st.just("moon.landing") | ANY, "body": ANY,
        "at": st.datetimes(timezones=st.just(dt.UTC)).map(str) | ANY,
        "offline": ANY, "base": ANY, "uploads": st.lists(ID, max_size=3) | ANY, "made_by": ID | ANY,
    },
)  # fmt: skip
PARCEL = st.fixed_dictionaries(
    {"device": ID | ANY, "sent_at": st.datetimes(timezones=st.just(dt.UTC)).map(lambda d: d.isoformat()) | ANY,
     "records": st.lists(RECORD | ANY, max_size=4) | ANY}
)  # fmt: skip


def raw(said):
    """Return JSON as a device might, with numbers that orjson does not write."""
    try:
        return orjson.dumps(said)
    except (TypeError, orjson.JSONEncodeError):
        return str(said).encode("utf-8", "replace")


@given(st.binary(max_size=200) | PARCEL.map(raw))
def test_reading_gives_records_or_says_what_is_wrong(noise):
    try:
        _device, sent_at, records = parcels.read(noise, parcels.Limits())
    except parcels.Unreadable:
        return
    off = parcels.ahead(sent_at, clock.now())
    assert [r.seq for r in records] == sorted(r.seq for r in records)
    assert all((parcels.set_right(r.at, off, clock.now()) is None) == (r.at is None) for r in records)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=PARCEL)
def test_the_door_keeps_what_has_an_id_and_never_breaks(db, cast, inline, said):
    phone = Phone(cast.client("grid"))
    status, answer = phone.sync(raw=raw(said))
    assert status in {200, 413, 422}, answer
    if status == 200:
        ids = {r["id"] for r in answer["results"]}
        assert Record.objects.filter(id__in=ids).count() == len(ids)

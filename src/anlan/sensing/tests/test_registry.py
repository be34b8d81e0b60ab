"""SEN-01: things and streams are registered, changed, stopped; a device's name is one; positions end in WGS-84."""

import datetime as dt

import pytest

from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.ledger.models import Entry
from anlan.sensing.models import Datastream, Thing
from anlan.sensing.queries import registry as queries
from anlan.sensing.queries.registry import ThingFilter
from anlan.sensing.services import registry
from anlan.sensing.terms import Did
from anlan.sensing.terms.registry import StreamDraft, ThingDraft
from anlan.sensing.tests.devices import LEVEL, gauge, stream


def test_a_thing_is_registered_with_its_streams_and_leaves_an_entry(cast):
    """SEN-01."""
    made = gauge(cast, device="WL-0007", lon=104.06, lat=30.67, scheme="gcj02", maker="聚水 JS-3")
    assert (made.lon, made.lat) != (104.06, 30.67)
    assert abs(made.lon - 104.06) < 0.01
    depth = stream(made)
    assert (depth.key, depth.unit, depth.every, depth.place_path) == ("depth", "cm", 300, made.place_path)
    assert made.locations.get().location["coordinates"] == [made.lon, made.lat]
    assert made.history.count() == 1
    assert Entry.objects.get(did=Did.THING_ADDED).subject_id == made.id
    with pytest.raises(Conflict, match="WL-0007"):
        gauge(cast, device="WL-0007")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"), ({"kind": "spoon"}, "kind"), ({"lon": 104.0}, "lon"),
        ({"lon": 104.0, "lat": 99.0}, "lon"), ({"scheme": "mars", "lon": 1.0, "lat": 1.0}, "scheme"),
        ({"streams": (StreamDraft("magic"),)}, "streams.0.property"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_field(cast, values, field):
    said = {"place": cast.places.grid.path, "kind": "river", "name": "水位"} | values
    with pytest.raises(Invalid) as wrong:
        registry.add_thing(ThingDraft(**said), by=cast.community.actor)
    assert field in wrong.value.errors
    assert not Thing.objects.exists()


def test_wrong_place_wrong_role_and_what_is_hidden(cast):
    with pytest.raises(Refused):
        registry.add_thing(ThingDraft(cast.places.city.path, "rain", "雨量"), by=cast.community.actor)
    with pytest.raises(Refused):
        registry.add_thing(ThingDraft(cast.places.grid.path, "rain", "雨量"), by=cast.grid.actor)
    far = registry.add_thing(ThingDraft(cast.places.city.path, "rain", "雨量"), by=cast.city.actor)
    with pytest.raises(Hidden):
        queries.thing(far.id, by=cast.community.actor)


def test_a_change_moves_its_streams_and_meets_whoever_was_quicker(cast):
    made = gauge(cast, "river", streams=(LEVEL,))
    draft = ThingDraft(cast.places.community.path, "river", "竹苑河闸前水位", lon=104.0, lat=30.0)
    changed = registry.change_thing(made.id, draft, by=cast.community.actor, revision=1)
    assert stream(changed).place_path == cast.places.community.path
    assert changed.history.count() == 1
    with pytest.raises(Conflict):
        registry.change_thing(made.id, draft, by=cast.community.actor, revision=1)


def test_a_thing_is_stopped_once_with_a_reason_and_taken_up_again(cast):
    made = gauge(cast)
    with pytest.raises(Invalid):
        registry.stop_thing(made.id, " ", by=cast.community.actor)
    for _ in range(2):
        registry.stop_thing(made.id, "拆了", by=cast.community.actor)
    assert Entry.objects.filter(did=Did.THING_STOPPED).count() == 1
    assert not queries.things(ThingFilter(), by=cast.community.actor).exists()
    assert queries.things(ThingFilter(state="closed"), by=cast.community.actor).get() == made
    assert registry.resume_thing(made.id, by=cast.community.actor).stopped_at is None


def test_calibration_falls_due(cast):
    made = gauge(cast)
    today = clock.local(clock.now()).date()
    registry.calibrate(made.id, today + dt.timedelta(days=30), by=cast.community.actor)
    due = ThingFilter(fares="due")
    assert not queries.things(due, by=cast.community.actor).exists()
    with clock.shifted(dt.timedelta(days=31)):
        assert queries.things(due, by=cast.community.actor).get() == made
    with pytest.raises(Invalid):
        registry.calibrate(made.id, today, by=cast.community.actor)


def test_many_are_laid_by_a_few_statements_or_none(cast, django_assert_max_num_queries):
    """SEN-01: a table of devices goes in as a whole."""
    drafts = [
        ThingDraft(cast.places.grid.path, "river", f"水位 {n}", f"RV-{n}", lon=104.0, lat=30.0, streams=(LEVEL,))
        for n in range(300)
    ]
    with django_assert_max_num_queries(25):
        registry.lay_things(drafts, by=cast.community.actor)
    assert Datastream.objects.count() == 300
    with pytest.raises(Conflict):
        registry.lay_things([*drafts[:1], ThingDraft(cast.places.grid.path, "rain", "新的")], by=cast.community.actor)
    assert Thing.objects.count() == 300
    assert queries.counts("", by=cast.community.actor)["river"]["never"] == 300


def test_a_stream_gets_its_own_limits(cast):
    made = gauge(cast)
    depth = stream(made)
    registry.set_stream(depth.id, every=60, low=0, high=150, on=True, by=cast.community.actor)
    depth.refresh_from_db()
    assert (depth.every, depth.high) == (60, 150)
    with pytest.raises(Invalid):
        registry.set_stream(depth.id, every=60, low=5, high=5, on=True, by=cast.community.actor)
    added = registry.add_streams(made.id, [StreamDraft("battery", every=86_400)], by=cast.community.actor)
    assert [row.key for row in added] == ["battery"]
    with pytest.raises(Conflict):
        registry.add_streams(made.id, [StreamDraft("battery")], by=cast.community.actor)

"""SEN-01: a device that nobody registered is claimed with what it had sent, or dropped; faults are settled."""

import pytest

from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.ledger.models import Entry
from anlan.sensing.models import Held, Observation, Rejected, Unclaimed
from anlan.sensing.queries import directory, intake
from anlan.sensing.services import addressing, claiming, doors
from anlan.sensing.services.addressing import Reading
from anlan.sensing.terms import Did
from anlan.sensing.terms.registry import StreamDraft, ThingDraft
from anlan.sensing.tests import streams
from anlan.sensing.tests.devices import gauge

DEPTH = StreamDraft("depth", key="depth", every=300)


@pytest.fixture
def feed(cast):
    return doors.add_feed("积水网关", place=cast.places.city.path, by=cast.city.actor)


def sends(feed, *values, device="WL-9", key="depth", unit="cm"):
    streams.Base.at = streams.clock.now()
    said = [Reading(device, key, streams.minutes_ago(9 - n), value, unit) for n, value in enumerate(values)]
    return addressing.receive(said, feed=feed, door="http")


def draft(cast, **values):
    return ThingDraft(cast.places.grid.path, "waterlog", values.pop("name", "下穿积水点"), **values)


def test_a_claimed_device_brings_what_it_had_sent(cast, feed):
    """SEN-01: nothing vanishes: what came before it was registered is there afterwards, once."""
    sends(feed, 3.0, 4.0, 5.0)
    sends(feed, "open", key="door", unit="")
    (line,) = intake.devices(intake.DeviceFilter(), by=cast.city.actor)
    assert (line["device"], line["keys"], line["readings"]) == ("WL-9", 2, 4)
    done = claiming.claim_new("WL-9", draft(cast), [DEPTH], by=cast.city.actor)
    assert (done.count, done.taken.new) == (3, 3)
    kept = Observation.objects.order_by("at")
    assert [(r.stream, r.value) for r in kept] == [(done.thing.datastreams.get().id, v) for v in (3.0, 4.0, 5.0)]
    assert list(Unclaimed.objects.values_list("key", flat=True)) == ["door"]  # what is not wanted waits on
    assert Held.objects.count() == 1
    entry = Entry.objects.get(did=Did.CLAIMED)
    assert (entry.subject_id, entry.values["count"]) == (done.thing.id, 3)
    assert sends(feed, 6.0).taken.new == 1
    assert intake.waiting(cast.city.actor) == (1, 0)


def test_a_device_that_was_exchanged_goes_on_in_its_streams(cast, feed):
    old = gauge(cast, device="WL-1", streams=(DEPTH,))
    sends(feed, 3.0, 4.0)
    with pytest.raises(Conflict, match="WL-1"):
        claiming.claim_for("WL-9", old.id, [DEPTH], by=cast.city.actor)
    assert Held.objects.count() == 2
    with pytest.raises(Invalid) as wrong:
        claiming.claim_for("WL-9", old.id, [StreamDraft("temperature", key="depth")], replaces=True, by=cast.city.actor)
    assert "已经是这台设备的积水深度" in wrong.value.errors["streams"]
    done = claiming.claim_for("WL-9", old.id, [DEPTH], replaces=True, by=cast.city.actor)
    assert done.thing.device == "WL-9"
    assert set(Observation.objects.values_list("stream", flat=True)) == {old.datastreams.get().id}
    assert not Unclaimed.objects.exists()
    directory.current(look=True)
    assert sends(feed, 9.0, device="WL-1").unknown == 1  # the old name is a stranger now, and seen


def test_what_is_wrong_leaves_everything_where_it_was(cast, feed):
    sends(feed, 3.0)
    for given, field in (
        ([], "streams"),
        ([StreamDraft("temperature", key="depth")], "streams"),
        ([StreamDraft("magic", key="depth")], "streams"),
    ):
        with pytest.raises(Invalid) as wrong:
            claiming.claim_new("WL-9", draft(cast), given, by=cast.city.actor)
        assert field in wrong.value.errors
    with pytest.raises(Invalid):
        claiming.claim_new("WL-9", draft(cast, name=""), [DEPTH], by=cast.city.actor)
    assert (Unclaimed.objects.count(), Held.objects.count()) == (1, 1)
    with pytest.raises(Hidden):  # it came in by a door of the city
        claiming.claim_new("WL-9", draft(cast), [DEPTH], by=cast.community.actor)
    with pytest.raises(Hidden):
        intake.device("WL-9", by=cast.grid.actor)
    near = doors.add_feed("社区网关", place=cast.places.community.path, by=cast.city.actor)
    sends(near, 3.0, device="WL-8")
    with pytest.raises(Refused):
        claiming.claim_new("WL-8", ThingDraft(cast.places.city.path, "rain", "雨"), [DEPTH], by=cast.community.actor)
    claiming.claim_new("WL-8", draft(cast), [DEPTH], by=cast.community.actor)


def test_what_was_kept_is_turned_into_the_unit_of_its_stream(cast, feed):
    """SEN-01: also to the last digit, so that a gateway that sends it again is harmless."""
    sends(feed, 0.29, unit="m")
    said = streams.Base.at
    claiming.claim_new("WL-9", draft(cast), [DEPTH], by=cast.city.actor)
    assert Observation.objects.get().value == pytest.approx(29)
    again = Reading("WL-9", "depth", streams.micros(said) - 9 * 60_000_000, 0.29, "m")
    assert addressing.receive([again], feed=feed, door="http").taken.same == 1


def test_dropped_is_not_gone_and_can_be_taken_back(cast, feed):
    sends(feed, 3.0)
    with pytest.raises(Invalid):
        claiming.drop("WL-9", " ", by=cast.city.actor)
    assert claiming.drop("WL-9", "测试用的", by=cast.city.actor) == 1
    assert claiming.drop("WL-9", "测试用的", by=cast.city.actor) == 0
    sends(feed, 4.0, 5.0)
    assert (Unclaimed.objects.get().count, Held.objects.count()) == (3, 1)
    assert intake.waiting(cast.city.actor) == (0, 0)
    assert claiming.reopen("WL-9", by=cast.city.actor) == 1
    assert claiming.claim_new("WL-9", draft(cast), [DEPTH], by=cast.city.actor).taken.new == 1


def test_faults_are_settled_with_a_word_and_open_again(cast, feed):
    gauge(cast, device="WL-9", streams=(DEPTH,))
    sends(feed, 3.0, unit="Cel")
    fault = Rejected.objects.get()
    assert intake.waiting(cast.city.actor) == (0, 1)
    with pytest.raises(Invalid):
        claiming.settle([fault.id], "", by=cast.city.actor)
    with pytest.raises(Hidden):
        claiming.settle([fault.id], "好了", by=cast.community.actor)
    assert claiming.settle([fault.id], "厂家改好了", by=cast.city.actor) == 1
    assert claiming.settle([fault.id], "厂家改好了", by=cast.city.actor) == 0
    fault.refresh_from_db()
    assert (fault.opinion, fault.settled_by) == ("厂家改好了", cast.city.person.pseudonym)
    sends(feed, 3.0, unit="Cel")
    assert intake.waiting(cast.city.actor) == (0, 1)

"""SEN-05: gates and cameras give counts and events, nothing that says who; off until a purpose is on record."""

import base64
import datetime as dt
import json

import pytest

from anlan.kernel import clock
from anlan.sensing.api import batch_door
from anlan.sensing.batches import instant
from anlan.sensing.models import Held, Observation, Purpose, Rejected, Unclaimed
from anlan.sensing.services import doors
from anlan.sensing.tests import streams

SECRET = "京A12345"
BLOB = base64.b64encode(b"face" * 40).decode()


@pytest.fixture
def post(db, cast, client, settings):
    """Post an event of the gate; `post.purpose()` puts a purpose on record."""
    settings.SENSING_PEOPLE = True
    path = cast.places.grid.path
    streams.stand(path, device="gate-1", kind="gate", code="count", key="count")
    streams.stand(path, device="cam-1", kind="video", code="event", key="event.crowd")
    feed = doors.add_feed("门禁平台", place=cast.places.district.path, kind="events", by=cast.city.actor)
    token = doors.issue_token(feed.id, by=cast.city.actor)
    batch_door._feeds.clear()
    at = instant(streams.minutes_ago(2)).isoformat()

    def posted(said=None, **fields):
        body = said or {"device": "gate-1", "key": "count", "at": at, "value": 7} | fields
        return client.post(
            "/sensing/push", json.dumps(body), "application/json", headers={"authorization": f"Bearer {token}"}
        )

    def purpose():
        until = clock.local(clock.now()).date() + dt.timedelta(days=30)
        for kind in ("gate", "video"):
            Purpose.objects.create(place_path=path, kind=kind, name="人流", basis="依据", assessment="P-1", until=until)

    posted.purpose, posted.at = purpose, at
    return posted


def test_off_without_the_setting_and_without_a_purpose(post, settings):
    assert post().status_code == 403
    post.purpose()
    assert post().status_code == 200
    settings.SENSING_PEOPLE = False
    assert post().status_code == 403
    assert Observation.objects.count() == 1


def test_counts_and_events_are_kept(post):
    post.purpose()
    assert post().json()["taken"] == 1
    event = {"device": "cam-1", "key": "event", "type": "crowd", "at": post.at}
    assert post([event, event | {"value": 0}]).json()["taken"] == 1
    assert sorted(Observation.objects.values_list("value", flat=True)) == [1, 7]


@pytest.mark.parametrize("more", [
    {"image": BLOB}, {"face": {"feature_vector": [0.1, 0.2]}}, {"plate": SECRET}, {"track": [[1, 2]]},
    {SECRET: 1}, {"type": BLOB, "key": "event"}, {"device": BLOB}, {"device": SECRET}, {"value": BLOB}, {"key": BLOB},
    {"value": -1}, {"value": 1.5}, {"type": "face", "key": "event"}, {"at": BLOB}, {"device": "nobody"},
])  # fmt: skip
def test_anything_more_is_refused_whole_and_only_names_are_kept(post, more):
    post.purpose()
    answer = post([{"device": "gate-1", "key": "count", "at": post.at, "value": 7},
                   {"device": "gate-1", "key": "count", "at": post.at, "value": 7} | more])  # fmt: skip
    assert answer.status_code == 422
    kept = Rejected.objects.get()
    told = bytes(kept.payload).decode() + kept.field + answer.content.decode()
    assert kept.payload
    assert not any(secret in told for secret in (SECRET, BLOB, BLOB[:20], "0.1"))
    assert not any(table.objects.exists() for table in (Observation, Unclaimed, Held))

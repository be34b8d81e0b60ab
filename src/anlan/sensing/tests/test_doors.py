"""SEN-01: a gateway posts with a token of its own; a new one voids the old one, a door that is shut takes none."""

import pytest

from anlan.kernel.authority import Hidden, Invalid, Refused
from anlan.sensing.services import doors
from anlan.sensing.terms import FeedState


def test_a_token_opens_its_door_until_there_is_another(cast):
    city = cast.places.city.path
    feed = doors.add_feed("水务局平台", place=city, by=cast.city.actor)
    first = doors.issue_token(feed.id, by=cast.city.actor)
    assert doors.by_token(first) == feed
    second = doors.issue_token(feed.id, by=cast.city.actor)
    assert (doors.by_token(first), doors.by_token(second), doors.by_token("")) == (None, feed, None)
    feed.state = FeedState.OFF
    feed.save()
    assert doors.by_token(second) is None


def test_wrong_role_hidden_and_bad_names(cast):
    with pytest.raises(Refused):
        doors.add_feed("水务局平台", place=cast.places.grid.path, by=cast.grid.actor)
    with pytest.raises(Invalid):
        doors.add_feed(" ", place=cast.places.city.path, by=cast.city.actor)
    feed = doors.add_feed("水务局平台", place=cast.places.city.path, by=cast.city.actor)
    with pytest.raises(Hidden):
        doors.issue_token(feed.id, by=cast.community.actor)

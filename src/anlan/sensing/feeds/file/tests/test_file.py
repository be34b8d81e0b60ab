"""SEN-01: a station's table as it is exported, several lines of headings, holes; taken again it changes nothing."""

import json

import pytest

from anlan.kernel.authority import Invalid
from anlan.sensing.models import Observation, Rejected
from anlan.sensing.services import feeding
from anlan.sensing.tests import streams

TABLE = """#Bulk Export - Points every 1 hour(s),,,
,,43807,649940
,,Puhinui @ Drop Structure,Manukau @ Sports Bowl
,,River Water Level.Continuous,Rainfall.Continuous
Start of Interval (UTC+12:00),End of Interval (UTC+12:00),Average (mm),Total (mm)
5/1/2020 0:00,5/1/2020 1:00,96,0
5/1/2020 1:00,5/1/2020 2:00,,0.5
5/1/2020 2:00,5/1/2020 3:00,"95.6",
tomorrow,,1,1
"""
HOW = {
    "format": "csv", "headers": 5, "time": {"path": "#1", "format": "M/d/yyyy H:mm", "zone": "+12:00"},
    "values": [
        {"key": "level", "path": "#3", "unit": "header", "device": {"value": "43807"}},
        {"key": "rain", "path": "#4", "unit": "header", "device": {"value": "649940"}},
    ],
}  # fmt: skip


@pytest.fixture
def feed(db, cast):
    path = cast.places.grid.path
    streams.stand(path, device="43807")
    streams.stand(path, device="649940", kind="rain", code="rain", key="rain")
    return feeding.add("file", "Puhinui", {"mapping": json.dumps(HOW)}, place=cast.places.city.path, by=cast.city.actor)


def test_a_table_is_read_part_by_part_and_once(feed, monkeypatch):
    monkeypatch.setattr("anlan.sensing.feeds.file.feed.ROWS", 2)
    seen = []
    made = feeding.read_file(feed, TABLE.encode(), lambda done, total: seen.append((done, total)))
    assert (made.taken.new, [(b.line, b.field) for b in made.bad]) == (4, [(9, "#1")])
    assert seen[-1] == (len(TABLE), len(TABLE))
    assert len(seen) == 2
    assert sorted(Observation.objects.values_list("value", flat=True)) == pytest.approx([0, 0.0956, 0.096, 0.5])
    assert {at.isoformat() for at in Observation.objects.values_list("at", flat=True)} == {
        "2020-04-30T12:00:00+00:00", "2020-04-30T13:00:00+00:00", "2020-04-30T14:00:00+00:00"
    }  # fmt: skip
    again = feeding.read_file(feed, TABLE.encode())
    assert (again.taken.new, again.taken.same) == (0, 4)
    assert Rejected.objects.get().count == 2
    feed.refresh_from_db()
    assert (feed.health["taken"], feed.health["refused"]) == (4, 2)


def test_what_is_no_such_table(feed):
    with pytest.raises(Invalid) as told:
        feeding.read_file(feed, b"a,b\n1,2")
    assert "file" in told.value.errors

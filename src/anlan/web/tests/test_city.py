"""The demo's city: the same for the same seed, whole, and with somebody at every level."""

import datetime as dt
from collections import Counter
from itertools import pairwise

import pytest
import shapely
from lxml import etree

from anlan.kernel import paths
from anlan.web.city import staff, storm, town

CST = dt.timezone(dt.timedelta(hours=8))


@pytest.fixture(scope="module")
def district():
    return town.build("district", 7)


def roster(made, total):
    return staff.appoint([(p.path, p.level, p.name) for p in made.places], total, 7)


def test_the_same_seed_makes_the_same_city(district):
    again = town.build("district", 7)
    assert again.places == district.places
    assert roster(again, 3000) == roster(district, 3000)
    assert town.build("district", 8).places != district.places


def test_every_place_has_a_shape_within_its_parents(district):
    shape = {p.path: shapely.from_wkb(p.shape) for p in district.places}
    assert all(s.is_valid and s.area > 0 for s in shape.values())
    for spot in district.places:
        if spot.parent:
            outside = shape[spot.path].difference(shape[spot.parent].buffer(1e-6)).area
            assert outside < shape[spot.path].area * 0.001, spot


def test_codes_follow_the_statistical_rules(district):
    """domain-facts B1: 12 digits, a street 001–099, a town 100–199, a community below 200, a village above."""
    codes = Counter(p.code for p in district.places)
    assert max(codes.values()) == 1
    assert all(p.code.startswith("99") and len(p.code) == (15 if p.level == "grid" else 12) for p in district.places)
    assert {p.level: paths.depth(p.path) for p in district.places} == {
        "city": 1,
        "district": 2,
        "street": 3,
        "community": 4,
        "grid": 5,
    }


def test_the_roster_has_as_many_posts_as_asked_and_few_gaps(district):
    made = roster(district, town.POSTS["district"])
    assert len(made.posts) == 22_000
    assert 0 < sum(p.holder < 0 for p in made.posts) < 220
    assert any(p.away for p in made.posts)
    assert all(p.deputy != p.holder for p in made.posts if p.deputy >= 0)
    assert len({p.phone for p in made.people}) == len(made.people) < len(made.posts)


def test_the_storm_is_valid_cap_and_each_beat_follows_the_last(shared_data):
    """WRN-01: validated against the CAP 1.2 schema."""
    schema = etree.XMLSchema(etree.parse(str(shared_data / "cap" / "schema" / "CAP-v1.2.xsd")))
    start = dt.datetime(2026, 7, 18, 0, 50, tzinfo=CST)

    def due(share):
        return start + dt.timedelta(minutes=420 * share)

    beats = list(storm.unfold(due, districts=[("江岸区", "990101000000")], region="990100", status="Exercise"))
    for (_, _, earlier), (_, _, text) in pairwise(beats):
        document = etree.fromstring(text)
        schema.assertValid(document)
        before = etree.fromstring(earlier).findtext("{*}identifier")
        assert before in document.findtext("{*}references")
        assert document.findtext("{*}status") == "Exercise"

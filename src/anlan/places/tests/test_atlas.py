"""PLC-01: a point finds its deepest place, an area the places it touches; a changed tree is seen at once."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from anlan.kernel.authority import Invalid
from anlan.places import queries, services
from anlan.places.atlas import NOWHERE, Atlas, Sheet


def sheet(path, level, box):
    return Sheet(path, level, shapely.to_wkb(shapely.box(*box)))


TREE = Atlas(
    [
        sheet("0001", "city", (100, 30, 104, 34)),
        sheet("00010001", "district", (100, 30, 102, 34)),
        sheet("00010002", "district", (102, 30, 104, 34)),
        sheet("000100010001", "street", (100, 30, 101, 32)),
        sheet("000100010002", "street", (101, 30, 102, 32)),
    ]
)


def test_the_deepest_place_wins():
    points = [[100.5, 31], [101.5, 31], [101.5, 33], [103, 31], [99, 31]]
    found = [None if i == NOWHERE else TREE.paths[i] for i in TREE.locate(points)]
    assert found == ["000100010001", "000100010002", "00010001", "00010002", None]


def test_a_shared_border_belongs_to_one_always_the_same():
    assert {TREE.path_at(102, 33) for _ in range(3)} == {"00010001"}
    assert TREE.path_at(101, 31) == "000100010001"


@given(st.lists(st.tuples(st.floats(99, 105), st.floats(29, 35)), min_size=1, max_size=40))
def test_the_atlas_agrees_with_a_loop_of_contains(points):
    for point, index in zip(points, TREE.locate(points), strict=True):
        covering = [i for i, s in enumerate(TREE.shapes) if s.intersects(shapely.Point(point))]
        deepest = max((len(TREE.paths[i]) for i in covering), default=0)
        assert (len(TREE.paths[index]) if index != NOWHERE else 0) == deepest


def test_touched_gives_shares_of_the_deepest():
    touched = dict(TREE.touched(shapely.box(100.5, 30, 103, 34)))
    assert touched == pytest.approx({"000100010001": 0.5, "000100010002": 1.0, "00010002": 0.5})
    assert TREE.touched(shapely.box(104, 30, 105, 31)) == []
    assert TREE.touched(shapely.Point(103, 31)) == [("00010002", 0.0)]
    assert TREE.touched(shapely.Polygon()) == []


def test_a_bow_tie_is_repaired():
    bow = shapely.Polygon([(102, 30), (104, 34), (104, 30), (102, 34)])
    assert [path for path, _ in TREE.touched(bow)] == ["00010002"]


def test_empty_atlas():
    empty = Atlas([])
    assert empty.locate([[1.0, 2.0]]).tolist() == [NOWHERE]
    assert empty.touched(shapely.box(0, 0, 1, 1)) == []
    assert TREE.locate(np.empty((0, 2))).size == 0


@pytest.mark.django_db
def test_each_process_sees_a_changed_tree(system):
    city = services.found_root("澜江市", "city", "9901", system)
    assert queries.locate(104.05, 30.05) is None
    services.set_shape(city.pk, shapely.box(104, 30, 104.1, 30.1), crs="wgs84", by=system)
    assert queries.locate(104.05, 30.05).pk == city.pk
    before = queries.atlas()
    assert queries.atlas() is before
    services.change(city.pk, by=system, households=3)
    assert queries.atlas() is before
    district = services.add(city, name="东区", level="district", by=system)
    services.set_shape(district.pk, shapely.box(104.05, 30, 104.1, 30.1), crs="wgs84", by=system)
    assert queries.locate_many([[104.07, 30.05], [104.01, 30.05], [1.0, 1.0]]) == [district.path, city.path, None]
    services.close(district.pk, by=system, reason="并入")
    assert queries.locate(104.07, 30.05).pk == city.pk
    assert queries.touched("POLYGON((104 30,104.05 30,104.05 30.1,104 30.1,104 30))") == [
        (city.path, pytest.approx(0.5)),
    ]
    assert queries.touched_circle(104.05, 30.05, 100)[0][0] == city.path
    with pytest.raises(Invalid, match="WKT"):
        queries.touched("POLYGON((")

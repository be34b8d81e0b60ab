"""PLC-01: coordinates come through the door within 0.1 m, codes are read as domain-facts B1 has them."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from anlan.kernel.authority import Invalid
from anlan.places import codes, coords, names
from anlan.places.terms import Crs, Level, Scheme

# published pairs (WGS-84, GCJ-02) that independent implementations agree on
KNOWN = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]

inland = st.tuples(st.floats(73, 134, allow_nan=False), st.floats(4, 53, allow_nan=False))


@pytest.mark.parametrize(("wgs", "gcj"), KNOWN)
def test_published_pairs(wgs, gcj):
    assert coords.metres(coords.wgs84_to_gcj02([wgs]), [gcj])[0] < 0.1
    assert coords.metres(coords.gcj02_to_wgs84([gcj]), [wgs])[0] < 0.1


@given(inland, st.sampled_from([Crs.GCJ02, Crs.BD09]))
def test_there_and_back_is_the_same_point(point, crs):
    back = coords.to_wgs84(coords.from_wgs84([point], crs), crs)
    assert coords.metres(back, [point])[0] < 0.1


def test_the_shift_is_what_chinese_maps_show_and_none_abroad():
    assert 300 < coords.metres(coords.wgs84_to_gcj02([[104.06, 30.67]]), [[104.06, 30.67]])[0] < 700
    assert (coords.wgs84_to_gcj02([[2.35, 48.85]]) == [[2.35, 48.85]]).all()


def test_arrays_and_unknown_systems():
    assert coords.to_wgs84(np.empty((0, 2)), Crs.BD09).shape == (0, 2)
    with pytest.raises(Invalid, match="坐标系"):
        coords.to_wgs84([[104, 30]], "epsg:3857")
    with pytest.raises(Invalid):
        coords.to_wgs84([[104, 30, 5]], Crs.WGS84)


@given(inland, st.floats(50, 50_000))
def test_a_circle_holds_all_within_its_radius(point, radius):
    ring = np.array(coords.circle(*point, radius).exterior.coords)
    away = coords.metres(ring, np.tile(point, (len(ring), 1)))
    assert (away > radius * 0.9999).all()
    assert (away < radius * 1.002).all()


def test_area_of_a_known_square():
    side = 0.01
    square = shapely.box(104, 30, 104 + side, 30 + side)
    high, wide = np.radians(side) * coords.EARTH, np.radians(side) * coords.EARTH * np.cos(np.radians(30.005))
    assert coords.area(square) == pytest.approx(high * wide, rel=1e-4)


@pytest.mark.parametrize(
    ("code", "short", "level"),
    [
        ("51", "51", Level.PROVINCE),
        ("510000", "51", Level.PROVINCE),
        ("510100", "5101", Level.CITY),
        ("510100000000", "5101", Level.CITY),
        ("510104", "510104", Level.DISTRICT),
        ("510104017", "510104017", Level.STREET),
        ("510104017000", "510104017", Level.STREET),
        ("510104017001", "510104017001", Level.COMMUNITY),
        ("33010201601100112", "330102016011", Level.COMMUNITY),
        ("441900003", "441900003", Level.STREET),
    ],
)
def test_division_codes(code, short, level):
    assert codes.normalise(code) == short
    assert codes.level(short) == level
    assert codes.normalise(codes.padded(short)) == short


@given(st.text(max_size=20))
def test_any_text_is_a_code_or_invalid(text):
    try:
        short = codes.normalise(text)
    except Invalid:
        return
    assert codes.normalise(short) == short
    assert codes.parent(short) == "" or short.startswith(codes.parent(short))


def test_kinds_and_classes():
    assert codes.parent("441900003") == "4419"
    assert [codes.street_kind(c) for c in ("510104017", "510104100", "510104200", "510104400")] == [
        "街道", "镇", "乡", "类似乡级单位",
    ]  # fmt: skip
    assert [codes.community_kind("510104017" + n) for n in ("001", "200", "400", "500")] == [
        "居委会", "村委会", "类似居委会", "类似村委会",
    ]  # fmt: skip
    assert codes.urban_class("33010201601100112") == "112"
    for wrong in ("999", "11", "x"):
        with pytest.raises(Invalid, match="城乡"):
            codes.urban_class(wrong)


def test_grid_schemes():
    assert codes.guess_scheme("110101001001001") == Scheme.GRID_BJ15
    assert codes.guess_scheme("11010100100101") == Scheme.GRID_CJT213
    assert codes.guess_scheme("1" * 20) == Scheme.GRID_CJT349
    assert codes.guess_scheme("锦-01") == Scheme.LOCAL
    assert codes.community_of("110101001001001", Scheme.GRID_BJ15) == "110101001001"
    with pytest.raises(Invalid, match="15 位"):
        codes.check("123", Scheme.GRID_BJ15)
    with pytest.raises(Invalid, match="编码方案"):
        codes.check("123", "nonsense")
    with pytest.raises(Invalid):
        codes.check("a b;c", Scheme.LOCAL)


def test_names_for_finding():
    assert names.initials("水井坊社区") == "sjfsq"
    assert names.initials("A区3栋") == "aq3d"
    assert names.pairs("锦江区") == ["锦江", "江区"]
    assert names.grams("锦江区", ["三圣乡"]) == ["锦江", "江区", "三圣", "圣乡"]

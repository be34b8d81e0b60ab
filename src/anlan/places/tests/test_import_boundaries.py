"""PLC-01: boundaries come in a declared coordinate system and land where they are; what has no place is reported."""

import io
import json
import zipfile

import numpy as np
import pytest
import shapely

from anlan.kernel.authority import Invalid, Refused
from anlan.places import coords, geojson, queries, services, terms
from anlan.places.models import Place, Reject
from anlan.places.tests.conftest import actor_at

pytestmark = pytest.mark.django_db

BOX = [[[104.0, 30.6], [104.1, 30.6], [104.1, 30.7], [104.0, 30.7], [104.0, 30.6]]]


def collection(*features, **more):
    made = []
    for properties, said in features:
        geometry = {"type": "Polygon", "coordinates": said} if isinstance(said, list) else said
        made.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return json.dumps({"type": "FeatureCollection", "features": made} | more, ensure_ascii=False).encode()


@pytest.fixture
def city(system):
    root = services.found_root("成都市", "city", "5101", system)
    return root, services.add(root, name="锦江区", level="district", code="510104", by=system)


def test_the_real_city_lands_within_ten_metres(shared_data, system):
    services.import_divisions((shared_data / "admin" / "chengdu_villages_2021.csv").read_bytes(), "c.csv", by=system)
    content = (shared_data / "boundary" / "chengdu_510100.json").read_bytes()
    done = services.import_boundaries(content, "chengdu.json", crs="gcj02", by=system, mode=terms.Mode.GOOD)
    assert done.report["changed"] == 19
    assert "新津区（510118）" in done.report["findings"][0]["expected"]
    assert queries.by_code("510118").shape is None
    for feature in json.loads(content)["features"]:
        code = str(feature["properties"]["adcode"])
        if code == "510132":
            continue
        ours = shapely.from_wkb(bytes(Place.whole.get(code=code).shape))
        theirs = geojson.areal(shapely.make_valid(shapely.geometry.shape(feature["geometry"])))
        middle = np.array([shapely.point_on_surface(theirs).coords[0]])
        # back in the source's system, every vertex stands where the file has it, and every bit of ground is kept
        back = shapely.transform(ours, coords.wgs84_to_gcj02)
        assert shapely.hausdorff_distance(back, theirs) * 111_000 < 10
        assert shapely.covers(ours, shapely.Point(coords.gcj02_to_wgs84(middle)[0]))
        assert queries.locate(*coords.gcj02_to_wgs84(middle)[0]).code == code
    # 天府广场, WGS-84, lies in 青羊区; read as if it were GCJ-02 the borders would be some 400 m off
    assert queries.locate(104.0633, 30.6574).name == "青羊区"
    reject = queries.rejects(system).get()
    with pytest.raises(Invalid, match="怎样处理"):
        services.settle(reject.pk, by=system, note="", place=queries.by_code("510118").pk)
    services.settle(reject.pk, by=system, note="新津县 2020 年撤县设区", place=queries.by_code("510118").pk)
    assert Place.whole.get(code="510118").shape is not None
    again = services.import_boundaries(content, "chengdu.json", crs="gcj02", by=system, mode=terms.Mode.GOOD)
    assert (again.report["changed"], again.report["same"]) == (0, 19)


def test_the_declared_system_moves_the_shape(system, city):
    _, district = city
    content = collection(({"adcode": 510104, "name": "锦江区"}, BOX))
    centres = {}
    for crs in terms.Crs:
        services.import_boundaries(content, "b.json", crs=crs, by=system)
        district.refresh_from_db()
        centres[crs] = (district.lon, district.lat)
    assert centres["wgs84"] == pytest.approx((104.05, 30.65))
    assert 300 < coords.metres([centres["wgs84"]], [centres["gcj02"]])[0] < 700
    assert 700 < coords.metres([centres["wgs84"]], [centres["bd09"]])[0] < 2000


def test_undo_brings_the_former_shape_back(system, city):
    _, district = city
    services.set_shape(district.pk, shapely.box(104, 30, 104.2, 30.2), crs="wgs84", by=system)
    before = bytes(Place.whole.get(pk=district.pk).shape)
    done = services.import_boundaries(collection(({"code": "510104"}, BOX)), "b.json", crs="wgs84", by=system)
    assert bytes(Place.whole.get(pk=district.pk).shape) != before
    assert queries.locate(104.01, 30.01) is None
    services.undo(done.pk, by=system, reason="坐标系选错了")
    restored = Place.whole.get(pk=district.pk)
    assert bytes(restored.shape) == before
    assert (restored.lon, restored.lat) == pytest.approx((104.1, 30.1))
    assert queries.locate(104.01, 30.01).pk == district.pk


def test_each_bad_feature_is_reported_by_number(system, city):
    content = collection(
        ({"adcode": 510104, "name": "锦江区"}, BOX),
        ({"adcode": 999999, "name": "无此地"}, BOX),
        ({"name": "没有代码"}, BOX),
        ({"adcode": 510105}, None),
        ({"adcode": 510106}, {"type": "Point", "coordinates": [104, 30]}),
        ({"adcode": 510104}, BOX),
        ({"adcode": "51010x"}, BOX),
        ({"adcode": 510107}, [[[1040.0, 30], [104, 31], [105, 31], [1040.0, 30]]]),
    )
    done = services.import_boundaries(content, "b.json", crs="wgs84", by=system, mode=terms.Mode.GOOD)
    assert done.report["changed"] == 1
    assert sorted(f["row"] for f in done.report["findings"]) == [2, 3, 4, 5, 6, 7, 8]
    assert Reject.objects.count() == 7


def test_a_former_code_is_reported_not_dropped(system, city):
    _, district = city
    services.recode(district.pk, "510199", scheme="stat", by=system)
    content = collection(({"adcode": 510104, "name": "锦江区"}, BOX))
    report = services.import_boundaries(content, "b.json", crs="wgs84", by=system, dry_run=True).report
    assert "旧代码" in report["findings"][0]["expected"]
    assert "510199" in report["findings"][0]["expected"]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"{", b"null", b'{"type":"FeatureCollection"}', b'{"type":"FeatureCollection","features":{}}',
        b"\xff\xfe\x00", b"[" * 5000, b'{"type":"FeatureCollection","features":[],"crs":7}',
    ],
)  # fmt: skip
def test_what_is_not_geojson_is_refused(system, city, content):
    with pytest.raises(Invalid):
        services.import_boundaries(content, "b.json", crs="wgs84", by=system, mode=terms.Mode.GOOD)


def test_odd_features_do_not_break_the_rest(system, city):
    odd = b'null,7,{"type":"Feature"},{"geometry":{"type":"Polygon","coordinates":"x"}}'
    content = b'{"type":"FeatureCollection","features":[' + odd + b"]}"
    done = services.import_boundaries(content, "b.json", crs="wgs84", by=system, mode=terms.Mode.GOOD)
    assert done.report["rejected"] == 4


def test_the_system_must_be_declared_and_not_contradicted(system, city):
    content = collection(({"adcode": 510104}, BOX))
    with pytest.raises(Invalid, match="坐标系"):
        services.import_boundaries(content, "b.json", crs="", by=system)
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    told = collection(({"adcode": 510104}, BOX), crs=named)
    with pytest.raises(Invalid, match="CRS84"):
        services.import_boundaries(told, "b.json", crs="gcj02", by=system)
    assert services.import_boundaries(told, "b.json", crs="wgs84", by=system).report["changed"] == 1


def test_only_within_the_own_scope(system, city):
    root, district = city
    content = collection(({"adcode": 510104}, BOX))
    with pytest.raises(Refused):
        services.import_boundaries(content, "b.json", crs="wgs84", by=actor_at("0009", terms.Can.IMPORT))
    mine = actor_at(district.path, terms.Can.IMPORT)
    assert services.import_boundaries(content, "b.json", crs="wgs84", by=mine).place_path == district.path
    assert root.path != district.path


def test_a_bomb_stores_nothing(system, city):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("xl/worksheets/sheet1.xml", b" " * (40 * 2**20))
    with pytest.raises(Invalid, match="炸弹"):
        services.import_divisions(out.getvalue(), "bomb.xlsx", by=system)
    with pytest.raises(Invalid, match="炸弹"):
        services.import_local(out.getvalue(), "bomb.xlsx", crs="wgs84", by=system)
    assert Place.objects.count() == 2

"""PLC-02: what a town keeps itself, grids with 条线 and households, estates, buildings, finds its place in the tree."""

import io
import json

import pytest
import shapely
from openpyxl import Workbook

from anlan.kernel.authority import Invalid
from anlan.places import queries, services, terms
from anlan.places.models import Place

pytestmark = pytest.mark.django_db


@pytest.fixture
def street(system):
    root = services.found_root("锦江区", "district", "510104", system)
    made = services.add(root, name="锦官驿街道", level="street", code="510104017", by=system)
    well = services.add(made, name="水井坊社区", level="community", code="510104017001", by=system)
    services.add(made, name="崇德里社区", level="community", code="510104017002", by=system)
    services.set_shape(well.pk, shapely.box(104.08, 30.64, 104.09, 30.65), crs="wgs84", by=system)
    return made


def book(rows, merges=()):
    made = Workbook()
    for row in rows:
        made.active.append(row)
    for ref in merges:
        made.active.merge_cells(ref)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


ROWS = [
    ["锦官驿街道网格台账", None, None, None, None, None, None, None],
    ["所属社区", "网格名称", "网格编码", "级别", "网格级别", "户数", "条线", "别名"],
    ["水井坊社区", "第一网格", "510104017001001", "网格", 1, 412, "综治、应急", "老一格"],
    [None, "第二网格", "510104017001002", "网格", "二级", "1,302户", None, None],
    ["崇德里社区", "第一网格", "510104017002001", "网格", None, 388, None, None],
    ["第二网格", "兰桂苑", None, "小区", None, 600, None, None],
    ["兰桂苑", "3栋", None, "楼栋", None, 60, None, None],
]


def test_a_ledger_of_grids_as_offices_keep_it(system, street):
    done = services.import_local(book(ROWS, ["A1:H1", "A3:A4"]), "台账.xlsx", crs="wgs84", by=system)
    assert done.report["created"] == {"grid": 3, "estate": 1, "building": 1}
    grid = queries.by_code("510104017001001")
    assert (grid.name, grid.grid_level, grid.households, grid.lines, grid.aliases, grid.scheme) == (
        "第一网格", 1, 412, ["综治", "应急"], ["老一格"], terms.Scheme.GRID_BJ15,
    )  # fmt: skip
    assert grid.parent.name == "水井坊社区"
    building = Place.objects.get(level="building")
    assert [n for _, n in queries.breadcrumb(building.path)][-4:] == ["水井坊社区", "第二网格", "兰桂苑", "3栋"]
    assert [n["field"] for n in done.report["notes"]] == ["households"]
    again = services.import_local(book(ROWS, ["A1:H1", "A3:A4"]), "台账.xlsx", crs="wgs84", by=system)
    assert (again.report["created"], again.report["changed"], again.report["same"]) == ({}, 0, 5)
    more = [[*r] for r in ROWS]
    more[2][5] = 430
    changed = services.import_local(book(more, ["A1:H1", "A3:A4"]), "台账.xlsx", crs="wgs84", by=system)
    assert changed.report["changed"] == 1
    assert queries.by_code("510104017001001").households == 430
    services.undo(changed.pk, by=system, reason="填错")
    assert queries.by_code("510104017001001").households == 412


def test_parents_by_code_by_scheme_by_path_and_by_point(system, street):
    content = (
        "名称,级别,编码,上级,上级代码,经度,纬度\n"
        "甲格,网格,,,510104017002,,\n"
        "乙格,网格,510104017001009,,,,\n"
        "丙格,网格,,锦官驿街道/崇德里社区,,,\n"
        "丁格,网格,,,,104.085,30.645\n"
    ).encode("gbk")
    services.import_local(content, "g.csv", crs="wgs84", by=system)
    parents = dict(Place.objects.filter(level="grid").values_list("name", "parent__name"))
    assert parents == {"甲格": "崇德里社区", "乙格": "水井坊社区", "丙格": "崇德里社区", "丁格": "水井坊社区"}


def test_each_bad_row_says_what_was_expected(system, street):
    rows = [
        ("一,,,,,,,,", "级别"),
        (",网格,,水井坊社区,,,,,", "不能为空"),
        ("三,网格,,没有的社区,,,,,", "没有这个名称"),
        ("四,网格,,锦官驿街道,,,,,", "不能设在街镇之下"),
        ("五,网格,,水井坊社区,,-3,,,", "整数"),
        ("六,网格,,水井坊社区,,,9,,", "1、2、3"),
        ("七,小区,,水井坊社区,,,1,,", "只有网格"),
        ("八,网格,,水井坊社区,,,,104,", "都填"),
        ("九,网格,,水井坊社区,,,,104,304", "90"),
        ("十,网格,51010401700100X!,水井坊社区,,,,,", "1 到 40"),
        ("十一,网格,,,510104017999,,,,", "不在库里"),
        ("十二,网格,,,,,,100,10", "坐标"),
    ]
    head = "名称,级别,编码,上级,上级代码,户数,网格级别,经度,纬度\n"
    content = (head + "\n".join(r for r, _ in rows) + "\n好格,网格,,水井坊社区,,,,,\n").encode()
    done = services.import_local(content, "bad.csv", crs="wgs84", by=system, mode=terms.Mode.GOOD)
    assert done.report["created"] == {"grid": 1}
    told = {f["row"]: f["expected"] for f in done.report["findings"]}
    for number, (_, expected) in enumerate(rows, 2):
        assert expected in told[number], (number, told.get(number))
    with pytest.raises(Invalid, match="一行也没有导入"):
        services.import_local(content, "bad.csv", crs="wgs84", by=system)


def test_twins_need_a_code(system, street):
    content = "名称,级别,上级\n甲,网格,水井坊社区\n甲,网格,水井坊社区\n".encode()
    report = services.import_local(content, "t.csv", crs="wgs84", by=system, dry_run=True).report
    assert "同名" in report["findings"][0]["expected"]


def test_geojson_of_grids_with_shapes(system, street):
    feature = {
        "type": "Feature",
        "properties": {
            "名称": "江边网格",
            "级别": "网格",
            "上级代码": "510104017001",
            "条线": ["城管", "综治"],
            "户数": 320,
        },
        "geometry": shapely.geometry.mapping(shapely.box(104.081, 30.641, 104.085, 30.645)),
    }
    content = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    services.import_local(content, "g.geojson", crs="wgs84", by=system)
    grid = Place.objects.get(level="grid")
    assert grid.lines == ["城管", "综治"]
    assert queries.locate(104.083, 30.643).pk == grid.pk
    assert queries.locate(104.089, 30.649).name == "水井坊社区"
    assert grid.point == pytest.approx((104.083, 30.643))


def test_an_import_stays_below_its_place(system, street):
    content = "名称,级别,上级代码\n甲,网格,510104017002\n乙,网格,510104017001\n".encode()
    under = queries.by_code("510104017001").path
    report = services.import_local(content, "u.csv", crs="wgs84", under=under, by=system, dry_run=True).report
    assert report["created"] == {"grid": 1}
    assert "范围" in report["findings"][0]["expected"]

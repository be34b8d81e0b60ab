"""PLC-01: a table of divisions becomes a tree, whole or not at all, once and again, and can be taken back."""

import datetime as dt
from collections import Counter

import pytest
from django.db import connection

from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.places import queries, services, terms
from anlan.places.models import Change, Code, Import, Place, Reject
from anlan.places.tests.conftest import actor_at

pytestmark = pytest.mark.django_db

HEAD = (
    "provinceCode,provinceName,cityCode,cityName,areaCode,areaName,"
    "streetCode,streetName,villageCode,villageName,urbanRuralCode\n"
)
ONE = "51,四川省,5101,成都市,510104,锦江区,510104017,锦官驿街道,510104017001,水井坊社区居委会,111\n"
TWO = "51,四川省,5101,成都市,510104,锦江区,510104017,锦官驿街道,510104017002,崇德里社区居委会,111\n"
SMALL = (HEAD + ONE + TWO).encode()


def levels():
    return Counter(Place.objects.values_list("level", flat=True))


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("chengdu_villages_2021.csv", {"province": 1, "city": 1, "district": 20, "street": 261, "community": 3041}),
        ("beijing_villages_2023.csv", {"province": 1, "city": 1, "district": 16, "street": 349, "community": 7535}),
    ],
)
def test_whole_cities_land_exactly(shared_data, system, name, counts):
    content = (shared_data / "admin" / name).read_bytes()
    done = services.import_divisions(content, name, by=system)
    assert levels() == counts
    assert done.report["created"] == counts
    assert Code.objects.count() == sum(counts.values())
    assert all(p.path.startswith(p.parent.path) for p in Place.objects.select_related("parent").exclude(parent=None))
    again = services.import_divisions(content, name, by=system)
    assert (again.report["created"], again.report["changed"], again.report["same"]) == ({}, 0, sum(counts.values()))
    assert levels() == counts


def test_beijing_stands_below_its_city_level(shared_data, system):
    services.import_divisions((shared_data / "admin" / "beijing_villages_2023.csv").read_bytes(), "b.csv", by=system)
    trail = [name for _, name in queries.breadcrumb(queries.by_code("110101001").path)]
    assert trail == ["北京市", "市辖区", "东城区", "东华门街道"]


def test_tables_of_one_level_each_build_the_country(shared_data, system):
    """The whole country; a city without districts repeats itself one level down (441900) and stays one place."""
    for level in ("provinces", "cities", "areas", "streets"):
        name = f"modood_{level}.csv"
        done = services.import_divisions((shared_data / "admin" / name).read_bytes(), name, by=system)
        assert done.report["rejected"] == 0
    rows = (shared_data / "admin" / "modood_areas.csv").read_text().splitlines()[1:]
    repeated = sum(row.split(",")[0].endswith("00") for row in rows)
    assert levels() == {
        "province": 31,
        "city": 342,
        "district": len(rows) - repeated,
        "street": 41352 - 1,  # 350527000 is 金门县 itself, not a street
    }
    assert [name for _, name in queries.breadcrumb(queries.by_code("441900003").path)] == [
        "广东省",
        "东莞市",
        "东城街道",
    ]


def test_dry_run_stores_nothing(system):
    plan = services.import_divisions(SMALL, "s.csv", by=system, dry_run=True)
    assert plan.report["created"] == {"province": 1, "city": 1, "district": 1, "street": 1, "community": 2}
    assert not Place.objects.exists()
    assert not Import.objects.exists()


BAD = (
    HEAD
    + ONE
    + "51,四川省,5101,成都市,510104,锦江区,510104017,锦官驿街道,51010401700X,坏代码,111\n"
    + "51,四川省,5101,成都市,510104,锦江区,510105001,别处街道,510105001001,前缀不符,111\n"
    + "51,四川省,5101,成都市,510104,锦江区,510104017,锦官驿街道,510104017009,,111\n"
    + "51,四川省,5101,成都市,510104,锦江区,510104017,锦官驿街道,510104017008,坏分类,999\n"
    + "51,四川省,5101,成都市,510104,锦江区,510104017,另一个名,510104017007,街道改名,111\n"
    + TWO
).encode("gb18030")


def test_bad_rows_are_told_by_row_field_value_and_expectation(system):
    report = services.import_divisions(BAD, "bad.csv", by=system, dry_run=True).report
    told = {f["row"]: f for f in report["findings"]}
    assert sorted(told) == [3, 4, 5, 6, 7]
    assert told[3]["field"] == "villageCode"
    assert told[3]["value"] == "51010401700X"
    assert "数字" in told[3]["expected"]
    assert told[4]["field"] == "streetCode"
    assert "510104" in told[4]["expected"]
    assert told[5]["field"] == "villageName"
    assert told[6]["field"] == "urbanRuralCode"
    assert told[7]["value"] == "另一个名"


def test_all_or_nothing(system):
    with pytest.raises(Invalid, match="一行也没有导入"):
        services.import_divisions(BAD, "bad.csv", by=system)
    assert not Place.objects.exists()
    assert not Import.objects.exists()


def test_good_rows_in_and_bad_rows_kept_where_somebody_sees_them(system):
    services.import_divisions(BAD, "bad.csv", by=system, mode=terms.Mode.GOOD)
    assert levels()["community"] == 2
    kept = list(queries.rejects(system))
    assert [r.row for r in kept] == [3, 4, 5, 6, 7]
    assert kept[0].raw["villageName"] == "坏代码"
    services.settle(kept[0].pk, by=system, note="源表有误，已请统计局更正")
    assert queries.open_rejects(system) == 4
    with pytest.raises(Conflict):
        services.settle(kept[0].pk, by=system, note="再来一次")
    with pytest.raises(Invalid):
        services.settle(kept[1].pk, by=system, note=" ")


def test_a_renamed_place_keeps_its_old_name_as_alias(system):
    services.import_divisions(SMALL, "a.csv", by=system)
    done = services.import_divisions(SMALL.replace("锦官驿街道".encode(), "锦官新街道".encode()), "b.csv", by=system)
    street = queries.by_code("510104017")
    assert (street.name, street.aliases, street.revision) == ("锦官新街道", ["锦官驿街道"], 2)
    assert done.report["changed"] == 1
    services.undo(done.pk, by=system, reason="文件不对")
    street.refresh_from_db()
    assert (street.name, street.aliases) == ("锦官驿街道", [])


def test_undo_removes_what_was_made_and_paths_are_never_given_again(system):
    done = services.import_divisions(SMALL, "a.csv", by=system)
    path = queries.by_code("5101").path
    services.undo(done.pk, by=system, reason="年份不对")
    assert not Place.objects.exists()
    assert not Code.objects.exists()
    with pytest.raises(Conflict):
        services.undo(done.pk, by=system, reason="再撤一次")
    services.import_divisions(SMALL, "a.csv", by=system)
    assert queries.by_code("5101").path != path


def test_undo_is_refused_once_somebody_changed_a_place(system):
    done = services.import_divisions(SMALL, "a.csv", by=system)
    services.change(queries.by_code("510104017").pk, by=system, households=5)
    with pytest.raises(Conflict, match="锦官驿街道"):
        services.undo(done.pk, by=system, reason="试试")
    assert Place.objects.count() == 6


def test_undo_is_refused_once_something_stands_below(system):
    done = services.import_divisions(SMALL, "a.csv", by=system)
    services.add(queries.by_code("510104017001"), name="第一网格", level="grid", by=system)
    with pytest.raises(Conflict):
        services.undo(done.pk, by=system, reason="试试")
    assert Place.objects.count() == 7


def test_a_city_that_is_the_root_grows_no_province(system):
    services.found_root("成都市", "city", "5101", system)
    report = services.import_divisions(SMALL, "a.csv", by=system).report
    assert levels() == {"city": 1, "district": 1, "street": 1, "community": 2}
    assert "根之上" in report["notes"][0]["expected"]
    assert queries.by_code("510104017001").path == "0001000100010001"


def test_missing_parents_are_reported(system):
    services.found_root("四川省", "province", "51", system)
    content = "代码,名称\n510104017,锦官驿街道\n510105,青羊区\n320104017,甲街道\n5101,成都市\n".encode()
    report = services.import_divisions(content, "n.csv", by=system, dry_run=True).report
    assert report["created"] == {"city": 1, "district": 1}
    assert [f["row"] for f in report["findings"]] == [4, 2]
    assert "先导入上级" in report["findings"][0]["expected"]


def test_old_codes_resolve_by_date(system):
    services.import_divisions(SMALL, "a.csv", by=system, since=dt.date(2014, 1, 1))
    street = queries.by_code("510104017")
    services.recode(street.pk, "510104018", scheme="stat", by=system, on=dt.date(2021, 6, 1))
    assert queries.by_code("510104017", on=dt.date(2020, 1, 1)).pk == street.pk
    assert queries.by_code("510104017", on=dt.date(2022, 1, 1)) is None
    assert queries.by_code("510104017").pk == street.pk
    assert queries.by_code("510104018000").pk == street.pk
    assert queries.paths_for_codes(["510104017000", "510104018", "999999"]) == {
        "510104017000": street.path,
        "510104018": street.path,
    }
    report = services.import_divisions(SMALL, "old.csv", by=system, dry_run=True).report
    assert "旧代码" in report["findings"][0]["expected"]


def test_17_digits_bring_the_urban_class(system):
    services.found_root("锦官驿街道", "street", "510104017", system)
    services.import_divisions("代码,名称\n51010401700110111,水井坊社区\n".encode(), "n.csv", by=system)
    assert queries.by_code("510104017001").urban_class == "111"


def test_only_who_may_import_there_imports(system):
    services.import_divisions(SMALL, "a.csv", by=system)
    district = queries.by_code("510104")
    inside = actor_at(district.path, terms.Can.IMPORT)
    more = (HEAD + ONE.replace("510104017001,水井坊社区", "510104017099,新社区")).encode()
    done = services.import_divisions(more, "more.csv", by=inside)
    assert done.place_path.startswith(district.path)
    assert queries.get_import(done.pk, inside)
    street = queries.by_code("510104017")
    outside = actor_at(street.path + "0009", terms.Can.IMPORT)
    with pytest.raises(Refused):
        services.import_divisions(more.replace(b"099", b"098"), "x.csv", by=outside)
    with pytest.raises(Refused):
        services.import_divisions(more, "x.csv", by=actor_at("", terms.Can.READ))
    with pytest.raises(Hidden):
        queries.get_import(done.pk, outside)
    with pytest.raises(Hidden):
        services.undo(done.pk, by=outside, reason="越权")


def test_checked_then_stored_once(system):
    batch = services.check(terms.ImportKind.DIVISIONS, SMALL, "a.csv", by=system)
    assert not Place.objects.exists()
    services.store(batch.pk, by=system)
    assert Place.objects.count() == 6
    with pytest.raises(Conflict):
        services.store(batch.pk, by=system)
    assert Import.objects.get(pk=batch.pk).content is None


def test_every_place_made_is_in_the_ledger(system):
    done = services.import_divisions(SMALL, "a.csv", by=system)
    with connection.cursor() as cursor:
        cursor.execute("SELECT did, count(*) FROM ledger_entry WHERE chain = %s GROUP BY did", [done.pk])
        kinds = dict(cursor.fetchall())
    assert kinds == {terms.Did.ADDED: 6, terms.Did.IMPORTED: 1}
    assert Change.objects.count() == 6
    assert not Reject.objects.exists()

"""PLC-01, PLC-02: one place at a time: founded, added, changed, recoded, closed; who may, and what is recorded."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from anlan.kernel import paths
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.kernel.ids import uuid7
from anlan.places import queries, services, terms
from anlan.places.models import Place
from anlan.places.services.tree import fits
from anlan.places.tests.conftest import actor_at
from anlan.places.tests.test_search import Spot

pytestmark = pytest.mark.django_db


@pytest.fixture
def city(system):
    return services.found_root("成都市", "city", "510100", system)


def entries(did):
    with connection.cursor() as cursor:
        cursor.execute("SELECT place_path, values FROM ledger_entry WHERE did = %s ORDER BY id", [str(did)])
        return cursor.fetchall()


def test_roots_and_children_get_the_next_number(system, city):
    assert (city.path, city.code, city.scheme, city.pinyin) == ("0001", "5101", "stat", "cds")
    assert services.found_root("北京市", "province", "11", system).path == "0002"
    made = [services.add(city, name=f"{n}区", level="district", by=system) for n in "甲乙丙"]
    assert [p.path for p in made] == ["00010001", "00010002", "00010003"]
    assert [p.name for p in queries.children("0001")] == ["甲区", "乙区", "丙区"]
    assert queries.breadcrumb("00010002") == [("0001", "成都市"), ("00010002", "乙区")]
    assert queries.names(["0001", "9999"]) == {"0001": "成都市"}
    assert [row[0] for row in entries(terms.Did.ADDED)] == ["00010001", "00010002", "00010003"]


def test_levels_fit(system, city):
    with pytest.raises(Invalid) as caught:
        services.add(city, name="格", level="grid", by=system)
    assert "level" in caught.value.errors
    assert fits("grid", "grid")
    assert fits("estate", "grid")
    assert not fits("street", "street")
    with pytest.raises(Invalid):
        services.add(city, name="x", level="planet", by=system)


def test_a_code_belongs_to_one_place_at_a_time(system, city):
    services.add(city, name="甲区", level="district", code="510104", by=system)
    with pytest.raises(Invalid, match="已属于「甲区」"):
        services.add(city, name="乙区", level="district", code="510104000000", by=system)
    assert Place.objects.count() == 2


def test_bad_values_name_every_field(system, city):
    with pytest.raises(Invalid) as caught:
        services.change(city.pk, by=system, name="  ", population=-1, lon=104.0, lat=None, grid_level=2)
    assert set(caught.value.errors) == {"name", "population", "lat", "grid_level"}
    with pytest.raises(Invalid):
        services.change(city.pk, by=system, path="0009")


def test_change_records_before_and_after_and_sees_who_was_first(system, city):
    services.change(city.pk, by=system, households=7, aliases=["蓉城"], revision=1)
    with pytest.raises(Conflict):
        services.change(city.pk, by=system, households=8, revision=1)
    city.refresh_from_db()
    assert (city.households, city.aliases, city.revision) == (7, ["蓉城"], 2)
    services.change(city.pk, by=system, households=7)
    city.refresh_from_db()
    assert city.revision == 2
    path, values = entries(terms.Did.CHANGED)[0]
    assert path == "0001"
    assert '"households": 7' in str(values).replace("'", '"')


def test_close_with_date_and_successor(system, city):
    a = services.add(city, name="甲区", level="district", code="510104", by=system)
    b = services.add(city, name="乙区", level="district", code="510105", by=system)
    services.add(a, name="街", level="street", by=system)
    with pytest.raises(Conflict, match="1 个下级"):
        services.close(a.pk, by=system, reason="合并")
    services.close(queries.children(a.path)[0].pk, by=system, reason="合并", on=dt.date(2024, 1, 1))
    with pytest.raises(Invalid, match="依据"):
        services.close(a.pk, by=system, reason=" ")
    services.close(a.pk, by=system, reason="川府发〔2024〕1号", on=dt.date(2024, 1, 1), successor=b.pk)
    assert [p.name for p in queries.children("0001")] == ["乙区"]
    assert [p.name for p in queries.children("0001", closed=True)] == ["甲区", "乙区"]
    assert queries.paths_for_codes(["510104"]) == {"510104": b.path}
    assert queries.paths_for_codes(["510104"], on=dt.date(2023, 1, 1)) == {"510104": a.path}
    with pytest.raises(Conflict):
        services.close(a.pk, by=system, reason="再撤")
    with pytest.raises(Conflict):
        services.add(a, name="新街", level="street", by=system)
    services.reopen(a.pk, by=system, reason="撤销有误")
    assert queries.paths_for_codes(["510104"]) == {"510104": a.path}


def test_recode_dates(system, city):
    services.recode(city.pk, "5102", scheme="stat", by=system, on=dt.date(2024, 1, 1))
    with pytest.raises(Invalid, match="启用日"):
        services.recode(city.pk, "5103", scheme="stat", by=system, on=dt.date(2023, 1, 1))
    assert [c.code for c in queries.codes_of(city)] == ["5102", "5101"]
    services.recode(city.pk, "LJ-1", scheme="local", by=system)
    assert queries.by_code("LJ-1", "local").pk == city.pk


ACTS = {
    terms.Can.MANAGE: [
        lambda p, by: services.change(p.pk, by=by, households=1),
        lambda p, by: services.add(p, name="社区", level="community", by=by),
        lambda p, by: services.recode(p.pk, "510104018", scheme="stat", by=by),
        lambda p, by: services.set_shape(p.pk, None, crs="wgs84", by=by),
        lambda p, by: services.close(p.pk, by=by, reason="撤并"),
    ],
}


@pytest.mark.parametrize("act", ACTS[terms.Can.MANAGE])
def test_permission_both_ways(system, city, act):
    district = services.add(city, name="锦江区", level="district", code="510104", by=system)
    street = services.add(district, name="锦官驿街道", level="street", code="510104017", by=system)
    with pytest.raises(Hidden):
        act(street, actor_at("0001000200010001", terms.Can.READ, terms.Can.MANAGE))
    with pytest.raises(Hidden):
        act(street, actor_at(street.path, terms.Can.MANAGE))
    with pytest.raises(Refused):
        act(street, actor_at(district.path, terms.Can.READ))
    assert queries.by_path(street.path).revision == 1
    act(street, actor_at(district.path, terms.Can.READ, terms.Can.MANAGE))


def test_founding_needs_the_whole_tree(system, city):
    with pytest.raises(Refused):
        services.found_root("北京市", "province", "11", actor_at("0001", terms.Can.MANAGE))


def test_hidden_equals_absent(city):
    by = actor_at("0002", terms.Can.READ)
    for place_id in (city.pk, uuid7()):
        with pytest.raises(Hidden) as caught:
            queries.get(place_id, by)
        assert str(caught.value) == "没有这个地方"
    assert list(queries.visible(by)) == []
    assert list(queries.roots(actor_at("0001", terms.Can.READ))) == [city]


def test_the_database_refuses_nonsense(system, city):
    for change in ({"lon": 500.0, "lat": 1.0}, {"grid_level": 9}, {"until": "2020-01-01", "since": "2021-01-01"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Place.objects.filter(pk=city.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Place.objects.create(level="city", name="x", path="0001")


@given(st.lists(st.integers(1, paths.LARGEST), min_size=1, max_size=9))
def test_paths_are_prefixes_of_their_descendants(numbers):
    path = ""
    for number in numbers:
        longer = paths.child(path, number)
        assert paths.contains(path, longer)
        assert paths.parent(longer) == path
        assert paths.number(longer) == number
        path = longer
    assert paths.ancestors(path)[-1] == path


def test_load_many_is_set_based_and_checked(system, django_assert_max_num_queries):
    spots = [Spot("0001", "city", "澜江市", "9901")] + [
        Spot(paths.child("0001", i), "district", f"第{i}区", f"9901{i:02d}") for i in range(1, 60)
    ]
    with django_assert_max_num_queries(30):
        assert services.load_many(spots, by=system) == 60
    assert services.add(queries.by_path("0001"), name="新区", level="district", by=system).path == paths.child(
        "0001", 60
    )
    assert services.found_root("另一市", "city", "", system).path == "0002"
    with pytest.raises(Conflict, match="已被占用"):
        services.load_many([Spot("0001", "city", "又一个")], by=system)
    with pytest.raises(Invalid, match="不存在"):
        services.load_many([Spot("00090001", "district", "孤儿")], by=system)
    with pytest.raises(Refused):
        services.load_many([Spot("0003", "city", "x")], by=actor_at("0001", terms.Can.IMPORT))

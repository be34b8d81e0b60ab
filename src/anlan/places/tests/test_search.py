"""PLC-01: one box finds a place by name, alias, initials and code, ranked, by indexes, within the actor's scope."""

import time

import pytest
from django.db import connection

from anlan.kernel import paths
from anlan.places import queries, services, terms
from anlan.places.queries.search import statement
from anlan.places.tests.conftest import actor_at

pytestmark = pytest.mark.django_db


class Spot:
    def __init__(self, path, level, name, code=""):
        self.path, self.level, self.name, self.code = path, level, name, code
        self.lon, self.lat, self.shape = 104.0, 30.0, None
        self.population, self.households, self.urban_class = 10, 3, ""


FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"


def many(total):
    spots = [Spot("0001", "city", "澜江市", "9901")]
    per = 40
    for s in range(total // (per + 1)):
        street = paths.child("0001", s + 1)
        name = FAMILY[s % 32] + FAMILY[s // 32 % 32] + "家桥街道"
        spots.append(Spot(street, "street", name, f"9901{s % 100:02d}{s // 100:03d}"))
        spots += [
            Spot(paths.child(street, i + 1), "community", FAMILY[(s * 7 + i) % 32] + FAMILY[i % 32] + f"园第{i}社区")
            for i in range(per)
        ]
    return spots


@pytest.fixture
def city(system):
    root = services.found_root("成都市", "city", "5101", system)
    district = services.add(root, name="锦江区", level="district", code="510104", by=system)
    street = services.add(district, name="锦官驿街道", level="street", code="510104017", by=system)
    services.add(street, name="水井坊社区", level="community", code="510104017001", aliases=["老东门"], by=system)
    other = services.add(root, name="青羊区", level="district", code="510105", by=system)
    services.add(other, name="锦里社区", level="street", code="510105001", by=system)
    return root


def found(text, by, **more):
    return [p.name for p in queries.search(text, by, **more)]


def test_names_aliases_initials_and_codes(system, city):
    assert found("水井坊社区", system) == ["水井坊社区"]
    assert found("井坊", system) == ["水井坊社区"]
    assert found("老东门", system) == ["水井坊社区"]
    assert found("sjf", system) == ["水井坊社区"]
    assert found("SJFSQ", system) == ["水井坊社区"]
    assert found("510104017001", system) == ["水井坊社区"]
    assert found("510104017000", system)[0] == "锦官驿街道"
    assert found("510104", system)[0] == "锦江区"
    assert found("锦", system) == ["锦江区", "锦里社区", "锦官驿街道"]
    assert found("锦江 水井", system) == ["水井坊社区"]
    assert found("青羊 水井", system) == []
    assert found("锦", system, level="street", limit=1) == ["锦里社区"]


ODD = ["", "   ", "%", "_", "'", "\\", "😀", "a" * 500, "--", "；；", "\0", "'; --", "\ud800"]


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_any_text_is_answered(system, city, text):
    assert found(text, system) == []


def test_only_within_the_scope_and_hidden_is_absent(system, city):
    jin = queries.by_code("510104")
    inside = actor_at(jin.path, terms.Can.READ)
    assert found("锦", inside) == ["锦江区", "锦官驿街道"]
    assert found("青羊", inside) == []
    assert found("锦", actor_at(jin.path, terms.Can.MANAGE)) == []
    assert found("锦", inside, under=queries.by_code("510105").path) == []


def test_closed_places_are_not_found_old_codes_are(system, city):
    place = queries.by_code("510104017001")
    services.recode(place.pk, "510104017009", scheme="stat", by=system)
    assert found("510104017001", system) == ["水井坊社区"]
    services.close(place.pk, by=system, reason="撤并")
    assert found("水井坊", system) == []


def test_fifty_thousand_places_by_index(system):
    total = services.load_many(many(50_000), by=system)
    assert total > 48_000
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE places_place; ANALYZE places_code")
        for word in ("赵钱家桥街道", "赵钱", "家桥", "zqjq", "990105003", "园第7", "社区"):
            sql, values = statement(word, ("",))
            cursor.execute("EXPLAIN " + sql, values)
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "Seq Scan on places_place" not in plan, (word, plan)
        sql, values = statement("赵钱", ("00010001",))
        cursor.execute("EXPLAIN " + sql, values)
        assert "Seq Scan on places_place" not in "\n".join(row[0] for row in cursor.fetchall())
    began = time.perf_counter()
    assert queries.search("赵钱家", system)[0].name == "赵钱家桥街道"
    assert time.perf_counter() - began < 1

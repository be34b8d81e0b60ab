"""ENT-01: objects with their facts and chains; how often each is inspected follows its risk and its record."""

import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from anlan.hazards import frequency, object_rows
from anlan.hazards.frequency import Record, Rule
from anlan.hazards.models import Hazard, Object
from anlan.hazards.queries import objects as queries
from anlan.hazards.queries.objects import ObjectFilter
from anlan.hazards.services import objects, objects_import, outside_checks, pacing
from anlan.hazards.terms.inspections import ObjectDraft
from anlan.hazards.tests.inspecting import BY, checklist, thing, visit
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.ledger.models import Entry

pytestmark = pytest.mark.django_db
RULE = Rule({4: 7, 3: 15, 2: 30, 1: 90}, 3)
records = st.builds(
    Record, st.integers(1, 4), st.none() | st.integers(1, 3650), st.integers(0, 12), st.booleans(), st.booleans(),
    st.booleans(),
)  # fmt: skip


@given(records)
def test_the_pace_follows_the_rule(of):
    """ENT-01: more risk never means fewer visits; trouble never fewer than without; days set by hand stand."""
    found = frequency.pace(of, RULE)
    assert found.days >= 1
    if of.by_hand:
        assert (found.days, found.why) == (of.by_hand, "hand")
        return
    usual = RULE.days[of.risk]
    assert found.days in {usual, usual * 2, max(usual // 2, 1)}
    if of.major or of.recurred:
        assert found.days < usual or usual == 1
    if found.days > usual:
        assert of.clean >= RULE.clean
        assert of.credible
    for risk in range(of.risk, 5):
        higher = Record(risk, None, of.clean, of.credible, of.major, of.recurred)
        assert frequency.pace(higher, RULE).days <= found.days


def test_an_object_keeps_its_facts_and_hides_its_numbers(cast):
    made = objects.add_object(
        ObjectDraft(
            kind="mixed", name=" 老街  商铺 ", place=cast.places.grid.path, keeper_name="王师傅",
            keeper_phone="13900000001", facts={"area": "120", "sleeps": "是", "depth": "3"}, risk=4,
            chain=[{"name": "房东老李", "role": "房东", "phone": "13900000002"}, {"name": "", "role": "二房东"}],
        ),
        by=cast.community.actor,
    )  # fmt: skip
    assert made.name == "老街 商铺"
    assert made.facts == {"area": 120, "sleeps": True}  # a depth is nothing that such a place is asked
    assert (made.pace_days, made.pace_why) == (7, "risk")
    assert b"1390" not in bytes(made.keeper_cipher)
    assert objects.masked_chain(made.chain) == [{"name": "房东老李", "role": "房东", "phone": "139****0002"}]
    assert objects.show_keeper(made.id, "找他开门", by=cast.grid.actor) == "13900000001"
    assert Entry.objects.filter(did="hazards.keeper-shown", subject_id=made.id).exists()
    part = thing(cast, "二楼网吧", "small_cafe", parent=made.id)
    assert list(queries.parts(made)) == [part]
    with pytest.raises(Invalid):
        thing(cast, "网吧里的网吧", "small_cafe", parent=part.id)


def test_who_may_and_what_is_wrong(cast):
    draft = ObjectDraft(kind="small_food", name="面馆", place=cast.places.grid.path)
    with pytest.raises(Refused):
        objects.add_object(draft, by=cast.grid.actor)  # a grid worker inspects, and does not plan
    with pytest.raises(Refused):
        objects.add_object(draft, by=cast.elsewhere.actor)
    with pytest.raises(Invalid) as wrong:
        objects.add_object(
            ObjectDraft("nothing", "", cast.places.grid.path, risk=9, every=0, lon=1.0), by=cast.street.actor
        )
    assert set(wrong.value.errors) == {"name", "kind", "risk", "every", "lon"}
    made = objects.add_object(draft, by=cast.street.actor)
    with pytest.raises(Hidden):
        queries.one(made.id, by=cast.elsewhere.actor)
    objects.change_object(made.id, draft, by=cast.street.actor, revision=1)
    with pytest.raises(Conflict):
        objects.change_object(made.id, draft, by=cast.street.actor, revision=1)
    with pytest.raises(Invalid):
        objects.close_object(made.id, " ", by=cast.street.actor)
    assert objects.close_object(made.id, "关门了", by=cast.street.actor).closed_at
    assert objects.close_object(made.id, "", by=cast.street.actor).closed_why == "关门了"
    assert objects.reopen_object(made.id, by=cast.street.actor).closed_at is None


def test_clean_visits_and_a_credible_self_check_mean_fewer_visits_and_trouble_more(cast):
    """ENT-01, ENT-03: 减频联动; the reason is kept."""
    _made, _version, _items = checklist(own=True)
    row = thing(cast, risk=2)
    for _ in range(3):
        visit(row, cast.grid.actor)
    row.refresh_from_db()
    assert (row.pace_days, row.pace_why, row.clean_run) == (30, "risk", 3)
    visit(row, outside_checks.BY, source="self_check", unit="面馆")
    row.refresh_from_db()
    assert (row.pace_days, row.pace_why) == (60, "less")
    assert row.next_due_on == queries.today() + dt.timedelta(days=60)
    Hazard.objects.create(
        client_id=row.id, chain_id=row.id, place_path=row.place_path, object_id=row.id, grade="major", text="煤气罐",
        found_at=clock.now(),
    )  # fmt: skip
    assert pacing.refresh_all() == 1
    assert pacing.refresh_all() == 0  # twice is once
    row.refresh_from_db()
    assert (row.pace_days, row.pace_why) == (15, "more")


def test_the_list_asks_the_database_as_often_for_many_as_for_few(cast, django_assert_max_num_queries):
    client = cast.client("street")
    for n in range(12):
        thing(cast, f"店 {n}", risk=1 + n % 4, lon=104.0, lat=30.6, facts={"sleeps": "是"} if n == 3 else {})
    client.get("/inspections/objects")
    with django_assert_max_num_queries(24):
        page = client.get("/inspections/objects?sort=-risk&risk=4").content.decode()
    assert page.count("重大风险") >= 3
    assert "店 3" in client.get("/inspections/objects?sleeps=1&kind=nine").content.decode()
    assert not queries.objects(ObjectFilter(), by=cast.elsewhere.actor).exists()
    assert len(client.get("/inspections/objects.geojson").json()["features"]) == 12
    assert client.get("/inspections/objects.xlsx").content.startswith(b"PK")


TABLE = """类型,名称,网格,位置,负责人,电话,风险,面积,住人
小餐饮,甲店,竹苑社区 第三网格,1 号,王,13900000001,重大,60,是
小餐饮,甲店,第三网格,1 号,王,13900000001,重大,60,是
飞船,乙店,第九网格,,,12,很大,六十,
网吧,丙店,,,,,低,,
小餐饮,老店,第三网格,,,,,,
"""


def test_a_table_comes_in_with_every_fault_named(cast):
    thing(cast, "老店")
    client = cast.client("community")
    sent = SimpleUploadedFile("店.csv", TABLE.encode())
    answer = client.post("/inspections/objects/import", {"file": sent, "place": cast.places.community.path})
    page = client.get(answer["Location"]).content.decode()
    for words in ("没有「飞船」这种类型", "这里没有「第九网格」", "看不懂的风险等级", "写的不是电话号码"):
        assert words in page
    assert "和第 2 行是同一处" in client.get(answer["Location"] + "?view=double").content.decode()
    client.post(answer["Location"])
    client.post(answer["Location"])  # twice is once
    made = {o.name: o for o in Object.objects.exclude(name="老店")}
    assert set(made) == {"甲店", "丙店"}
    assert (made["甲店"].risk, made["甲店"].facts) == (4, {"area": 60, "sleeps": True})
    assert made["丙店"].place_path == cast.places.community.path
    left = client.get(answer["Location"] + "/faults.csv").content.decode("utf-8-sig")
    assert "飞船" in left
    assert cast.client("elsewhere").get(answer["Location"]).status_code == 404


def test_a_file_that_is_no_table_says_why(cast):
    for content, words in ((b"", "文件是空的"), (b"a,b\n1,2\n", "名称")):
        with pytest.raises(Invalid) as wrong:
            objects_import.read_objects(io.BytesIO(content), "x.csv", place=cast.places.grid.path, by=BY)
        assert words in wrong.value.errors["file"]


@given(st.lists(st.text(max_size=8), max_size=8))
def test_any_header_is_read_without_a_column_used_twice(header):
    found = object_rows.columns(header)
    assert len(set(found.values())) == len(found)

"""PLC-03: the duty list is imported, compared, published, asked, and stops what it does not allow."""

import datetime as dt
import io

import pytest
from openpyxl import load_workbook

from anlan.kernel import clock, workdays
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused, machine
from anlan.ledger.models import Entry
from anlan.people import matters, queries, services, terms
from anlan.people.models import DutyList, Matter, Organisation, Ownerless, Stopped

HEAD = "事项码,事项名称,类别,俗称,清单,主责部门,配合部门,街镇,社区,依据,条款,时限,起算\n"
ROWS = (
    "X1,堵塞消防车通道,消防,消防通道、通道停车,配合履职,区消防救援大队,区公安分局,协助,协助,中华人民共和国消防法,第二十八条,2小时,接报起\n"
    "X2,井盖缺失,道路,窨井,配合履职,区综合行政执法局,,协助,不承担,城市道路管理条例,第二十三条,立即,\n"
    "X3,邻里纠纷,民生,,基本履职,属地街道办事处,,主责,主责,,,5个工作日,受理起\n"
)
TODAY = clock.local(clock.now()).date


def take(cast, text=HEAD + ROWS, who="city", where="city"):
    return services.read_roster(
        text.encode(), "清单.csv", place_path=getattr(cast.places, where).path, by=getattr(cast, who).actor,
        kind=terms.RosterKind.MATTERS,
    )  # fmt: skip


def publish(cast, text=HEAD + ROWS, who="city", where="city", day=None):
    batch = services.import_roster(take(cast, text, who, where).id, by=getattr(cast, who).actor)
    return services.publish_list(queries.draft_of(batch), day or TODAY(), by=getattr(cast, who).actor)


def test_faults_are_named_row_by_row_and_field_by_field(cast):
    """PLC-03: what a row lacks is told by its number and its field, and nothing else is lost."""
    bad = (
        "X3,路灯不亮,,,,区综合行政执法局,,协助,,,,,\n"  # the code is used above
        ",没有码的事,,,,某局,,,,,,,\n"
        "X5,,,,,某局,,,,,,,\n"
        "X6,没有主责,,,,,,协助,,,,,\n"
        "X7,时限看不懂,,,,某局,,,,,,半年,\n"
        "X8,层级看不懂,,,,某局,,也许,,,,,\n"
        "X9,上级收回却给街镇,,,上级收回,某局,,主责,,,,,\n"
        "X10,只有条款,,,,某局,,,,,第五条,,\n"
    )
    batch = take(cast, HEAD + ROWS + bad)
    assert batch.counts == {"new": 3, "update": 0, "same": 0, "fault": 8}
    faults = {row.number: set(row.faults) for row in queries.list_rows(batch, "fault")}
    assert faults == {
        5: {"code"}, 6: {"code"}, 7: {"name"}, 8: {"lead"}, 9: {"limit"}, 10: {"street_part"}, 11: {"street_part"},
        12: {"law"},
    }  # fmt: skip
    assert "第 4 行" in queries.list_rows(batch, "fault")[0].faults["code"][0]
    assert not Matter.objects.exists()


def test_a_row_is_mended_into_the_same_draft(cast):
    by = cast.city.actor
    batch = services.import_roster(take(cast, HEAD + ROWS + "X4,路灯不亮,,,,,,,,,,,\n").id, by=by)
    services.mend(batch.id, 5, {5: "区综合行政执法局"}, by=by)
    services.import_roster(batch.id, by=by)
    assert DutyList.objects.count() == 1
    assert set(DutyList.objects.get().matters.values_list("code", flat=True)) == {"X1", "X2", "X3", "X4"}


def test_the_next_version_says_what_is_new_changed_and_dropped(cast):
    """PLC-03: versions can be traced: each stays readable, and any two can be compared."""
    first = publish(cast)
    changed = HEAD + ROWS.replace("2小时", "1小时").replace("X2,井盖缺失", "X9,高空坠物")
    batch = take(cast, changed)
    assert batch.counts == {"new": 1, "update": 1, "same": 1, "fault": 0}
    second = services.import_roster(batch.id, by=cast.city.actor)
    draft = queries.version(queries.draft_of(second), by=cast.city.actor)
    told = {one.code: (one.kind, one.fields) for one in queries.differences(queries.before(draft), draft)}
    assert told == {
        "X1": ("changed", {"limit_value": (2, 1)}), "X2": ("dropped", {}), "X9": ("new", {}),
    }  # fmt: skip
    later = TODAY() + dt.timedelta(days=10)
    services.publish_list(draft.id, later, by=cast.city.actor)
    first.refresh_from_db()
    assert (first.state, first.effective_until) == ("replaced", later)
    assert first.matters.count() == 3
    at = cast.places.grid.path
    assert queries.route("X2", at).version == 1
    assert queries.route("X2", at, on=later) is None
    assert queries.route("X9", at, on=later).version == 2


def test_publishing_twice_is_once_and_the_past_is_left_alone(cast):
    first = publish(cast)
    again = services.publish_list(first.id, TODAY() + dt.timedelta(days=5), by=cast.city.actor)
    assert again.effective_from == TODAY()
    assert Entry.objects.filter(did=terms.Did.MATTERS_PUBLISHED).count() == 1
    draft = queries.draft_of(services.import_roster(take(cast).id, by=cast.city.actor))
    with pytest.raises(Invalid) as wrong:
        services.publish_list(draft, TODAY() - dt.timedelta(days=1), by=cast.city.actor)
    assert set(wrong.value.errors) == {"effective_from"}
    with pytest.raises(Conflict):
        services.drop_list(first.id, by=cast.city.actor)


def test_an_import_is_undone_until_it_is_published(cast):
    batch = services.import_roster(take(cast).id, by=cast.city.actor)
    services.undo_roster(batch.id, by=cast.city.actor)
    assert not DutyList.objects.exists()
    other = services.import_roster(take(cast).id, by=cast.city.actor)
    services.publish_list(queries.draft_of(other), TODAY(), by=cast.city.actor)
    with pytest.raises(Conflict):
        services.undo_roster(other.id, by=cast.city.actor)
    assert DutyList.objects.count() == 1


def test_a_district_refines_the_citys_list(cast):
    """PLC-03: the nearest list counts, matter by matter; the neighbours keep the city's."""
    publish(cast)
    one = HEAD + ROWS.splitlines()[0].replace("区消防救援大队", "江岸区消防救援大队") + "\n"
    publish(cast, one, "district", "district")
    here, there = queries.route("X1", cast.places.grid.path), queries.route("X1", cast.places.other_street.path)
    assert (here.lead_name, there.lead_name) == ("江岸区消防救援大队", "区消防救援大队")
    assert queries.route("X2", cast.places.grid.path).lead_name == "区综合行政执法局"
    assert Organisation.objects.get(name="江岸区消防救援大队").place_path == cast.places.district.path


def test_whose_a_matter_is_by_plain_words(cast):
    """PLC-03: code, name, what people call it, a sentence, and pinyin initials lead to who leads and how long."""
    publish(cast)
    at = cast.places.grid.path
    for words in ("X1", "消防通道", "堵塞消防车通道", "楼下消防通道被车堵了", "dsxfctd"):
        found = queries.route(words, at)
        assert (found.matter.code, found.lead_name, found.assists) == ("X1", "区消防救援大队", ("区公安分局",)), words
    assert found.basis == "中华人民共和国消防法 第二十八条"
    assert not found.is_for_community_as_lead_allowed
    assert queries.route("X3", at).is_for_community_as_lead_allowed
    assert queries.route("X3", at).post == cast.street.post.id
    assert queries.route("没有这回事", at) is None
    start = dt.datetime(2026, 9, 30, 16, 0, tzinfo=clock.CHINA)
    assert queries.route("X1", at, start=start).due == start + dt.timedelta(hours=2)
    assert queries.route("X3", at, start=start).due.date() == workdays.add_workdays(start.date(), 5)
    assert workdays.add_workdays(dt.date(2026, 9, 30), 1) == dt.date(2026, 10, 8)  # the national holiday is skipped


def test_words_that_fit_several_matters_ask_back(cast):
    publish(cast, HEAD + "A1,道路积水,,,,水务局,,,,,,,\nA2,小区积水,,,,住建局,,,,,,,\n")
    with pytest.raises(Invalid, match="小区积水"):
        queries.route("积水", cast.places.grid.path)
    assert {one.code for one in queries.find_matters("积水", cast.places.grid.path)} == {"A1", "A2"}


@pytest.mark.parametrize(
    ("code", "level", "as_lead", "why"),
    [
        ("X1", "community", True, "only-assists"), ("X1", "grid", True, "only-assists"),
        ("X1", "street", True, "only-assists"),
        ("X2", "community", False, "no-part"), ("没有这回事", "community", False, "off-list"),
        ("没有这回事", "street", True, "off-list"), ("X1", "community", False, None), ("X3", "community", True, None),
        ("X2", "district", True, None), ("没有这回事", "city", True, None),
    ],
)  # fmt: skip
def test_what_the_list_forbids_is_stopped_and_counted(cast, code, level, as_lead, why):
    """PLC-03: 拦截“清单外下压”; 越单拦截数 counts each one, and its record outlives the refusal."""
    publish(cast)
    by, at = cast.district.actor, cast.places.community.path
    if why is None:
        services.check_assignment(code, level, as_lead=as_lead, at=at, by=by)
        assert not Stopped.objects.exists()
        return
    with pytest.raises(Refused, match="第十七条") as refused:
        services.check_assignment(code, level, as_lead=as_lead, at=at, by=by)
    assert isinstance(refused.value, terms.OffList)
    assert Stopped.objects.get().why == why
    assert queries.duty_figures(by=by, since=clock.now() - dt.timedelta(days=1))["stopped"] == 1
    assert Entry.objects.filter(did=terms.Did.OVERSTEP_STOPPED).count() == 1


def test_a_drill_stops_too_but_counts_nowhere(cast):
    publish(cast)
    drill = cast.district.actor.drilling(cast.city.person.id)
    with pytest.raises(terms.OffList):
        services.check_assignment("X1", "community", as_lead=True, at=cast.places.community.path, by=drill)
    services.note_ownerless("演练里没人管的事", "", by=drill, at=cast.places.grid.path)
    told = queries.duty_figures(by=cast.district.actor, since=clock.now() - dt.timedelta(days=1))
    assert told == {"stopped": 0, "ownerless": 0, "settled": 0}


def test_what_nobody_owns_waits_until_the_district_settles_it(cast):
    """PLC-03: 无主事项: asked twice is one, and whoever settles it says whose it is."""
    publish(cast)
    by, at = cast.grid.actor, cast.places.grid.path
    one = services.note_ownerless("墙上有马蜂窝", "3 号楼", by=by, at=at)
    assert services.note_ownerless(" 墙上有马蜂窝 ", "", by=by, at=at).asked == 2
    assert Ownerless.objects.count() == 1
    with pytest.raises(Invalid):
        services.note_ownerless("？", "", by=by, at=at)
    with pytest.raises(Refused):
        services.note_ownerless("别处的事", "", by=by, at=cast.places.other_street.path)
    with pytest.raises(Hidden):
        services.settle_ownerless(one.id, "assigned", "消防队", by=cast.elsewhere.actor)
    with pytest.raises(Hidden):
        services.settle_ownerless(one.id, "assigned", "消防队", by=by)
    with pytest.raises(Invalid):
        services.settle_ownerless(one.id, "listed", "X99", by=cast.district.actor)
    services.settle_ownerless(one.id, "assigned", "区消防救援大队", by=cast.district.actor)
    with pytest.raises(Conflict):
        services.settle_ownerless(one.id, "none", "不是事", by=cast.district.actor)
    told = queries.duty_figures(by=cast.district.actor, since=clock.now() - dt.timedelta(days=1))
    assert told == {"stopped": 0, "ownerless": 0, "settled": 1}


def test_wrong_place_and_wrong_role_are_refused(cast):
    with pytest.raises(Refused):
        take(cast, who="street", where="street")
    with pytest.raises(Refused):
        take(cast, who="district", where="city")
    batch = take(cast, who="district", where="district")
    with pytest.raises(Hidden):
        services.import_roster(batch.id, by=cast.elsewhere.actor)
    draft = queries.draft_of(services.import_roster(batch.id, by=cast.district.actor))
    with pytest.raises(Hidden):
        services.publish_list(draft, TODAY(), by=cast.elsewhere.actor)
    with pytest.raises(Hidden):
        services.publish_list(draft, TODAY(), by=cast.grid.actor)


def test_the_starting_list_is_whole_and_searchable(cast):
    one = services.plant_list(cast.places.city.path, by=machine("test"))
    assert one.matters.count() > 60
    for words, code in (
        ("飞线充电", "XF03"), ("违建", "JZ01"), ("下雨积水", "SH01"), ("井盖没了", "DL01"), ("路灯坏了", "DL02"),
        ("油烟大", "HJ01"), ("流浪狗", "MS01"), ("楼上扔东西", "JZ04"), ("煤气漏", "RQ01"), ("电梯困人", "JZ09"),
    ):  # fmt: skip
        assert queries.route(words, cast.places.grid.path).matter.code == code


def test_a_list_taken_away_comes_back_the_same(cast):
    services.plant_list(cast.places.city.path, by=machine("test"))
    got = cast.client("city").get("/duties.xlsx")
    sheet = load_workbook(io.BytesIO(got.content)).active
    assert sheet.max_row == Matter.objects.count() + 1
    batch = services.read_roster(
        got.content, "清单.xlsx", place_path=cast.places.city.path, by=cast.city.actor, kind=terms.RosterKind.MATTERS
    )
    assert batch.counts == {"new": 0, "update": 0, "same": Matter.objects.count(), "fault": 0}


def test_pages_from_upload_to_answer(cast):
    """PLC-03: through the door: upload, look, import, publish; a grid worker asks and is told in plain words."""
    city, grid = cast.client("city"), cast.client("grid")
    upload = io.BytesIO((HEAD + ROWS).encode())
    upload.name = "清单.csv"
    at = city.post("/duties/versions", {"file": upload, "place": cast.places.city.path})["Location"]
    assert "井盖缺失" in city.get(at + "?view=new").content.decode()
    city.post(at + "/import")
    draft = DutyList.objects.get()
    assert grid.get(f"/duties/versions/{draft.id}").status_code == 404
    page = city.get(f"/duties/versions/{draft.id}").content.decode()
    assert "发布这一版清单" in page
    assert "新增" in page
    assert city.post(f"/duties/versions/{draft.id}/publish", {"from": ""}).status_code == 422
    city.post(f"/duties/versions/{draft.id}/publish", {"from": TODAY().isoformat()})
    found = grid.get("/duties", {"q": "窨井"}).content.decode()
    assert "区综合行政执法局" in found
    assert "消防" not in found.split("<tbody>")[1]
    told = grid.get("/duties/matters/X1").content.decode()
    assert "只能派协助，不能当主责派" in told
    assert grid.get(f"/duties/versions/{draft.id}").status_code == 200
    grid.post("/duties/ownerless", {"text": "马蜂窝", "where": "3 号楼"})
    queue = cast.client("district").get("/duties/ownerless").content.decode()
    assert "马蜂窝" in queue
    assert grid.get("/duties/ownerless").status_code == 403


def test_the_list_page_asks_the_same_few_questions_whatever_its_size(cast, django_assert_max_num_queries):
    services.plant_list(cast.places.city.path, by=machine("test"))
    client = cast.client("grid")
    client.get("/duties")
    with django_assert_max_num_queries(15):
        client.get("/duties")


def test_rank_prefers_the_name_over_what_surrounds_it():
    one = Matter(
        code="A1", name="飞线充电", keywords=["电瓶车上楼"], lead_name="消防", category="", pinyin="fxcd feixian"
    )
    scores = [matters.rank(text, one) for text in ("a1", "飞线充电", "飞线", "有人飞线充电", "fxcd", "消防", "路灯")]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] == 0

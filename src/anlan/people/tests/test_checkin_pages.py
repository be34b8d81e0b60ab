"""PLC-09: through the door: the public page, one's own link, the desk, an employer's list."""

import io
import re

from anlan.kernel.authority import machine
from anlan.people import queries, services
from anlan.people.models import Checkin, Claim, Muster, Person, Task

BY = machine("test")
JOIN = "/j/519901001001"
ME = {"name": "王来福", "phone": "139 0000-1111", "estate": "竹苑小区", "building": "3号楼", "skills": ["急救", "驾驶"],
      "times": ["emergency"], "party": ""}  # fmt: skip
LIST = (
    "区水务局在职党员报到名单,,,,,\n姓名,手机号,居住街道,居住社区,技能,时段\n"
    "张三,13800000001,柳荫街道,竹苑社区,急救、驾驶,周末、急时随叫\n"
    "李四,13800000002,柳荫街道,没有的社区,,\n王五,1380000,柳荫街道,竹苑社区,,\n"
    "赵六,13800000004,柳荫街道,,,\n钱七,13800000005,柳荫街道,竹苑社区,飞天,半夜三更\n"
)


def employer(cast, name="区水务局"):
    """Give 周建平's district a liaison of a body."""
    path = cast.places.district.path
    body = services.found_organisation(name, place_path=path, by=BY, kind="department")
    person = services.enrol(services.PersonDraft(name="刘联络", phone="13712340601"), place_path=path, by=BY)
    draft = services.PostDraft(role="department_liaison", place_path=path, organisation=body.id)
    post = services.create_post(draft, by=BY)
    services.appoint(post.id, person.id, by=BY)
    account = services.open_account(person.id, f"liaison{Checkin.objects.count()}", by=BY)
    return type(cast.grid)("刘联络", "13712340601", person, account, post), body


def test_a_resident_checks_in_by_the_public_page_and_keeps_a_link(cast):
    visitor = cast.client()
    assert "竹苑社区" in visitor.get(JOIN).content.decode()
    assert visitor.get("/j/519901001").status_code == 404  # a street is no community
    wrong = visitor.post(JOIN, ME | {"phone": "12"})
    assert wrong.status_code == 422
    assert "王来福" in wrong.content.decode()  # nothing is typed twice
    mine = visitor.post(JOIN, ME)["Location"]
    page = visitor.get(mine).content.decode()
    assert "等社区确认" in page
    assert "13900001111" not in page
    again = visitor.post(JOIN, ME)
    assert again.status_code == 200
    assert "/j/me/" not in again.content.decode()  # whoever knows a name and a number gets nobody's link
    assert Checkin.objects.count() == 1
    visitor.post(JOIN, ME | {"phone": "13900002222", "website": "x"})
    assert Checkin.objects.count() == 1


def test_the_public_page_takes_so_many_an_hour(cast, settings):
    settings.CHECKIN_HOURLY = 1
    visitor = cast.client()
    visitor.post(JOIN, ME)
    full = visitor.post(JOIN, ME | {"name": "下一个", "phone": "13900003333"})
    assert full.status_code == 422
    assert Checkin.objects.count() == 1


def test_one_taps_through_confirm_claim_done_and_erase(cast):
    visitor, desk = cast.client(), cast.client("community")
    mine = visitor.post(JOIN, ME)["Location"]
    one = Checkin.objects.get()
    assert "王来福" in desk.get("/checkins?view=registered").content.decode()
    desk.post("/checkins/confirm", {"checkin": [str(one.id)]})
    form = {"title": "挨户敲门", "where": "3 号楼", "starts_at": "2099-01-01T19:00", "wanted": "1", "skills": ["急救"]}
    at = desk.post("/checkins/tasks/new", form)["Location"]
    task = Task.objects.get()
    assert "挨户敲门" in visitor.get(mine).content.decode()
    visitor.post(f"{mine}/claim", {"task": str(task.id)})
    assert "王来福" in desk.get(at).content.decode()
    desk.post(f"{at}/done")
    assert Claim.objects.get().state == "done"
    visitor.post(mine, ME | {"skills": ["手语"]})
    one.refresh_from_db()
    assert one.skills == ["手语"]
    visitor.post(f"{mine}/erase")
    assert visitor.get(mine).status_code == 404
    assert not Person.objects.filter(name="王来福").exists()


def test_an_employers_list_is_read_mended_imported_and_undone(cast):
    """PLC-09: faults by row and field; the keeper sees states and no addresses; undone until a community confirmed."""
    keeper, body = employer(cast)
    client = cast.client(keeper)
    upload = io.BytesIO(LIST.encode("gb18030"))
    upload.name = "报到.csv"
    at = client.post("/checkins/import", {"file": upload, "organisation": str(body.id)})["Location"]
    batch = queries.list_imports(by=keeper.actor).get()
    faults = {row.number: set(row.faults) for row in queries.list_rows(batch, "fault")}
    assert faults == {4: {"community"}, 5: {"phone"}, 6: {"street"}, 7: {"skills", "times"}}
    client.post(f"{at}/rows/5", {"cell-1": "13800000003"})
    client.post(f"{at}/import")
    assert set(Checkin.objects.values_list("person__name", "organisation", "state", "place_path")) == {
        (name, body.id, "registered", cast.places.community.path) for name in ("张三", "王五")
    }
    again = services.read_roster(LIST.encode(), "报到.csv", place_path=body.place_path, by=keeper.actor,
                                 kind="checkins", organisation=body.id)  # fmt: skip
    assert again.counts["same"] == 1
    text = client.get("/checkins/employees").content.decode()
    assert "张三" in text
    assert "竹苑" not in text.split("<main")[1]
    client.post(f"{at}/undo")
    assert not Checkin.objects.exists()
    assert not Person.objects.filter(name="张三").exists()


def test_undo_stops_once_a_community_has_confirmed(cast):
    keeper, body = employer(cast)
    batch = services.read_roster(LIST.encode(), "报到.csv", place_path=body.place_path, by=keeper.actor,
                                 kind="checkins", organisation=body.id)  # fmt: skip
    services.import_roster(batch.id, by=keeper.actor)
    services.confirm_checkins([Checkin.objects.get().id], by=cast.community.actor)
    assert cast.client(keeper).post(f"/people/rosters/{batch.id}/undo").status_code == 409
    assert Checkin.objects.count() == 1
    assert cast.client("district").get(f"/people/rosters/{batch.id}").status_code == 404


def test_groups_are_made_by_the_page(cast):
    desk = cast.client("community")
    at = cast.places.community.path
    for n in range(7):
        draft = services.CheckinDraft(f"报到人{n}", f"1390000{n:04d}", "竹苑小区", f"{n % 2}号楼", times=["emergency"])
        services.register(draft, place_path=at, by=BY)
    services.confirm_checkins(list(Checkin.objects.values_list("id", flat=True)), by=BY)
    form = {"title": "暴雨", "least": "3", "most": "4", "slot": "emergency", "place": at}
    page = desk.post("/checkins/groups", form)["Location"]
    text = desk.get(page).content.decode()
    assert text.count('/move"') == 7
    member = re.search(r'name="member" value="([0-9a-f-]{36})"', text)[1]
    desk.post(f"{page}/move", {"member": member, "squad": "2"})
    desk.post(f"{page}/lead", {"member": member})
    desk.post(f"{page}/confirm")
    assert Muster.objects.get().state == "standing"
    address = re.search(r'href="(/calls/new[^"]*)"', desk.get(page).content.decode())[1].replace("&amp;", "&")
    compose = cast.client("city").get(address).content.decode()
    assert re.search(r'value="mustered"[^>]* checked', compose)  # the teams, and not the whole community
    assert re.search(r'value="muster_leader"[^>]* checked', compose)
    assert not re.search(r'value="grid_worker"[^>]* checked', compose)
    assert desk.post(f"{page}/disband", {"reason": ""}).status_code == 422
    desk.post(f"{page}/disband", {"reason": "雨停了"})
    assert "雨停了" in desk.get(page).content.decode()
    assert cast.client("elsewhere").get(page).status_code == 404


def test_codes_to_scan_are_pictures(cast):
    desk = cast.client("community")
    for address in ("/checkins/poster/519901001001/code.svg",):
        got = desk.get(address)
        assert got["Content-Type"] == "image/svg+xml"
        assert b"<path" in got.content
    assert desk.get("/checkins/poster/519901001001").status_code == 200
    assert cast.client("elsewhere").get("/checkins/poster/519901001001").status_code == 404


def test_the_list_asks_the_same_few_questions_whatever_its_size(cast, django_assert_max_num_queries):
    desk, at = cast.client("community"), cast.places.community.path
    for n in range(30):
        services.register(services.CheckinDraft(f"报到人{n}", f"1390000{n:04d}"), place_path=at, by=BY)
    desk.get("/checkins?view=registered")
    with django_assert_max_num_queries(22):
        desk.get("/checkins?view=registered")

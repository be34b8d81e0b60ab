"""HZD-01, HZD-05, HZD-06, HZD-07 at the desk: the list, the record, every act by its form, what leaves the screen."""

import html
import io
import json
import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from anlan.fieldwork.services import uploads
from anlan.hazards import services
from anlan.hazards.models import EvidenceRow, Hazard, SavedView
from anlan.hazards.terms import Grade, Owner
from anlan.hazards.tests.finding import STAIRS, WIRES, assigned, closed, confirmed, find, picture, rectified
from anlan.ledger.models import Entry
from anlan.people.models import Organisation

pytestmark = pytest.mark.django_db


def text(response):
    return html.unescape(re.sub(r"\s+", " ", response.content.decode()))


def form_of(response):
    """Return what the form of a page would send unchanged."""
    page = response.content.decode()
    main = page.split('class="hz-form"', 1)[1]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', main))


def do(client, hazard, verb, **values):
    """Open an act's page, fill it in and send it; returns the answer."""
    address = f"/hazards/{hazard.id}/do/{verb}"
    shown = client.get(address)
    assert shown.status_code == 200, text(shown)[-600:]
    return client.post(address, form_of(shown) | values)


def photo(member):
    return uploads.keep_photos([picture()], by=member.actor)


def test_the_whole_loop_by_forms(cast):
    """HZD-01, HZD-06: the whole way round by pages alone, once refused."""
    made = find(cast.grid, uploads=photo(cast.grid), where="7 栋 2 单元")
    desk, street = cast.client("community"), cast.client("street")
    page = text(desk.get(f"/hazards/{made.id}"))
    assert "你来确认" in page
    assert "李小满" in page
    assert do(desk, made, "confirm", grade="general", basis="消防法 第二十八条").status_code == 302
    assert do(desk, made, "assign", words="老王五金店", owner="n:老王五金店", limit="d7").status_code == 302
    made.refresh_from_db()
    assert (made.state, made.owner_name) == ("assigned", "老王五金店")
    do(desk, made, "control", kind="warn", words="贴了提示")
    five = {
        "responsibility": "老王",
        "measures": "清走",
        "funds": "不用",
        "deadline": "三天",
        "contingency": "派人看着",
    }
    do(desk, made, "plan", **five)
    do(desk, made, "rectify", words="清走了", cost="120.50", name="老王", photos=io.BytesIO(picture()))
    made.refresh_from_db()
    assert (made.state, made.cost, made.rectified_name) == ("rectified", 12050, "老王")
    assert EvidenceRow.objects.filter(phase="after").count() == 1
    assert "验收通过，销号" not in text(desk.get(f"/hazards/{made.id}")).split('class="sec"')[0]
    page = text(street.get(f"/hazards/{made.id}"))
    assert "你来验收" in page
    assert "谁整改谁不能验收" in page
    do(street, made, "refuse", opinion="还剩两箱")
    do(desk, made, "rectify", words="都清走了", name="老王")
    assert do(street, made, "accept", opinion="通了").status_code == 302
    page = text(street.get(f"/hazards/{made.id}"))
    for words in ("已销号", "退回过 1 次", "贴了提示", "派人看着", "第 2 轮", "120.5 元", "7 栋 2 单元"):
        assert words in page, words


def test_pleas_returns_and_what_comes_back(cast):
    """HZD-05: an extension is asked by one and decided by another; returned, reassigned, looked back, reopened."""
    made = assigned(cast, limit="h24")
    desk, street = cast.client("community"), cast.client("street")
    asked = do(desk, made, "ask", plea="extend", reason="材料没到")
    assert asked.status_code == 422, "until when is missing"
    assert "材料没到" in text(asked)
    assert do(desk, made, "ask", plea="extend", reason="材料没到", wanted="2027-03-01").status_code == 302
    assert "有一个申请等你批" in text(street.get(f"/hazards/{made.id}"))
    assert "有一个申请等你批" not in text(desk.get(f"/hazards/{made.id}"))
    do(street, made, "decide", granted="yes", opinion="同意")
    made.refresh_from_db()
    assert made.due_at.year == 2027
    do(desk, made, "reassign", words="", owner=f"p:{cast.street.post.id}", opinion="换人")
    do(street, made, "return", opinion="不归我们")
    made.refresh_from_db()
    assert made.state == "confirmed"
    done = rectified(cast, text=WIRES)
    do(street, done, "accept", opinion="线拆了", look_back_on="2027-03-01")
    do(street, done, "look-back", good="yes", opinion="还好")
    do(desk, done, "reopen", opinion="又拉了线")
    done.refresh_from_db()
    assert (done.state, done.reopened) == ("confirmed", 1)


def test_rejected_merged_and_parted(cast):
    one, other = find(cast.grid), find(cast.grid, text=WIRES)
    desk = cast.client("community")
    assert "写编号" in text(desk.get(f"/hazards/{other.id}/do/merge"))
    bad = do(desk, other, "merge", number="YH-1999-00001")
    assert bad.status_code == 422
    assert "没有编号是" in text(bad)
    do(desk, other, "merge", number=one.number)
    assert one.number in text(desk.get(f"/hazards/{other.id}"))
    assert other.number in text(desk.get(f"/hazards/{one.id}"))
    do(desk, other, "part", opinion="两处")
    do(desk, other, "reject", opinion="看了，没有")
    assert do(cast.client("grid"), one, "withdraw", opinion="看错了").status_code == 302
    do(desk, one, "reconsider", opinion="再看")
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.state, other.state) == ("reported", "rejected")


def test_two_at_one_desk_are_told_what_changed(cast):
    """HZD-07: whoever comes second keeps what they typed, and reads what was done meanwhile."""
    made = find(cast.grid)
    desk, address = cast.client("community"), f"/hazards/{made.id}/do/reject"
    typed = form_of(desk.get(address)) | {"opinion": "我看没什么"}
    services.confirm(made.id, grade=Grade.MAJOR, opinion="堵死了", by=cast.street.actor)
    answer = desk.post(address, typed)
    page = text(answer)
    assert answer.status_code == 409
    for words in ("刚才有人先动过", "我看没什么", "确认为重大隐患：堵死了", "吴晓燕", "再点一次"):
        assert words in page, words
    made.refresh_from_db()
    assert made.state == "confirmed"
    assert desk.post(address, form_of(answer) | {"opinion": "我看没什么"}).status_code == 302
    assert desk.get(f"/hazards/{made.id}/do/accept").status_code == 302, "said on the page of the hazard"
    assert desk.get(f"/hazards/{made.id}/do/fly").status_code == 404


def test_who_may_see_and_act(cast):
    made = assigned(cast, Owner(name="", person=cast.nobody.person.id))
    assert cast.client("elsewhere").get(f"/hazards/{made.id}").status_code == 404
    assert cast.client("elsewhere").get(f"/hazards/{made.id}/do/rectify").status_code == 404
    owner = cast.client("nobody")
    assert "改好了就报验收" in text(owner.get(f"/hazards/{made.id}"))
    assert owner.get("/hazards").status_code == 403
    assert owner.post(f"/hazards/{made.id}/bundle").status_code == 403
    grid = cast.client("grid")
    assert grid.get(f"/hazards/{made.id}/do/assign").status_code == 302
    refused = grid.post(f"/hazards/{made.id}/do/refuse", {"opinion": "不行", "revision": made.revision})
    assert refused.status_code in {403, 409}
    assert do(owner, made, "rectify", words="清走了").status_code == 302


def test_the_list_narrows_counts_and_sorts(cast):
    """HZD-01: filters stand in the address; counts of every state; numbers and words are found."""
    find(cast.grid)
    confirmed(cast, text=WIRES, grade="major")
    done = closed(cast, text="门口窨井盖松了")
    find(cast.elsewhere, text="别处的事")
    desk = cast.client("street")
    page = text(desk.get("/hazards?view=all"))
    assert STAIRS in page
    assert WIRES in page
    assert "别处的事" not in page
    assert "查到 3 条" in page
    assert "查到 1 条" in text(desk.get("/hazards?grade=major"))
    assert "查到 1 条" in text(desk.get(f"/hazards?q={done.number}"))
    assert "窨井盖" in text(desk.get("/hazards?state=closed&sort=-due"))
    assert "一条也没有" in text(desk.get("/hazards?q=没有这种事&trade=gas&since=2020-01-01&until=x"))
    assert "没有等你办的隐患" in text(cast.client("grid").get("/hazards"))
    assert "等确认" in text(cast.client("community").get("/hazards"))
    assert cast.client("admin").get("/hazards?map=1&view=all").status_code == 200
    assert done.number in text(desk.get(f"/search?q={done.number}"))


def test_a_page_of_the_list_asks_as_much_for_many_as_for_few(cast):
    """HZD-01: no query grows with the rows."""
    desk = cast.client("street")
    find(cast.grid)
    desk.get("/hazards?view=all")

    def asked():
        with CaptureQueriesContext(connection) as log:
            desk.get("/hazards?view=all")
        return len(log)

    few = asked()
    for n in range(6):
        confirmed(cast, text=f"第 {n} 处堆物")
    assert asked() == few
    assert few <= 24


def test_own_views(cast):
    find(cast.grid)
    desk = cast.client("street")
    saved = desk.post("/hazards/views", {"act": "save", "name": "消防", "query": "view=all&trade=fire&page=3"})
    view = SavedView.objects.get()
    assert (view.query, saved["Location"]) == ("trade=fire", f"/hazards?view=v-{view.id}")
    gone = desk.get(saved["Location"])
    assert gone["Location"] == f"/hazards?trade=fire&view=v-{view.id}"
    assert "消防" in text(desk.get(gone["Location"]))
    assert "起个名字" in text(desk.post("/hazards/views", {"act": "save", "query": "trade=fire"}, follow=True))
    assert cast.client("community").post("/hazards/views", {"act": "drop", "id": view.id}).status_code == 404
    desk.post("/hazards/views", {"act": "unpin", "id": view.id})
    desk.post("/hazards/views", {"act": "drop", "id": view.id})
    assert not SavedView.objects.exists()


def test_many_are_assigned_at_once_and_what_was_not_says_why(cast):
    """HZD-01: each row its own result; nothing is half done."""
    ready, early = confirmed(cast), find(cast.grid, text=WIRES)
    unseen = find(cast.elsewhere, text="别处的事")
    firm = Organisation.objects.create(name="竹苑物业", place_path=cast.places.community.path)
    desk = cast.client("community")
    picked = [str(ready.id), str(early.id), str(unseen.id)]
    page = text(desk.post("/hazards/assign", {"picked": picked}))
    assert "1 条能指派" in page
    assert "竹苑物业" in page, "the place's organisations are offered at once"
    assert "别处的事" not in page
    assert desk.post("/hazards/assign", {"picked": picked, "go": "1"}).status_code == 422
    answer = desk.post("/hazards/assign", {"picked": picked, "go": "1", "owner": f"o:{firm.id}", "limit": "d7"})
    page = text(answer)
    assert "指派了 1 条" in page
    assert "这一步办不了" in page
    assert "另有 1 条" in page
    ready.refresh_from_db()
    assert (ready.state, ready.owner_organisation) == ("assigned", firm.id)
    assert cast.client("grid").post("/hazards/assign", {"picked": picked}).status_code == 403
    assert desk.post("/hazards/assign", {"picked": "x"}).status_code == 302


def test_the_list_is_taken_away_as_a_file(cast):
    """HZD-07: an export leaves an entry."""
    find(cast.grid, text="=cmd|' /C calc'!A0")
    desk = cast.client("street")
    rows = desk.get("/hazards/list.csv?view=all").content.decode("utf-8-sig")
    assert "李小满" in rows
    assert "\n=cmd" not in rows
    assert ",=cmd" not in rows
    book = load_workbook(io.BytesIO(desk.get("/hazards/list.xlsx?view=all").content))
    assert book.active.max_row == 2
    assert desk.get("/hazards/list.pdf").status_code == 404
    assert Entry.objects.filter(did="hazards.exported").count() == 2


def test_near_ones_are_shown_before_it_is_sent(cast):
    """Issue 4, duplicates: nothing is stored before one has seen what may be the same."""
    first = find(cast.grid)
    desk = cast.client("community")
    said = {"client": str(uuid.uuid4()), "text": "3栋楼道堆满了纸箱", "place": cast.places.grid.path, "source": "daily"}
    page = text(desk.post("/hazards/new", said))
    assert "这几条像是同一个" in page
    assert first.number in page
    assert "3栋楼道堆满了纸箱" in page
    assert Hazard.objects.count() == 1
    joined = desk.post("/hazards/new", said | {"join": str(first.id)})
    assert joined["Location"] == f"/hazards/{first.id}"
    assert "3栋楼道堆满了纸箱" in text(desk.get(joined["Location"]))
    other = desk.post("/hazards/new", said | {"mine": "1", "photos": io.BytesIO(picture())})
    again = desk.post("/hazards/new", said | {"mine": "1"})
    assert again["Location"] == other["Location"], "sent twice is one"
    assert Hazard.objects.count() == 2
    assert "说一句看到了什么" in text(desk.post("/hazards/new", {"text": " "}))
    assert "没找到" in text(desk.post("/hazards/new", said | {"search": "没这地方"}))
    assert cast.client("nobody").get("/hazards/new").status_code == 403


def test_photos_are_inert_and_scoped(cast):
    """Issue 4, uploads: redrawn copies only, whatever the browser makes of them."""
    made = find(cast.grid, uploads=photo(cast.grid))
    one = EvidenceRow.objects.get(hazard=made)
    answer = cast.client("street").get(f"/hazards/photos/{one.id}?small")
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert b"Evil Camera" not in answer.content
    assert cast.client("elsewhere").get(f"/hazards/photos/{one.id}").status_code == 404
    added = cast.client("community").post(
        f"/hazards/{made.id}/do/photos", {"phase": "before", "photos": io.BytesIO(b"<svg onload=alert(1)>")}
    )
    assert added.status_code == 422
    assert "不是照片" in text(added)


def test_the_map_shows_points_and_sums(cast, monkeypatch):
    find(cast.grid, lon=104.001, lat=30.601)
    find(cast.grid, text=WIRES, lon=104.002, lat=30.602)
    find(cast.grid, text="没有定位的")
    desk = cast.client("street")
    shown = json.loads(desk.get("/hazards/points?view=all").content)
    things = [f for f in shown["features"] if f["properties"]["kind"] == "thing"]
    assert len(things) == 2
    assert shown["without"] == 1
    monkeypatch.setattr("anlan.hazards.queries.desk.POINTS", 1)
    shown = json.loads(desk.get("/hazards/points?view=all").content)
    (one,) = (f["properties"] for f in shown["features"] if f["properties"]["kind"] == "thing")
    assert one["name"].endswith("2 条")
    assert f"place={cast.places.community.path}" in one["url"]
    one = Hazard.objects.exclude(lon=None).first()
    assert json.loads(desk.get(f"/hazards/{one.id}/where").content)["features"]


def test_prints(cast):
    """HZD-06: the notice names who, what, until when, and who may not accept; none before somebody is assigned."""
    made = assigned(cast)
    desk = cast.client("community")
    page = text(desk.get(f"/hazards/{made.id}/notice"))
    for words in ("隐患整改通知书", "老王五金店", made.number, "整改期限", "谁整改，谁不能验收"):
        assert words in page
    assert "五个谁" in text(desk.get(f"/hazards/{made.id}/print"))
    assert desk.get(f"/hazards/{find(cast.grid).id}/notice").status_code == 302


def test_found_words_are_offered_as_owners(cast):
    made = confirmed(cast)
    desk = cast.client("community")
    page = text(desk.post(f"/hazards/{made.id}/do/assign", {"words": "李小满", "find": "1", "opinion": "快点"}))
    assert f"h:{cast.grid.person.id}" in page
    assert "没有账号，由社区替它填" in page
    assert "快点" in page
    assert desk.post(f"/hazards/{made.id}/do/assign", {"words": "李小满"}).status_code == 422

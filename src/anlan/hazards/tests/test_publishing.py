"""HZD-12: a community shows its hazards to its residents: the officer's words, no door, no name; they add and vote."""

import datetime as dt
import io
import uuid

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from anlan.fieldwork.services import uploads as photos
from anlan.hazards import services
from anlan.hazards.models import Hazard, Posting, Remark
from anlan.hazards.queries import wording
from anlan.hazards.services import publishing
from anlan.hazards.terms import Sender
from anlan.hazards.tests.finding import assigned, closed, confirmed, find, picture
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.ledger.models import Entry

pytestmark = pytest.mark.django_db

WORDS = "楼道堆满纸箱，走不过去"
EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def text(answer):
    return answer.content.decode()


def put(cast, hazard=None, words=WORDS, spot="3 栋", **values):
    """Return a hazard that the community shows to everybody."""
    made = hazard or confirmed(cast)
    publishing.publish(made.id, words, spot, by=cast.community.actor, **{"days": 30, **values})
    return made


def minute_ago():
    signer = signing.TimestampSigner(salt="hazards.tip")
    signer.timestamp = lambda: signing.b62_encode(int(clock.now().timestamp()) - 60)
    return signer.sign(str(uuid.uuid4()))


def visitor(cast):
    """Return a browser that has seen the list: it carries its mark."""
    made = Client()
    assert made.get(f"/public/hazards/{cast.places.community.path}").status_code == 200
    return made


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("3 栋 2 单元 501 的王女士，电话 139 0000 1234", "3 栋 ……的……，电话 ……"),
        ("３单元５０１室张阿姨 １３９００００１２３４", "……"),
        ("3-2-501 门口堆纸箱", "……门口堆纸箱"),
        ("3栋501张三家门口", "3栋……家门口"),
        ("打 13\u200b900001234 找小王", "打 ……找……"),
        ("一三九零零零零一二三四", "……"),
        ("0571-88881234", "……"),
        ("身份证33010119900101123X", "身份证……"),
        ("139-0000-1234，微信 wx_abc123", "……，……"),
        ("五零一室", "……"),
        ("12栋3单元501", "12栋……"),
        ("幸福巷12号", "幸福巷……"),
        ("联系人：李明，户主赵铁柱", "联系人……，户主……"),
        ("京A12345停在通道", "……停在通道"),
        ("线从三楼拉下来，老王家门口", "线从……拉下来，……家门口"),
        ("李明明家的阳台", "……家的阳台"),
        ("3 栋楼道堆满纸箱，走不过去", "3 栋楼道堆满纸箱，走不过去"),
        ("消防门打不开，2026-11-25 前改；急的打 119", "消防门打不开，2026-11-25 前改；急的打 119"),
        ("业主把纸箱堆在楼道，高层防火门坏了 3 处", "业主把纸箱堆在楼道，高层防火门坏了 3 处"),
    ],
)
def test_doors_numbers_and_names_go_by_rule(said, left):
    """HZD-12: however they are written; a building, a date and 119 stay; done twice is done once."""
    assert wording.stripped(said) == left
    assert wording.stripped(left) == left


def test_the_officer_chooses_edits_and_publishes_for_a_period(cast):
    hazard = confirmed(cast, "3 栋 2 单元 501 王女士把纸箱堆在楼道，找李明")
    Hazard.objects.filter(id=hazard.id).update(reported_name="李明")
    desk, address = cast.client("community"), f"/hazards/publishing/{hazard.id}"
    assert hazard.text in text(desk.get("/hazards/publishing"))
    form = text(desk.get(address))
    assert ">3 栋 ……把纸箱堆在楼道，找……</textarea>" in form
    for bad in ("3 栋 501 堆了纸箱", "打 13900001234", "李明说堆了纸箱"):
        answer = desk.post(address, {"act": "publish", "words": bad, "spot": "3 栋", "days": "30"})
        assert answer.status_code == 422
        assert "去掉再公开" in text(answer)
        assert bad in text(answer)
    for key, value in {"words": "短", "spot": "3 栋 2 单元", "days": "0"}.items():
        sent = {"act": "publish", "words": WORDS, "spot": "3 栋", "days": "30", key: value}
        assert desk.post(address, sent).status_code == 422
    assert not Posting.objects.exists()
    assert "居民会看到" in text(desk.post(address, {"act": "preview", "words": WORDS, "spot": "3 栋", "days": "30"}))
    page = f"/public/hazards/{cast.places.community.path}"
    assert WORDS not in text(Client().get(page))
    for _twice in range(2):
        assert desk.post(address, {"act": "publish", "words": WORDS, "spot": "3 栋", "days": "30"}).status_code == 302
    assert Entry.objects.filter(did="hazards.published").count() == 2
    shown = text(Client().get(page))
    assert WORDS in shown
    assert all(word not in shown for word in ("李明", "王女士", "501", "单元", hazard.number))
    assert WORDS in text(Client().get(f"/public/hazards/{cast.places.community.code}"))
    assert WORDS not in text(Client().get(f"/public/hazards/{cast.places.other_district.path}"))
    assert desk.post(address, {"act": "unpublish", "reason": ""}).status_code == 422
    assert desk.post(address, {"act": "unpublish", "reason": "改好了"}).status_code == 302
    assert WORDS not in text(Client().get(page))
    assert desk.post(address, {"act": "unpublish", "reason": "再撤一次"}).status_code == 422


def test_a_period_ends_by_itself(cast):
    hazard = put(cast, days=1)
    page = f"/public/hazards/{cast.places.community.path}"
    Posting.objects.update(until=clock.local(clock.now()).date())
    assert WORDS in text(Client().get(page))
    Posting.objects.update(until=clock.local(clock.now()).date() - dt.timedelta(days=1))
    assert WORDS not in text(Client().get(page))
    assert Client().post(f"/public/hazards/{hazard.id}/say", {"act": "vote"}).status_code == 404


def test_only_chosen_photos_are_public(cast):
    """HZD-12, security: a photo that was not chosen answers 404, as one that is none does; EXIF is gone."""
    hazard = confirmed(cast)
    one, two = photos.keep_photos([picture(), picture(colour=(9, 9, 9))], by=cast.community.actor)
    services.add_photos(hazard.id, [one, two], "before", by=cast.community.actor)
    (stray,) = photos.keep_photos([picture(colour=(200, 9, 9))], by=cast.community.actor)
    with pytest.raises(Invalid, match="这条隐患的照片"):
        put(cast, hazard, uploads=[stray])
    put(cast, hazard, uploads=[one])
    shot = Client().get(f"/public/hazards/{hazard.id}/photos/{one}")
    assert shot["Content-Type"] == "image/jpeg"
    assert b"Evil Camera" not in shot.content
    for other in (two, stray, uuid.uuid4()):
        assert Client().get(f"/public/hazards/{hazard.id}/photos/{other}").status_code == 404
    assert f"photos/{two}" not in text(Client().get(f"/public/hazards/{cast.places.community.path}"))
    assert cast.client("community").get(f"/hazards/publishing/{hazard.id}/photos/{two}?small").status_code == 200
    publishing.unpublish(hazard.id, "撤下", by=cast.community.actor)
    assert Client().get(f"/public/hazards/{hazard.id}/photos/{one}").status_code == 404


def test_remarks_are_read_before_they_are_shown(cast):
    """HZD-12: what a resident writes is words, not code; shown with an answer, without a neighbour's door."""
    hazard, browser = put(cast), visitor(cast)
    page, say = f"/public/hazards/{cast.places.community.path}", f"/public/hazards/{hazard.id}/say"
    sent = {"act": "say", "text": f"{EVIL} 是 3 单元 501 王女士的", "began": minute_ago()}
    assert browser.post(say, sent)["Location"].endswith(f"#h-{hazard.id}")
    assert "alert(1)" not in text(browser.get(page))
    desk = cast.client("community")
    waiting = text(desk.get("/hazards/publishing/remarks"))
    assert "<script>alert" not in waiting
    assert "&lt;script&gt;" in waiting
    one = Remark.objects.get()
    for words in ("", "找王女士"):
        desk.post("/hazards/publishing/remarks", {"remark": str(one.id), "act": "show", "words": words})
        one.refresh_from_db()
        assert one.state == "waiting"
    desk.post("/hazards/publishing/remarks", {"remark": str(one.id), "act": "show", "words": "明天去清"})
    shown = text(browser.get(page))
    assert "&lt;script&gt;" in shown
    assert "明天去清" in shown
    assert all(word not in shown for word in ("<script>alert", "501", "王女士"))
    again = desk.post(
        "/hazards/publishing/remarks", {"remark": str(one.id), "act": "hide", "words": "改主意"}, follow=True
    )
    assert f"这条留言{cast.community.name}已经看过，公开了" in text(again)
    one.refresh_from_db()
    assert (one.state, one.answer) == ("shown", "明天去清")
    browser.post(say, {"act": "say", "text": "骂人的话", "began": minute_ago()})
    assert "留言 2 条，答复了 1 条" in text(browser.get(page))
    other = Remark.objects.get(state="waiting")
    desk.post("/hazards/publishing/remarks", {"remark": str(other.id), "act": "hide", "words": "骂人"})
    shown = text(browser.get(page))
    assert "骂人" not in shown
    assert "留言 2 条，答复了 2 条" in shown


def test_one_browser_one_vote(cast):
    hazard, browser = put(cast), visitor(cast)
    say = f"/public/hazards/{hazard.id}/say"
    for _twice in range(2):
        browser.post(say, {"act": "vote"})
    assert Posting.objects.get().votes == 1
    assert "你已经投过" in text(browser.get(f"/public/hazards/{cast.places.community.path}"))
    visitor(cast).post(say, {"act": "vote"})
    assert Posting.objects.get().votes == 2
    Client().post(say, {"act": "vote"})
    assert Posting.objects.get().votes == 2
    assert Client(enforce_csrf_checks=True).post(say, {"act": "vote"}).status_code == 403


def test_what_is_rectified_needs_no_vote(cast):
    hazard = put(cast, closed(cast))
    with pytest.raises(Conflict, match="改好"):
        publishing.vote(hazard.id, Sender(b"n" * 16, b"d" * 16))
    assert 'value="vote"' not in text(Client().get(f"/public/hazards/{cast.places.community.path}"))


def test_nobody_floods_the_list(cast, settings):
    """HZD-12, security: an hour's and a day's count per browser and per network, as tips have; machines are marked."""
    settings.TIPS_DEVICE, settings.TIPS_NETWORK = (1, 100), (3, 100)
    hazard = put(cast)
    here = Sender(b"n" * 16, b"d" * 16)
    for _n in range(2):
        publishing.remark(hazard.id, "堆了很久", here)
    with pytest.raises(Conflict, match="太多"):
        publishing.remark(hazard.id, "堆了很久", here)
    for n in range(4):
        publishing.vote(hazard.id, Sender(b"n" * 16, bytes([n]) * 16))
    with pytest.raises(Conflict, match="太多"):
        publishing.vote(hazard.id, Sender(b"n" * 16, b"z" * 16))
    settings.TIPS_DEVICE = settings.TIPS_NETWORK = (100, 100)
    with pytest.raises(Invalid, match="2 到 300"):
        publishing.remark(hazard.id, "x" * 301, here)
    say = f"/public/hazards/{hazard.id}/say"
    visitor(cast).post(say, {"text": "买房打我", "website": "http://x", "began": minute_ago()})
    assert Remark.objects.get(text="买房打我").reason == "像是机器填的"


def test_what_may_not_be_public_is_not(cast):
    with pytest.raises(Conflict, match="确认过"):
        put(cast, find(cast.grid))
    drill = confirmed(cast)
    Hazard.objects.filter(id=drill.id).update(exercise_id=uuid.uuid4())
    with pytest.raises((Conflict, Hidden)):
        put(cast, drill)
    with pytest.raises(Invalid, match="公示 1 到 365 天"):
        put(cast, days=366)
    for where in ("519999999999", "nowhere", str(uuid.uuid4())):
        assert Client().get(f"/public/hazards/{where}").status_code == 404


def test_the_wrong_place_and_the_wrong_role_are_refused(cast):
    hazard = put(cast)
    with pytest.raises(Refused):
        publishing.publish(hazard.id, WORDS, "", days=3, by=cast.grid.actor)
    assert cast.client("grid").get("/hazards/publishing").status_code == 403
    assert cast.client("grid").get(f"/hazards/publishing/{hazard.id}").status_code == 403
    for address in ("", "/remarks", f"/{hazard.id}"):
        assert Client().get(f"/hazards/publishing{address}").status_code == 302
    assert cast.client("community").get(f"/hazards/publishing/{uuid.uuid4()}").status_code == 404
    remark = publishing.remark(hazard.id, "堆了很久", Sender(b"n" * 16, b"d" * 16))
    with pytest.raises((Refused, Hidden)):
        publishing.moderate(remark.id, shown=True, words="好的", by=cast.nobody.actor)


def test_residents_wishes_become_an_agenda(cast):
    hazard = put(cast)
    desk, address = cast.client("community"), f"/hazards/publishing/{hazard.id}"
    for _twice in range(2):
        assert desk.post(address, {"act": "agenda"}).status_code == 302
    assert Entry.objects.filter(did="hazards.agenda").count() == 1
    assert WORDS in text(desk.get("/hazards/agenda"))
    assert WORDS in desk.get("/hazards/agenda.csv").content.decode("utf-8-sig")
    book = load_workbook(io.BytesIO(desk.get("/hazards/agenda.xlsx").content))
    assert [cell.value for cell in book.active[2]][1:3] == [WORDS, 0]
    assert desk.get("/hazards/agenda.exe").status_code == 404
    desk.post(address, {"act": "off-agenda"})
    assert WORDS not in text(desk.get("/hazards/agenda"))


def test_the_paper_shows_all_with_a_code_and_nothing_to_press(cast):
    put(cast, assigned(cast))
    page = f"/public/hazards/{cast.places.community.path}"
    assert "paper-a4" in text(Client().get(f"{page}?paper=a4"))
    assert "paper-" not in text(Client().get(f"{page}?paper=<b>"))
    assert Client().get(f"{page}/code.svg")["Content-Type"] == "image/svg+xml"
    kiosk = text(Client().get(f"/kiosk/{cast.places.community.code}"))
    assert f'href="{page}"' in kiosk


def test_the_list_asks_as_much_of_the_database_for_many_as_for_one(cast):
    page = f"/public/hazards/{cast.places.community.path}"
    put(cast)
    with CaptureQueriesContext(connection) as one:
        Client().get(page)
    for _n in range(4):
        put(cast)
    with CaptureQueriesContext(connection) as many:
        Client().get(page)
    assert len(many) == len(one)

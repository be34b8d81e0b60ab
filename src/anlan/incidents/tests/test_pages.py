"""WRN-06: the reporter's page in two taps, the desk's list and verdict; seen where one stands, hidden elsewhere."""

import io
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from anlan.alerts.models import Notice
from anlan.callout.models import Unmatched
from anlan.callout.services import gateways
from anlan.callout.tests import calling
from anlan.incidents import services
from anlan.incidents.models import Photo, Report
from anlan.incidents.tests.saying import FIRE, WATER, picture, say
from anlan.ledger.models import Entry

pytestmark = pytest.mark.django_db


def text(answer):
    return answer.content.decode()


def upload(content, name="a.jpg", kind="image/jpeg"):
    return SimpleUploadedFile(name, content, kind)


def test_one_sentence_and_it_is_there(cast):
    client = cast.client("grid")
    page = text(client.get("/report"))
    assert "第三网格" in page
    said = {"text": WATER, "client": str(uuid.uuid4()), "photos": upload(picture())}
    answer = client.post("/report", said)
    made = Report.objects.get()
    assert answer["Location"] == f"/report/sent/{made.id}"
    page = text(client.get(answer["Location"]))
    for word in (WATER, "竹苑社区 第三网格", "发给值班员了", f"/report/photos/{Photo.objects.get().id}"):
        assert word in page
    again = client.post("/report", said | {"photos": upload(picture())})
    assert again["Location"] == answer["Location"]
    assert (Report.objects.count(), Photo.objects.count()) == (1, 1)
    assert WATER in text(client.get("/report/mine"))


@pytest.mark.parametrize(("field", "value", "word"), [
    ("text", "", "说一句"), ("text", "水" * 1001, "最多 1000"), ("place", "ZZZZ", "没有这个地方"),
    ("lon", "500", "经纬度"),
])  # fmt: skip
def test_a_faulty_form_keeps_what_was_written(cast, field, value, word):
    said = {"text": WATER, "client": str(uuid.uuid4()), "lon": "104", "lat": "30", field: value}
    answer = cast.client("grid").post("/report", said)
    assert answer.status_code == 422
    assert word in text(answer)
    assert said["text"] in text(answer)
    assert said["client"] in text(answer)
    assert not Report.objects.exists()


def test_nonsense_beside_the_words_costs_nothing(cast):
    client = cast.client("grid")
    said = {"text": WATER, "client": "x'; --", "lon": "nah", "lat": "", "accuracy": "inf", "ago": "-9", "spoken": "1"}
    assert client.post("/report", said).status_code == 302
    assert Report.objects.get().how == "voice"


@pytest.mark.parametrize("content", [
    b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', b"<html><script>alert(1)</script>",
    b"\xff\xd8\xff\xe0not really", b"%PDF-1.4",
])  # fmt: skip
def test_an_attack_as_a_photo_is_refused_and_the_words_stay(cast, content):
    client = cast.client("grid")
    answer = client.post("/report", {"text": WATER, "photos": upload(content)})
    assert answer.status_code == 422
    assert WATER in text(answer)
    assert "第 1 张" in text(answer)
    assert not Photo.objects.exists()


def test_a_huge_photo_is_refused(cast, settings):
    settings.PHOTO_MB = 1
    answer = cast.client("grid").post("/report", {"text": WATER, "photos": upload(b"\xff" * (2**20 + 1))})
    assert answer.status_code == 422
    assert "最多 1 MB" in text(answer)


def test_a_pile_of_photos_is_refused(cast):
    pile = [upload(picture()) for _ in range(9)]
    answer = cast.client("grid").post("/report", {"text": WATER, "photos": pile})
    assert answer.status_code == 422
    assert "最多 3 张" in text(answer)
    assert not Report.objects.exists()


def test_a_photo_is_served_inert_and_to_nobody_else(cast):
    say(cast.grid, photos=[picture(gps=(104.0, 30.0)) + b"<script>alert(1)</script>"])
    address = f"/report/photos/{Photo.objects.get().id}"
    for who, code in (
        ("grid", 200), ("community", 200), ("city", 200), ("elsewhere", 404), ("nobody", 404), (None, 302),
    ):  # fmt: skip
        assert cast.client(who).get(address).status_code == code, who
    answer = cast.client("grid").get(address)
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "private" in answer["Cache-Control"]
    assert b"script" not in answer.content
    assert b"Exif" not in answer.content
    assert len(cast.client("grid").get(address + "?small").content) <= len(answer.content)


def test_somebody_elses_report_is_hidden(cast):
    made = say(cast.grid)
    for who in ("community", "nobody", "elsewhere"):
        code = 403 if who == "nobody" else 404
        assert cast.client(who).get(f"/report/sent/{made.id}").status_code == code
        assert cast.client(who).post(f"/report/sent/{made.id}/act", {"act": "withdraw"}).status_code == code
    assert cast.client("elsewhere").get(f"/incidents/reports/{made.id}").status_code == 404
    assert cast.client("grid").get(f"/incidents/reports/{made.id}").status_code == 403


def test_the_reporter_completes_answers_folds_and_withdraws(cast):
    made, client = say(cast.grid), cast.client("grid")
    act = f"/report/sent/{made.id}/act"
    page = text(client.post(act, {"act": "add", "trapped": "2", "contact": "李婶 139"}, follow=True))
    assert "李婶 139" in page
    assert "写人数" in text(client.post(act, {"act": "add", "trapped": "两个"}, follow=True))
    client.post(act, {"act": "photos", "photos": upload(picture())})
    assert Photo.objects.filter(report=made).count() == 1
    services.ask_back(made.id, "水到哪了？", by=cast.community.actor)
    assert "水到哪了？" in text(client.get(f"/report/sent/{made.id}"))
    assert "回给值班员了" in text(client.post(act, {"act": "answer", "more": "膝盖"}, follow=True))
    other = say(cast.street, WATER, place=cast.places.grid.path)
    page = text(client.get(f"/report/sent/{made.id}"))
    assert "是同一件事吗" in page
    assert cast.street.name not in page, "what was said is shown, never who said it"
    client.post(act, {"act": "fold", "into": str(other.id)})
    assert Report.objects.get(id=made.id).lead_id == other.id
    late = say(cast.grid, "树倒了")
    client.post(f"/report/sent/{late.id}/act", {"act": "withdraw"})
    assert Report.objects.get(id=late.id).state == "withdrawn"
    assert client.post(act, {"act": "fly"}).status_code == 422


def test_the_desk_works_through_its_list(cast, django_assert_max_num_queries):
    made, urgent = say(cast.grid), say(cast.grid, FIRE)
    say(cast.elsewhere, "码头有人落水")
    desk = cast.client("street")
    page = text(desk.get("/incidents"))
    assert page.index(FIRE) < page.index(WATER)
    assert "码头" not in page
    for n in range(30):
        say(cast.grid, f"第 {n} 处积水")
    with django_assert_max_num_queries(40):
        desk.get("/incidents?view=all")
    for address, there in (
        ("/incidents?urgent=1", False), ("/incidents?kind=flooding", True), ("/incidents?q=膝盖", True),
        ("/incidents?how=phone", False), (f"/incidents?place={cast.places.grid.path}", True),
        ("/incidents?since=2000-01-01&until=2001-01-01", False), ("/incidents?view=verified", False),
        ("/incidents?sort=-place&page=9", True), ("/incidents?view=x&kind=x&how=x&since=x&sort=x&page=x", True),
    ):  # fmt: skip
        assert (WATER in text(desk.get(address))) is there, address
    page = text(desk.get(f"/incidents/reports/{made.id}"))
    assert "我来核实" in page
    act = f"/incidents/reports/{made.id}/act"
    assert "写核实结果" in text(desk.post(act, {"act": "take"}, follow=True))
    assert desk.post(act, {"act": "not-so", "opinion": ""}).status_code == 422
    answer = desk.post(act, {"act": "verify", "title": "竹苑积水", "level": "general"})
    made.refresh_from_db()
    assert answer["Location"] == f"/incidents/{made.incident_id}"
    page = text(desk.get(answer["Location"]))
    for word in ("竹苑积水", WATER, "李小满", "一般", "发叫应", "转成事件"):
        assert word in page
    assert "别人" in text(desk.post(act, {"act": "verify"}, follow=True)) or made.state == "verified"
    assert "竹苑积水" in text(desk.get("/incidents/events"))
    assert desk.post(f"/incidents/reports/{urgent.id}/act", {"act": "fold", "into": "x"}).status_code == 422


def test_every_act_of_the_desk(cast):
    desk = cast.client("street")
    for act, values, state in (
        ("ask", {"question": "哪里？"}, "unsure"), ("pass", {"whom": "水务局"}, "passed_on"),
        ("not-so", {"opinion": "没有"}, "not_so"), ("add", {"trapped": "1"}, "received"),
        ("move", {"place": "{other}"}, "received"), ("photos", {"photos": "{photo}"}, "received"),
    ):  # fmt: skip
        made = say(cast.grid)
        filled = {k: v.format(other=cast.places.community.path, photo="") for k, v in values.items()}
        if act == "photos":
            filled = {"photos": upload(picture())}
        assert desk.post(f"/incidents/reports/{made.id}/act", {"act": act, **filled}).status_code == 302, act
        made.refresh_from_db()
        assert made.state == state
    one, other = say(cast.grid), say(cast.grid)
    desk.post(f"/incidents/reports/{one.id}/act", {"act": "fold", "into": str(other.id)})
    assert WATER in text(desk.get(f"/incidents/reports/{one.id}"))
    desk.post(f"/incidents/reports/{one.id}/act", {"act": "unfold", "opinion": "两处"})
    desk.post(f"/incidents/reports/{one.id}/act", {"act": "not-so", "opinion": "没有"})
    desk.post(f"/incidents/reports/{one.id}/act", {"act": "reopen", "opinion": "再看"})
    one.refresh_from_db()
    assert one.state == "verifying"


def test_an_incident_is_changed_and_closed(cast):
    incident = services.verify(say(cast.grid).id, by=cast.community.actor)
    desk, act = cast.client("street"), f"/incidents/{incident.id}/act"
    changed = {"act": "change", "title": "竹苑 7 栋", "kind": "flooding", "level": "major", "revision": "1"}
    assert "重大" in text(desk.post(act, changed, follow=True))
    assert "别人刚改过" in text(desk.post(act, changed, follow=True))
    assert desk.post(act, changed | {"revision": "2", "title": ""}).status_code == 422
    assert "了结了" in text(desk.post(act, {"act": "close", "opinion": "退了"}, follow=True))
    assert "发叫应" not in text(desk.get(f"/incidents/{incident.id}"))
    assert cast.client("elsewhere").get(f"/incidents/{incident.id}").status_code == 404
    assert cast.client("admin").post(act, {"act": "resume", "opinion": "没完"}).status_code == 403


def test_the_call_for_an_incident_is_filled_in(cast):
    incident = services.verify(say(cast.grid).id, by=cast.community.actor, title="竹苑积水")
    desk = cast.client("district")
    page = text(desk.get(f"/incidents/{incident.id}"))
    href = page.split("/notices/new?", 1)[1].split('"', 1)[0].replace("&amp;", "&")
    form = text(desk.get(f"/notices/new?{href}"))
    assert "竹苑积水" in form
    assert not Notice.objects.exists()


def test_a_call_is_written_down(cast):
    desk = cast.client("street")
    said = {"client": str(uuid.uuid4()), "text": "家里进水了", "where": "竹苑", "caller": "王大爷 13900001111"}
    answer = desk.post("/incidents/phoned", said)
    made = Report.objects.get()
    assert (made.place_path, made.how, made.located) == (cast.places.community.path, "phone", "chosen")
    assert "王大爷 13900001111" in text(desk.get(answer["Location"]))
    assert "王大爷" not in text(cast.client("admin").get(answer["Location"]))
    for where, word in (("", "写一下在哪里"), ("没这地方", "没找到")):
        bad = desk.post("/incidents/phoned", said | {"where": where, "client": str(uuid.uuid4())})
        assert bad.status_code == 422
        assert word in text(bad)
    many = desk.post("/incidents/phoned", said | {"where": "街道", "client": str(uuid.uuid4())})
    assert many.status_code in {302, 422}
    assert cast.client("grid").get("/incidents/phoned").status_code == 403


def test_a_reply_that_is_news_becomes_a_report(cast):
    calling.start(cast, by=cast.district.actor, paths=(cast.places.district.path,))
    word = {"event": "u1", "type": "reply", "from": cast.grid.phone, "text": "报 柳荫路口积水过膝"}
    gateways.take("sms_http", {"events": [word]}, proof=None)
    row = Unmatched.objects.get()
    desk = cast.client("city")
    assert "当情况报上去" in text(desk.get("/unplaced"))
    answer = desk.post(f"/incidents/replies/{row.id}")
    made = Report.objects.get()
    assert answer["Location"] == f"/incidents/reports/{made.id}"
    assert (made.text, made.how, made.reporter_name) == ("柳荫路口积水过膝", "reply", "李小满")
    row.refresh_from_db()
    assert row.outcome == "reported"
    assert desk.post(f"/incidents/replies/{row.id}").status_code == 404


def test_the_list_is_taken_away_as_a_file(cast):
    say(cast.grid)
    say(cast.elsewhere, "=cmd|' /C calc'!A0")
    desk = cast.client("street")
    csv = desk.get("/incidents/list.csv?view=all").content.decode("utf-8-sig")
    assert WATER in csv
    assert "calc" not in csv
    book = load_workbook(io.BytesIO(desk.get("/incidents/list.xlsx?view=todo").content))
    assert book.active.max_row == 2
    assert desk.get("/incidents/list.pdf").status_code == 404
    assert Entry.objects.filter(did="incidents.exported").count() == 2


def test_where_a_position_lies_is_told_to_whoever_may_report(cast):
    assert cast.client("grid").get("/report/where?lon=104&lat=30").json() == {"path": "", "name": ""}
    assert cast.client("grid").get("/report/where?lon=x&lat=nan").status_code == 200
    assert cast.client("nobody").get("/report/where?lon=104&lat=30").status_code == 403


def test_the_inbox_leads_to_it(cast):
    assert "/report" in text(cast.client("grid").get("/inbox"))
    assert 'href="/report"' not in text(cast.client("nobody").get("/inbox"))
    made = say(cast.grid)
    page = text(cast.client("community").get("/inbox"))
    assert f"/incidents/reports/{made.id}" in page
    assert "核实：竹苑社区 第三网格" in page

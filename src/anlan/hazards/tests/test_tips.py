"""HZD-13: a resident says what they saw without an account; the desk answers; nobody learns who it was."""

import datetime as dt
import io
import uuid

import pytest
from cryptography.exceptions import InvalidTag
from django.core import signing
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from PIL import Image

from anlan.callout.models import Obligation
from anlan.hazards import services
from anlan.hazards.models import Hazard, Informant, RewardRow, Tip
from anlan.hazards.services import informants, tip_desk, tips
from anlan.hazards.terms import Owner, Said, Sender
from anlan.hazards.tests.finding import STAIRS, find
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Invalid, Refused, machine
from anlan.ledger.models import Entry
from anlan.people import services as people

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_guessed():
    cache.clear()


LEAK = "3 单元楼道里电动车在充电，电线从窗户拉下来"
PHONE = "13900001234"


def picture(color="red", exif=None):
    made = io.BytesIO()
    Image.new("RGB", (64, 48), color).save(made, "JPEG", **({"exif": exif} if exif else {}))
    return made.getvalue()


def page(**values):
    """Return what the form of a minute ago brings."""
    began = signing.TimestampSigner(salt="hazards.tip")
    began.timestamp = lambda: signing.b62_encode(int(clock.now().timestamp()) - 60)
    return {"began": began.sign(str(uuid.uuid4())), "text": LEAK, "community": "竹苑社区", **values}


def send(cast, text=LEAK, sender=None, **values):
    said = Said(text=text, client=uuid.uuid4(), place=cast.places.community.path, **values)
    return tips.send(said, sender or Sender(b"n" * 16, b"d" * 16))


def text(answer):
    return answer.content.decode()


def test_anybody_says_it_and_sees_by_the_receipt_what_became_of_it(cast):
    visitor = Client()
    assert "看到什么" in text(visitor.get(f"/tips?at={cast.places.community.path}"))
    photo = SimpleUploadedFile("a.jpg", picture(), "image/jpeg")
    answer = visitor.post("/tips", page(name="王阿姨", phone=PHONE, photos=photo))
    assert answer.status_code == 302
    tip = Tip.objects.get()
    assert (tip.state, tip.place_path, len(tip.uploads)) == ("received", cast.places.community.path, 1)
    told = text(visitor.get(answer["Location"]))
    assert "答复：受理还是不受理" in told
    assert PHONE not in told
    assert "王阿姨" not in told
    assert Obligation.objects.get(subject_id=tip.id).pseudonym == cast.community.person.pseudonym
    desk = cast.client("community")
    assert LEAK in text(desk.get("/tips/desk"))
    shown = text(desk.get(f"/tips/desk/{tip.id}"))
    assert "王阿姨" not in shown
    assert desk.get(f"/tips/desk/{tip.id}/photos/{tip.uploads[0]}?small")["Content-Type"] == "image/jpeg"
    assert desk.get(f"/tips/desk/{tip.id}/photos/{uuid.uuid4()}").status_code == 404
    desk.post(f"/tips/desk/{tip.id}", {"act": "accept", "words": LEAK})
    hazard = Hazard.objects.get()
    assert (hazard.source, hazard.tip_id, hazard.reported_name, hazard.evidence.count()) == ("tip", tip.id, "居民", 1)
    assert "正在现场核实" in text(visitor.get(answer["Location"]))
    services.confirm(hazard.id, grade="general", by=cast.community.actor)
    services.assign(hazard.id, Owner(name="物业"), by=cast.community.actor)
    assert "正在整改，要在" in text(visitor.get(answer["Location"]))
    services.rectify(hazard.id, "线收了", by=cast.community.actor)
    services.accept(hazard.id, "看过了", by=cast.street.actor)
    assert "验收过。谢谢你" in text(visitor.get(answer["Location"]))
    assert Obligation.objects.get(subject_id=tip.id).state == "met"


def test_no_receipt_is_guessed(cast):
    """HZD-13, security: the receipt is kept as a keyed hash; misses are counted per network."""
    _tip, code = send(cast)
    assert code.replace("-", "").encode() not in bytes(Tip.objects.get().receipt_digest)
    visitor = Client()
    assert visitor.get(f"/tips/{code.lower().replace('-', ' ')}").status_code == 200
    for _n in range(30):
        assert visitor.get("/tips/SSP-AAAA-BBBB-CCCC").status_code == 404
    assert visitor.get("/tips/SSP-AAAA-BBBB-CCCC").status_code == 429
    assert visitor.get(f"/tips/{code}", REMOTE_ADDR="10.9.9.9").status_code == 200
    assert visitor.get("/tips/find?receipt=SSP-2").status_code == 302


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("a.jpg", b"<html><script>alert(1)</script></html>"),
        ("a.png", b"GIF89a" + b"\0" * 40),
        ("a.jpg", picture()[:200]),
    ],
)
def test_what_is_no_photo_is_refused_and_the_words_stay(cast, name, content):
    """HZD-13, security: SVG, HTML, another format, a broken file."""
    answer = Client().post("/tips", page(phone=PHONE, photos=SimpleUploadedFile(name, content, "image/jpeg")))
    assert answer.status_code == 422
    assert "第 1 张" in text(answer)
    assert LEAK in text(answer)
    assert not Tip.objects.exists()


def test_a_picture_that_is_a_page_too_is_drawn_anew(cast):
    """HZD-13, security: a polyglot keeps no byte of its script; EXIF goes."""
    exif = Image.Exif()
    exif[0x010E] = "<script>alert(1)</script>"
    sly = picture(exif=exif) + b"<script>alert(2)</script>"
    Client().post("/tips", page(photos=SimpleUploadedFile("a.html", sly, "text/html")))
    tip = Tip.objects.get()
    answer = cast.client("community").get(f"/tips/desk/{tip.id}/photos/{tip.uploads[0]}")
    assert b"script" not in answer.content
    assert "sandbox" in answer["Content-Security-Policy"]


def test_words_are_never_code(cast):
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    answer = Client().post("/tips", page(text=evil, where='"><b>'))
    for shown in (Client().get(answer["Location"]), cast.client("community").get(f"/tips/desk/{Tip.objects.get().id}")):
        assert "<script>alert" not in text(shown)
        assert "&lt;script&gt;" in text(shown)


def test_a_form_of_another_site_is_refused(cast):
    assert Client(enforce_csrf_checks=True).post("/tips", page()).status_code == 403
    assert not Tip.objects.exists()


def test_bad_input_says_what_is_wrong_and_loses_nothing(cast):
    answer = Client().post("/tips", page(text="啊", phone="abc", community="没这地方"))
    assert answer.status_code == 422
    assert "4 到 1000 个字" in text(answer)
    assert "不是电话号码" in text(answer)
    many = Client().post("/tips", page(community="街道"))
    assert "处，点一处" in text(many)
    assert 'type="radio"' in text(many)
    none = Client().post("/tips", page(community=""))
    assert "写一下在哪里" in text(none)
    Client().post("/tips", page(community="没这地方", where="桥头"))
    assert Tip.objects.get().place_path == cast.places.city.path


def test_the_same_page_sent_twice_is_one(cast):
    sent = page()
    client = Client()
    client.post("/tips", sent)
    assert "已经收到了" in text(client.post("/tips", sent))
    assert Tip.objects.count() == 1


def test_the_same_words_fold_into_the_first(cast):
    first, _code = send(cast)
    second, code = send(cast, LEAK + "！", Sender(b"x" * 16, b"y" * 16))
    assert (second.state, second.lead_id) == ("folded", first.id)
    tip_desk.decline(first.id, "去看过了，没有。", by=cast.community.actor)
    assert "没有受理：去看过了，没有。" in text(Client().get(f"/tips/{code}"))


def test_over_the_limit_lies_apart_and_is_never_dropped(cast, settings):
    """HZD-13: limits per device and network; whatever is over them, or a machine's, waits in a queue of its own."""
    settings.TIPS_DEVICE, settings.TIPS_NETWORK = (2, 3), (3, 9)
    kept = [send(cast, f"第{n}处井盖松了一直晃", Sender(b"n" * 16, b"d" * 16))[0] for n in "五六七"]
    assert [t.held for t in kept] == ["", "", "device"]
    assert send(cast, "又一处消防栓坏了", Sender(b"n" * 16, b"e" * 16))[0].held == "network"
    hasty = send(cast, "墙皮要掉下来了", Sender(b"m" * 16, b"f" * 16), hasty=True)[0]
    assert hasty.held == "machine"
    assert Client().post("/tips", page(website="http://x", text="路灯杆歪了")).status_code == 302
    assert Tip.objects.filter(state="held").count() == 4
    assert not Obligation.objects.filter(subject_id=kept[2].id).exists()
    desk = cast.client("community")
    assert "像是机器填的" in text(desk.get("/tips/desk?view=held"))
    desk.post(f"/tips/desk/{hasty.id}", {"act": "release", "opinion": "是真的"})
    hasty.refresh_from_db()
    assert hasty.state == "received"
    assert Obligation.objects.filter(subject_id=hasty.id, state="open").exists()
    settings.TIPS_FLOOD = 1
    with pytest.raises(tips.TooMany):
        send(cast, "再来一处", Sender(b"z" * 16, b"d" * 16))


def test_a_malicious_sender_waits_apart_for_a_time(cast):
    sender = Sender(b"n" * 16, b"d" * 16)
    tip, _code = send(cast, sender=sender)
    by = cast.community.actor
    assert tip_desk.mute(tip.id, "连着编了八条", days=30, by=by) == 1
    assert send(cast, "路口信号灯不亮了", sender)[0].held == "muted"
    with clock.shifted(dt.timedelta(days=31)):
        assert send(cast, "桥栏杆断了一根", sender)[0].held == ""
    desk = cast.client("community")
    shown = text(desk.get("/tips/desk/muted"))
    assert "连着编了八条" in shown
    row = shown.split('name="muted" value="', 1)[1].split('"', 1)[0]
    desk.post("/tips/desk/muted", {"muted": row, "opinion": "说清楚了"})
    assert send(cast, "地下车库漏水了", sender)[0].held == ""
    with pytest.raises(Invalid):
        tip_desk.mute(tip.id, "捣乱得厉害", days=999, by=by)


def test_the_informant_is_opened_for_a_reason_and_leaves_an_entry(cast):
    """HZD-13: 举报人信息隔离加密: sealed at rest, by permission, by reason, by entry."""
    tip, _code = send(cast, name="王阿姨", phone=PHONE)
    row = Informant.objects.get()
    assert PHONE.encode() not in bytes(row.phone_cipher)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM hazards_tip t")
        assert PHONE not in cursor.fetchone()[0]
    other = Informant(tip=send(cast, "另一处也是", Sender(b"q" * 16))[0], phone_cipher=row.phone_cipher)
    with pytest.raises(InvalidTag):
        informants.unseal(other.tip_id, other.phone_cipher)
    url = f"/tips/desk/{tip.id}/informant"
    assert cast.client("community").post(url, {"reason": "要核实一下"}).status_code == 403
    assert cast.client("elsewhere").post(url, {"reason": "要核实一下"}).status_code == 404
    leader = cast.client("district")
    assert PHONE not in text(leader.post(url, {"reason": "看"}, follow=True))
    assert not Entry.objects.filter(did="hazards.informant-seen").exists()
    shown = leader.post(url, {"reason": "要核实一下"})
    assert PHONE in text(shown)
    assert "no-store" in shown["Cache-Control"]
    entry = Entry.objects.get(did="hazards.informant-seen")
    assert (entry.values, entry.pseudonym) == ({"reason": "要核实一下"}, cast.district.person.pseudonym)


def test_the_desk_declines_forwards_merges(cast):
    tip, code = send(cast)
    by = cast.community.actor
    with pytest.raises(Invalid):
        tip_desk.decline(tip.id, "", by=by)
    known = find(cast.grid, STAIRS)
    shown = text(cast.client("community").get(f"/tips/desk/{send(cast, STAIRS)[0].id}"))
    assert f"/hazards/{known.id}" in shown
    tip_desk.merge(tip.id, known.id, by=by)
    with pytest.raises(Conflict):
        tip_desk.decline(tip.id, "没有这回事", by=by)
    assert "正在现场核实" in text(Client().get(f"/tips/{code}"))
    other, code = send(cast, "电梯里有怪味", Sender(b"o" * 16))
    cast.client("community").post(f"/tips/desk/{other.id}", {"act": "forward", "whom": "12345", "opinion": "归市监"})
    assert "转给12345了：归市监" in text(Client().get(f"/tips/{code}"))
    assert cast.client("elsewhere").get(f"/tips/desk/{other.id}").status_code == 404
    assert cast.client("grid").get("/tips/desk").status_code == 403
    with pytest.raises(DatabaseError), transaction.atomic():
        Tip.objects.filter(id=other.id).update(state="received")


def test_a_reward_takes_two_and_goes_to_whoever_holds_the_receipt(cast):
    """HZD-13: 奖励台账: proposed, approved by another (the database too), paid against the receipt."""
    tip, code = send(cast)
    desk, street = cast.client("community"), cast.client("street")
    one = f"/tips/desk/{tip.id}"
    desk.post(one, {"act": "accept"})
    assert desk.post(one, {"act": "propose", "amount": "1.005", "opinion": "立功"}).status_code == 422
    street.post(one, {"act": "propose", "amount": "200", "opinion": "避免了火灾"})
    row = RewardRow.objects.get()
    assert row.amount == 20000
    decide = {"reward": row.id, "act": "approve"}
    assert "要由别人批" in text(street.post("/tips/desk/rewards", decide, follow=True))
    with pytest.raises(DatabaseError), transaction.atomic():
        RewardRow.objects.filter(id=row.id).update(approved_by=row.proposed_by)
    assert desk.post("/tips/desk/rewards", decide).status_code == 403
    cast.client("district").post("/tips/desk/rewards", decide)
    assert "带上这个受理号" in text(Client().get(f"/tips/{code}"))
    pay = {"reward": row.id, "act": "pay"}
    assert "受理号对不上" in text(desk.post("/tips/desk/rewards", pay | {"receipt": "SSP-2222-2222-2222"}, follow=True))
    desk.post("/tips/desk/rewards", pay | {"receipt": code.lower()})
    row.refresh_from_db()
    assert row.state == "paid"
    assert "200.00" in desk.get("/tips/desk/rewards.csv").content.decode("utf-8-sig")


def test_who_it_was_goes_when_its_time_is_over(cast):
    tip, _code = send(cast, phone=PHONE)
    waits, _code = send(cast, "另一处的事", Sender(b"w" * 16), phone=PHONE)
    tip_desk.decline(tip.id, "没有这个情况", by=cast.community.actor)
    with clock.shifted(dt.timedelta(days=181)):
        assert informants.erase_old(by=machine("test")) == 1
    assert [i.tip_id for i in Informant.objects.all()] == [waits.id]


def test_a_network_is_a_household(settings):
    one, other = "2001:db8:1:2::5", "2001:db8:1:2:ffff::9"
    assert informants.network(one) == informants.network(other)
    assert informants.network("::ffff:10.0.0.1") == informants.network("10.0.0.1") != informants.network("10.0.0.2")
    assert informants.network("nonsense") == b""


def test_the_poster_and_the_list(cast, django_assert_max_num_queries):
    for n in range(5):
        send(cast, f"第{n}号楼的天台门锁坏了好几天{'一二三四五'[n]}", Sender(bytes([n]) * 16))
    desk = cast.client("community")
    desk.get("/tips/desk")
    with django_assert_max_num_queries(30):
        desk.get("/tips/desk?view=all&q=天台")
    path = cast.places.community.path
    assert f"/tips?at={path}" in text(desk.get(f"/tips/desk/poster/{path}"))
    assert b"<svg" in desk.get(f"/tips/desk/poster/{path}/code.svg").content
    assert desk.get(f"/tips/desk/poster/{cast.places.other_street.path}").status_code == 404
    with pytest.raises(Refused):
        informants.see(Tip.objects.first().id, "要看一下", by=cast.community.actor)


def test_a_social_supervisor_reports_as_one(cast):
    """HZD-13: 社会监督员 have an account and a role of their own."""
    by = machine("test")
    post = people.create_post(people.PostDraft(role="social_supervisor", place_path=cast.places.community.path), by=by)
    people.appoint(post.id, cast.nobody.person.id, by=by)
    assert find(cast.nobody).source == "supervisor"
    assert find(cast.grid, "另一处墙皮要掉").source == "daily"

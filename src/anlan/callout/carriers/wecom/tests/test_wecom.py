"""WRN-02, WRN-04: WeCom carries calls to persons by their accounts, and its buttons and words are answers."""

import uuid
from urllib.parse import urlencode

import pytest
from django.test import Client
from lxml import etree

from anlan.callout import wire
from anlan.callout.carriers import GatewayDown, Message, chat
from anlan.callout.carriers.tuning import admit
from anlan.callout.carriers.wecom import crypto
from anlan.callout.carriers.wecom.carrier import Carrier
from anlan.callout.carriers.wecom.tests.wecom import AES, BUTTONS, CORP, DOOR, FORM, TOKEN, WeCom, post, pressed, wrote
from anlan.callout.models import Carrier as CarrierRow
from anlan.callout.models import Policy, Receipt, Unmatched
from anlan.callout.services import polling
from anlan.callout.tests import calling
from anlan.callout.tests.platforms import running
from anlan.people import queries as people
from anlan.people import services as persons
from anlan.people.models import Address

SEND = "/cgi-bin/message/send"


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(wire, "BACK_OFF", 0.002)
    chat.forget()


@pytest.fixture
def there():
    with running(WeCom()) as platform:
        yield platform


def tuned(platform, **more):
    return admit(Carrier.fields, {**FORM, "url": platform.url, **more}, {})


def message(to="lixiaoman", **more):
    words = {"title": "暴雨红色预警", "body": "叫醒名单 19 户", "link": "https://a.example/a/k7", "name": "李小满"}
    return Message(uuid.uuid4(), to, **{**words, **more})


def test_a_card_bears_the_buttons_the_key_and_the_personal_link(there):
    one = message()
    (came,) = Carrier().send_many([one], tuned(there, **BUTTONS))
    assert (came.ok, came.ref[:1]) == (True, "m")
    (sent,) = there.asked(SEND)
    card = sent["template_card"]
    assert (sent["touser"], sent["agentid"], card["task_id"]) == ("lixiaoman", 1000002, one.key.hex)
    assert card["card_action"] == {"type": 1, "url": "https://a.example/a/k7"}
    assert [(b["text"], b["key"]) for b in card["button_list"]] == [("收到", "yes"), ("去不了", "no")]


def test_without_a_callback_the_card_bears_the_link_alone(there):
    Carrier().send_many([message(attempt=2)], tuned(there))
    (sent,) = there.asked(SEND)
    assert sent["textcard"]["url"] == "https://a.example/a/k7"
    assert sent["textcard"]["title"] == "第 2 次叫您：暴雨红色预警"


def test_who_is_only_told_is_told_together_and_each_is_answered_for(there):
    there.strangers = {"GONE"}
    batch = [message(who, link="", needs_answer=False) for who in ("li", "GONE", "wang")]
    came = Carrier().send_many(batch, tuned(there))
    assert [(h.ok, h.reason) for h in came] == [(True, ""), (False, "no_account"), (True, "")]
    (sent,) = there.asked(SEND)
    assert (sent["touser"], sent["msgtype"]) == ("li|GONE|wang", "text")


def test_a_stranger_stops_nobody_else(there):
    there.strangers = {"gone"}
    came = Carrier().send_many([message("gone"), message("li")], tuned(there))
    assert [(h.ok, h.reason) for h in came] == [(False, "no_account"), (True, "")]


def test_an_expired_token_is_renewed_once_for_all(there):
    settings = tuned(there)
    Carrier().send_many([message()], settings)
    there.expire()
    came = Carrier().send_many([message(str(i)) for i in range(20)], settings)
    assert all(h.ok for h in came)
    assert there.minted == 2


def test_too_many_at_once_wait_and_are_not_lost(there):
    settings = tuned(there)
    there.throttled = 3
    came = Carrier().send_many([message(str(i)) for i in range(5)], settings)
    assert sorted(h.ok for h in came) == [False] * 3 + [True] * 2
    assert all(h.again and h.reason == "throttled" for h in came if not h.ok)


@pytest.mark.parametrize("mood", ["error", "garbage", "hang_up", "list"])
def test_a_service_that_does_not_answer_is_down(there, mood):
    settings = tuned(there)
    there.mood = mood
    with pytest.raises(GatewayDown):
        Carrier().send_many([message(), message("li")], settings)


@pytest.mark.parametrize(("code", "more"), [(60020, {}), (0, {"app_secret": "another"})])
def test_a_wrong_setting_is_told_and_the_token_is_not(there, code, more):
    there.code = code
    with pytest.raises(GatewayDown) as down:
        Carrier().send_many([message()], tuned(there, **more))
    assert "token-" not in str(down.value)
    assert str(code or 40001) in str(down.value)


def test_health_and_test_button(there):
    assert Carrier().health(tuned(there)).words == "企业微信通，应用是「安澜」；没设回调，只能点链接应"
    assert Carrier().health(tuned(there, **BUTTONS)).ok
    assert Carrier().test(tuned(there), "me").ok
    there.strangers = {"me"}
    assert "没有这个账号" in Carrier().test(tuned(there), "me").words
    there.mood = "error"
    assert not Carrier().health(tuned(there)).ok
    assert "还没有设好" in Carrier().health({}).words


# --- a whole call


@pytest.fixture
def call(cast, there):
    """Have the grid worker called by WeCom, and whoever has no account by short message."""
    policy = Policy.objects.get(code="yellow", current=True)
    policy.body["send"] = [["wecom", "null"]]
    policy.save(update_fields=["body"])
    persons.set_address(cast.grid.person.id, "wecom", "lixiaoman", by=cast.grid_chief())
    calling.set_up("wecom", **FORM, **BUTTONS, url=there.url)
    made = calling.start(cast)
    calling.hand_over(made)
    return made


@pytest.fixture
def cast(cast):
    cast.grid_chief = lambda: cast.community.actor
    return cast


def test_only_who_has_an_account_is_asked_for_and_the_rest_falls_to_the_next(call, cast, there):
    assert [body["touser"] for body in there.asked(SEND)] == ["lixiaoman"]
    assert calling.receipt(calling.owed(call, cast.grid)).state == "handed"
    other = calling.receipt(calling.owed(call, cast.street))
    assert (other.state, other.reason) == ("failed", "no_address")


def test_a_pressed_button_answers_and_changes_the_card(call, cast):
    obligation = calling.owed(call, cast.grid)
    said = post(pressed(obligation.id.hex))
    obligation.refresh_from_db()
    assert (obligation.state, obligation.met_how, obligation.declined) == ("met", "key", False)
    assert Receipt.objects.get(id=obligation.id).state == "answered"
    sealed = etree.fromstring(said.content)
    crypto.check(TOKEN, sealed.findtext("TimeStamp"), sealed.findtext("Nonce"), sealed.findtext("Encrypt"),
                 sealed.findtext("MsgSignature"))  # fmt: skip
    told = etree.fromstring(crypto.decrypt(AES, sealed.findtext("Encrypt"), CORP))
    assert told.findtext("MsgType") == "update_button"
    assert told.findtext("Button/ReplaceName") == "记下了，您已经应了"


def test_cannot_go_is_an_answer_that_says_so(call, cast):
    obligation = calling.owed(call, cast.grid)
    post(pressed(obligation.id.hex, "no"))
    obligation.refresh_from_db()
    assert (obligation.state, obligation.declined) == ("met", True)


def test_a_callback_that_comes_again_changes_nothing(call, cast):
    obligation = calling.owed(call, cast.grid)
    post(pressed(obligation.id.hex))
    obligation.refresh_from_db()
    assert post(pressed(obligation.id.hex, "no")).status_code == 200
    again = calling.owed(call, cast.grid)
    assert (again.met_at, again.declined) == (obligation.met_at, False)
    assert not Unmatched.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"token": "another"}, {"corp": "ww-somebody-else"}, {"signature": "0" * 40}, {"aes": "A" * 43}]
)
def test_a_forged_callback_does_nothing(call, cast, wrong):
    obligation = calling.owed(call, cast.grid)
    assert post(pressed(obligation.id.hex), **wrong).status_code == 401
    obligation.refresh_from_db()
    assert obligation.state == "open"


@pytest.mark.parametrize(
    "body",
    [b"", b"<xml>", b"{}", b"<xml><Encrypt>!!</Encrypt></xml>",
     b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Encrypt>&e;</Encrypt></xml>'],
)  # fmt: skip
def test_a_body_that_is_none_is_refused(call, body):
    assert Client().post(DOOR, body, content_type="text/xml").status_code == 401


def test_the_address_proves_itself_when_it_is_set_up(call):
    echo = crypto.encrypt(AES, b"1616140317555161061", CORP)
    signed = crypto.signature(TOKEN, "1", "n", echo)
    query = urlencode({"msg_signature": signed, "timestamp": "1", "nonce": "n", "echostr": echo})
    assert Client().get(f"{DOOR}?{query}").content == b"1616140317555161061"
    assert Client().get(DOOR).status_code == 401


def test_a_word_written_to_the_application_is_an_answer(call, cast):
    assert post(wrote("收到", who="LiXiaoMan")).status_code == 200
    assert calling.owed(call, cast.grid).met_how == "reply"


def test_what_nobody_can_place_waits_for_a_person(call, cast):
    post(wrote("收到", who="stranger", ref="1"))
    post(wrote("一楼进水了", ref="2"))
    post(pressed(uuid.uuid4().hex))
    assert set(Unmatched.objects.values_list("reason", flat=True)) == {"unknown_number", "unclear", "unknown_id"}


def test_a_service_that_is_down_is_bypassed(cast, there):
    policy = Policy.objects.get(code="yellow", current=True)
    policy.body["send"] = [["wecom", "null"]]
    policy.save(update_fields=["body"])
    persons.set_address(cast.grid.person.id, "wecom", "lixiaoman", by=cast.grid_chief())
    there.mood = "error"
    calling.set_up("wecom", **FORM, url=there.url)
    CarrierRow.objects.filter(name="null").update(enabled=True)
    call = calling.start(cast)
    calling.hand_over(call)
    tried = Receipt.objects.filter(obligation_id=calling.owed(call, cast.grid).id).order_by("made_at")
    assert [(r.carrier, r.state) for r in tried] == [("wecom", "failed"), ("null", "queued")]


def test_an_account_that_is_gone_is_not_used_again(cast, there):
    persons.set_address(cast.grid.person.id, "wecom", "lixiaoman", by=cast.grid_chief())
    policy = Policy.objects.get(code="yellow", current=True)
    policy.body["send"] = [["wecom"]]
    policy.save(update_fields=["body"])
    there.strangers = {"lixiaoman"}
    calling.set_up("wecom", **FORM, url=there.url)
    call = calling.start(cast)
    calling.hand_over(call)
    receipt = calling.receipt(calling.owed(call, cast.grid))
    assert (receipt.state, receipt.reason) == ("failed", "no_account")
    assert Address.objects.get(person=cast.grid.person).dead
    assert people.reachable("wecom", [cast.grid.person.id]) == {}


def test_accounts_are_found_by_number_only_where_that_is_switched_on(cast, there):
    there.phones = {cast.grid.phone: "lixiaoman"}
    calling.set_up("wecom", **FORM, url=there.url)
    assert polling.find_accounts() == 0
    assert not there.said
    calling.set_up("wecom", **FORM, url=there.url, lookup="on")
    assert polling.find_accounts() == 1
    assert people.reachable("wecom", [cast.grid.person.id])[cast.grid.person.id].address == "lixiaoman"
    asked = len(there.asked("/cgi-bin/user/getuserid"))
    assert polling.find_accounts() == 0
    assert len(there.asked("/cgi-bin/user/getuserid")) == asked


def test_a_drill_reaches_nobody(cast, there):
    persons.set_address(cast.grid.person.id, "wecom", "lixiaoman", by=cast.grid_chief())
    calling.set_up("wecom", **FORM, url=there.url)
    call = calling.start(cast, status="exercise")
    calling.hand_over(call)
    assert there.said == []

"""WRN-02, WRN-04: Feishu carries calls as cards; buttons and words are answers, and who read which is told."""

import json
import time
import uuid

import pytest

from anlan.callout import wire
from anlan.callout.carriers import GatewayDown, Message, chat
from anlan.callout.carriers.feishu.carrier import Carrier
from anlan.callout.carriers.feishu.tests.feishu import BUTTONS, FORM, Feishu, event, post, pressed, read, wrote
from anlan.callout.carriers.tuning import admit
from anlan.callout.models import Followed, Policy, Unmatched
from anlan.callout.services import polling
from anlan.callout.tests import calling
from anlan.callout.tests.platforms import running
from anlan.people import queries as people
from anlan.people import services as persons

SEND = "/open-apis/im/v1/messages"
MANY = "/open-apis/message/v4/batch_send/"


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(wire, "BACK_OFF", 0.002)
    chat.forget()


@pytest.fixture
def there():
    with running(Feishu()) as platform:
        yield platform


def tuned(platform, **more):
    return admit(Carrier.fields, {**FORM, "url": platform.url, **more}, {})


def message(to="ou_li", **more):
    words = {"title": "暴雨红色预警", "body": "叫醒名单 19 户", "link": "https://a.example/a/k7", "level": "red"}
    return Message(uuid.uuid4(), to, **{**words, **more})


def buttons(sent):
    card = json.loads(sent["content"])
    return [(b["text"]["content"], b.get("url"), b.get("value", {}).get("key")) for b in card["elements"][1]["actions"]]


def test_a_card_bears_buttons_the_key_and_the_personal_link(there):
    one = message()
    (came,) = Carrier().send_many([one], tuned(there, **BUTTONS))
    assert (came.ok, came.ref) == (True, "om_0")
    (sent,) = there.asked(SEND)
    assert (sent["receive_id"], sent["uuid"], sent["msg_type"]) == ("ou_li", one.key.hex, "interactive")
    assert buttons(sent) == [
        ("收到", None, "1"), ("去不了", None, "2"), ("打开应答页", "https://a.example/a/k7", None),
    ]  # fmt: skip
    assert json.loads(sent["content"])["header"]["template"] == "red"


def test_without_a_callback_the_card_bears_the_link_alone(there):
    Carrier().send_many([message()], tuned(there))
    (sent,) = there.asked(SEND)
    assert buttons(sent) == [("去应答", "https://a.example/a/k7", None)]


def test_the_same_message_again_is_one(there):
    one = message()
    for _time in range(2):
        Carrier().send_many([one], tuned(there))
    assert len(there.sent) == 1


def test_who_is_only_told_is_told_by_two_hundred_and_strangers_are_named(there):
    there.strangers = {"ou_7"}
    batch = [message(f"ou_{i}", link="", needs_answer=False) for i in range(230)]
    came = Carrier().send_many(batch, tuned(there))
    assert [h.reason for h in came if not h.ok] == ["no_account"]
    assert sorted(len(body["open_ids"]) for body in there.asked(MANY)) == [30, 200]


def test_a_stranger_stops_nobody_else(there):
    there.strangers = {"ou_gone"}
    came = Carrier().send_many([message("ou_gone"), message("ou_li")], tuned(there))
    assert [(h.ok, h.reason) for h in came] == [(False, "no_account"), (True, "")]


def test_an_expired_token_is_renewed_once_for_all(there):
    settings = tuned(there)
    Carrier().send_many([message()], settings)
    there.expire()
    assert all(h.ok for h in Carrier().send_many([message(str(i)) for i in range(20)], settings))
    assert there.minted == 2


def test_too_many_at_once_wait_and_are_not_lost(there):
    settings = tuned(there)
    there.throttled = 2
    came = Carrier().send_many([message(str(i)) for i in range(5)], settings)
    assert sorted((h.ok, h.again) for h in came) == [(False, True)] * 2 + [(True, False)] * 3


@pytest.mark.parametrize("mood", ["error", "garbage", "hang_up", "list"])
def test_a_service_that_does_not_answer_is_down(there, mood):
    there.mood = mood
    with pytest.raises(GatewayDown):
        Carrier().send_many([message()], tuned(there))


@pytest.mark.parametrize(("code", "more"), [(99991672, {}), (0, {"app_secret": "another"})])
def test_a_wrong_setting_is_told(there, code, more):
    there.code = code
    with pytest.raises(GatewayDown, match=str(code or 10014)):
        Carrier().send_many([message()], tuned(there, **more))


def test_health_and_test_button(there):
    assert Carrier().health(tuned(there)).words == "飞书通，机器人是「安澜」；没设回调，只能点链接应"
    assert Carrier().test(tuned(there), "ou_me").ok
    there.strangers = {"ou_me"}
    assert "没有这个账号" in Carrier().test(tuned(there), "ou_me").words
    there.mood = "error"
    assert not Carrier().health(tuned(there)).ok
    assert "还没有设好" in Carrier().health({}).words


# --- a whole call


@pytest.fixture
def call(cast, there):
    policy = Policy.objects.get(code="yellow", current=True)
    policy.body["send"] = [["feishu"]]
    policy.save(update_fields=["body"])
    persons.set_address(cast.grid.person.id, "feishu", "ou_li", by=cast.city.actor)
    calling.set_up("feishu", **FORM, **BUTTONS, url=there.url)
    made = calling.start(cast)
    calling.hand_over(made)
    return made


def test_a_pressed_button_answers_and_changes_the_card(call, cast):
    obligation = calling.owed(call, cast.grid)
    said = post(pressed(obligation.id)).json()
    obligation.refresh_from_db()
    assert (obligation.state, obligation.met_how) == ("met", "key")
    assert said["toast"]["content"] == "记下了，您已经应了"
    assert said["card"]["data"]["header"]["template"] == "green"
    assert len(said["card"]["data"]["elements"]) == 1


def test_cannot_go_then_again_counts_the_first(call, cast):
    obligation = calling.owed(call, cast.grid)
    post(pressed(obligation.id, "2"))
    assert "已经应过" in post(pressed(obligation.id, "1")).json()["toast"]["content"]
    obligation.refresh_from_db()
    assert obligation.declined


def test_the_same_request_again_changes_nothing(call, cast):
    said = pressed(calling.owed(call, cast.grid).id)
    post(said)
    met = calling.owed(call, cast.grid).met_at
    assert post(said).status_code == 200
    assert calling.owed(call, cast.grid).met_at == met
    assert not Unmatched.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"key": "another"}, {"signature": "0" * 64}, {"signed": False}, {"at": time.time() - 86_400}, {"sealed": False}],
)
def test_a_forged_callback_does_nothing(call, cast, wrong):
    assert post(pressed(calling.owed(call, cast.grid).id), **wrong).status_code == 401
    assert calling.owed(call, cast.grid).state == "open"


def test_another_apps_token_is_refused(call, cast):
    assert post(pressed(calling.owed(call, cast.grid).id, token="another")).status_code == 401


def test_the_address_proves_itself_when_it_is_set_up(call):
    asked = {"challenge": "ajls384kdjx98XX", "token": "verify-token", "type": "url_verification"}
    assert post(asked, signed=False).json() == {"challenge": "ajls384kdjx98XX"}
    assert post(asked | {"token": "another"}, signed=False).status_code == 401


def test_read_comes_by_event_or_is_asked_and_is_no_answer(call, cast, there):
    obligation = calling.owed(call, cast.grid)
    assert post(read("om_0", "om_of_a_test")).status_code == 200
    assert calling.receipt(obligation).state == "read"
    assert calling.owed(call, cast.grid).state == "open"
    assert not Unmatched.objects.exists()
    Followed.objects.update(next_at="2020-01-01T00:00:00Z")
    assert polling.poll() == 0
    assert not Followed.objects.exists()


def test_where_no_event_comes_the_readers_are_asked(call, cast, there):
    there.readers = {"om_0": ["ou_somebody"]}
    Followed.objects.update(next_at="2020-01-01T00:00:00Z")
    assert polling.poll() == 0
    there.readers = {"om_0": ["ou_li"]}
    Followed.objects.update(next_at="2020-01-01T00:00:00Z")
    assert polling.poll() == 1
    assert calling.receipt(calling.owed(call, cast.grid)).state == "read"


def test_a_word_to_the_bot_is_an_answer_and_one_in_a_group_is_not(call, cast):
    post(wrote("收到", chat="group"))
    assert calling.owed(call, cast.grid).state == "open"
    post(wrote("收到"))
    assert calling.owed(call, cast.grid).met_how == "reply"


def test_an_event_that_we_do_not_know_is_taken_and_does_nothing(call):
    assert post(event("im.chat.updated_v1", {})).status_code == 200
    assert not Unmatched.objects.exists()


def test_accounts_are_found_by_number_many_at_once(cast, there):
    there.phones = {cast.grid.phone: "ou_found"}
    calling.set_up("feishu", **FORM, url=there.url)
    assert polling.find_accounts() == 1
    assert people.reachable("feishu", [cast.grid.person.id])[cast.grid.person.id].address == "ou_found"
    assert len(there.asked("/open-apis/contact/v3/users/batch_get_id")) == 1
    assert polling.find_accounts() == 0

"""WRN-02, WRN-04: DingTalk carries calls as work notices; what became of each is asked for afterwards."""

import uuid

import pytest

from anlan.callout import wire
from anlan.callout.carriers import GatewayDown, Message, chat
from anlan.callout.carriers.dingtalk.carrier import Carrier
from anlan.callout.carriers.dingtalk.tests.dingtalk import FORM, DingTalk
from anlan.callout.carriers.tuning import admit
from anlan.callout.models import Carrier as Row
from anlan.callout.models import Followed, Obligation, Policy, Receipt
from anlan.callout.services import polling
from anlan.callout.tests import calling
from anlan.callout.tests.platforms import running
from anlan.people import queries as people
from anlan.people import services as persons
from anlan.people.models import Address

SEND = "/topapi/message/corpconversation/asyncsend_v2"
RESULT = "/topapi/message/corpconversation/getsendresult"


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(wire, "BACK_OFF", 0.002)
    chat.forget()


@pytest.fixture
def there():
    with running(DingTalk()) as platform:
        yield platform


def form(platform, **more):
    return {**FORM, "url": platform.url, "token_url": platform.url, **more}


def tuned(platform, **more):
    return admit(Carrier.fields, form(platform, **more), {})


def message(to="u-li", **more):
    words = {"title": "暴雨红色预警", "body": "叫醒名单 19 户", "link": "https://a.example/a/k7", "name": "李小满"}
    return Message(uuid.uuid4(), to, **{**words, **more})


def test_a_notice_bears_the_personal_link(there):
    (came,) = Carrier().send_many([message()], tuned(there))
    assert (came.ok, came.ref) == (True, "500000")
    (sent,) = there.asked(SEND)
    assert (sent["agent_id"], sent["userid_list"], sent["msg"]["msgtype"]) == (2000001, "u-li", "action_card")
    assert sent["msg"]["action_card"]["single_url"] == "https://a.example/a/k7"


def test_a_repeated_call_says_other_words_for_the_service_drops_the_same_ones(there):
    Carrier().send_many([message(attempt=1), message(attempt=2)], tuned(there))
    first, second = (body["msg"]["action_card"]["markdown"] for body in there.asked(SEND))
    assert first != second
    assert "第 2 次叫您" in first + second


def test_a_long_body_stays_within_what_the_service_takes(there):
    Carrier().send_many([message(body="转移" * 1000)], tuned(there))
    (sent,) = there.asked(SEND)
    assert len(str(sent["msg"]).encode()) <= 2048


def test_who_is_only_told_is_told_by_the_hundred(there):
    batch = [message(f"u{i}", link="", needs_answer=False) for i in range(130)]
    assert all(h.ok for h in Carrier().send_many(batch, tuned(there)))
    assert sorted(len(body["userid_list"].split(",")) for body in there.asked(SEND)) == [30, 100]


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


@pytest.mark.parametrize(("code", "more"), [(60011, {}), (0, {"app_secret": "another"})])
def test_a_wrong_setting_is_told(there, code, more):
    there.code = code
    with pytest.raises(GatewayDown, match=str(code or "invalidClientIdOrSecret")):
        Carrier().send_many([message()], tuned(there, **more))


def test_health_and_test_button(there):
    assert Carrier().health(tuned(there)).ok
    assert Carrier().test(tuned(there), "me").ok
    assert not Carrier().health(tuned(there, app_secret="another")).ok
    there.mood = "error"
    assert not Carrier().test(tuned(there), "me").ok
    assert "还没有设好" in Carrier().health({}).words


# --- a whole call


@pytest.fixture
def call(cast, there):
    policy = Policy.objects.get(code="yellow", current=True)
    policy.body["send"] = [["dingtalk"]]
    policy.save(update_fields=["body"])
    for who in ("grid", "community", "street"):
        persons.set_address(getattr(cast, who).person.id, "dingtalk", f"u-{who}", by=cast.city.actor)
    calling.set_up("dingtalk", **form(there))
    made = calling.start(cast)
    calling.hand_over(made)
    return made


def due():
    Followed.objects.update(next_at="2020-01-01T00:00:00Z")


def state(call, member):
    receipt = calling.receipt(calling.owed(call, member))
    return receipt.state, receipt.reason


def test_what_became_of_each_is_asked_and_read_is_no_answer(call, cast, there):
    assert polling.poll() == 0
    assert there.asked(RESULT) == []
    due()
    there.fates = {
        "u-grid": "unread_user_id_list", "u-community": "read_user_id_list", "u-street": "invalid_user_id_list",
    }  # fmt: skip
    assert polling.poll() == 3
    assert state(call, cast.grid) == ("delivered", "")
    assert state(call, cast.community) == ("read", "")
    assert state(call, cast.street) == ("failed", "no_account")
    assert Address.objects.get(person=cast.street.person).dead
    assert {o.state for o in Obligation.objects.filter(call_id=call.id)} == {"open"}
    assert Followed.objects.count() == 1
    there.fates["u-grid"] = "read_user_id_list"
    due()
    assert polling.poll() == 1
    assert state(call, cast.grid) == ("read", "")
    due()
    asked = len(there.asked(RESULT))
    assert polling.poll() == 0
    assert len(there.asked(RESULT)) == asked


def test_a_service_that_does_not_tell_is_asked_again(call, cast, there):
    due()
    there.mood = "error"
    assert polling.poll() == 0
    there.mood = "well"
    there.fates = {"u-grid": "read_user_id_list"}
    due()
    assert polling.poll() == 1


def test_after_a_day_nobody_asks_any_more(call, there):
    due()
    Followed.objects.update(until="2020-01-01T00:00:00Z")
    assert polling.poll() == 0
    assert not Followed.objects.exists()
    assert there.asked(RESULT) == []


def test_accounts_are_found_by_number_and_kept(cast, there):
    there.phones = {cast.grid.phone: "u-found", cast.street.phone: "u-street"}
    calling.set_up("dingtalk", **form(there))
    persons.set_address(cast.street.person.id, "dingtalk", "by-hand", by=cast.city.actor)
    assert polling.find_accounts() == 1
    found = people.reachable("dingtalk", [cast.grid.person.id, cast.street.person.id])
    assert {r.address for r in found.values()} == {"u-found", "by-hand"}
    assert polling.find_accounts() == 0


def test_a_look_up_that_is_cut_short_goes_on_the_next_time(cast, there):
    there.phones = {cast.grid.phone: "u-found"}
    there.throttled = 1
    calling.set_up("dingtalk", **form(there))
    assert polling.find_accounts() == 0
    assert not Address.objects.exists()
    assert polling.find_accounts() == 1


def test_no_callback_door_is_open(cast, there, client):
    calling.set_up("dingtalk", **form(there))
    assert client.post("/gateway/dingtalk/events", b"{}", content_type="application/json").status_code == 404


def test_who_has_no_account_waits_for_no_limit(cast, there):
    """WRN-04: a limit of one a second holds up the one who is asked for, not the others on their way to the next."""
    policy = Policy.objects.get(code="yellow", current=True)
    policy.body["send"] = [["dingtalk", "null"]]
    policy.save(update_fields=["body"])
    persons.set_address(cast.grid.person.id, "dingtalk", "u-grid", by=cast.city.actor)
    calling.set_up("dingtalk", **form(there))
    Row.objects.filter(name="null").update(enabled=True)
    Row.objects.filter(name="dingtalk").update(rate=1)
    call = calling.start(cast)
    assert calling.hand_over(call) > 1
    assert state(call, cast.grid) == ("handed", "")
    assert state(call, cast.street) == ("failed", "no_address")
    assert Receipt.objects.filter(call_id=call.id, carrier="null", state="queued").exists()

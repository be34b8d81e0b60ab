"""WRN-03: short messages leave in signed batches, each by its own key; the gateway answers for each recipient."""

import uuid

import pytest

from anlan.callout import wire
from anlan.callout.carriers import GatewayDown, Message, discover
from anlan.callout.carriers.sms_http.carrier import Carrier
from anlan.callout.carriers.tuning import admit
from anlan.callout.tests import gateway as loopback


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(wire, "BACK_OFF", 0.002)


FORM = {
    "key": "anlan",
    "secret": "loopback-secret",
    "signature": "安澜应急",
    "template_first": "SMS_1001",
    "template_all_clear": "SMS_2002",
    "with_link": "on",
}


def tuned(gateway, **more):
    return admit(Carrier.fields, {**FORM, "url": gateway.url, **more}, {})


def message(to="13700000001", **more):
    words = {"title": "暴雨红色预警", "body": "叫醒名单 19 户，封地下车库口", "link": "https://a.example/a/k7"}
    return Message(uuid.uuid4(), to, **{**words, **more})


def test_a_batch_leaves_signed_and_counted():
    with loopback.running() as gateway:
        one = message()
        (came,) = Carrier().send_many([one], tuned(gateway))
        assert (came.ok, came.key, came.ref) == (True, one.key, f"g-{one.key}")
        sent = gateway.taken[str(one.key)]
        assert sent["text"] == (
            "【安澜应急】暴雨红色预警。叫醒名单 19 户，封地下车库口。收到回1，去不了回2。 https://a.example/a/k7"
        )
        assert sent["segments"] == 1
        assert sent["template"] == "SMS_1001"


def test_each_recipient_is_answered_for():
    with loopback.running(empty={"13700000002"}, suspended={"13700000003"}) as gateway:
        batch = [message(f"1370000000{i}") for i in range(1, 5)]
        came = {h.key: h for h in Carrier().send_many(batch, tuned(gateway))}
        said = [(came[m.key].ok, came[m.key].reason, came[m.key].dead) for m in batch]
        assert said == [(True, "", False), (False, "empty_number", True), (False, "suspended", True), (True, "", False)]


def test_the_same_batch_again_is_the_same_message():
    with loopback.running() as gateway:
        batch = [message(), message("13700000009")]
        Carrier().send_many(batch, tuned(gateway))
        again = Carrier().send_many(batch, tuned(gateway))
        assert all(h.ok for h in again)
        assert len(gateway.taken) == 2
        assert gateway.batches[0][1]["batch"] == gateway.batches[1][1]["batch"]


@pytest.mark.parametrize("mood", ["error", "busy", "refuse", "garbage", "lose_answer"])
def test_a_failing_gateway_is_said_to_be_down(mood):
    with loopback.running(mood=mood) as gateway, pytest.raises(GatewayDown):
        Carrier().send_many([message()], tuned(gateway))


def test_a_wrong_secret_takes_nothing():
    with loopback.running() as gateway:
        with pytest.raises(GatewayDown, match="signature wrong"):
            Carrier().send_many([message()], tuned(gateway, secret="another-secret-16"))
        assert gateway.taken == {}


def test_an_all_clear_has_its_own_template_and_asks_for_nothing():
    with loopback.running() as gateway:
        one = message(kind="all_clear", needs_answer=False, link="")
        Carrier().send_many([one], tuned(gateway))
        sent = gateway.taken[str(one.key)]
        assert sent["template"] == "SMS_2002"
        assert "回1" not in sent["text"]


def test_a_silent_row_is_tried_again_not_lost():
    with loopback.running() as gateway:
        first = gateway.take
        gateway.take = lambda m: {"id": "other"} if m["to"].endswith("2") else first(m)
        batch = [message("13700000001"), message("13700000002")]
        came = {h.key: h for h in Carrier().send_many(batch, tuned(gateway))}
        assert came[batch[0].key].ok
        assert came[batch[1].key].again


def test_health_and_test_button():
    with loopback.running() as gateway:
        settings = tuned(gateway)
        assert Carrier().health(settings).ok
        assert Carrier().test(settings, "13700000001").ok
        (sent,) = gateway.taken.values()
        assert sent["to"] == "13700000001"
        gateway.mood = "error"
        assert not Carrier().health(settings).ok
        assert "网关没有收下" in Carrier().test(settings, "13700000001").words
    assert "还没有设好" in Carrier().health({}).words


def test_every_folder_keeps_the_protocol():
    assert {"sms_http", "voice_http", "email", "printed", "simulated", "null"} <= set(discover())

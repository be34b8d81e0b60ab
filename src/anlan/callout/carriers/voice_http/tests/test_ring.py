"""WRN-03: people are rung up by name, told what to do, and asked for a key; a full exchange is tried again later."""

import uuid

import pytest

from anlan.callout import wire
from anlan.callout.carriers import GatewayDown, Message
from anlan.callout.carriers.tuning import admit
from anlan.callout.carriers.voice_http.carrier import Carrier
from anlan.callout.tests import gateway as loopback


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(wire, "BACK_OFF", 0.002)


FORM = {"key": "anlan", "secret": "loopback-secret", "caller": "0288660000", "repeat": "3"}


def tuned(gateway, **more):
    return admit(Carrier.fields, {**FORM, "url": gateway.url, **more}, {})


def message(**more):
    words = {"title": "暴雨红色预警", "body": "叫醒名单 19 户", "name": "李小满", "link": "https://a.example/a/k7"}
    return Message(uuid.uuid4(), "13700000001", **{**words, **more})


def test_a_call_is_asked_for():
    with loopback.running() as gateway:
        one = message(listen_seconds=25)
        (came,) = Carrier().send_many([one], tuned(gateway))
        assert came.ok
        path, payload = gateway.batches[0]
        assert (path, payload["caller"], payload["repeat"], payload["ring_seconds"]) == ("/calls", "0288660000", 3, 35)
        call = gateway.taken[str(one.key)]
        assert call["text"] == "李小满，暴雨红色预警。叫醒名单 19 户。听清请按 1，去不了请按 2。"
        assert (call["keys"], call["listen_seconds"]) == (["1", "2"], 25)
        assert "http" not in call["text"]


def test_no_free_line_is_tried_again():
    with loopback.running() as gateway:
        gateway.take = lambda m: {"id": m["id"], "status": "throttled"}
        (came,) = Carrier().send_many([message()], tuned(gateway))
        assert (came.ok, came.again) == (False, True)


def test_an_all_clear_asks_for_no_key():
    with loopback.running() as gateway:
        one = message(needs_answer=False)
        Carrier().send_many([one], tuned(gateway))
        assert gateway.taken[str(one.key)]["keys"] == []
        assert "请按" not in gateway.taken[str(one.key)]["text"]


def test_a_dead_gateway_is_down():
    with loopback.running() as gateway:
        settings = tuned(gateway)
    with pytest.raises(GatewayDown):
        Carrier().send_many([message()], settings)

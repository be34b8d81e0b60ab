"""WRN-03: a batch is signed, repeated with the same key while the gateway stumbles, and given up within seconds."""

import time

import pytest

from anlan.callout import wire
from anlan.callout.tests import gateway as loopback

ONE = {"messages": [{"id": "m1", "to": "13700000001", "text": "暴雨"}]}


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(wire, "BACK_OFF", 0.05)


def send(gateway, payload=ONE, **settings):
    door = wire.Gateway(gateway.url, "anlan", settings.pop("secret", gateway.secret), **settings)
    with wire.client() as client:
        return door.post("/messages", payload, idempotency="b1", client=client)


def test_a_batch_is_taken():
    with loopback.running() as gateway:
        said = send(gateway)
        assert dict(wire.results(said, ["m1"]))["m1"]["status"] == "accepted"


def test_a_lost_answer_is_repeated_and_taken_once():
    with loopback.running(mood="lose_answer") as gateway:
        with pytest.raises(wire.Down):
            send(gateway)
        assert len(gateway.batches) == 3
        assert list(gateway.taken) == ["m1"]


@pytest.mark.parametrize("mood", ["error", "busy", "garbage"])
def test_a_stumbling_gateway_is_given_up(mood):
    with loopback.running(mood=mood) as gateway:
        began = time.monotonic()
        with pytest.raises(wire.Down):
            send(gateway)
        assert time.monotonic() - began < 8


def test_it_comes_back_in_between():
    with loopback.running(mood="error") as gateway:
        tried = gateway.answer

        def heals(*args):
            said = tried(*args)
            gateway.mood = "well"
            return said

        gateway.answer = heals
        assert send(gateway)["results"][0]["status"] == "accepted"


def test_a_slow_gateway_costs_no_more_than_the_budget():
    with loopback.running(mood="slow", slow_for=5) as gateway:
        began = time.monotonic()
        with pytest.raises(wire.Down, match="Timeout"):
            send(gateway, patience=0.4, budget=1.5)
        assert time.monotonic() - began < 3


@pytest.mark.parametrize(("mood", "secret"), [("refuse", None), ("well", "wrong")])
def test_a_refusal_is_not_repeated(mood, secret):
    with loopback.running(mood=mood) as gateway:
        with pytest.raises(wire.Rejected):
            send(gateway, **({"secret": secret} if secret else {}))
        assert gateway.batches == []
        assert len(gateway.nonces) <= 1


def test_nobody_there():
    with loopback.running() as gateway:
        pass
    with pytest.raises(wire.Down):
        send(gateway, tries=1)


@pytest.mark.parametrize("payload", [None, [], {}, {"results": {}}, {"results": [1]}])
def test_an_answer_of_another_shape_is_not_believed(payload):
    with pytest.raises(wire.Down):
        list(wire.results(payload, ["m1"]))


def test_silence_about_one_message_is_shown():
    said = dict(wire.results({"results": [{"id": "m1", "status": "accepted"}]}, ["m1", "m2"]))
    assert said["m2"] == {}

"""WRN-03: gateways report to /gateway/<carrier>/events; only signed, fresh and new words count, each of them once."""

import json
import time
import uuid

import pytest
from django.test import Client

from anlan.callout import signing
from anlan.callout.models import Carrier, Nonce, Unmatched
from anlan.callout.services import gateways
from anlan.callout.tests import calling
from anlan.callout.tests import gateway as loopback
from anlan.people.models import Person

DOOR = "/gateway/{}/events"


@pytest.fixture
def call(cast):
    with loopback.running() as gateway:
        calling.set_up("sms_http", **calling.SMS, url=gateway.url)
        calling.set_up("voice_http", **calling.VOICE, url=gateway.url)
        made = calling.start(cast)
        calling.hand_over(made)
    return made


def post(*events, carrier="sms_http", headers=None, at=None, secret=calling.SECRET, body=None):
    path = DOOR.format(carrier)
    body = json.dumps({"events": events}).encode() if body is None else body
    signed = headers or signing.headers(secret, "POST", path, body, at=at or time.time())
    return Client().post(path, body, content_type="application/json", headers=signed)


def event(obligation, kind="delivered", **more):
    return {"event": uuid.uuid4().hex, "id": str(obligation.id), "type": kind, **more}


def test_delivered_read_and_reply_move_the_receipt(call, cast):
    obligation = calling.owed(call, cast.grid)
    assert calling.receipt(obligation).state == "handed"
    said = post(event(obligation)).json()
    assert said == {"accepted": 1, "repeated": 0, "unplaced": 0, "faults": []}
    assert calling.receipt(obligation).state == "delivered"
    post(event(obligation, "read"))
    assert calling.receipt(obligation).state == "read"
    obligation.refresh_from_db()
    assert obligation.state == "open"  # read is not answered
    post(event(obligation, "reply", text="收到", **{"from": cast.grid.phone}))
    obligation.refresh_from_db()
    assert (obligation.state, obligation.met_how) == ("met", "reply")
    assert calling.receipt(obligation).state == "answered"


def test_a_word_without_a_key_is_found_by_its_number(call, cast):
    reply = {"event": "mo-1", "type": "reply", "from": "+86 " + cast.grid.phone, "text": "1"}
    assert post(reply).json()["accepted"] == 1
    assert calling.owed(call, cast.grid).met_how == "reply"


def test_cannot_go_is_an_answer_that_says_so(call, cast):
    post({"event": "mo-2", "type": "reply", "from": cast.grid.phone, "text": "2 去不了"})
    assert not Unmatched.objects.exclude(reason="unclear").exists()
    post({"event": "mo-3", "type": "reply", "from": cast.grid.phone, "text": "去不了"})
    obligation = calling.owed(call, cast.grid)
    assert (obligation.state, obligation.declined) == ("met", True)


@pytest.mark.parametrize(
    ("ended", "state"),
    [
        ({"outcome": "answered", "seconds": 26, "key": "1"}, "met"),
        ({"outcome": "answered", "seconds": 21}, "met"),
        ({"outcome": "answered", "seconds": 8, "key": "7"}, "open"),
        ({"outcome": "answered", "seconds": 12}, "open"),
        ({"outcome": "no_answer"}, "open"),
    ],
)
def test_a_call_answers_by_key_or_by_listening_long_enough(call, cast, ended, state):
    obligation = calling.owed(call, cast.street)
    assert post(event(obligation, "ended", **ended), carrier="voice_http").status_code == 200
    obligation.refresh_from_db()
    assert obligation.state == state


def test_a_dead_number_is_kept_apart_and_the_roster_learns_it(call, cast):
    obligation = calling.owed(call, cast.grid)
    post(event(obligation, "failed", reason="停机"))
    obligation.refresh_from_db()
    assert obligation.dead
    assert Person.objects.get(id=cast.grid.person.id).reach == "dead"


def test_repeated_events_count_once(call, cast):
    reply = event(calling.owed(call, cast.grid), "reply", text="1", **{"from": cast.grid.phone})
    assert post(reply).json()["accepted"] == 1
    met = calling.owed(call, cast.grid).met_at
    assert post(reply).json() == {"accepted": 0, "repeated": 1, "unplaced": 0, "faults": []}
    assert calling.owed(call, cast.grid).met_at == met


def test_the_same_request_again_is_refused(call, cast):
    body = json.dumps({"events": [event(calling.owed(call, cast.grid))]}).encode()
    signed = signing.headers(calling.SECRET, "POST", DOOR.format("sms_http"), body, at=time.time())
    assert post(body=body, headers=signed).status_code == 200
    assert post(body=body, headers=signed).status_code == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "another-secret"},
        {"at": time.time() - 3600},
        {"at": time.time() + 3600},
        {"headers": {"X-Anlan-Timestamp": "1"}},
    ],
)
def test_a_wrong_or_old_signature_does_nothing(call, cast, wrong):
    obligation = calling.owed(call, cast.grid)
    assert post(event(obligation, "reply", text="1", **{"from": cast.grid.phone}), **wrong).status_code == 401
    obligation.refresh_from_db()
    assert obligation.state == "open"


def test_a_signature_for_one_door_does_not_open_another(call, cast):
    body = b'{"events": []}'
    signed = signing.headers(calling.SECRET, "POST", DOOR.format("sms_http"), body, at=time.time())
    assert post(body=body, headers=signed, carrier="voice_http").status_code == 401


@pytest.mark.parametrize("carrier", ["email", "simulated", "printed", "null", "nobody"])
def test_carriers_without_a_gateway_have_no_door(cast, carrier):
    assert post(carrier=carrier).status_code == 404


def test_a_carrier_that_is_off_hears_nothing(call):
    Carrier.objects.filter(name="sms_http").update(enabled=False)
    assert post().status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"events": 7}', b"\xff\xfe"])
def test_a_body_that_is_no_list_of_events(call, body):
    assert post(body=body).status_code == 422


def test_get_is_no_way_in(cast):
    assert Client().get(DOOR.format("sms_http")).status_code == 405


def test_what_nobody_can_place_waits_for_a_person(call, cast):
    said = post(
        {"event": "u1", "type": "delivered", "id": str(uuid.uuid4())},
        {"event": "u2", "type": "reply", "from": "13999999999", "text": "1"},
        {"event": "u3", "type": "reply", "from": cast.grid.phone, "text": "1楼进水了"},
        {"event": "u4", "type": "dreamt", "id": str(uuid.uuid4())},
        {"event": "u5", "type": "reply", "from": cast.nobody.phone, "text": "1"},
    ).json()
    assert (said["accepted"], said["unplaced"]) == (0, 5)
    assert [f["index"] for f in said["faults"]] == [3]
    reasons = dict(Unmatched.objects.values_list("ref", "reason"))
    assert reasons == {
        "u1": "unknown_id", "u2": "unknown_number", "u3": "unclear", "u4": "bad_event", "u5": "owes_nothing",
    }  # fmt: skip
    unclear = Unmatched.objects.get(ref="u3")
    assert unclear.about == calling.owed(call, cast.grid).id
    assert gateways.opened(unclear) == {"from": cast.grid.phone, "text": "1楼进水了"}
    assert cast.grid.phone.encode() not in bytes(unclear.said_cipher)


def test_the_queue_keeps_a_repeated_event_once(call):
    stranger = {"event": "u1", "type": "reply", "from": "13999999999", "text": "1"}
    post(stranger)
    post(stranger)
    assert Unmatched.objects.count() == 1


def test_a_number_that_two_share_is_nobodys_answer(call, cast):
    Person.objects.filter(id=cast.community.person.id).update(
        phone_digest=Person.objects.get(id=cast.grid.person.id).phone_digest
    )
    post({"event": "s1", "type": "reply", "from": cast.grid.phone, "text": "1"})
    assert calling.owed(call, cast.grid).state == calling.owed(call, cast.community).state == "open"
    assert Unmatched.objects.get().reason == "shared_number"


def test_a_reply_never_answers_an_exercise(cast):
    """A drill reaches no telephone, so no telephone can answer it."""
    with loopback.running() as gateway:
        calling.set_up("sms_http", **calling.SMS, url=gateway.url)
        call = calling.start(cast, status="exercise")
        calling.hand_over(call)
        assert gateway.taken == {}
    post({"event": "d1", "type": "reply", "from": cast.grid.phone, "text": "1"})
    assert calling.owed(call, cast.grid).state == "open"


def test_nonces_are_forgotten_when_their_time_is_over(call):
    post()
    assert gateways.forget_nonces() == 0
    Nonce.objects.update(at="2020-01-01T00:00:00Z")
    assert gateways.forget_nonces() == 1

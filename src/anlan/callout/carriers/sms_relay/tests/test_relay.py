"""WRN-02: a phone with a SIM sends what it is given, at its pace, within its day; one that dies loses nothing."""

import datetime as dt
import uuid

import pytest
from django.test import Client

from anlan.callout.carriers import GatewayDown, discover
from anlan.callout.carriers.sms_relay.tests.relaying import EVENTS, begin, later, message, offer, put, tell, word
from anlan.callout.models import Receipt, Relay, RelayText, Unmatched
from anlan.callout.services import calls, channels, relay_work, relaying
from anlan.callout.tests import calling
from anlan.kernel.authority import Hidden
from anlan.kernel.clock import local, now

# --- pull


def test_a_text_goes_from_call_to_phone_and_its_reply_back(cast):
    _relay, token = put(cast)
    call = begin(cast)
    owed = calling.owed(call, cast.grid)
    assert calling.receipt(owed).state == "handed"
    later()
    given = relaying.pull(token, {})["messages"]
    text = next(one for one in given if one["id"] == str(owed.id))
    assert text["to"] == cast.grid.phone
    assert text["text"].startswith("【柳荫街道】暴雨黄色预警")
    assert tell(token, word("sent", owed.id)).json() == {"accepted": 1, "repeated": 0, "unplaced": 0, "faults": []}
    assert RelayText.objects.get(id=owed.id).text == ""  # nothing of a person stays behind
    tell(token, word("delivered", owed.id))
    assert calling.receipt(owed).state == "delivered"
    tell(token, word("reply", text="收到", **{"from": "+86" + cast.grid.phone}))
    owed.refresh_from_db()
    assert (owed.state, owed.met_how) == ("met", "reply")


def test_an_event_that_comes_twice_changes_nothing(cast):
    _relay, token = put(cast)
    call = begin(cast)
    reply = word("reply", text="1", **{"from": cast.grid.phone})
    assert tell(token, reply).json()["accepted"] == 1
    assert tell(token, reply).json() == {"accepted": 0, "repeated": 1, "unplaced": 0, "faults": []}
    assert not Unmatched.objects.exists()
    assert calling.owed(call, cast.grid).state == "met"


def test_a_dead_number_is_kept_apart(cast):
    _relay, token = put(cast)
    owed = calling.owed(begin(cast), cast.grid)
    tell(token, word("failed", owed.id, reason="空号"))
    owed.refresh_from_db()
    assert owed.dead
    assert RelayText.objects.get(id=owed.id).state == "failed"


def test_what_cannot_be_read_waits_for_a_person(cast):
    _relay, token = put(cast)
    begin(cast)
    said = tell(token, word("reply", text="家里进水了", **{"from": cast.grid.phone}), {"type": "sent"}).json()
    assert (said["unplaced"], said["faults"]) == (2, [{"index": 1, "wrong": "event: its own id is missing"}])
    assert tell(token, word("delivered", uuid.uuid4())).json()["unplaced"] == 1


@pytest.mark.parametrize("token", ["", "short", "a-token-that-nobody-has"])
def test_a_wrong_token_gets_and_tells_nothing(cast, token):
    put(cast)
    assert tell(token, word("reply", text="1", **{"from": "13700000001"})).status_code == 401
    with pytest.raises(Hidden):
        relaying.pull(token, {})


def test_a_body_that_is_no_list_is_refused(cast):
    _relay, token = put(cast)
    for body in ("[", '{"events": 3}', "[1]"):
        said = Client().post(EVENTS, body, content_type="application/json",
                             headers={"Authorization": f"Bearer {token}"})  # fmt: skip
        assert said.status_code == 422


def test_a_sim_sends_no_faster_than_its_pace(cast):
    relay, token = put(cast, rate="6")
    later()
    offer(*(message(cast.places.grid.path) for _ in range(15)))
    RelayText.objects.update(trial=True)  # no receipts here
    first = relaying.pull(token, {})
    assert (len(first["messages"]), first["pace"]) == (6, 10.0)  # a minute's worth
    assert relaying.pull(token, {})["messages"] == []
    Relay.objects.filter(id=relay.id).update(next_at=now() + dt.timedelta(seconds=31))
    assert len(relaying.pull(token, {})["messages"]) == 2
    later()
    assert len(relaying.pull(token, {"most": 3})["messages"]) == 3


def test_red_goes_first_then_the_order_of_calling(cast):
    _relay, token = put(cast, rate="60")
    later()
    path = cast.places.grid.path
    yellow, red, check = message(path, "yellow"), message(path, "red"), message(path, genre="check")
    offer(check, yellow)
    offer(red)
    RelayText.objects.update(trial=True)  # no receipts here
    assert [one["id"] for one in relaying.pull(token, {})["messages"]] == [str(m.key) for m in (red, yellow, check)]


def test_a_relay_that_dies_loses_nothing_and_the_same_id_comes_again(cast):
    _relay, token = put(cast)
    owed = calling.owed(begin(cast), cast.grid)
    later()
    first = [one["id"] for one in relaying.pull(token, {})["messages"]]
    later()
    assert relaying.pull(token, {})["messages"] == []
    RelayText.objects.filter(state="leased").update(until=now() - dt.timedelta(seconds=1))
    relay_work.tick(channels.tuned("sms_relay"))
    later()
    assert [one["id"] for one in relaying.pull(token, {})["messages"]] == first
    assert str(owed.id) in first


def test_who_answered_and_who_is_no_longer_called_is_not_sent(cast):
    _relay, token = put(cast)
    call = begin(cast)
    tell(token, word("reply", text="1", **{"from": cast.grid.phone}))
    later()
    ids = [one["id"] for one in relaying.pull(token, {"most": 1})["messages"]]
    assert str(calling.owed(call, cast.grid).id) not in ids
    calls.cancel(call.id, "发错了", by=cast.city.actor, tell=False)
    later()
    assert relaying.pull(token, {})["messages"] == []
    assert not RelayText.objects.filter(state="queued").exists()


def test_the_day_is_over_for_a_sim_and_the_next_carrier_takes_over(cast):
    put(cast, daily="2")
    calling.set_up("email", host="127.0.0.1", sender="a@b.cn")
    call = begin(cast, "email")
    states = set(Receipt.objects.filter(call_id=call.id, carrier="sms_relay").values_list("state", "reason"))
    assert ("failed", "daily_limit") in states
    assert Receipt.objects.filter(call_id=call.id, carrier="sms_relay", state="handed").count() <= 2
    assert Receipt.objects.filter(call_id=call.id, carrier="email").exists()


def test_a_day_that_fills_up_between_is_kept_by_the_lease_too(cast):
    _relay, token = put(cast)
    call = begin(cast)
    waiting = RelayText.objects.filter(state="queued").count()
    assert waiting > 1
    Relay.objects.update(used=200, day=local(now()).date())
    later()
    assert relaying.pull(token, {})["messages"] == []
    assert relay_work.tick({"wait": 30}) == waiting
    assert set(RelayText.objects.values_list("state", "reason")) == {("failed", "daily_limit")}
    assert Receipt.objects.filter(call_id=call.id, state="failed", reason="daily_limit").count() == waiting


def test_too_long_a_queue_is_refused_at_once(cast):
    put(cast, rate="1")
    said = offer(*(message(cast.places.grid.path) for _ in range(4)), wait=2)
    assert [(h.ok, h.reason) for h in said] == [(True, ""), (True, ""), (False, "queue_full"), (False, "queue_full")]


def test_a_street_uses_its_own_phone_and_others_the_next_above(cast):
    city, _token = put(cast, "city")
    street, _token = put(cast, "street")
    mine, other = message(cast.places.grid.path), message(cast.places.other_street.path)
    offer(mine, other)
    assert RelayText.objects.get(id=mine.key).relay_id == street.id
    assert RelayText.objects.get(id=other.key).relay_id == city.id
    Relay.objects.filter(id=street.id).update(seen_at=now() - dt.timedelta(minutes=5))
    assert relay_work.tick({"wait": 30}) == 1  # its phone is silent: what waits goes by the city's
    assert RelayText.objects.get(id=mine.key).relay_id == city.id


def test_nobodys_phone_is_said_and_no_phone_alive_is_down(cast):
    put(cast, "street")
    (said,) = offer(message(cast.places.other_street.path))
    assert (said.ok, said.reason) == (False, "no_relay")
    Relay.objects.update(seen_at=None)
    with pytest.raises(GatewayDown):
        offer(message(cast.places.grid.path))


def test_the_same_message_twice_is_one_text(cast):
    put(cast)
    one = message(cast.places.grid.path)
    assert offer(one)[0].ok
    assert offer(one)[0].ok
    assert RelayText.objects.count() == 1


def test_a_relay_that_stays_silent_gives_its_texts_back(cast):
    put(cast)
    calling.set_up("email", host="127.0.0.1", sender="a@b.cn")
    call = begin(cast, "email")
    Relay.objects.update(seen_at=now() - dt.timedelta(minutes=5))
    assert relay_work.tick(channels.tuned("sms_relay"))
    assert set(Receipt.objects.filter(call_id=call.id, carrier="sms_relay").values_list("reason", flat=True)) == {
        "relay_silent"
    }
    assert Receipt.objects.filter(call_id=call.id, carrier="email").exists()


def test_a_drill_reaches_no_phone(cast):
    put(cast)
    calling.set_up("sms_relay", with_link="on")
    calling.go_by(cast, "sms_relay")
    calling.start(cast, status="exercise")
    assert not RelayText.objects.exists()


def test_what_it_says_of_itself_is_shown(cast):
    relay, token = put(cast)
    tell(token, status={"battery": 9, "charging": False, "signal": 70, "balance": "12.30 元", "program": "x\x00y"})
    relay.refresh_from_db()
    assert (relay.battery, relay.signal, relay.balance, relay.program) == (9, 70, "12.30 元", "xy")
    tell(token, status={"battery": "full", "signal": 400})
    relay.refresh_from_db()
    assert (relay.battery, relay.signal) == (9, 70)
    page = cast.client("admin").get("/settings/relays").content.decode()
    assert "电不多了" in page
    health = discover()["sms_relay"].health({})
    assert health.ok
    assert "值班室的手机" in health.words

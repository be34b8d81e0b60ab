"""WRN-02: a phone on the local network is posted to; relays are set up place by place."""

from dataclasses import dataclass, field

import pytest

from anlan.callout.carriers.sms_relay.tests.relaying import begin, later, message, offer, tell, word
from anlan.callout.models import Carrier, Relay, RelayText
from anlan.callout.services import relay_work, relaying, relays
from anlan.callout.tests import calling
from anlan.callout.tests.platforms import Platform, running
from anlan.kernel.authority import Hidden, Invalid, Refused
from anlan.kernel.clock import now

PULL = {"name": "值班室的手机", "mode": "pull"}

# --- push


@dataclass
class Phone(Platform):
    """A phone on the local network that takes texts over HTTP, as the page of sms_relay says."""

    token: str = "a-token-of-the-phone"
    taken: dict = field(default_factory=dict)
    refuses: dict = field(default_factory=dict)

    def answer(self, method, path, query, headers, body):
        if headers.get("Authorization") != f"Bearer {self.token}":
            return 401, {"error": "wrong token"}
        assert (method, path) == ("POST", "/messages")
        rows = []
        for one in body["messages"]:
            if one["to"] in self.refuses:
                rows.append({"id": one["id"], "status": "rejected", "reason": self.refuses[one["to"]]})
            else:
                self.taken.setdefault(one["id"], one)
                rows.append({"id": one["id"], "status": "accepted"})
        return 200, {"results": rows}


@pytest.fixture
def phone():
    with running(Phone()) as platform:
        yield platform


def push(cast, phone, **more):
    return relays.add(
        cast.places.city.path,
        {"name": "网内的手机", "mode": "push", "url": phone.url, "token": phone.token, "rate": "60"} | more,
        by=cast.admin.actor,
    )[0]


def test_texts_are_posted_to_a_phone_nearby(cast, phone):
    push(cast, phone)
    phone.refuses[cast.street.phone] = "空号"
    call = begin(cast)
    assert relay_work.push_due()
    owed = calling.owed(call, cast.grid)
    assert phone.taken[str(owed.id)]["to"] == cast.grid.phone
    assert RelayText.objects.get(id=owed.id).state == "sent"
    assert calling.owed(call, cast.street).dead


@pytest.mark.parametrize("mood", ["error", "garbage", "hang_up", "throttle", "list"])
def test_a_phone_that_stumbles_is_left_alone_and_the_same_ids_come_again(cast, phone, mood):
    relay = push(cast, phone)
    offer(message(cast.places.grid.path))
    RelayText.objects.update(trial=True)
    phone.mood = mood
    assert relay_work.push_due() == 0
    relay.refresh_from_db()
    assert relay.failures == 1
    assert relay.last_error
    assert phone.token not in relay.last_error
    phone.mood = "well"
    assert relay_work.push_due() == 0  # not yet
    RelayText.objects.filter(state="leased").update(until=now())
    Relay.objects.update(retry_at=now())
    relay_work.tick({"wait": 30})
    later()
    assert relay_work.push_due() == 1
    relay.refresh_from_db()
    assert (relay.failures, relay.last_error) == (0, "")


def test_a_wrong_token_of_a_phone_is_told(cast, phone):
    relay = push(cast, phone, token="another-token-of-16")
    said = cast.client("admin").post(f"/settings/relays/{relay.id}/test", {"address": "13712340418"}, follow=True)
    assert "没有收下" in said.content.decode()
    assert "401" in said.content.decode()


# --- settings


def test_bad_settings_say_which_and_why(cast):
    with pytest.raises(Invalid) as wrong:
        relays.add(cast.places.city.path, {"name": "", "mode": "fax", "rate": "x", "daily": "0", "token": ""},
                   by=cast.admin.actor)  # fmt: skip
    assert set(wrong.value.errors) == {"name", "mode", "rate", "daily"}
    with pytest.raises(Invalid, match="https"):
        relays.add(cast.places.city.path, {"name": "a", "mode": "push", "url": "http://8.8.8.8"}, by=cast.admin.actor)
    with pytest.raises(Invalid, match="16"):
        relays.add(cast.places.city.path, PULL | {"token": "short"}, by=cast.admin.actor)
    with pytest.raises(Refused):
        relays.add(cast.places.city.path, PULL, by=cast.street.actor)


def test_the_pages_add_show_the_token_once_change_and_take_out(cast):
    client = cast.client("admin")
    assert "还没有短信手机" in client.get("/settings/relays").content.decode()
    assert client.post("/settings/relays", {"name": "", "mode": "pull"}).status_code == 422
    said = client.post("/settings/relays", {"place": cast.places.street.path, "name": "街道手机", "mode": "pull"})
    row = Relay.objects.get()
    page = f"/settings/relays/{row.id}"
    text = said.content.decode()
    assert "口令只显示这一次" in text
    token = text.split('口令</dt><dd><span class="code">')[1].split("<")[0]
    assert relaying.pull(token, {})["messages"] == []
    assert token not in client.get(page).content.decode()
    assert (row.place_path, row.rate, row.daily) == (cast.places.street.path, 6, 200)
    queued = client.post(f"{page}/test", {"address": cast.grid.phone}, follow=True).content.decode()
    assert "它来取了就发" in queued
    assert "还有短信等着" in client.post(f"{page}/remove", {"confirm": "1"}, follow=True).content.decode()
    later()
    (trial,) = relaying.pull(token, {})["messages"]
    assert tell(token, word("sent", trial["id"]), word("delivered", trial["id"])).json()["accepted"] == 2
    assert "口令只显示这一次" in client.post(f"{page}/renew", {"confirm": "1"}).content.decode()
    with pytest.raises(Hidden):
        relaying.pull(token, {})
    client.post(page, {"name": "新名字", "rate": "8", "daily": "100"})
    row.refresh_from_db()
    assert (row.name, row.rate, row.daily, row.enabled) == ("新名字", 8, 100, False)
    client.post(f"{page}/remove", {"confirm": "1"})
    assert not Relay.objects.exists()
    assert cast.client("street").get("/settings/relays").status_code in {403, 404}


def test_a_long_list_costs_the_same(cast, django_assert_max_num_queries):
    Relay.objects.bulk_create(
        Relay(place_path=cast.places.street.path, name=f"手机{i:03}", mode="pull", token="x", digest=b"%d" % i)
        for i in range(60)
    )
    client = cast.client("admin")
    client.get("/settings/relays")
    with django_assert_max_num_queries(30):
        page = client.get("/settings/relays").content.decode()
    assert "手机049" in page
    assert "手机050" not in page


def test_the_carrier_is_on_its_page(cast):
    calling.set_up("sms_relay", with_link="on")
    page = cast.client("admin").get("/settings/carriers/sms_relay").content.decode()
    assert "/settings/relays" in page
    assert Carrier.objects.filter(name="sms_relay").exists()

"""SEN-01: feeds are set up, tried and switched on by pages; faults stand at their fields and nothing typed is lost."""

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from anlan.ledger.models import Entry
from anlan.sensing.api import batch_door
from anlan.sensing.feeds import discover
from anlan.sensing.models import Feed, Observation
from anlan.sensing.services import doors, feeding
from anlan.sensing.terms import Did
from anlan.sensing.tests import streams

HOW = {
    "device": {"path": "dev"}, "time": {"path": "ts", "format": "us"},
    "values": [{"key": "level", "path": "z", "unit": "cm"}],
}  # fmt: skip


@pytest.fixture
def client(db, cast):
    streams.stand(cast.places.grid.path, device="q1")
    batch_door._feeds.clear()
    return cast.client("city")


def text(answer):
    return answer.content.decode()


def message():
    return {"dev": "q1", "ts": streams.minutes_ago(3), "z": 120}


def test_every_kind_is_found_with_its_words():
    assert {"mqtt", "http", "file", "events"} <= set(discover())


def test_added_tried_switched_on_posted_to_switched_off(client, cast, django_assert_max_num_queries):
    form = {"name": "遥测平台", "mapping": json.dumps(HOW), "payload": json.dumps([message(), {"dev": "q1"}])}
    tried = text(client.post("/sensing/feeds/new/http", {**form, "act": "try"}))
    for word in ("读出 1 条", "120", "1 处读不出来", "这里没有值", "遥测平台"):
        assert word in tried, word
    assert not Feed.objects.exists()
    assert client.post("/sensing/feeds/new/http", {**form, "act": "save"}).status_code == 302
    feed = Feed.objects.get()
    token_page = client.post(f"/sensing/feeds/{feed.id}/token", {"confirm": "yes"})
    token = re.search(r'class="code">([\w-]{40,})<', text(token_page))[1]
    head = {"authorization": f"Bearer {token}"}

    def push():
        return client.post("/sensing/push", json.dumps(message()), "application/json", headers=head)

    assert push().status_code == 401
    assert client.post(f"/sensing/feeds/{feed.id}/on").status_code == 302
    assert push().json()["taken"] == 1
    assert push().json()["same"] == 1
    assert Observation.objects.get().value == pytest.approx(1.2)
    with django_assert_max_num_queries(30):
        assert "遥测平台" in text(client.get("/sensing/feeds?q=遥测"))
    assert "写一下为什么停" in text(client.post(f"/sensing/feeds/{feed.id}/off", {"why": ""}, follow=True))
    client.post(f"/sensing/feeds/{feed.id}/off", {"why": "换平台"})
    batch_door._feeds.clear()
    assert push().status_code == 401
    assert {Did.FEED_ADDED, Did.FEED_ON, Did.FEED_OFF, Did.KEY_RENEWED} <= set(
        Entry.objects.values_list("did", flat=True)
    )


def test_a_list_of_many_asks_no_more(client, cast):
    def add(n):
        doors.add_feed(f"来源{n}", place=cast.places.district.path, by=cast.city.actor)

    add(0)
    with CaptureQueriesContext(connection) as one:
        client.get("/sensing/feeds")
    for n in range(1, 8):
        add(n)
    with CaptureQueriesContext(connection) as many:
        assert "来源7" in text(client.get("/sensing/feeds"))
    assert len(many) <= len(one)


def test_what_is_wrong_stands_at_its_field_and_a_secret_is_kept(client, cast):
    form = {"name": "", "url": "http://x", "topics": "a/#/b", "mapping": '{"device": 3}', "act": "save"}
    answer = client.post("/sensing/feeds/new/mqtt", form)
    assert answer.status_code == 422
    for word in ("给来源起个名字", "要写 mqtts://", "主题写法不对", "mapping.device", "要一个 JSON 对象"):
        assert word in text(answer), word
    assert "第 1 行第 3 个字" in text(
        client.post("/sensing/feeds/new/http", {"name": "x", "mapping": "{ x", "act": "save"})
    )
    good = {
        "name": "水务局", "url": "mqtts://mq.example.com", "topics": "a/b", "username": "u", "password": "s3cret",
        "qos": "1", "version": "5", "mapping": json.dumps(HOW), "act": "save",
    }  # fmt: skip
    client.post("/sensing/feeds/new/mqtt", good)
    feed = Feed.objects.get()
    assert b"s3cret" not in bytes(feed.secret) + json.dumps(feed.config).encode()
    client.post(f"/sensing/feeds/{feed.id}", good | {"password": "", "topics": "a/c"})
    feed.refresh_from_db()
    assert feeding.source(feed).settings["password"] == "s3cret"
    assert (feed.config["settings"]["topics"], feed.revision) == ("a/c", 2)
    assert "s3cret" not in text(client.get(f"/sensing/feeds/{feed.id}"))


def test_a_file_by_the_page(client, cast):
    how = {"format": "csv", "device": {"value": "q1"}, "time": {"path": "at", "format": "us"},
           "values": [{"key": "level", "path": "z", "unit": "m"}]}  # fmt: skip
    feed = feeding.add("file", "站点", {"mapping": json.dumps(how)}, place=cast.places.city.path, by=cast.city.actor)
    table = f"at,z\n{streams.minutes_ago(9)},1.5\nlate,2\n".encode()
    answer = client.post(f"/sensing/feeds/{feed.id}/upload", {"file": SimpleUploadedFile("a.csv", table)}, follow=True)
    assert "新收 1 条，本来就有 0 条，没登记的设备 0 条，读不懂 1 条" in text(answer)
    assert "还没有选文件" in text(client.post(f"/sensing/feeds/{feed.id}/upload", follow=True))


def test_wrong_role_and_wrong_place(db, cast):
    feed = doors.add_feed("市平台", place=cast.places.city.path, by=cast.city.actor)
    assert cast.client("grid").get("/sensing/feeds").status_code == 403
    assert cast.client("community").get(f"/sensing/feeds/{feed.id}").status_code in {403, 404}

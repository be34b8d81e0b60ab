"""POST /sensing/batch and /sensing/influx: who may, what became of each line, how much, when it is too much."""

import asyncio
import base64
import gzip
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from django.db import connections

from anlan.kernel.authority import machine
from anlan.sensing.api import batch_door
from anlan.sensing.batches import instant
from anlan.sensing.models import Held, Observation, Rejected, Unclaimed
from anlan.sensing.services import addressing, doors
from anlan.sensing.tests import streams


async def call(path, body, headers, query=b""):
    sent, given = [], [{"type": "http.request", "body": body, "more_body": False}]

    async def receive():
        return given.pop(0)

    async def send(message):
        sent.append(message)

    heads = [(k.encode(), v.encode()) for k, v in headers.items()]
    scope = {"type": "http", "method": "POST", "path": path, "headers": heads, "query_string": query}
    await batch_door.door(scope, receive, send)
    raw = b"".join(m.get("body", b"") for m in sent[1:])
    return sent[0]["status"], orjson.loads(raw) if raw else None, dict(sent[0]["headers"])


@pytest.fixture
def post(db, cast, monkeypatch):
    """Post a body with the token of the grid's district; returns (status, JSON, headers)."""
    feed = doors.add_feed("水务网关", place=cast.places.district.path, by=machine("test"))
    token = doors.issue_token(feed.id, by=machine("test"))
    batch_door._feeds.clear()

    ours = connections["default"]
    ours.inc_thread_sharing()

    def share():
        connections["default"] = ours

    pool = ThreadPoolExecutor(1, initializer=share)
    monkeypatch.setattr(batch_door, "_lanes", lambda: pool)
    monkeypatch.setattr(batch_door, "close_old_connections", lambda: None)  # it would end the test's transaction

    def posted(body, *, path="/sensing/batch", query=b"", **headers):
        raw = body if isinstance(body, bytes) else b"\n".join(map(orjson.dumps, body))
        heads = {"authorization": f"Bearer {token}"} | {k.replace("_", "-"): v for k, v in headers.items()}
        return asyncio.run(call(path, raw, heads, query))

    posted.token, posted.feed = token, feed
    yield posted
    pool.shutdown()
    ours.dec_thread_sharing()


@pytest.fixture
def town(db, cast):
    return streams.town(cast)


def said(value, *, minutes=1, **more):
    return {
        "device": "dev-1",
        "key": "level",
        "at": instant(streams.minutes_ago(minutes)).isoformat(),
        "value": value,
    } | more


def test_good_lines_are_kept_and_bad_ones_named(post, town):
    body = [said(1.0, minutes=3), said("1.5"), said(2.0, device="new"), said(3.0, minutes=-60), said(2.0, minutes=2)]
    status, answer, _heads = post(body)
    assert status == 200
    assert [answer[k] for k in ("taken", "same", "changed", "unknown", "rejected_count")] == [2, 0, 0, 1, 2]
    assert [(r["line"], r["field"]) for r in answer["rejected"]] == [(2, "value"), (4, "at")]
    assert (Unclaimed.objects.get().device, Held.objects.get().value) == ("new", 2.0)
    assert Rejected.objects.count() == 2
    again = post(body)[1]
    assert [again[k] for k in ("taken", "same", "unknown")] == [0, 2, 1]
    assert Held.objects.count() == 1
    post.feed.refresh_from_db()
    assert {k: post.feed.health[k] for k in ("state", "came", "taken", "refused")} == {
        "state": "ok", "came": 5, "taken": 2, "refused": 2,
    }  # fmt: skip
    assert post([said(1.0, minutes=3)], accept_language="en")[1]["same"] == 1


def test_with_all_nothing_is_kept_where_one_line_is_bad(post, town):
    body = [said(1.0), said("2")]
    assert post(body, query=b"all=1")[1]["taken"] == 0
    assert not Observation.objects.exists()
    assert not Rejected.objects.exists()
    assert post(body[:1], query=b"all=1")[1]["taken"] == 1


def test_a_device_registered_a_moment_ago_is_known(post, cast):
    streams.stand(cast.places.grid.path)
    assert post([said(1.0)])[1]["taken"] == 1


def test_lines_compressed_and_as_telegraf_posts(post, town):
    raw = f"water,device=dev-1 level=1.5 {streams.minutes_ago(4)}000\n".encode()
    assert post(gzip.compress(raw), content_type="text/plain", content_encoding="gzip")[1]["taken"] == 1
    path, query = "/sensing/influx/api/v2/write", b"org=a&bucket=b&precision=us"
    token = {"authorization": f"Token {post.token}"}
    assert post(f"dev-1 level=2 {streams.minutes_ago(3)}".encode(), path=path, query=query, **token)[0] == 204
    basic = base64.b64encode(f"anlan:{post.token}".encode()).decode()
    status, answer, _heads = post(b"nonsense", path=path, query=query, authorization=f"Basic {basic}")
    assert (status, answer["code"]) == (400, "invalid")
    assert Observation.objects.count() == 2


def test_who_may_not(post, town, cast):
    assert post([said(1.0)], authorization="Bearer " + "x" * 40)[0] == 401
    assert post([said(1.0)], authorization="")[0] == 401
    streams.stand(cast.places.other_street.path, device="far-1")
    _status, answer, _heads = post([said(1.0, device="far-1")])
    assert (answer["taken"], answer["rejected"][0]["field"]) == (0, "device")


def test_too_much_is_refused_in_words(post, town, settings):
    settings.SENSING_BATCH_MOST = 2
    assert post([said(float(n), minutes=n) for n in range(3)])[0] == 413
    settings.SENSING_BATCH_MB = 0.001
    assert post(b" " * 2000)[0] == 413
    assert post(gzip.compress(b" " * 2_000_000), content_encoding="gzip")[0] == 413
    settings.SENSING_INFLIGHT_MB = 0
    status, answer, heads = post([said(1.0)])
    assert (status, heads[b"retry-after"]) == (503, b"5")
    assert "请过几秒" in answer["error"]
    settings.SENSING_INFLIGHT_MB = 64
    assert post(b"<xml/>", content_type="application/xml")[0] == 415
    assert post(b"{")[0] == 422


def test_what_a_feed_reads_goes_the_same_way(town, cast):
    at = streams.minutes_ago(2)
    readings = [
        addressing.Reading("dev-1", "level", at, 1.5, "m"), addressing.Reading("dev-1", "level", at, 150.0, "Cel"),
        addressing.Reading("nobody", "x", at, 7), addressing.Reading("dev-1", "level", at + 1, "9"),
    ]  # fmt: skip
    made = addressing.receive(readings, feed=None, door="mqtt")
    assert (made.taken.new, made.unknown, [b.field for b in made.bad]) == (1, 1, ["unit", "value"])

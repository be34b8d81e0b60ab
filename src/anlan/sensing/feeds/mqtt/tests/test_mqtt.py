"""SEN-01: readings by MQTT through a real broker: nothing acknowledged is lost, nothing counts twice."""

import json
import signal
import subprocess
import sys
import textwrap
import threading
from types import SimpleNamespace

import orjson
import pytest
from django.db import connection

from anlan.sensing.feeds.mqtt.feed import Feed as Plug
from anlan.sensing.feeds.mqtt.tests.broker import Broker, wait_for
from anlan.sensing.models import Arrival, Feed, Observation, Rejected, Unclaimed
from anlan.sensing.queries import directory
from anlan.sensing.services import feeding, tending
from anlan.sensing.tests import apart, streams

HOW = {
    "device": {"topic": 2}, "time": {"path": "ts", "format": "us"},
    "values": [{"key": "level", "path": "z", "unit": "cm"}],
}  # fmt: skip


def form(broker, **more):
    return {"url": broker.url, "topics": "city/+/up", "qos": "1", "version": "5", "mapping": json.dumps(HOW), **more}


@pytest.fixture
def broker(tmp_path):
    made = Broker(tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def tended(live_db, cast, broker):
    """A feed of that broker, on, with one level; `lead()` has this process lead it."""
    streams.stand(cast.places.grid.path, device="q1")
    directory.forget()
    by = cast.city.actor
    feed = feeding.add("mqtt", "水务局", form(broker), place=cast.places.city.path, by=by)
    feeding.switch(feed.id, on=True, by=by)
    stop = threading.Event()

    def lead():
        tending.tend(stop, look=0.1)
        connection.close()

    thread = threading.Thread(target=lead)
    yield SimpleNamespace(
        feed=feed, lead=thread.start, by=by, database=live_db, state=lambda: _health(feed).get("state")
    )
    stop.set()
    if thread.ident:
        thread.join(30)


def _health(feed):
    return Feed.objects.values_list("health", flat=True).get(id=feed.id)


def messages(first, count):
    at = streams.minutes_ago(30)
    return [orjson.dumps({"ts": at + n * 1_000_000, "z": n}) for n in range(first, first + count)]


@pytest.mark.slow
def test_published_is_kept_in_the_stream_s_unit_and_the_rest_lies_in_queues(tended, broker):
    """SEN-01, PLT-01."""
    assert feeding.test(tended.feed.id, by=tended.by).ok
    tended.lead()
    wait_for(lambda: tended.state() == "ok")
    broker.publish("city/q1/up", [*messages(0, 5), b"[" + b",".join(messages(5, 20)) + b"]", b"{}", b"nope"])
    broker.publish("city/new-1/up", messages(0, 2))
    wait_for(lambda: Observation.objects.count() == 25 and Unclaimed.objects.exists())
    assert max(Observation.objects.values_list("value", flat=True)) == pytest.approx(0.24)
    wait_for(lambda: _health(tended.feed).get("came") == 29)
    assert {k: _health(tended.feed)[k] for k in ("taken", "refused")} == {"taken": 25, "refused": 2}
    assert set(Rejected.objects.values_list("field", "reason")) == {("ts", "这里没有值"), ("", "不是 JSON")}
    assert Unclaimed.objects.get().device == "new-1"
    feeding.switch(tended.feed.id, on=False, why="换服务器", by=tended.by)
    wait_for(lambda: tending._locked("lock", tended.feed.id))
    tending._locked("unlock", tended.feed.id)


WORKER = """
    import sys, threading, time
    import django
    django.setup()
    from anlan.sensing.services import feeding, tending
    plain = feeding.keep
    def keep(*args):
        plain(*args)
        print("kept", flush=True)
        time.sleep(60)  # killed here: committed, and not acknowledged
    feeding.keep = keep
    tending.tend(threading.Event(), look=0.1)
"""


@pytest.mark.slow
def test_worker_and_broker_killed_in_the_middle(tended, broker, tmp_path):
    """SEN-01, PLT-05: kill -9 of the worker between commit and acknowledgement, then of the broker."""
    script = tmp_path / "worker.py"
    script.write_text(textwrap.dedent(WORKER))
    worker = subprocess.Popen(
        [sys.executable, str(script)], env=apart.environment(tended.database), stdout=subprocess.PIPE, text=True
    )
    wait_for(lambda: tended.state() == "ok")
    broker.publish("city/q1/up", messages(0, 300))
    assert worker.stdout.readline() == "kept\n"
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    before = Observation.objects.count()
    assert before > 0
    broker.publish("city/q1/up", messages(300, 300))  # while nobody listens
    wait_for(lambda: tending._locked("lock", tended.feed.id))  # the dead one's session is over
    tending._locked("unlock", tended.feed.id)
    tended.lead()
    wait_for(lambda: Observation.objects.count() > before)
    broker.publish("city/q1/up", messages(600, 300))
    broker.kill()
    broker.start()
    broker.publish("city/q1/up", messages(900, 100))
    wait_for(lambda: Observation.objects.count() == 1000)
    assert sum(Arrival.objects.values_list("count", flat=True)) == 1000
    assert not Rejected.objects.exists()


def test_settings_that_are_wrong_are_told_by_field():
    plug = Plug()
    assert set(plug.check({"url": "http://a", "topics": "a/#/b"})) == {"url", "topics"}
    assert set(plug.check({"url": "mqtt://broker.example.com", "topics": "a"})) == {"url"}
    assert plug.check({"url": "mqtts://broker.example.com:8883", "topics": "a/+/b, c/#", "share": "g"}) == {}

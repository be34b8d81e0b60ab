"""SEN-01: readings by MQTT through a real Mosquitto with persistence, QoS 1, kept and judged by rules.

A worker process subscribes, keeps, judges; mosquitto_pub publishes in a process of its own. Baseline in the same run:
one reading a message.
"""

import json
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import orjson

from anlan.callout.tests import mass
from anlan.kernel import clock
from anlan.kernel.authority import machine
from anlan.sensing.batches import micros
from anlan.sensing.feeds.mqtt.tests import broker as brokers
from anlan.sensing.models import Datastream, Feed
from anlan.sensing.services import feeding
from bench import sensing
from bench.callout import Row, one, running

EACH = 200  # readings in one message
HOW = {
    "device": {"path": "dev"}, "time": {"path": "ts", "format": "us"},
    "values": [{"key": "level", "path": "z", "unit": "cm"}],
}  # fmt: skip


def messages(first, count, each):
    """Return `count` readings of all streams in turn, `each` in one message; in cm, so that units are turned too."""
    value = np.round(100 + np.random.default_rng(1).random(count) * 100, 1).tolist()
    every = sensing.STREAMS
    said = [{"dev": f"d{n % every}", "ts": first + n // every * 1_000_000, "z": value[n]} for n in range(count)]
    return [orjson.dumps(said[n : n + each] if each > 1 else said[n]) for n in range(0, count, each)]


def arrived(count, limit=180):
    """Wait until so many readings are kept and judged; return the seconds."""
    began = time.perf_counter()
    while one("SELECT count(*) FROM sensing_observation") < count and time.perf_counter() - began < limit:
        time.sleep(0.05)
    sensing.drained()
    return time.perf_counter() - began


def run(report):
    by = machine("bench")
    sensing.load(by)
    Datastream.objects.update(unit="m")
    first = micros(clock.now()) - 3 * 3_600_000_000
    with tempfile.TemporaryDirectory() as folder:
        broker = brokers.Broker(Path(folder))
        broker.start()
        try:
            form = {"url": broker.url, "topics": "t/#", "qos": "1", "version": "5", "mapping": json.dumps(HOW)}
            feed = feeding.add("mqtt", "bench", form, place=mass.ROOT, by=by)
            feeding.switch(feed.id, on=True, by=by)
            with running("worker"):
                brokers.wait_for(lambda: Feed.objects.get(id=feed.id).health.get("state") == "ok", 60)
                measure(report, broker, first)
        finally:
            broker.kill()


def measure(report, broker, first):
    """Publish as fast as the broker takes it: one reading a message, then many."""
    few, many = (4_000, 60_000) if report.quick else (20_000, 400_000)
    rates, total = [], 0
    for count, each in ((few, 1), (many, EACH)):
        said = messages(first + total // sensing.STREAMS * 1_000_000, count, each)
        sender = threading.Thread(target=broker.publish, args=("t/x", said))
        began = time.perf_counter()
        sender.start()
        total += count
        arrived(total)
        sender.join()
        rates.append(count / (time.perf_counter() - began))
    what = f"{many:,} readings, {EACH} a message, QoS 1: kept, units turned, judged by {len(sensing.RULES)} rules"
    row = Row(what, f"{rates[1]:,.0f}/s", f"one a message {rates[0]:,.0f}/s")
    row.ratio, row.target = f"{rates[1] / rates[0]:.1f}", "≥ 10,000/s"
    row.met = "yes" if rates[1] >= 10_000 else "**no**"
    report.add(row)
    kept = one("SELECT count(*) FROM sensing_observation")
    report.note("readings lost or doubled", str(total - kept), target="0", ok=kept == total)

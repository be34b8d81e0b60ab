"""SEN-01, PLT-06: readings through the batch door, de-duplicated, every one judged by rules; how soon an alarm is told.

A web process on loopback keeps, a worker process judges, senders run in a process of their own. Baselines in the same
run: bare COPY into one table, and one INSERT a reading. ANLAN_BENCH_MINUTES (default 1) is how long the load lasts and
the memory of the processes is watched.
"""

import asyncio
import contextlib
import multiprocessing
import os
import socket
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import orjson
from django.db import connection

from anlan.callout.tests import mass, scene
from anlan.kernel import clock
from anlan.kernel.authority import machine
from anlan.sensing import arrays
from anlan.sensing.batches import Batch, micros
from anlan.sensing.models import Rule, RuleVersion
from anlan.sensing.services import doors, rollups
from anlan.sensing.tests import streams
from bench import callout
from bench.callout import Row, one, running
from bench.sync import listening

STREAMS, EACH = 2_000, 20_000  # streams; readings in one request
LANES = 3
PACE = 0.4  # seconds between two requests at half load
ONE = """
    INSERT INTO sensing_observation (stream, at, value, came, mark)
    VALUES (%s, now() - %s * interval '1 s', 1, now(), 1)
    ON CONFLICT DO NOTHING
"""
RULES = (
    {"kind": "threshold", "levels": {"blue": 3, "yellow": 4, "orange": 5, "red": 6}, "margin": 0.2},
    {"kind": "rate", "levels": {"orange": 4}, "window": 600, "step": 60},
    {"kind": "total", "levels": {"red": [{"hours": 1, "amount": 1e9}]}},
    {"kind": "range", "least": -1, "most": 11, "jump": 9, "agree": 3},
)


class Clock:
    """Readings of all streams, one a second, never twice; a few pass a limit."""

    def __init__(self, first):
        self.first, self.dice = first, np.random.default_rng(1)

    def part(self, n, size=EACH, high=()):
        """Return the columns of the n-th request: `size` / STREAMS seconds of every stream."""
        seconds = size // STREAMS
        at = self.first + (n * seconds + np.arange(seconds)) * 1_000_000
        value = np.round(1 + self.dice.random((STREAMS, seconds)), 3)
        for stream in high:
            value[stream] = 3.5
        return at, value


def lines(at, value):
    """Return a request of one object a line."""
    times = [np.datetime64(int(t), "us").astype(str) + "Z" for t in at]
    return b"\n".join(
        orjson.dumps({"device": f"d{i}", "key": "level", "at": t, "value": v})
        for i, row in enumerate(value.tolist()) for t, v in zip(times, row, strict=True)
    )  # fmt: skip


def columns(at, value):
    """Return a request of one object for each stream, with arrays."""
    times = at.tolist()
    return b"\n".join(
        orjson.dumps({"device": f"d{i}", "key": "level", "at": times, "value": row})
        for i, row in enumerate(value.tolist())
    )


async def post(port, token, bodies, lanes, pace=None):
    """Post bodies; with `pace` one every so many seconds. Returns the seconds of each request and the answers."""
    queue, took, said, began = iter(enumerate(bodies)), [], [], time.perf_counter()

    async def lane():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for n, body in queue:
            if pace:
                await asyncio.sleep(max(0.0, began + n * pace - time.perf_counter()))
                body = body()  # noqa: PLW2901 - measured now, not when the lane was free
            head = f"POST /sensing/batch HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            head += f"Content-Type: application/x-ndjson\r\nContent-Length: {len(body)}\r\n\r\n"
            started = time.perf_counter()
            writer.write(head.encode() + body)
            top = await reader.readuntil(b"\r\n\r\n")
            answer = await reader.readexactly(int(top.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
            assert top.split(b" ", 2)[1] == b"200", (top, answer)
            took.append(time.perf_counter() - started)
            said.append(orjson.loads(answer))
        writer.close()

    await asyncio.gather(*(lane() for _ in range(lanes)))
    return took, said


def apart(make, port, token, lanes, pace=None):
    """Make bodies and post them in a process of its own; returns (seconds, times of requests, answers)."""
    mine, theirs = multiprocessing.Pipe(duplex=False)

    def send():
        bodies = make()
        began = time.perf_counter()
        took, said = asyncio.run(post(port, token, bodies, lanes, pace))
        theirs.send((time.perf_counter() - began, took, said))

    connection.close()
    child = multiprocessing.get_context("fork").Process(target=send)
    child.start()
    theirs.close()
    made = mine.recv()
    child.join()
    return made


def drained(limit=120):
    """Wait until nothing waits for the evaluator; return the seconds."""
    began = time.perf_counter()
    while one("SELECT count(*) FROM sensing_arrival WHERE bite IS NULL"):
        if time.perf_counter() - began > limit:
            break
        time.sleep(0.02)
    return time.perf_counter() - began


def baselines(first, ids):
    """Measure bare COPY into one table without an index, and one INSERT a reading; return the rates."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bare (stream int, at timestamptz, value float8, mark smallint)")
    times = first + np.arange(200_000 // len(ids)) * 1_000_000
    batch = Batch.of(np.repeat(ids, times.size), np.tile(times, len(ids)), np.ones(times.size * len(ids)))
    began = time.perf_counter()
    with arrays.cursor(connection.connection) as cursor, cursor.copy("COPY bare FROM STDIN (FORMAT binary)") as copy:
        copy.write(batch.rows(np.zeros(len(batch), np.int16)))
    bare = len(batch) / (time.perf_counter() - began)
    began = time.perf_counter()
    with connection.cursor() as cursor:
        for n in range(1_000):
            cursor.execute(ONE, [int(ids[0]), 500_000 + n])
    single = 1_000 / (time.perf_counter() - began)
    return bare, single


def memory(pids):
    """Return the resident memory of processes in MB."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
    return total / 2**20


def load(by):
    """Lay places, people, streams, a source and rules; return (ids of streams, token)."""
    scene.rows = lambda: callout.places((2, 2, 2, 2))
    mass.load(50)
    ids = np.array(streams.many(mass.ROOT, STREAMS))
    feed = doors.add_feed("bench", place=mass.ROOT, by=by)
    for n, spec in enumerate(RULES):
        rule = Rule.objects.create(place_path=mass.ROOT, name=f"r{n}", kind=spec["kind"], property="level", state="on")
        RuleVersion.objects.create(rule=rule, number=1, spec=spec, on_at=clock.now())
    return ids, doors.issue_token(feed.id, by=by)


def run(report):
    minutes = float(os.environ.get("ANLAN_BENCH_MINUTES", "0.25" if report.quick else "1"))
    ids, token = load(machine("bench"))
    first = micros(clock.now()) - 3 * 3_600_000_000
    rates = baselines(first, ids)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with running("web", "--port", str(port)) as web, running("worker") as worker:
        listening(port)
        flood(report, port, token, first, rates)
        latency(report, port, token, minutes, [web.pid, worker.pid])
        connection.close()
        wrong = rollups.recount(mend=False)
        report.note("sums by hour and day that differ from a recount", str(len(wrong)), target="0", ok=not wrong)


def flood(report, port, token, first, rates):
    """As fast as it goes: arrays, then one reading a line, then the same again."""
    tick, count = Clock(first), 6 if report.quick else 20
    apart(lambda: [columns(*tick.part(0))], port, token, 1)
    drained()
    before = one("SELECT count(*) FROM sensing_observation")
    for name, write, start in (("arrays in NDJSON", columns, 1), ("one reading a line", lines, 1 + count)):
        made = lambda write=write, start=start: [write(*tick.part(n)) for n in range(start, start + count)]  # noqa: E731
        took, _times, _said = apart(made, port, token, LANES)
        behind = drained()
        rate = count * EACH / (took + behind)
        row = Row(f"{count * EACH:,} readings, {name}: kept, judged by {len(RULES)} rules, summed up", f"{rate:,.0f}/s")
        row.baseline = f"bare COPY {rates[0]:,.0f}/s; one INSERT each {rates[1]:,.0f}/s"
        row.ratio = f"{rate / rates[0]:.2f}; {rate / rates[1]:.0f}"
        row.target, row.met = "≥ 50,000/s", "yes" if rate >= 50_000 else "**no**"
        report.add(row)
        report.note(f"{name}: the door alone", f"{count * EACH / took:,.0f}/s, the evaluator {behind:.1f} s behind")
    took, _times, said = apart(lambda: [columns(*tick.part(n)) for n in range(1, 5)], port, token, LANES)
    same = sum(answer["same"] + answer["changed"] for answer in said)
    report.note("the same times again (a gateway replays)", f"{4 * EACH / took:,.0f}/s", ok=same == 4 * EACH)
    kept = one("SELECT count(*) FROM sensing_observation") - before
    report.note("readings lost or doubled", str(2 * count * EACH - kept), target="0", ok=kept == 2 * count * EACH)


def latency(report, port, token, minutes, pids):
    """Half load: from the moment of measurement to the alarm in the database, and memory meanwhile."""
    parts, watched, stop = max(int(minutes * 60 / PACE), 10), [], threading.Event()

    def watch():
        while not stop.wait(1):
            watched.append(memory(pids))

    size = int(25_000 * PACE) // STREAMS * STREAMS

    def measured(n):
        at, value = Clock(0).part(0, size)
        at = micros(clock.now()) - (at.max() - at) // 20
        value[(n * 7) % STREAMS, -1] = 3.5
        return columns(at, value)

    def bodies():
        return [partial(measured, n) for n in range(parts)]

    watcher = threading.Thread(target=watch)
    watcher.start()
    since = clock.now()
    took, times, _said = apart(bodies, port, token, LANES, pace=PACE)
    drained()
    stop.set()
    watcher.join()
    report.latency(f"{parts * size / took:,.0f} readings/s for {took:.0f} s: one request", times)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM raised_at - began_at)::float8 FROM sensing_alarm WHERE raised_at > %s", [since]
        )
        waits = [row[0] for row in cursor.fetchall()]
    if waits:
        half, last = np.percentile(waits, [50, 99])
        said = f"P50 {half:.2f} s, P99 {last:.2f} s"
        report.note(f"from measurement to alarm ({len(waits)})", said, target="P99 ≤ 1 s", ok=bool(last <= 1))
    third = max(len(watched) // 3, 1)
    begin, end = np.mean(watched[third : 2 * third] or watched), np.mean(watched[-third:])
    said = f"{begin:.0f} MB in the second third, {end:.0f} MB in the last, most {max(watched):.0f} MB"
    report.note("memory of web and worker", said, target="flat", ok=bool(end < begin * 1.05))

"""WRN-03: fan-out, answers through the HTTP door, climbing, the board's counters, at the size of a city."""

import asyncio
import contextlib
import multiprocessing
import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

from django.db import connection, transaction

from anlan.callout import tokens
from anlan.callout.models import Call, Carrier
from anlan.callout.queries import board
from anlan.callout.services import calls, channels, climbing, fanout, tallies
from anlan.callout.terms import Draft
from anlan.callout.tests import mass, scene
from anlan.kernel import paths
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.people import queries as people
from anlan.people.terms import Targeting
from bench.report import Row

CITY = (20, 13, 12, 7)  # districts, streets in each, communities, grids
LANES = 256  # clients at the door at once
MANY = 10_000_000


def places(shape):
    """Return the places of a city whose district, street, community and grid counts are given."""

    def place(path, level):
        return SimpleNamespace(path=path, level=level, name=path[-4:], code="", lon=104.0, lat=30.0, shape=None,
                               population=0, households=0, urban_class="")  # fmt: skip

    made, rows = [place("0001", "city")], ["0001"]
    for level, each in zip(("district", "street", "community", "grid"), shape, strict=True):
        rows = [paths.child(up, n) for up in rows for n in range(1, each + 1)]
        made += [place(path, level) for path in rows]
    return made


@contextlib.contextmanager
def running(*command):
    """Run an `anlan` command beside us until the block ends."""
    process = subprocess.Popen([sys.executable, "-m", "anlan", *command], stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def one(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]


def press(by, **values):
    """Prepare a call and press the button; returns the call and the moment of the press."""
    draft = Draft(**({"title": "暴雨红色预警", "body": "马上转移", "level": "yellow",
                      "targeting": Targeting((mass.ROOT,))} | values))  # fmt: skip
    made = calls.prepare(draft, by=by)
    began = time.perf_counter()
    return calls.start(made.id, by=by), began


def watch(call, began, *, patience=300):
    """Wait until everybody is handed over; returns (seconds to the first, seconds to the last, how many)."""
    first = None
    while time.perf_counter() - began < patience:
        counts = tallies.total(call.id)
        if first is None and counts["handed"]:
            first = time.perf_counter() - began
        if counts["owed"] and counts["handed"] == counts["owed"] and Call.objects.get(id=call.id).fanned_at:
            return first, time.perf_counter() - began, counts["owed"]
        time.sleep(0.02)
    raise TimeoutError(f"handed {counts['handed']} of {counts['owed']}")


def fan_out(report, by, size):
    call, began = press(by)
    first, last, count = watch(call, began)
    sql, params = people.targets(Targeting((mass.ROOT,)))
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(
            f"""CREATE TEMP TABLE bare ON COMMIT DROP AS SELECT gen_random_uuid() AS id, person_id, pseudonym, post_id,
                post_title, role_code, rank, place_path, now() AS at FROM ({sql}) t""", params,
        )  # fmt: skip
    bare = time.perf_counter() - began
    row = Row(f"{count:,} persons, from the press until all are handed over", f"{last:.1f} s")
    row.baseline, row.ratio = f"bare INSERT … SELECT of the targets: {bare:.1f} s", f"{last / bare:.1f}"
    row.target, row.met = "≤ 10 s", "yes" if last <= 10 else "**no**"
    report.add(row)
    report.note("until the first (the most senior) is handed over", f"{first:.2f} s", target="≤ 1 s", ok=first <= 1)
    each(report, by, size, last / count)
    return call


def each(report, by, size, ours):
    """The baseline of one job per recipient, on a sample: one street."""
    sample = Targeting(("000100010001",))
    with contextlib.ExitStack() as stack:
        kept = fanout.HAND
        stack.callback(setattr, fanout, "HAND", kept)
        fanout.HAND = 1
        call, _ = press(by, targeting=sample)
        with connection.cursor() as cursor:  # the worker would take chunks of the usual size
            cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'callout.fan' AND status = 'todo'")
        fanout.spread(call.id)
        began = time.perf_counter()
        _first, last, count = watch(call, began)
    report.note(
        f"baseline: one job per recipient ({count:,} of them)",
        f"{last:.1f} s; for {size:,}: {last / count * size:,.0f} s ({last / count / ours:.0f} × ours)",
    )


async def crowd(port, letters):
    """Post answers from LANES clients, each on a connection kept alive; returns the seconds of each."""
    times, left = [], iter(letters)

    async def client():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for token in left:
            began = time.perf_counter()
            writer.write(
                f"POST /a/{token} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                "Content-Length: 2\r\n\r\n{}".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            assert b" 200 " in head.split(b"\r\n")[0], (head, body)
            times.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(client() for _ in range(LANES)))
    return times


def apart(port, letters):
    """Run the crowd in a process of its own, so that it holds up nobody here; returns what `crowd` returns."""
    mine, theirs = multiprocessing.Pipe(duplex=False)

    def send():
        theirs.send(asyncio.run(crowd(port, letters)))

    child = multiprocessing.get_context("fork").Process(target=send)
    child.start()
    theirs.close()
    times = mine.recv()
    child.join()
    return times


def answers(report, call, by, count):
    """Send answers through the door of a web process, and look at the board all the while."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, id FROM callout_obligation WHERE call_id = %s AND state = 'open' LIMIT %s", [call.id, count]
        )
        letters = [tokens.mint(*row) for row in cursor.fetchall()]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    looks, stop = [], threading.Event()

    def look():
        while not stop.wait(0.25):
            began = time.perf_counter()
            board.board(call.id, at="", by=by)
            looks.append(time.perf_counter() - began)
        connection.close()

    with running("web", "--port", str(port)):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.2)
        watching = threading.Thread(target=look)
        connection.close()  # the crowd's process must not inherit it
        watching.start()
        began = time.perf_counter()
        times = apart(port, letters)
        took = time.perf_counter() - began
        stop.set()
        watching.join()
    rate = len(times) / took
    report.note(
        f"{len(times):,} answers through HTTP, one POST each", f"{rate:,.0f}/s", target="≥ 2,900/s", ok=rate >= 2900
    )
    report.latency("one answer, from POST to page", times, target_p99=0.5)
    report.latency("the board meanwhile", looks, target_p99=0.05) if len(looks) > 2 else None
    wrong = tallies.check(call.id)
    report.note("counters against a recount afterwards", f"{len(wrong)} wrong", target="0", ok=not wrong)


def climb(report, call):
    """Make everybody who is silent overdue, and climb."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE callout_obligation SET next_at = %s WHERE call_id = %s AND state = 'open' AND step = 0",
            [now(), call.id],
        )
        count = cursor.rowcount
        cursor.execute("SELECT callout_analyze()")
    report_began = time.perf_counter()
    lanes = [threading.Thread(target=lambda: (climbing.climb(), connection.close())) for _ in range(2)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    took = time.perf_counter() - report_began
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE callout_obligation SET rank = rank WHERE call_id = %s", [call.id])
        bare = time.perf_counter() - began
        transaction.set_rollback(True)
    row = Row(
        f"{count:,} overdue climb one rung",
        f"{took:.1f} s",
        f"bare UPDATE of the rows: {bare:.1f} s",
        f"{took / bare:.1f}",
    )
    row.target, row.met = "≤ 5 s", "yes" if took <= 5 else "**no**"
    report.add(row)


def roll_up(report, by, count):
    """The board of a call of ten million, from its counters; beside it, the same by GROUP BY."""
    call = Call.objects.create(
        chain_id=uuid7(), place_path="0001", title="量", body="量", targeting={"paths": ["0001"]}, policy_code="red",
        state="running", started_at=now(), fanned_at=now(),
    )  # fmt: skip
    grids = [p.path for p in places(CITY) if p.level == "grid"]
    with connection.cursor() as cursor:
        cursor.execute('CREATE TEMP TABLE owing (place_path varchar(40) COLLATE "C", state text)')
        cursor.execute(
            """INSERT INTO owing SELECT (%s::varchar[])[1 + n %% %s], CASE WHEN n %% 10 < 9 THEN 'met' ELSE 'open' END
               FROM generate_series(1, %s) n""", [grids, len(grids), count],
        )  # fmt: skip
        cursor.execute("""SELECT place_path, count(*), count(*) FILTER (WHERE state = 'met') FROM owing GROUP BY 1""")
        leaves = {
            (call.id, path): {"owed": n, "answered": met, "silent": n - met} for path, n, met in cursor.fetchall()
        }
    tallies.add(leaves)

    def grouped():
        with connection.cursor() as cursor:
            cursor.execute("SELECT left(place_path, 8), count(*) FILTER (WHERE state = 'met') FROM owing GROUP BY 1")
            return cursor.fetchall()

    def kept():
        return board.board(call.id, at="", by=by)

    assert sum(r[1] for r in grouped()) == kept().total.counts["answered"]
    report.seconds(f"the board over {count:,} rows", kept, baseline=("GROUP BY", grouped), target=0.05)


def run(report):
    size = 20_000 if report.quick else 176_000
    scene.rows = lambda: places((4, 5, 6, 5) if report.quick else CITY)
    mass.load(size, deputies=0.3)
    by = mass.officer()
    channels.rows()
    Carrier.objects.update(enabled=False)
    Carrier.objects.filter(name="null").update(enabled=True)
    with running("worker", "--concurrency", "3"):
        until = time.monotonic() + 60
        while not one("SELECT count(*) FROM procrastinate_workers") and time.monotonic() < until:
            time.sleep(0.2)
        call = fan_out(report, by, size)
    answers(report, call, by, 10_000 if report.quick else size // 2)
    climb(report, call)
    roll_up(report, by, MANY // 10 if report.quick else MANY)

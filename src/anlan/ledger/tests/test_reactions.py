"""HZD-07: whoever follows the ledger has each effect exactly once, in order, whatever dies."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction

from anlan.ledger import queries
from anlan.ledger import services as ledger
from anlan.ledger.models import Cursor, Stuck
from anlan.ledger.services import following, stuck
from anlan.ledger.tests.conftest import Thing, open_as_owner


@pytest.fixture
def effects(owner):
    """A table of effects, one row each."""
    owner.execute("CREATE TABLE effect (seq bigserial, entry uuid)")

    def write(batch):
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO effect (entry) VALUES (%s)", [[e.id] for e in batch])

    write.seen = lambda: [row[0] for row in owner.execute("SELECT entry FROM effect ORDER BY seq")]
    return write


@pytest.fixture
def follow():
    names = []

    def register(name, effect, kinds=("test.done",), batch=1000):
        names.append(name)
        ledger.reaction(name, kinds=kinds, batch=batch)(effect)

    yield register
    for name in names:
        following.forget(name)


def record(count, robot, did="test.done"):
    return ledger.record_many(
        did, [ledger.Line("test.thing", uuid4(), "0001", uuid4()) for _ in range(count)], by=robot
    )


def test_each_entry_of_its_kinds_once_and_in_order(effects, follow, robot):
    follow("test.once", effects, batch=100)
    ids = record(250, robot)
    record(10, robot, "test.other")
    more = record(3, robot)
    assert ledger.drain("test.once") == 253
    assert effects.seen() == ids + more
    assert ledger.drain("test.once") == 0
    assert effects.seen() == ids + more


def test_what_a_reaction_records_is_followed_too(effects, follow, robot):
    def echo(batch):
        ledger.record_many(
            "test.echoed", [ledger.Line("test.thing", e.subject_id, "0001", e.chain) for e in batch], by=robot
        )

    follow("test.echo", echo)
    follow("test.echoes", effects, kinds=("test.echoed",))
    record(5, robot)
    ledger.drain()
    assert len(effects.seen()) == 5


def test_an_entry_of_an_older_transaction_still_open_is_not_skipped(effects, follow, robot, live_db):
    """The younger commits first; a cursor by sequence would pass over the older one's entries for ever."""
    follow("test.late", effects)
    begun, finish, ids = threading.Event(), threading.Event(), {}

    def older():
        try:
            with transaction.atomic():
                ids["older"] = record(1, robot)[0]
                begun.set()
                finish.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=older)
    thread.start()
    assert begun.wait(20)
    ids["younger"] = record(1, robot)[0]
    assert following.step("test.late") == 0  # committed, and not read: something older may still come
    assert effects.seen() == []
    assert ledger.seal() == 0  # nor sealed
    finish.set()
    thread.join()
    ledger.drain("test.late")
    assert effects.seen() == [ids["older"], ids["younger"]]


def test_a_transaction_of_another_database_holds_nobody_back(effects, follow, robot):
    with open_as_owner("postgres") as elsewhere, elsewhere.transaction():
        theirs = int(elsewhere.execute("SELECT pg_current_xact_id()::text").fetchone()[0])
        follow("test.busy", effects)
        ids = record(3, robot)
        ledger.drain("test.busy", wait=10)
        assert queries.horizon()[1] > theirs
        assert effects.seen() == ids


def test_a_failing_effect_leaves_the_cursor_and_nothing_of_itself(effects, follow, robot):
    def half(batch):
        effects(batch)
        raise ValueError("out of paper")

    ids = record(3, robot)
    follow("test.half", half)
    with pytest.raises(ValueError, match="out of paper"):
        ledger.drain("test.half")
    assert effects.seen() == []
    following.forget("test.half")
    follow("test.half", effects)
    ledger.drain("test.half")
    assert effects.seen() == ids


def test_a_failure_is_counted_and_waits_before_the_next_try(effects, follow, robot):
    def broken(batch):
        raise ValueError("out of paper")

    record(3, robot)
    follow("test.broken", broken)
    with pytest.raises(following.Failed) as caught:
        following.step("test.broken")
    following.stumbled(caught.value, "test.broken")
    cursor = Cursor.objects.get(name="test.broken")
    assert (cursor.failures, cursor.xid) == (1, 0)
    assert "out of paper" in cursor.last_error
    assert following.step("test.broken") == 0  # it waits


def test_a_poison_entry_is_set_aside_where_somebody_sees_it(effects, follow, robot, officer, monkeypatch):
    monkeypatch.setattr(following, "BACKOFF", (0.0, 0.0))
    ids = record(40, robot)
    healed = []

    def picky(batch):
        if not healed and any(e.id == ids[17] for e in batch):
            raise ValueError("poison")
        effects(batch)

    follow("test.picky", picky)
    for _ in range(60):
        try:
            following.step("test.picky")
        except following.Failed as failure:
            following.stumbled(failure, "test.picky")
    assert effects.seen() == ids[:17] + ids[18:]
    aside = Stuck.objects.get()
    assert (aside.entry, aside.cursor, aside.settled_at) == (ids[17], "test.picky", None)
    with pytest.raises(stuck.StillFails, match="poison"):
        stuck.retry(aside.id, by=officer)
    healed.append(True)
    stuck.retry(aside.id, by=officer)
    assert effects.seen()[-1] == ids[17]
    assert Stuck.objects.get().settled_at is not None


def test_two_workers_do_not_share_a_batch(effects, follow, robot):
    inside, leave = threading.Event(), threading.Event()

    def slow(batch):
        effects(batch)
        inside.set()
        leave.wait(20)

    follow("test.slow", slow, batch=5)
    ids = record(10, robot)

    def work():
        try:
            following.step("test.slow")
        finally:
            connection.close()

    Cursor.objects.create(name="test.slow", entry=queries.START[2])
    thread = threading.Thread(target=work)
    thread.start()
    assert inside.wait(20)
    assert following.step("test.slow") == 0
    leave.set()
    thread.join()
    ledger.drain("test.slow")
    assert effects.seen() == ids


WORKER = """
    import sys, time
    import django
    django.setup()
    from django.db import connection
    from anlan.ledger import services as ledger

    @ledger.reaction("test.killed", kinds=("test.done",), batch=50)
    def effect(batch):
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO effect (entry) VALUES (%s)", [[e.id] for e in batch])
        print("effect", flush=True)
        time.sleep(0.05)  # killed here: the effect is written and not committed

    ledger.drain("test.killed", wait=60)
    print("done", flush=True)
"""


@pytest.mark.slow
def test_killing_the_worker_between_and_within_batches_loses_and_repeats_nothing(effects, live_db, robot, tmp_path):
    ids = record(600, robot)
    script = tmp_path / "worker.py"
    script.write_text(textwrap.dedent(WORKER))
    known = connection.settings_dict
    host = known["HOST"] or "127.0.0.1"
    where = (
        f"/{live_db}?host={quote(host, safe='')}"
        if host.startswith("/")
        else f"{host}:{known['PORT'] or 5432}/{live_db}"
    )
    user = known["USER"] + (f":{known['PASSWORD']}" if known["PASSWORD"] else "")
    join = "&" if "?" in where else "?"
    env = {
        **os.environ,
        "DATABASE_URL": f"postgresql://{user}@{where}{join}options=-c%20role%3Danlan_app",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", settings.SETTINGS_MODULE),
    }
    for kill_after in (2, 3):
        worker = subprocess.Popen([sys.executable, str(script)], env=env, stdout=subprocess.PIPE, text=True)
        for _ in range(kill_after):
            assert worker.stdout.readline() == "effect\n"
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
    half = effects.seen()
    assert 0 < len(half) < len(ids)
    assert len(half) == len(set(half))
    finished = subprocess.run(
        [sys.executable, str(script)], env=env, stdout=subprocess.PIPE, text=True, check=False, timeout=90
    )
    assert finished.stdout.endswith("done\n")
    assert effects.seen() == ids


def test_the_runner_wakes_seals_and_stops(effects, follow, robot):
    follow("test.running", effects)
    stop = threading.Event()
    runner = threading.Thread(target=ledger.run_followers, args=(stop,))
    runner.start()
    try:
        ids = [ledger.record("test.done", Thing(), by=robot) for _ in range(5)]
        until = time.monotonic() + 20
        while (effects.seen() != ids or ledger.verify().entries != 5) and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        stop.set()
        runner.join(20)
    assert effects.seen() == ids
    assert not runner.is_alive()
    verdict = ledger.verify()
    assert (verdict.ok, verdict.entries) == (True, 5)


def test_drain_inside_a_transaction_says_why_not(db):
    with pytest.raises(RuntimeError, match="live_db"):
        ledger.drain()


def test_two_reactions_may_not_share_a_name(follow):
    follow("test.name", lambda batch: None)
    with pytest.raises(ValueError, match=r"test\.name"):
        ledger.reaction("test.name", kinds=())(lambda_of_another_kind)


def lambda_of_another_kind(batch):
    """Another function under the same name."""


def test_no_entry_is_missed_or_doubled_by_the_sealer_among_writers(live_db, robot):
    """Writers commit in any order while blocks close; every entry stands in exactly one block."""
    stop, made, broken = threading.Event(), [], []

    def write():
        try:
            while not stop.is_set() and len(made) < 600:
                with transaction.atomic():
                    made.append(record(3, robot))
                    time.sleep(0.002)
        except psycopg.Error as error:
            broken.append(error)
        finally:
            connection.close()

    writers = [threading.Thread(target=write) for _ in range(4)]
    for thread in writers:
        thread.start()
    until = time.monotonic() + 3
    while time.monotonic() < until:
        ledger.seal()
    stop.set()
    for thread in writers:
        thread.join()
    following._await_horizon(30)
    ledger.seal_all()
    verdict = ledger.verify()
    assert broken == []
    assert verdict.ok
    assert verdict.entries == sum(map(len, made)) > 0
    assert verdict.blocks > 3

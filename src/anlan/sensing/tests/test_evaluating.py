"""What follows from readings: silence, corrected marks, the loop, and a kill in the middle."""

import datetime as dt
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import psycopg
import pytest
from django.db import Error, close_old_connections, connection

from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.ledger.models import Entry
from anlan.sensing import jobs
from anlan.sensing.batches import Batch, instant
from anlan.sensing.models import Arrival, Day, Hour, Latest, Observation
from anlan.sensing.services import evaluating, retention, rollups
from anlan.sensing.services.marking import remark
from anlan.sensing.services.observing import take
from anlan.sensing.terms import Did, Mark
from anlan.sensing.tests import apart, streams


@pytest.fixture
def town(db, cast):
    return streams.town(cast)


def entries(did):
    return Entry.objects.filter(did=did).count()


def test_a_device_that_goes_quiet_is_one_entry_and_so_is_its_return(db, cast):
    """SEN-02: a sensor that went quiet."""
    path = cast.places.grid.path
    both = [streams.stand(path, key=key, every=60) for key in ("level", "again")]
    take(Batch.together([streams.reading(s, 1.0, minutes=2) for s in both]))
    evaluating.run_once()
    with evaluating.leading() as evaluator:
        assert evaluator.pass_time() == 0
        with clock.shifted(dt.timedelta(minutes=5)):
            assert evaluator.pass_time() == 2
            assert evaluator.pass_time() == 0
    assert entries(Did.SILENT) == 1
    for stream in both:
        take(streams.reading(stream, 2.0, minutes=0))
        evaluating.run_once()
    assert entries(Did.HEARD_AGAIN) == 1
    assert not Latest.objects.exclude(silent_since=None).exists()


def test_a_mark_changed_by_a_person_rebuilds_the_sums_exactly(town, cast):
    take(streams.series(town.level, [1.0, 2.0, 3.0], start=3))
    evaluating.run_once()
    take(streams.reading(town.level, 4.0, minutes=0))
    at = Observation.objects.get(value=2.0).at
    remark(town.level.id, at, Mark.QUARANTINED, by=cast.city.actor, opinion="浮子卡住了")
    assert rollups.recount(mend=False) == []
    evaluating.run_once()
    assert sum(Hour.objects.values_list("total", flat=True)) == 8.0
    remark(town.level.id, at, Mark.GOOD, by=cast.city.actor, opinion="看了照片，是真的")
    assert sum(Day.objects.values_list("total", flat=True)) == 10.0
    assert rollups.recount(mend=False) == []
    assert entries(Did.OBSERVATION_CHANGED) == 2


def test_who_may_not_change_a_mark(town, cast):
    take(streams.reading(town.level, 1.0))
    at = Observation.objects.get().at
    with pytest.raises(Conflict):
        remark(town.level.id, at, Mark.QUARANTINED, by=cast.city.actor, opinion="还在处理")
    evaluating.run_once()
    with pytest.raises(Hidden):
        remark(town.level.id, at, Mark.QUARANTINED, by=cast.elsewhere.actor, opinion="不是我的")
    with pytest.raises(Refused):
        remark(town.level.id, at, Mark.QUARANTINED, by=cast.grid.actor, opinion="网格员")
    with pytest.raises(Invalid):
        remark(town.level.id, at, Mark.QUARANTINED, by=cast.city.actor, opinion=" ")
    with pytest.raises(Invalid):
        remark(town.level.id, at, Mark.FORBIDDEN, by=cast.city.actor, opinion="不行")


def test_old_readings_go_by_whole_months_and_the_sums_stay(town, settings):
    old = streams.micros(dt.datetime(2020, 3, 5, tzinfo=dt.UTC))
    take(Batch.of([town.level.id] * 2, [old, streams.minutes_ago(1)], [1.0, 2.0]))
    evaluating.run_once()
    assert retention.drop_old() == 0
    settings.SENSING_KEEP_DAYS = 365
    assert retention.drop_old() == 1
    assert list(Observation.objects.values_list("value", flat=True)) == [2.0]
    assert Hour.objects.filter(at=instant(old)).exists()
    assert entries(Did.RETAINED) == 1
    assert rollups.recount() == []
    assert Hour.objects.filter(at=instant(old)).exists()


def test_the_loop_is_woken_leads_alone_and_outlives_its_session(live_db, cast):
    """PLT-06: what is kept is evaluated within a second; PLT-05: also after the database threw everybody out."""
    level = streams.stand(cast.places.grid.path)
    stop, until = threading.Event(), time.monotonic() + 20

    def lead():
        while not stop.is_set():
            try:
                jobs.evaluate_readings(stop)
            except (Error, psycopg.Error):
                close_old_connections()
        connection.close()

    def led():
        while time.monotonic() < until:
            with evaluating.leading() as other:
                if other is None:
                    return True
            time.sleep(0.02)
        return False

    def evaluated():
        while Arrival.objects.exists() and time.monotonic() < until:
            time.sleep(0.01)
        return Latest.objects.get().value

    loop = threading.Thread(target=lead)
    loop.start()
    try:
        assert led()
        assert evaluating.run_once() == 0
        take(streams.reading(level, 1.0))
        assert evaluated() == 1.0
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE NONE")
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            assert cursor.fetchone()[0] >= 2
            cursor.execute("SET ROLE anlan_app")
        take(streams.reading(level, 2.0, minutes=0.5))
        assert evaluated() == 2.0
        assert led()
    finally:
        stop.set()
        loop.join(20)


WORKER = """
    import os, sys, time
    import django
    django.setup()
    from anlan.sensing.services import evaluating, rollups
    from anlan.sensing.services.observing import take
    from anlan.sensing.batches import Batch
    import numpy as np
    streams, start = np.array([int(s) for s in sys.argv[2].split(",")]), int(sys.argv[3])
    slow = sys.argv[1] == "slow"
    plain = rollups.add
    def add(counted):
        plain(counted)
        print("effect", flush=True)
        if slow:
            time.sleep(60)  # killed here: the sums are written and not committed
    rollups.add = add
    for n in range(6):
        minutes = np.arange(200)
        given = Batch.of(np.repeat(streams, 200), np.tile(start + (minutes + n * 100) * 1_000_000, streams.size),
                         np.tile(minutes + n * 100.0, streams.size) % 7)
        print("taken", take(given).new, flush=True)
    evaluating.run_once()
    print("done", flush=True)
"""


@pytest.mark.slow
def test_a_kill_in_the_middle_loses_and_doubles_nothing(live_db, cast, tmp_path):
    """SEN-01, PLT-05: what was acknowledged is never lost and counts once, whoever is killed."""
    ids = streams.many(cast.places.grid.path, 5)
    script = tmp_path / "worker.py"
    script.write_text(textwrap.dedent(WORKER))
    env = apart.environment(live_db)
    given = [",".join(map(str, ids)), str(streams.minutes_ago(30))]
    worker = subprocess.Popen([sys.executable, str(script), "slow", *given], env=env, stdout=subprocess.PIPE, text=True)
    while worker.stdout.readline() != "effect\n":
        pass
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    assert not Hour.objects.exists()
    assert sum(Arrival.objects.values_list("count", flat=True)) == Observation.objects.count() == 5 * 700
    again = subprocess.run([sys.executable, str(script), "quick", *given], env=env, stdout=subprocess.PIPE, text=True,
                           check=True, timeout=90)  # fmt: skip
    assert again.stdout.split()[:2] == ["taken", "0"]
    assert not Arrival.objects.exists()
    assert sum(Hour.objects.values_list("count", flat=True)) == 5 * 700
    assert sum(Day.objects.values_list("total", flat=True)) == 5 * (np.arange(700) % 7).sum()
    assert rollups.recount(mend=False) == []

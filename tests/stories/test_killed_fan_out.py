"""WRN-03, PLT-05: kill -9 of the worker, and of its sessions, amid a fan-out loses and doubles nobody."""

import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection

from anlan.callout.models import Carrier, Obligation, Receipt
from anlan.callout.services import answers, calls, tallies
from anlan.callout.terms import Answer, How, Result
from anlan.callout.tests import mass
from anlan.callout.tests.test_calling import draft, token
from anlan.web import jobs as worker_jobs

PEOPLE = 10_000


def address(name):
    kept = connection.settings_dict
    host = kept["HOST"]
    where = f"localhost?host={quote(host)}&" if host.startswith("/") else f"{host}:{kept['PORT'] or 5432}/{name}?"
    user = f"{kept['USER']}:{quote(kept['PASSWORD'])}@" if kept["PASSWORD"] else f"{kept['USER']}@"
    if host.startswith("/"):
        where = f"/{name}?host={quote(host)}&"
    return f"postgresql://{user}{where}options={quote('-c role=anlan_app')}"


def worker(name, kept):
    source = Path(__file__).parents[2] / "src"
    inherited = {k: v for k, v in os.environ.items() if k != "ANLAN_AS_OWNER"}
    environ = inherited | {
        "DATABASE_URL": address(name), "PYTHONPATH": str(source), "DJANGO_SETTINGS_MODULE": "anlan.web.settings",
        "ANLAN_LOG_LEVEL": "ERROR",
    }  # fmt: skip
    with kept.with_suffix(".log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", str(Path(__file__).with_name("killed_worker.py")), str(kept)],
            env=environ, stdout=log, stderr=log,
        )  # fmt: skip


def cut_sessions(name):
    """Terminate every session of the database but our own, as its administrator."""
    kept = connection.settings_dict
    parts = {k: kept[v] for k, v in {"user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}.items()}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        ours = cursor.fetchone()[0]
    with psycopg.connect(dbname="postgres", autocommit=True, **{k: v for k, v in parts.items() if v}) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s", [name, ours]
        )


def pending():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'callout' AND status IN ('todo', 'doing')"
        )
        return cursor.fetchone()[0]


def how_jobs_ended():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, status, attempts, count(*) FROM procrastinate_jobs GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        )
        return cursor.fetchall()


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_everybody_is_handed_over_and_nobody_twice(live_db, tmp_path):
    mass.load(PEOPLE)
    Carrier.objects.update_or_create(name="sms_http", defaults={"enabled": True})
    kept = tmp_path / "asked"
    kept.touch()
    by, dice = mass.officer(), random.Random()
    call = calls.start(calls.prepare(draft(), by=by).id, by=by)
    answered, until, kills = {}, time.monotonic() + 150, 0
    running = worker(live_db, kept)
    try:
        while time.monotonic() < until:
            time.sleep(dice.uniform(0.5, 2.5) if kills < 5 else 0.5)
            if kills < 5:
                kills += 1
                if kills % 2:
                    running.kill()
                    running.wait()
                else:
                    cut_sessions(live_db)
            if running.poll() is not None:
                running = worker(live_db, kept)
            worker_jobs.put_back(2.0)
            some = Obligation.objects.filter(call_id=call.id, state="open")[:50]
            for one, outcome in zip(
                some, answers.answer_many([Answer(How.LINK, token=token(o)) for o in some]), strict=True
            ):
                if outcome.result == Result.FIRST:
                    answered[one.id] = outcome.met_at
            call.refresh_from_db()
            if kills >= 5 and call.fanned_at and not pending():
                break
        else:
            pytest.fail(f"not through: {pending()} jobs; {kept.with_suffix('.log').read_text()[-2000:]}")
    finally:
        running.kill()
        running.wait()
    asked = defaultdict(set)
    for line in kept.read_text().splitlines():
        key, person = line.split()
        asked[person].add(key)
    still = Obligation.objects.filter(call_id=call.id)
    assert still.count() == PEOPLE
    assert len(set(still.values_list("person_id", flat=True))) == PEOPLE
    assert all(len(keys) == 1 for keys in asked.values())  # one key each: a gateway that honours keys sends once
    before_calling = still.filter(state="met").exclude(id__in=Receipt.objects.filter(call_id=call.id).values("id"))
    log = kept.with_suffix(".log").read_text()[-3000:]
    assert len(asked) + before_calling.count() >= PEOPLE, (how_jobs_ended(), log)
    stuck = (
        Receipt.objects.filter(call_id=call.id).exclude(state__in=["handed", "answered"]).exclude(reason="not_needed")
    )
    assert not stuck.exists()
    assert set(still.filter(state="met").values_list("id", flat=True)) == set(answered)
    assert tallies.check(call.id) == {}

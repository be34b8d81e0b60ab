"""PLT-04: the jobs of a killed worker go back to the queue; those of a live one are let alone."""

import pytest
from django.db import connection

from anlan.web.jobs import put_back

pytestmark = pytest.mark.django_db


def insert(table, **values):
    names = ", ".join(values)
    marks = ", ".join(["%s"] * len(values))
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING id", list(values.values()))
        return cursor.fetchone()[0]


def worker(seconds_ago):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) "
            "VALUES (now() - make_interval(secs => %s)) RETURNING id",
            [seconds_ago],
        )
        return cursor.fetchone()[0]


def job(**how):
    return insert("procrastinate_jobs", queue_name="q", task_name="t", **how)


def states(*ids):
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, status::text FROM procrastinate_jobs WHERE id = ANY(%s)", [list(ids)])
        found = dict(cursor.fetchall())
    return [found[i] for i in ids]


def test_jobs_of_a_silent_worker_and_of_none_go_back():
    silent = job(status="doing", worker_id=worker(60))
    orphan = job(status="doing")
    assert put_back() == 2
    assert states(silent, orphan) == ["todo", "todo"]


def test_jobs_of_a_live_worker_stay():
    live = job(status="doing", worker_id=worker(1))
    assert put_back() == 0
    assert states(live) == ["doing"]


def test_twice_is_once():
    job(status="doing")
    assert [put_back(), put_back()] == [1, 0]


def test_what_waits_once_only_is_not_put_back_beside_its_like():
    waiting = job(status="todo", queueing_lock="one")
    stalled = job(status="doing", queueing_lock="one")
    twin, other = (job(status="doing", queueing_lock="two") for _ in range(2))
    assert put_back() == 3
    assert states(waiting, stalled, twin, other) == ["todo", "failed", "todo", "failed"]

"""Measures what tells whether Anlan is alive: a handful of cheap queries, each on an index or a small table."""

import shutil
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection

from anlan.kernel import clock
from anlan.web import store


@dataclass(frozen=True, slots=True)
class Holder:
    """A transaction that holds the ledger's horizon back: every cursor waits for it. Ages in seconds."""

    pid: int
    age: float
    who: str
    query: str


@dataclass(slots=True)
class Vitals:
    """What was measured. Seconds, unless the name says otherwise; None means that there is nothing to measure."""

    at: datetime
    skew: float = 0.0
    workers: int = 0
    heartbeat_age: float | None = None
    jobs: dict[str, int] = field(default_factory=dict)
    oldest_job_age: float = 0.0
    overdue: int = 0
    ladder_late: float = 0.0
    sealing_lag: float = 0.0
    readings: int = 0
    readings_late: float = 0.0
    followers: dict[str, float] = field(default_factory=dict)
    failing: dict[str, int] = field(default_factory=dict)
    stuck: int = 0
    horizon: Holder | None = None
    calls: dict[str, int] = field(default_factory=dict)
    feeds: dict[str, int] = field(default_factory=dict)
    disk_free_mb: int = 0


JOBS = """
SELECT status::text, count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') GROUP BY 1
"""
OLDEST_JOB = """
SELECT extract(epoch FROM now() - min(coalesce(j.scheduled_at, e.at)))
FROM (SELECT id, scheduled_at FROM procrastinate_jobs WHERE status = 'todo'
        AND (scheduled_at IS NULL OR scheduled_at < now()) ORDER BY id LIMIT 200) j
LEFT JOIN procrastinate_events e ON e.job_id = j.id AND e.type IN ('deferred', 'deferred_for_retry')
"""
HEARTBEAT = """
SELECT count(*) FILTER (WHERE last_heartbeat > now() - interval '30 s'),
       extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers
"""
HORIZON = """
SELECT pid, coalesce(extract(epoch FROM now() - xact_start), 0),
       coalesce(usename, '?') || ' ' || coalesce(application_name, ''),
       left(regexp_replace(coalesce(query, ''), '\\s+', ' ', 'g'), 120)
FROM pg_stat_activity
WHERE backend_xid IS NOT NULL AND datname = current_database() AND pid <> pg_backend_pid()
ORDER BY xact_start LIMIT 1
"""
FOLLOWERS = """
SELECT name, coalesce(extract(epoch FROM now() - moved_at), 0), failures FROM ledger_cursor
"""
UNSEALED = """
SELECT extract(epoch FROM now() - e.recorded_at)
FROM ledger_entry e
WHERE (e.era, e.xid, e.id) > (SELECT b.last_era, b.last_xid, b.last_id FROM ledger_block b ORDER BY number DESC LIMIT 1)
   OR NOT EXISTS (SELECT FROM ledger_block)
ORDER BY e.era, e.xid, e.id LIMIT 1
"""
OVERDUE = """
SELECT count(*), coalesce(extract(epoch FROM now() - min(next_at)), 0) FROM (
  SELECT next_at FROM callout_obligation
  WHERE state = 'open' AND next_at IS NOT NULL AND next_at < now() ORDER BY next_at LIMIT 10000) late
"""
READINGS = """
SELECT coalesce(sum(count), 0), coalesce(extract(epoch FROM now() - min(came)), 0)
FROM (SELECT count, came FROM sensing_arrival WHERE bite IS NULL ORDER BY id LIMIT 1000) waiting
"""
FEEDS = "SELECT coalesce(health->>'state', 'waiting'), count(*) FROM sensing_feed WHERE state = 'on' GROUP BY 1"
CALLS = "SELECT state, count(*) FROM callout_call WHERE NOT drill AND genre = '' GROUP BY 1"


def rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def measure() -> Vitals:
    """Measure everything. Raises OperationalError or ProgrammingError where the database is away or not migrated."""
    before = time.time()
    there = rows("SELECT extract(epoch FROM clock_timestamp())")[0][0]
    skew = float(there) - (before + time.time()) / 2
    count, age = rows(HEARTBEAT)[0]
    seen = Vitals(clock.now(), skew=skew, workers=count, heartbeat_age=None if age is None else float(age))
    seen.jobs = {"todo": 0, "doing": 0} | {state: n for state, n in rows(JOBS)}  # noqa: C416
    seen.oldest_job_age = float(rows(OLDEST_JOB)[0][0] or 0)
    seen.horizon = next((Holder(pid, float(age), who, query) for pid, age, who, query in rows(HORIZON)), None)
    for name, moved, failures in rows(FOLLOWERS):
        seen.followers[name] = float(moved)
        if failures:
            seen.failing[name] = failures
    seen.stuck = rows("SELECT count(*) FROM ledger_stuck WHERE settled_at IS NULL")[0][0]
    seen.sealing_lag = float(next((r[0] for r in rows(UNSEALED)), 0) or 0)
    tables = set(connection.introspection.table_names())
    if "sensing_arrival" in tables:
        waiting, late = rows(READINGS)[0]
        seen.readings, seen.readings_late = int(waiting), float(late)
        seen.feeds = dict(rows(FEEDS))
    if apps.is_installed("anlan.callout") and "callout_obligation" in tables:
        seen.overdue, late = rows(OVERDUE)[0]
        seen.ladder_late = float(late)
        seen.calls = dict(rows(CALLS))
    seen.disk_free_mb = disk_free_mb()
    return seen


def disk_free_mb() -> int:
    """Return what is left where the data lies: for a database server elsewhere, where ANLAN_HOME lies."""
    places = [settings.HOME] if settings.DATABASE_URL else [settings.HOME, store.folder(settings.HOME)]
    return min(shutil.disk_usage(existing(place)).free for place in places) // 2**20


def existing(place: Path) -> Path:
    """Return the place, or the nearest folder above it that exists."""
    return next(p for p in (place, *place.parents) if p.exists())

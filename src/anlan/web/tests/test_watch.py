"""PLT-04: the watchdog sees a stopped worker and a late ladder from outside, and tells pages and people once."""

import datetime as dt
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
from django.db import connection

from anlan.kernel import clock
from anlan.sensing.models import Arrival
from anlan.web import vitals, watch
from anlan.web.vitals import Holder, Vitals
from anlan.web.watch import Alarm, Watchdog, judge


def well(**but):
    seen = Vitals(clock.now(), workers=1, heartbeat_age=3.0, disk_free_mb=10**6)
    for name, value in but.items():
        setattr(seen, name, value)
    return seen


def codes(**but):
    return [a.code for a in judge(well(**but))]


def test_a_healthy_house_gives_no_alarm():
    assert codes() == []


@pytest.mark.parametrize(
    ("but", "code"),
    [
        ({"heartbeat_age": None}, "worker"),
        ({"heartbeat_age": 31.0}, "worker"),
        ({"overdue": 3, "ladder_late": 61.0}, "ladder"),
        ({"jobs": {"todo": 9}, "oldest_job_age": 61.0}, "jobs"),
        ({"readings": 9, "readings_late": 61.0}, "readings"),
        ({"failing": {"callout.counts": 2}}, "follower:callout.counts"),
        ({"stuck": 1}, "stuck"),
        ({"horizon": Holder(4711, 61.0, "psql", "SELECT 1")}, "horizon"),
        ({"sealing_lag": 61.0}, "sealing"),
        ({"skew": -2.5}, "clock"),
        ({"disk_free_mb": 10}, "disk"),
    ],
)
def test_each_illness_has_its_alarm(but, code):
    assert codes(**but) == [code]


@pytest.mark.parametrize("but", [{"heartbeat_age": 29.0}, {"ladder_late": 59.0}, {"skew": 1.9}, {"sealing_lag": 59.0}])
def test_a_little_lateness_is_none(but):
    assert codes(**but) == []


def test_readings_that_nobody_evaluates_are_seen(db):
    Arrival.objects.create(came=clock.now() - dt.timedelta(seconds=90), count=5, packed=b"")
    Arrival.objects.create(came=clock.now() - dt.timedelta(hours=1), count=5, packed=b"", bite=1)
    seen = vitals.measure()
    assert (seen.readings, 80 < seen.readings_late < 200) == (5, True)


def test_whoever_holds_the_ledger_back_is_named():
    (alarm,) = judge(well(horizon=Holder(4711, 61.0, "psql", "VACUUM FULL")))
    assert "4711" in alarm.text
    assert "VACUUM FULL" in alarm.text


@pytest.fixture
def home(settings, tmp_path, monkeypatch):
    settings.HOME = tmp_path
    monkeypatch.setattr(watch, "_read", (0.0, {}))
    return tmp_path


@pytest.fixture
def told(monkeypatch):
    heard = []
    monkeypatch.setattr(watch, "tell", lambda subject, text: heard.append((subject, text)))
    return heard


def test_the_pages_read_what_was_published(home, monkeypatch):
    watch.publish([Alarm("ladder", "叫应阶梯卡住了")])
    assert watch.alarms() == ["叫应阶梯卡住了"]
    monkeypatch.setattr(watch, "_read", (0.0, {}))
    watch.publish([])
    assert watch.alarms() == []


def test_a_silent_watchdog_is_itself_an_alarm(home):
    watch.report().write_text(json.dumps({"at": time.time() - 61, "alarms": []}))
    (text,) = watch.alarms()
    assert "看门狗停了" in text


def test_without_a_watchdog_on_this_machine_the_pages_say_nothing(home):
    assert watch.alarms() == []


def test_an_alarm_is_told_once_and_its_end_too(home, told):
    now = [Alarm("disk", "磁盘只剩 1 MB。")]
    dog = Watchdog(seen=lambda: list(now))
    dog.once()
    dog.once()
    assert len(told) == 1
    now.clear()
    dog.once()
    dog.once()
    assert len(told) == 2


def test_an_alarm_that_lasts_is_told_again_each_hour(home, told):
    dog = Watchdog(seen=lambda: [Alarm("disk", "磁盘")])
    dog.once()
    dog.told["disk"] -= watch.AGAIN
    dog.once()
    assert len(told) == 2


def test_a_worker_that_starts_beside_the_watchdog_gets_time(home, told):
    dog = Watchdog(seen=lambda: [Alarm("worker", "停了")])
    assert dog.once() == []
    dog.began -= watch.GRACE + 1
    assert [a.code for a in dog.once()] == ["worker"]


class Hook(BaseHTTPRequestHandler):
    heard: ClassVar[list] = []

    def do_POST(self):
        self.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_people_are_told_by_every_way_even_if_one_fails(settings, tmp_path, mailoutbox):
    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        settings.WATCHDOG_URL = f"http://127.0.0.1:{server.server_port}/hook"
        settings.WATCHDOG_MAIL, settings.EMAIL_HOST = ["duty@example.invalid"], "127.0.0.1"
        settings.WATCHDOG_COMMAND = "/bin/false"
        watch.tell("安澜：阶梯", "卡住了")
    finally:
        server.shutdown()
        server.server_close()
    assert Hook.heard[-1] | {"source": ""} == {"title": "安澜：阶梯", "text": "卡住了", "source": ""}
    assert mailoutbox[0].subject == "安澜：阶梯"


def test_a_command_gets_the_text(settings, tmp_path):
    settings.WATCHDOG_COMMAND = f"/bin/sh -c 'cat > {tmp_path}/text; echo \"$0\" > {tmp_path}/title'"
    watch.tell("安澜：阶梯", "卡住了")
    assert (tmp_path / "text").read_text() == "卡住了"
    assert (tmp_path / "title").read_text().strip() == "安澜：阶梯"


def test_a_database_that_is_away_is_the_first_alarm(monkeypatch, live_db, django_db_blocker):
    with django_db_blocker.unblock():
        connection.close()
        monkeypatch.setitem(connection.settings_dict, "NAME", "no_such_database")
        assert [a.code for a in watch.look()] == ["database"]
        connection.close()


def test_a_stopped_worker_is_measured(live_db, django_db_blocker):
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '40 s')")
        seen = vitals.measure()
    assert seen.workers == 0
    assert 40 <= seen.heartbeat_age < 60
    assert "worker" in [a.code for a in judge(seen)]


def test_waiting_jobs_are_measured_by_when_they_were_due(live_db, django_db_blocker):
    insert = (
        "INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at) VALUES ('q', 't', now() + %s::interval)"
    )
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute(insert, ["1 hour"])
        assert vitals.measure().oldest_job_age == 0
        with connection.cursor() as cursor:
            cursor.execute(insert, ["-100 s"])
        seen = vitals.measure()
    assert 100 <= seen.oldest_job_age < 130
    assert seen.jobs["todo"] == 2


def test_the_oldest_writing_transaction_is_found(live_db, django_db_blocker):
    with django_db_blocker.unblock():
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("SELECT pg_current_xact_id()")
                cursor.execute("SELECT pg_backend_pid()")
                pid = cursor.fetchone()[0]
            assert vitals.measure().horizon.pid == pid
        finally:
            other.close()

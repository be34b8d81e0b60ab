"""PLT-04: alive asks nothing, ready tells what is wrong, metrics are for those who may see them."""

import asyncio
import json
import logging
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

from anlan.kernel import trace
from anlan.sensing.models import Feed
from anlan.web import health, logs, vitals


def test_alive_needs_no_database():
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(health.alive({}, None, send))
    assert sent[0]["status"] == 200
    assert sent[1]["body"] == b"ok\n"


@pytest.mark.django_db
def test_ready_says_that_no_worker_is_there():
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    said = answer.json()
    assert not said["ready"]
    assert said["checks"]["database"] == said["checks"]["migrations"] == "ok"
    assert said["checks"]["worker"] != "ok"


@pytest.mark.django_db
def test_ready_once_a_worker_gives_signs_of_life():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
    answer = Client().get("/readyz")
    assert answer.status_code == 200, answer.content.decode()


@pytest.mark.django_db
def test_metrics_tell_the_state_and_count_requests_by_route():
    client = Client()
    client.get("/readyz")
    text = client.get("/metrics").content.decode()
    assert "anlan_database_up 1.0" in text
    assert 'anlan_jobs{state="todo"}' in text
    assert 'anlan_requests_total{method="GET",route="readyz"' in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "headers", "address", "status"),
    [
        ("", {}, "127.0.0.1", 200),
        ("", {}, "203.0.113.9", 404),
        ("", {"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", 404),
        ("s3cret", {"Authorization": "Bearer s3cret"}, "203.0.113.9", 200),
        ("s3cret", {"Authorization": "Bearer other"}, "127.0.0.1", 404),
        ("s3cret", {}, "127.0.0.1", 404),
    ],
)
def test_metrics_are_for_loopback_or_a_token(settings, token, headers, address, status):
    settings.METRICS_TOKEN = token
    assert Client().get("/metrics", headers=headers, REMOTE_ADDR=address).status_code == status


@pytest.mark.django_db
def test_a_request_carries_its_id_through():
    assert Client().get("/readyz", headers={"X-Request-Id": "abc123"}).headers["X-Request-Id"] == "abc123"


def test_a_log_line_is_json_with_the_chain():
    record = logging.LogRecord("anlan.x", logging.WARNING, __file__, 1, "值班 %s", ("甲",), None)
    record.child = "web"
    chain = UUID(int=7)
    with trace.following(chain):
        line = json.loads(logs.JsonLines().format(record))
    assert line["message"] == "值班 甲"
    assert line["chain"] == str(chain)
    assert line["child"] == "web"
    assert "chain" not in json.loads(logs.JsonLines().format(record))


def test_sources_that_are_on_are_told_by_how_they_are(db):
    Feed.objects.create(kind="mqtt", name="a", state="on", health={"state": "failing"})
    Feed.objects.create(kind="mqtt", name="b", state="on")
    Feed.objects.create(kind="mqtt", name="c", state="off", health={"state": "ok"})
    assert vitals.measure().feeds == {"failing": 1, "waiting": 1}

"""WRN-01: the clock ends warnings and polls sources; a source waits in the queue once, however often it is due."""

import datetime as dt

from django.db import connection
from procrastinate.contrib.django import app

from anlan.alerts import jobs
from anlan.alerts.models import Alert, Source
from anlan.alerts.services import feeding, take
from anlan.alerts.tests.samples import cap
from anlan.alerts.tests.town import build
from anlan.kernel import clock
from anlan.kernel.authority import machine

BY = machine("test")


def test_everything_that_is_over_ends_in_one_run(town):
    for number in range(3):
        take(cap(identifier=f"n{number}"), by=BY)
    with clock.shifted(dt.timedelta(days=3650)):
        jobs.expire(0)
        jobs.expire(0)
    assert set(Alert.objects.values_list("state", flat=True)) == {"expired"}


def test_a_due_source_is_queued_once_and_others_with_it(live_db):
    build()
    for name in ("a", "b"):
        feeding.add(name, url=f"https://{name}.test/feed", by=BY)
    jobs.poll_due(0)
    jobs.poll_due(0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT args->>'source' FROM procrastinate_jobs WHERE task_name = 'alerts.poll'")
        queued = sorted(row[0] for row in cursor.fetchall())
    assert queued == sorted(str(pk) for pk in Source.objects.values_list("id", flat=True))


def test_the_jobs_are_registered_under_their_names():
    assert {"alerts.expire", "alerts.poll-due", "alerts.poll"} <= set(app.tasks)

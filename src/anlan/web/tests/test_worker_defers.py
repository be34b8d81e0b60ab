"""A job deferred inside a transaction is born with it, in a worker's own process too (architecture §1, §5)."""

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from anlan.callout.services import jobs_by_name
from anlan.web.commands import worker


def waiting():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'callout.fan'")
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_the_workers_own_connector_leaves_deferring_to_the_transaction():
    own = worker.workers(app.connector.get_worker_connector())
    assert own.tasks is app.tasks
    assert isinstance(own.tasks["callout.fan"].blueprint.job_manager.connector, DjangoConnector)
    with transaction.atomic():
        jobs_by_name.later("callout.fan", call="x")
        assert waiting() == 1
        transaction.set_rollback(True)
    assert waiting() == 0

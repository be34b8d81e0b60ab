"""The loops of the evaluator and of the feeds, and what is done every night."""

import logging
import threading
import time

import psycopg
from django.db import connection
from procrastinate.contrib.django import app

from anlan.sensing.services import evaluating, retention, tending
from anlan.sensing.services.observing import CHANNEL

log = logging.getLogger("anlan.sensing")
POLL = 0.2  # seconds after which the evaluator looks without having been woken
TIME_PASSES = 5.0  # seconds between two looks at who went silent
WAIT_TO_LEAD = 2.0


def evaluate_readings(stop: threading.Event) -> None:
    """Evaluate what the doors kept as it comes, as long as this process leads; else stand by."""
    params = {k: v for k, v in connection.get_connection_params().items() if k not in {"cursor_factory", "context"}}
    while not stop.is_set():
        with evaluating.leading() as evaluator:
            if evaluator is not None:
                with psycopg.connect(**{**params, "autocommit": True}) as bell:
                    bell.execute(f"LISTEN {CHANNEL}")
                    _lead(evaluator, bell, stop)
        stop.wait(WAIT_TO_LEAD)


def _lead(
    evaluator: evaluating.Evaluator, bell: "psycopg.Connection[tuple[object, ...]]", stop: threading.Event
) -> None:
    looked = 0.0
    while not stop.is_set():
        while evaluator.bite() and not stop.is_set():
            pass
        if time.monotonic() - looked >= TIME_PASSES:
            evaluator.pass_time()
            looked = time.monotonic()
        for _ in bell.notifies(timeout=POLL, stop_after=1):
            pass


@app.periodic(cron="10 3 * * *", periodic_id="sensing.months")
@app.task(name="sensing.months", queueing_lock="sensing.months")
def months(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate says when it was due
    """Every night: make the coming months, and remove readings whose time is over."""
    retention.add_months()
    retention.drop_old()
    retention.forget_changes()


def tend_feeds(stop: threading.Event) -> None:
    """Keep the feeds running that fetch."""
    tending.tend(stop)


LOOPS = (evaluate_readings, tend_feeds)

"""What runs by the clock: the end of warnings and notices, and the polling of sources."""

from typing import Any
from uuid import UUID

from procrastinate import exceptions
from procrastinate.contrib.django import app

from anlan.alerts.services import feeding, notices, storing
from anlan.kernel.authority import machine

QUEUE = "alerts"


@app.periodic(cron="* * * * * */15")
@app.task(name="alerts.expire", queue=QUEUE, queueing_lock="alerts.expire", pass_context=False)
def expire(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate's signature
    """End what is over; until nothing is left, so that a night without a worker is caught up at once."""
    while storing.expire(by=machine("alerts.expire")):
        pass
    while notices.expire(by=machine("alerts.expire")):
        pass


@app.periodic(cron="* * * * * */10")
@app.task(name="alerts.poll-due", queue=QUEUE, queueing_lock="alerts.poll-due")
def poll_due(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate's signature
    """Defer one poll for each source whose turn it is, so that a slow one holds up nobody."""
    for source_id in feeding.due():
        arguments: dict[str, Any] = {"source": str(source_id)}
        lock = f"alerts.poll.{source_id}"
        try:
            app.configure_task("alerts.poll", queue=QUEUE, queueing_lock=lock, lock=lock).defer(**arguments)
        except exceptions.AlreadyEnqueued:
            continue


@app.task(name="alerts.poll", queue=QUEUE)
def poll(source: str) -> None:
    """Fetch one source."""
    feeding.poll(UUID(source))

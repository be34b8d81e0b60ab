"""What runs by the clock: the end of warnings and notices, and the polling of sources."""

from typing import Any
from uuid import UUID

from procrastinate import JobContext, RetryStrategy, exceptions
from procrastinate.contrib.django import app

from anlan.alerts.services import bulletins, feeding, notices, storing
from anlan.kernel.authority import machine

QUEUE = "alerts"
PATIENT = RetryStrategy(max_attempts=10, linear_wait=2)


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


@app.task(name="alerts.ring-spread", queue=QUEUE, retry=PATIENT)
def ring_spread(bulletin: str) -> int:
    """Queue a ring for every browser that a bulletin concerns."""
    return bulletins.spread(UUID(bulletin))


@app.task(name="alerts.ring", queue=QUEUE, retry=PATIENT, pass_context=True)
def ring(context: JobContext, bulletin: str, low: str, high: str) -> int:
    """Ring one chunk of browsers."""
    return bulletins.ring(UUID(bulletin), UUID(low), UUID(high), again=bool(context.job.attempts))


@app.periodic(cron="* * * * *")
@app.task(name="alerts.ring-resume", queue=QUEUE, queueing_lock="alerts.ring-resume")
def ring_resume(timestamp: int) -> int:  # noqa: ARG001 - Procrastinate's signature
    """Every minute: take up what lost jobs left lying."""
    return bulletins.resume()


@app.periodic(cron="17 3 * * *")
@app.task(name="alerts.ring-forget", queue=QUEUE, queueing_lock="alerts.ring-forget")
def ring_forget(timestamp: int) -> int:  # noqa: ARG001 - Procrastinate's signature
    """Every night: drop what was rung a week ago."""
    return bulletins.forget()

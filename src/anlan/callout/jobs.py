"""Jobs by name: each is thin, may run twice, and finds in the database what is left to do."""

import threading
import time
from uuid import UUID

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from anlan.callout.services import (
    calls,
    channels,
    checking,
    climbing,
    closing,
    fanout,
    filings,
    gateways,
    handing,
    polling,
    receipts,
    relay_work,
    relaying,
    robots,
    simulated,
    speakers,
    statistics,
)
from anlan.callout.services.jobs_by_name import QUEUE

EVERY = 1.0  # seconds between two looks at the ladder
PATIENT = RetryStrategy(max_attempts=20, linear_wait=1)  # a store that restarts takes minutes, not tries


@app.task(name="callout.fan", queue=QUEUE, retry=PATIENT)
def fan(call: str) -> int:
    """Lay the obligations of everybody a call reaches."""
    return fanout.spread(UUID(call))


@app.task(name="callout.hand", queue=QUEUE, retry=PATIENT, pass_context=True)
def hand(
    context: JobContext, call: str, low: str, high: str, group: int, *, reserved: bool = False, again: bool = False
) -> int:
    """Hand the first round over to one chunk of persons; a run after a dead one asks with the same keys."""
    again = again or bool(context.job.attempts)
    return handing.first(UUID(call), UUID(low), UUID(high), group, again=again, reserved=reserved)


@app.task(name="callout.hand-later", queue=QUEUE, retry=PATIENT, pass_context=True)
def hand_later(context: JobContext, low: str, high: str, *, reserved: bool = False) -> int:
    """Hand over queued attempts: repeats, other carriers, B岗 and superiors."""
    return handing.later(UUID(low), UUID(high), again=bool(context.job.attempts), reserved=reserved)


@app.task(name="callout.sweep", queue=QUEUE, retry=PATIENT)
def sweep(call: str) -> int:
    """Settle what is still open of a call that has stopped."""
    return closing.sweep(UUID(call))


@app.task(name="callout.climb", queue=QUEUE, priority=100)
def climb() -> int:
    """Climb what one tick could not finish."""
    return climbing.climb()


@app.periodic(cron="* * * * *")
@app.task(name="callout.stale", queue=QUEUE, queueing_lock="callout.stale")
def stale(timestamp: int) -> int:  # noqa: ARG001 - a periodic job is told its minute
    """Every minute: hand over again what lies about, and go on with fan-outs whose jobs were lost."""
    return fanout.resume() + receipts.sweep_stale()


@app.task(name="callout.check-lay", queue=QUEUE, retry=PATIENT)
def check_lay(round: str) -> int:  # noqa: A002 - a job's argument is named as what it is
    """Put everybody of a place on the list of a check of numbers."""
    return checking.lay(UUID(round))


@app.periodic(cron="* * * * *")
@app.task(name="callout.check", queue=QUEUE, queueing_lock="callout.check")
def check(timestamp: int) -> int:  # noqa: ARG001 - a periodic job is told its minute
    """Every minute: note what the checks of numbers brought, and ask the next ones."""
    return checking.tick()


@app.periodic(cron="17 * * * *")
@app.task(name="callout.filing", queue=QUEUE, queueing_lock="callout.filing")
def filing(timestamp: int) -> int:  # noqa: ARG001 - a periodic job is told its minute
    """Every hour: open the yearly filing once its weeks have begun."""
    return filings.open_due()


def climb_every_second(stop: threading.Event) -> None:
    """Climb what is overdue and send what waited too long for its approver. A loop and not a job: jobs may be many."""
    while not stop.is_set():
        began = time.monotonic()
        calls.send_due()
        taken = climbing.tick()
        if taken < climbing.CHUNK:
            stop.wait(max(0.0, EVERY - (time.monotonic() - began)))


@app.periodic(cron="*/5 * * * *")
@app.task(name="callout.statistics", queue=QUEUE, queueing_lock="callout.statistics")
def count_missed(timestamp: int) -> int:  # noqa: ARG001 - a periodic job is told its minute
    """Every five minutes: add to the monthly sums whatever call ended and was not added then."""
    return statistics.missed()


@app.periodic(cron="* * * * *")
@app.task(name="callout.poll", queue=QUEUE, queueing_lock="callout.poll")
def poll(timestamp: int) -> int:  # noqa: ARG001 - a periodic job is told its minute
    """Every minute: ask the services that tell only when asked whether messages were delivered and read."""
    return polling.poll()


@app.task(name="callout.robots", queue=QUEUE, retry=PATIENT)
def say_in_groups() -> int:
    """Say in group chats what is due there."""
    return robots.say_due()


@app.periodic(cron="* * * * *")
@app.task(name="callout.robots-due", queue=QUEUE, queueing_lock="callout.robots-due")
def say_in_groups_again(timestamp: int) -> int:  # noqa: ARG001 - a periodic job is told its minute
    """Every minute: what failed before, and who is still silent when the time to answer is over."""
    return robots.say_due()


@app.periodic(cron="* * * * *")
@app.task(name="callout.relays", queue=QUEUE, queueing_lock="callout.relays")
def look_after_relays(timestamp: int) -> int:  # noqa: ARG001 - a periodic job is told its minute
    """Every minute: texts whose relay died go to another one, or back to the policy's next carrier."""
    return relay_work.tick(channels.tuned(relaying.NAME))


@app.task(name="callout.speakers", queue=QUEUE, retry=PATIENT)
def speak() -> int:
    """Send loudspeakers the orders that are due."""
    return speakers.say_due()


@app.periodic(cron="* * * * *")
@app.task(name="callout.speakers-due", queue=QUEUE, queueing_lock="callout.speakers-due")
def speak_again(timestamp: int) -> int:  # noqa: ARG001 - a periodic job is told its minute
    """Every minute: the orders that failed before, or whose worker died."""
    return speakers.say_due()


@app.periodic(cron="*/5 * * * *")
@app.task(name="callout.find-accounts", queue=QUEUE, queueing_lock="callout.find-accounts")
def find_accounts(timestamp: int) -> int:  # noqa: ARG001 - a periodic job is told its minute
    """Every five minutes: find the accounts of persons who have a number but no account at a messenger."""
    return polling.find_accounts()


@app.periodic(cron="*/10 * * * *")
@app.task(name="callout.forget-nonces", queue=QUEUE, queueing_lock="callout.forget-nonces")
def forget_nonces(timestamp: int) -> int:  # noqa: ARG001 - a periodic job is told its minute
    """Every ten minutes: drop the gateways' signatures whose time is over."""
    return gateways.forget_nonces()


def play_simulated(stop: threading.Event) -> None:
    """Let the invented people do what is due: at once while many wait, else twice a second."""
    while not stop.is_set():
        if simulated.play() < simulated.BATCH:
            stop.wait(0.5)


def push_texts(stop: threading.Event) -> None:
    """Post to phones with a SIM what they may send now."""
    while not stop.is_set():
        relay_work.push_due()
        stop.wait(EVERY)


LOOPS = (climb_every_second, play_simulated, push_texts)

"""What runs by the clock: sums that follow moved rows, a recount every night, and what the figures notice."""

import logging

from procrastinate.contrib.django import app

from anlan.analytics.services import noticing, recounting, rollup
from anlan.kernel.authority import machine

log = logging.getLogger(__name__)


@app.periodic(cron="* * * * *", periodic_id="analytics.catch-up")
@app.task(name="analytics.catch-up", queueing_lock="analytics.catch-up")
def catch_up(timestamp: int) -> int:  # noqa: ARG001 - a periodic job is told its minute
    """Every minute: count anew what moved with its place."""
    return rollup.catch_up()


@app.periodic(cron="10 2 * * *", periodic_id="analytics.recount")
@app.task(name="analytics.recount", queueing_lock="analytics.recount")
def recount(timestamp: int) -> int:  # noqa: ARG001 - a periodic job is told its minute
    """Every night: count everything anew, mend and name what differed."""
    found = recounting.recount()
    for what, ids in found.subjects.items():
        if ids:
            log.warning("recount mended %s %ss, the first %s", len(ids), what, ids[0])
    if found.facts:
        log.warning("recount mended %s sums, the first %s", len(found.facts), found.facts[0])
    return sum(map(len, found.subjects.values())) + len(found.facts)


@app.periodic(cron="40 6 * * *", periodic_id="analytics.notice")
@app.task(name="analytics.notice", queueing_lock="analytics.notice")
def notice(timestamp: int) -> int:  # noqa: ARG001 - a periodic job is told its minute
    """Every morning: open what the figures notice, and end what is over."""
    return len(noticing.notice(by=machine("analytics.notice")))

"""What runs by the clock: overdue hazards, days to look back or to review, ends that rest on an unpublished year.

Major hazards are reported upward, referrals chased; senders of tips are erased when their time is over; inspections are
laid out day by day.
"""

import datetime as dt

from procrastinate.contrib.django import app

from anlan.hazards.services import (
    hints,
    informants,
    laying,
    outside_checks,
    overdue,
    pacing,
    referring,
    rounds,
    supervising,
)
from anlan.kernel.authority import machine


@app.periodic(cron="*/5 * * * *", periodic_id="hazards.overdue")
@app.task(name="hazards.overdue", queueing_lock="hazards.overdue")
def watch_overdue(timestamp: int) -> None:  # noqa: ARG001 - a periodic job is told its minute
    """Every five minutes: take what went over its end one level up."""
    while overdue.overdue():
        pass


@app.periodic(cron="20 * * * *", periodic_id="hazards.days")
@app.task(name="hazards.days", queueing_lock="hazards.days")
def watch_days(timestamp: int) -> None:  # noqa: ARG001 - a periodic job is told its minute
    """Every hour: lay what is due today, and reckon provisional ends anew."""
    while overdue.look_backs() or overdue.reviews():
        pass
    overdue.reckon_again()


@app.periodic(cron="40 * * * *", periodic_id="hazards.oversight")
@app.task(name="hazards.oversight", queueing_lock="hazards.oversight")
def watch_oversight(timestamp: int) -> None:  # noqa: ARG001 - a periodic job is told its minute
    """Every hour: report major hazards not reported yet, chase receipts, tell of supervision past its day."""
    while supervising.catch_up():
        pass
    while referring.chase() or supervising.lapse():
        pass


@app.task(name="hazards.reckon")
def reckon(first: str, last: str) -> int:
    """Reckon the ends anew that lie over corrected days."""
    return overdue.reckon_again((dt.date.fromisoformat(first), dt.date.fromisoformat(last)))


@app.periodic(cron="*/10 * * * *", periodic_id="hazards.hints")
@app.task(name="hazards.hints", queueing_lock="hazards.hints")
def look_for_hints(timestamp: int) -> int:  # noqa: ARG001 - a periodic job is told its minute
    """Every ten minutes: compare the photos that were drawn since, and look at how fast records were made."""
    return hints.compare() + hints.pace()


@app.periodic(cron="50 2 * * *", periodic_id="hazards.earlier-photos")
@app.task(name="hazards.earlier-photos", queueing_lock="hazards.earlier-photos")
def note_earlier_photos(timestamp: int) -> int:  # noqa: ARG001 - a periodic job is told its minute
    """Every night: note photos that nobody noted, those from before hints were kept above all."""
    return hints.lay_earlier()


@app.periodic(cron="20 3 * * *", periodic_id="hazards.informants")
@app.task(name="hazards.informants", queueing_lock="hazards.informants")
def erase_informants(timestamp: int) -> None:  # noqa: ARG001 - a periodic job is told its minute
    """Once a night."""
    informants.erase_old(by=machine("hazards.informants"))


@app.periodic(cron="10 * * * *", periodic_id="hazards.inspections")
@app.task(name="hazards.inspections", queueing_lock="hazards.inspections")
def lay_inspections(timestamp: int) -> None:  # noqa: ARG001 - a periodic job is told its minute
    """Every hour: count what was missed, work out how often, draw spot-checks, lay tasks, tell who goes today."""
    laying.miss()
    pacing.refresh_all()
    outside_checks.sample()
    laying.lay()
    rounds.lay()

"""What runs by the clock: holes in the coming shifts, and questions between colleagues that nobody answered."""

from procrastinate.contrib.django import app

from anlan.kernel.authority import machine
from anlan.people import services


@app.periodic(cron="*/2 * * * *", periodic_id="people.duty-watch")
@app.task(name="people.duty-watch", queueing_lock="people.duty-watch")
def duty_watch(timestamp: int) -> None:  # noqa: ARG001 - a periodic job is told its minute
    """Every two minutes: open new gaps, close filled ones, and end questions whose shift has begun."""
    by = machine("people.duty-watch")
    services.watch_gaps(by=by)
    while services.lapse_changes(by=by):
        pass

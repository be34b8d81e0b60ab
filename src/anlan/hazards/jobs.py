"""What runs by the clock: senders of tips are erased when their time is over."""

from procrastinate.contrib.django import app

from anlan.hazards.services import informants
from anlan.kernel.authority import machine


@app.periodic(cron="20 3 * * *", periodic_id="hazards.informants")
@app.task(name="hazards.informants", queueing_lock="hazards.informants")
def erase_informants(timestamp: int) -> None:  # noqa: ARG001 - a periodic job is told its minute
    """Once a night."""
    informants.erase_old(by=machine("hazards.informants"))

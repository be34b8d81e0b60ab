"""What runs by the clock."""

from procrastinate.contrib.django import app

from anlan.incidents.services import coming


@app.periodic(cron="* * * * *", periodic_id="incidents.coming")
@app.task(name="incidents.coming", queueing_lock="incidents.coming")
def hang_photos(timestamp: int) -> int:  # noqa: ARG001 - a periodic job is told its minute
    """Hang photos that came after their report on it."""
    return coming.attach()

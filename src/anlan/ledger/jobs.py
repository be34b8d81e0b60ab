"""The ledger's periodic jobs."""

from procrastinate.contrib.django import app

from anlan.ledger.services import upkeep
from anlan.ledger.services.runner import run_followers

LOOPS = (run_followers,)


@app.periodic(cron="20 3 * * *", periodic_id="ledger.partitions")
@app.task(name="ledger.add_partitions", queueing_lock="ledger.add_partitions")
def add_partitions(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate says when it was due
    """Make the partitions of the coming months, months ahead, every night."""
    upkeep.add_partitions()

"""The ledger's periodic jobs."""

import logging
from uuid import UUID

from procrastinate.contrib.django import app

from anlan.kernel.authority import Actor, Grant
from anlan.ledger.services import upkeep, verifying
from anlan.ledger.services.runner import run_followers
from anlan.ledger.terms import Can

log = logging.getLogger(__name__)

LOOPS = (run_followers,)


@app.periodic(cron="20 3 * * *", periodic_id="ledger.partitions")
@app.task(name="ledger.add_partitions", queueing_lock="ledger.add_partitions")
def add_partitions(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate says when it was due
    """Make the partitions of the coming months, months ahead, every night."""
    upkeep.add_partitions()


@app.task(name="ledger.verify", queueing_lock="ledger.verify")
def verify(name: str, pseudonym: str | None = None) -> None:
    """Walk the whole ledger for whoever asked; the outcome is an entry. A fault is shouted into the log."""
    by = Actor(
        name=name,
        pseudonym=UUID(pseudonym) if pseudonym else None,
        grants=frozenset({Grant(Can.VERIFY, "")}),
        machine=pseudonym is None,
    )
    verdict = verifying.inspect(by=by)
    if not verdict.ok:
        log.critical("the ledger does not verify: %s", verdict.faults[0])


@app.periodic(cron="40 3 * * *", periodic_id="ledger.verify")
@app.task(name="ledger.verify_nightly", queueing_lock="ledger.verify_nightly")
def verify_nightly(timestamp: int) -> None:  # noqa: ARG001
    """Walk the whole ledger every night, whether anybody asks or not."""
    verify("nightly")

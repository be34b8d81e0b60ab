"""What follows a device's alarm that somebody found real: it becomes an event."""

from collections.abc import Sequence

from anlan.incidents.services import devices
from anlan.ledger import services as ledger
from anlan.sensing.queries import alarms
from anlan.sensing.terms import Did


@ledger.reaction("incidents.device", kinds=(Did.VERIFIED_REAL,), batch=20)
def device(batch: Sequence[ledger.EntryRow]) -> None:
    """Open an incident for each, or let it join the one near by."""
    for told in alarms.real(entry.subject_id for entry in batch):
        devices.take(told)

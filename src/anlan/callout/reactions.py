"""What follows a number that was changed anywhere in people."""

from collections.abc import Sequence

from anlan.callout.services import checking, revival
from anlan.ledger import services as ledger
from anlan.people.terms import Did


@ledger.reaction("callout.number-changed", kinds=(Did.PERSON_CHANGED,))
def number_changed(batch: Sequence[ledger.EntryRow]) -> None:
    """Call the person by the new number where a running call still waits for them, and check the number."""
    changed = [entry.subject_id for entry in batch if "phone" in entry.values.get("fields", ())]
    revival.revive(changed)
    checking.note_mended(changed)

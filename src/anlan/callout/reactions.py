"""What follows a number that was changed anywhere in people, and a call in the group chats of its places."""

from collections.abc import Sequence

from anlan.callout.services import checking, revival, robots
from anlan.callout.terms import Did as Called
from anlan.ledger import services as ledger
from anlan.people.terms import Did

SAYS = {Called.FANNED: "started", Called.CANCELLED: "cancelled", Called.ENDED: "ended"}


@ledger.reaction("callout.number-changed", kinds=(Did.PERSON_CHANGED,))
def number_changed(batch: Sequence[ledger.EntryRow]) -> None:
    """Call the person by the new number where a running call still waits for them, and check the number."""
    changed = [entry.subject_id for entry in batch if "phone" in entry.values.get("fields", ())]
    revival.revive(changed)
    checking.note_mended(changed)


@ledger.reaction("callout.robots", kinds=tuple(SAYS), batch=50)
def say_in_groups(batch: Sequence[ledger.EntryRow]) -> None:
    """Queue what robots say: a start once everybody is laid in, so that its figure is whole."""
    for did, what in SAYS.items():
        if calls := [entry.subject_id for entry in batch if entry.did == did]:
            robots.told(calls, what)

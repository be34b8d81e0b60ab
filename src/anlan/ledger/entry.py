"""One entry as a value: what readers, reactions and pages hold."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

Position = tuple[int, int, UUID]  # era, transaction id, entry id: the ledger's one order


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry as readers get it. `pseudonym` is the person who acted, `actor` the machine's name where none did."""

    id: UUID
    era: int
    xid: int
    at: dt.datetime
    recorded_at: dt.datetime
    did: str
    pseudonym: UUID | None
    actor: str
    post: UUID | None
    post_title: str
    subject_type: str
    subject_id: UUID
    chain: UUID
    place_path: str
    exercise: UUID | None
    values: dict[str, Any]

    @property
    def position(self) -> Position:
        """Where the entry stands in the ledger's one order."""
        return self.era, self.xid, self.id

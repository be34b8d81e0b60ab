"""What others call: record, react, drill, keep private, seal, verify, prove."""

from anlan.ledger.queries import EntryRow
from anlan.ledger.services.exercises import close_exercise, open_exercise
from anlan.ledger.services.following import drain, reaction
from anlan.ledger.services.recording import Line, record, record_from, record_many

__all__ = [
    "EntryRow",
    "Line",
    "close_exercise",
    "drain",
    "open_exercise",
    "reaction",
    "record",
    "record_from",
    "record_many",
]

"""The words of field work."""

from anlan.fieldwork.terms.records import (
    OPEN,
    SETTLED_NAMES,
    STATE_NAMES,
    Outcome,
    Record,
    RecordState,
    Settled,
)
from anlan.fieldwork.terms.words import CAN_NAMES, KEYS, TYPES, WORDS, Can, Did

__all__ = [
    "CAN_NAMES",
    "KEYS",
    "OPEN",
    "SETTLED_NAMES",
    "STATE_NAMES",
    "TYPES",
    "WORDS",
    "Can",
    "Did",
    "Outcome",
    "Record",
    "RecordState",
    "Settled",
]

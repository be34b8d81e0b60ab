"""The words of measures."""

from anlan.analytics.terms.counters import (
    BY,
    COUNTERS,
    CUT_FULL,
    CUT_TOTAL,
    CUTS,
    DEPTHS,
    DIMENSION_NAMES,
    DIMENSIONS,
    FOUND,
    RULES,
    UNREGISTERED,
    Event,
)
from anlan.analytics.terms.findings import (
    FINDING_STATES,
    FORM_GENRES,
    FORM_STATES,
    FREQUENCIES,
    GENRE_NAMES,
    FindingState,
    Genre,
)
from anlan.analytics.terms.words import CAN_NAMES, KEYS, TYPES, WORDS, Can, Did

__all__ = [
    "BY",
    "CAN_NAMES",
    "COUNTERS",
    "CUTS",
    "CUT_FULL",
    "CUT_TOTAL",
    "DEPTHS",
    "DIMENSIONS",
    "DIMENSION_NAMES",
    "FINDING_STATES",
    "FORM_GENRES",
    "FORM_STATES",
    "FOUND",
    "FREQUENCIES",
    "GENRE_NAMES",
    "KEYS",
    "RULES",
    "TYPES",
    "UNREGISTERED",
    "WORDS",
    "Can",
    "Did",
    "Event",
    "FindingState",
    "Genre",
]

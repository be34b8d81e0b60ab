"""The words of measures."""

from anlan.analytics.terms.words import CAN_NAMES, KEYS, TYPES, WORDS, Can, Did

__all__ = ["CAN_NAMES", "KEYS", "TYPES", "WORDS", "Can", "Did"]

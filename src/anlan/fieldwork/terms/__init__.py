"""The words of field work."""

from anlan.fieldwork.terms.words import CAN_NAMES, KEYS, TYPES, WORDS, Can, Did

__all__ = ["CAN_NAMES", "KEYS", "TYPES", "WORDS", "Can", "Did"]

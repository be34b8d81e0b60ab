"""Reads of fieldwork, narrowed to the actor's scope."""

from anlan.fieldwork.queries import packs, records, uploads

__all__ = ["packs", "records", "uploads"]

"""Reads of fieldwork, narrowed to the actor's scope."""

from anlan.fieldwork.queries import forms, packs, records, uploads

__all__ = ["forms", "packs", "records", "uploads"]

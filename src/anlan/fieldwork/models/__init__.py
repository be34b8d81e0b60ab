"""Forms, records that came from devices, uploads."""

from anlan.fieldwork.models.uploads import Upload

__all__ = ["Upload"]

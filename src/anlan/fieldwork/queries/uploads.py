"""Harmless copies of uploads, for whoever has already asked whether the actor may see what they belong to."""

from uuid import UUID

from anlan.fieldwork.models import Upload


def picture(upload_id: UUID, *, thumb: bool = False) -> bytes | None:
    """Return the redrawn JPEG, or None while there is none (raw yet, or refused)."""
    row = (
        Upload.objects.filter(id=upload_id, state="ready").values_list("thumb" if thumb else "data", flat=True).first()
    )
    return bytes(row) if row is not None else None

"""Harmless copies of uploads, for whoever has already asked whether the actor may see what they belong to."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from anlan.fieldwork.models import Upload


def picture(upload_id: UUID, *, thumb: bool = False) -> bytes | None:
    """Return the redrawn JPEG, or None while there is none (raw yet, or refused)."""
    row = (
        Upload.objects.filter(id=upload_id, state="ready").values_list("thumb" if thumb else "data", flat=True).first()
    )
    return bytes(row) if row is not None else None


def drawn(wanted: Any, *, most: int) -> dict[UUID, Upload]:
    """Return files that have become something, ready or refused, the oldest first; `wanted`: ids or a query of them."""
    rows = Upload.objects.filter(id__in=wanted, state__in=["ready", "refused"]).defer("raw")
    return {row.id: row for row in rows.order_by("arrived_at")[:most]}


def whole(wanted: Iterable[UUID]) -> set[UUID]:
    """Return those files that have come whole and may be photos."""
    return set(Upload.objects.filter(id__in=list(wanted), state__in=["raw", "ready"]).values_list("id", flat=True))


def looks(ids: Collection[UUID]) -> dict[UUID, int]:
    """Return {upload: its difference hash} of what is drawn and hashed, or never will be (0: refused, too plain)."""
    rows = Upload.objects.filter(id__in=ids).exclude(state="ready", look=None).filter(state__in=["ready", "refused"])
    return {identifier: look or 0 for identifier, look in rows.values_list("id", "look")}

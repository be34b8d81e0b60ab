"""Files that come in pieces over a bad line: kept raw until they are whole, then drawn anew (services.redrawing).

What they are is told by their content at once; what is no photo is refused with the first piece.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from anlan.fieldwork.models import Upload, UploadPart
from anlan.kernel.authority import Actor, Hidden
from anlan.kernel.clock import now

MAGIC = 12  # bytes by which a kind is told


@dataclass(frozen=True, slots=True)
class File:
    """A piece of a file as it came: `start` is where it belongs, `total` how long the whole is (bytes)."""

    id: UUID
    by: Actor
    data: bytes
    start: int
    total: int

    @property
    def whole(self) -> bool:
        """Say whether the piece is the file."""
        return self.start == 0 and len(self.data) == self.total


@dataclass(frozen=True, slots=True)
class Held:
    """How much there is of a file. `state`: awaited, raw, ready or refused; `reason`: kind, size, broken or pixels."""

    have: int
    state: str = "awaited"
    reason: str = ""


def known(data: bytes) -> bool:
    """Say whether bytes begin as a JPEG, PNG or WebP."""
    return data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def receive_many(files: Sequence[File]) -> list[Held | Exception]:
    """Take files in: whole ones together, pieces one by one. Hidden stands for a file that is somebody else's."""
    whole = {f.id: f for f in files if f.whole}
    held = _wholes(list(whole.values())) if whole else {}
    return [held[f.id] if whole.get(f.id) is f else _piece(f) for f in files]


@transaction.atomic
def _wholes(files: Sequence[File]) -> dict[UUID, Held | Exception]:
    ordered = sorted(files, key=lambda f: f.id)
    judged = [_judged(f) for f in ordered]
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            [
                now(),
                [f.id for f in ordered],
                [f.by.pseudonym for f in ordered],
                ["refused" if reason else "raw" for reason in judged],
                judged,
                [b"" if reason else f.data for f, reason in zip(ordered, judged, strict=True)],
                [len(f.data) for f in ordered],
                [hashlib.sha256(f.data).digest() for f in ordered],
            ],
        )
        taken = {row[0] for row in cursor.fetchall()}
        cursor.execute("DELETE FROM fieldwork_uploadpart WHERE upload = ANY(%s)", [sorted(taken)])
    found: dict[UUID, Held | Exception] = {
        f.id: Held(len(f.data), "refused" if reason else "raw", reason)
        for f, reason in zip(ordered, judged, strict=True)
        if f.id in taken
    }
    others = {r.id: r for r in Upload.objects.filter(id__in=[f.id for f in ordered if f.id not in taken]).only(
        "owner", "state", "reason", "size")}  # fmt: skip
    for f in ordered:
        if f.id not in taken:
            found[f.id] = _stands(others[f.id], f.by)
    return found


def _judged(file: File) -> str:
    if file.total > settings.PHOTO_MB * 2**20:
        return "size"
    return "" if known(file.data) else "kind"


def _stands(row: Upload, by: Actor) -> Held | Exception:
    if row.owner != by.pseudonym or by.pseudonym is None:
        return Hidden(str(row.id))
    return Held(row.size, row.state, row.reason)


def _piece(file: File) -> Held | Exception:
    try:
        return _laid(file)
    except Hidden as error:
        return error


@transaction.atomic
def _laid(file: File) -> Held:
    """Add a piece to what there is; one that leaves a gap is not kept, and the answer says where to go on."""
    Upload.objects.bulk_create(
        [Upload(id=file.id, owner=file.by.pseudonym, state="awaited", digest=b"")], ignore_conflicts=True
    )
    row = Upload.objects.select_for_update().defer("raw", "data", "thumb").get(id=file.id)
    if row.owner != file.by.pseudonym:
        raise Hidden(str(file.id))
    if row.state != "awaited":
        return Held(row.size, row.state, row.reason)
    have = _have(file.id)
    piece = file.data[have - file.start :] if file.start <= have else b""
    reason = ""
    if file.total > settings.PHOTO_MB * 2**20 or have + len(piece) > file.total:
        reason = "size"
    elif have == 0 and len(piece) >= MAGIC and not known(piece):
        reason = "kind"
    if reason:
        return _refuse(row, reason)
    if piece:
        UploadPart.objects.create(upload=file.id, start=have, data=piece)
    if have + len(piece) < file.total:
        return Held(have + len(piece))
    raw = b"".join(bytes(p) for p in UploadPart.objects.filter(upload=file.id).order_by("start").values_list(
        "data", flat=True))  # fmt: skip
    if not known(raw):
        return _refuse(row, "kind")
    row.raw, row.state, row.size, row.digest = raw, "raw", len(raw), hashlib.sha256(raw).digest()
    row.arrived_at = now()
    row.save(update_fields=["raw", "state", "size", "digest", "arrived_at"])
    UploadPart.objects.filter(upload=file.id).delete()
    return Held(len(raw), "raw")


def _refuse(row: Upload, reason: str) -> Held:
    row.state, row.reason, row.arrived_at = "refused", reason, now()
    row.save(update_fields=["state", "reason", "arrived_at"])
    UploadPart.objects.filter(upload=row.id).delete()
    return Held(0, "refused", reason)


def _have(upload: UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(start + octet_length(data)), 0) FROM fieldwork_uploadpart WHERE upload = %s", [upload]
        )
        return int(cursor.fetchone()[0])


def held(upload: UUID, *, by: Actor) -> Held:
    """Say how much there is of a file of the actor's. Raises Hidden for somebody else's and for what nobody sent."""
    row = Upload.objects.only("owner", "state", "reason", "size").filter(id=upload, owner=by.pseudonym).first()
    if row is None or by.pseudonym is None:
        raise Hidden(str(upload))
    return Held(_have(upload), "awaited") if row.state == "awaited" else Held(row.size, row.state, row.reason)


_TAKE = """
INSERT INTO fieldwork_upload AS u (id, owner, state, reason, raw, size, digest, arrived_at, kind, width, height)
SELECT id, owner, state, reason, nullif(raw, ''::bytea), size, digest, %s, 'photo', 0, 0
FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::bytea[], %s::int[], %s::bytea[])
  AS q (id, owner, state, reason, raw, size, digest)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, reason = excluded.reason, raw = excluded.raw,
  size = excluded.size, digest = excluded.digest, arrived_at = excluded.arrived_at
WHERE u.state = 'awaited' AND u.owner = excluded.owner
RETURNING u.id
"""

"""Raw files become harmless copies (kernel.pictures); the raw bytes go. In bulk by a job, or when one is asked for."""

import datetime as dt
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from django.conf import settings
from django.db import transaction

from anlan.fieldwork.models import Upload, UploadPart
from anlan.kernel import clock, pictures
from anlan.kernel.pictures import Picture, Unfit

AT_ONCE = 8  # files in memory at once
LOOKED = 200  # small copies hashed at once
FORGET_DAYS = 30  # days after which pieces of a file that never became whole are given up


def redraw(*, seconds: float = 50.0) -> int:
    """Draw raw files anew until none is left or the time is over; returns how many."""
    ends, done = time.monotonic() + seconds, 0
    with ThreadPoolExecutor(2, thread_name_prefix="redraw") as pool:
        while time.monotonic() < ends and (few := _few(pool)):
            done += few
    return done


def _few(pool: ThreadPoolExecutor) -> int:
    """Draw a few outside any transaction, then write them: what somebody's look has drawn meanwhile stays."""
    raw = Upload.objects.filter(state="raw")
    rows = list(raw.order_by("arrived_at")[:AT_ONCE])
    for row, drawn in zip(rows, pool.map(lambda r: _drawn(bytes(r.raw or b"")), rows), strict=True):
        _set(row, drawn)
    raw.bulk_update(rows, _FIELDS)
    return len(rows)


def _drawn(raw: bytes) -> Picture | str:
    """Return the copy, or why there is none. No database: runs in a thread."""
    try:
        return pictures.clean(raw, most=settings.PHOTO_MB * 2**20)
    except Unfit as error:
        return error.reason


def _set(row: Upload, drawn: Picture | str) -> None:
    row.raw = None
    if isinstance(drawn, str):
        row.state, row.reason = "refused", drawn
        return
    row.state, row.data, row.thumb, row.width, row.height = "ready", drawn.data, drawn.thumb, drawn.width, drawn.height
    row.lon, row.lat, row.taken_at, row.look = drawn.lon, drawn.lat, drawn.taken_at, drawn.look


_FIELDS = ["raw", "state", "reason", "data", "thumb", "width", "height", "lon", "lat", "taken_at", "look"]


def look_again(*, seconds: float = 50.0) -> int:
    """Hash the small copies that were drawn before hashes were kept, until none is left or the time is over."""
    ends, done = time.monotonic() + seconds, 0
    unlooked = Upload.objects.filter(state="ready", look=None).order_by("arrived_at")
    while time.monotonic() < ends and (rows := list(unlooked.only("thumb")[:LOOKED])):
        for row in rows:
            row.look = pictures.look(bytes(row.thumb)) if row.thumb else 0
        Upload.objects.bulk_update(rows, ["look"])
        done += len(rows)
    return done


@transaction.atomic
def seen(upload_id: UUID, *, thumb: bool = False) -> bytes | None:
    """Return the JPEG of a file, drawing it first where nobody has yet; None where there is none (awaited, refused).

    The caller has asked whether the actor may see what the file belongs to.
    """
    row = Upload.objects.filter(id=upload_id).only("state", "thumb" if thumb else "data").first()
    if row is not None and row.state == "raw":
        row = Upload.objects.select_for_update().get(id=upload_id)
        if row.state == "raw":
            _set(row, _drawn(bytes(row.raw or b"")))
            row.save(update_fields=_FIELDS)
    if row is None or row.state != "ready":
        return None
    return bytes((row.thumb if thumb else row.data) or b"")


def forget() -> int:
    """Give up pieces of files that never became whole; returns how many files. What a record said of them stays."""
    old = clock.now() - dt.timedelta(days=FORGET_DAYS)
    stale = set(UploadPart.objects.filter(at__lt=old).values_list("upload", flat=True))
    UploadPart.objects.filter(upload__in=stale).delete()
    return len(stale)

"""How a door fares: when it was last heard, how much came, was kept, was refused; written now and then."""

import threading
import time
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from anlan.kernel.clock import now

FLUSH = 10.0  # seconds between two writes of a process for one door; what a killed one had not written is not counted
_ADD = """
    UPDATE sensing_feed SET health = health || jsonb_build_object(
      'state', %s::text, 'at', %s::text, 'message', %s::text,
      'came', coalesce((health->>'came')::bigint, 0) + %s, 'taken', coalesce((health->>'taken')::bigint, 0) + %s,
      'refused', coalesce((health->>'refused')::bigint, 0) + %s) WHERE id = %s
"""


@dataclass(slots=True)
class _Beat:
    came: int = 0
    taken: int = 0
    refused: int = 0
    written: float = float("-inf")


_lock = threading.Lock()
_beats: dict[UUID, _Beat] = {}


def note(feed: UUID, *, came: int, taken: int, refused: int, message: str = "") -> None:
    """Count what a door brought; `message` is what is wrong with it, "" while it is well."""
    with _lock:
        beat = _beats.setdefault(feed, _Beat())
        beat.came, beat.taken, beat.refused = beat.came + came, beat.taken + taken, beat.refused + refused
        if time.monotonic() - beat.written < FLUSH:
            return
        counts = (beat.came, beat.taken, beat.refused)
        beat.came = beat.taken = beat.refused = 0
        beat.written = time.monotonic()
    with connection.cursor() as cursor:
        state = "failing" if message else "ok"
        cursor.execute(_ADD, [state, now().isoformat(), message[:200], *counts, feed])

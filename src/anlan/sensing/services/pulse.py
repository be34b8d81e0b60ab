"""How doors fare: counted in memory, written into `Feed.health` every few seconds, never once a message."""

import threading
import time
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from anlan.kernel.clock import now

FLUSH = 5.0  # seconds between two writes of a process for one door; what a killed one had not written is not counted
_WRITE = """
    UPDATE sensing_feed f SET health = f.health || jsonb_build_object(
      'came', coalesce((f.health->>'came')::bigint, 0) + g.came,
      'taken', coalesce((f.health->>'taken')::bigint, 0) + g.taken,
      'refused', coalesce((f.health->>'refused')::bigint, 0) + g.refused)
      || CASE WHEN g.came > 0 THEN jsonb_build_object('at', %(now)s::text) ELSE '{}'::jsonb END
      || CASE WHEN g.state <> '' THEN jsonb_build_object('state', g.state, 'message', g.message, 'since',
        CASE WHEN f.health->>'state' = g.state THEN coalesce(f.health->>'since', %(now)s::text) ELSE %(now)s::text END)
        ELSE '{}'::jsonb END
    FROM unnest(%(id)s::uuid[], %(came)s::bigint[], %(taken)s::bigint[], %(refused)s::bigint[], %(state)s::text[],
      %(message)s::text[]) AS g (id, came, taken, refused, state, message) WHERE f.id = g.id
"""


@dataclass(slots=True)
class _Beat:
    """What was noted since `written`; a `state` of "" has not changed."""

    came: int = 0
    taken: int = 0
    refused: int = 0
    state: str = ""
    message: str = ""
    written: float = float("-inf")

    @property
    def blank(self) -> bool:
        return not (self.came or self.refused or self.state)


_lock = threading.Lock()
_beats: dict[UUID, _Beat] = {}


def note(feed: UUID, *, came: int, taken: int, refused: int, message: str = "") -> None:
    """Count what a door brought; `message` is what is wrong with it, "" while it is well."""
    with _lock:
        beat = _beats.setdefault(feed, _Beat())
        beat.came, beat.taken, beat.refused = beat.came + came, beat.taken + taken, beat.refused + refused
        beat.state, beat.message = "failing" if message else "ok", message
    write()


def say(feed: UUID, state: str, message: str) -> None:
    """Note how a door is (one of feeds.STATES) and why; whoever calls `write` next writes it."""
    with _lock:
        beat = _beats.setdefault(feed, _Beat())
        beat.state, beat.message = state, message
        beat.written = float("-inf")


def write(*, at_once: bool = False) -> None:
    """Write what was noted and is due."""
    moment = time.monotonic()
    with _lock:
        due = sorted(i for i, b in _beats.items() if not b.blank and (at_once or moment - b.written >= FLUSH))
        those = [(i, _beats[i]) for i in due]
        for identifier in due:
            _beats[identifier] = _Beat(written=moment)
    if not those:
        return
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {
            "now": now().isoformat(), "id": due, "came": [b.came for _i, b in those],
            "taken": [b.taken for _i, b in those], "refused": [b.refused for _i, b in those],
            "state": [b.state for _i, b in those], "message": [b.message[:300] for _i, b in those],
        })  # fmt: skip

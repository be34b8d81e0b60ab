"""The queues of what could not be placed: nothing vanishes. Equal ones fold into one row that counts."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.sensing.batches import instant

PAYLOAD = 4096  # bytes kept of what could not be read
HELD = 5000  # readings kept of each unclaimed device and key, the newest
_REJECT = """
    INSERT INTO sensing_rejected AS r (id, feed_id, door, reason, field, payload, digest, count, first_at, last_at,
      opinion)
    SELECT id, %(feed)s, %(door)s, reason, field, payload, digest, count, %(now)s, %(now)s, ''
    FROM unnest(%(id)s::uuid[], %(reason)s::text[], %(field)s::text[], %(payload)s::bytea[], %(digest)s::bytea[],
      %(count)s::bigint[]) AS given (id, reason, field, payload, digest, count) ORDER BY digest
    ON CONFLICT (digest) DO UPDATE SET count = r.count + excluded.count, last_at = excluded.last_at,
      settled_at = NULL, settled_by = NULL
"""
_UNCLAIMED = """
    INSERT INTO sensing_unclaimed AS u (id, feed_id, device, key, unit, sample, count, first_at, last_at, state, note)
    SELECT id, %(feed)s, device, key, unit, sample, count, %(now)s, %(now)s, 'open', ''
    FROM unnest(%(id)s::uuid[], %(device)s::text[], %(key)s::text[], %(unit)s::text[], %(sample)s::text[],
      %(count)s::bigint[]) AS given (id, device, key, unit, sample, count) ORDER BY device, key
    ON CONFLICT (device, key) DO UPDATE SET count = u.count + excluded.count, last_at = excluded.last_at,
      sample = excluded.sample, unit = CASE WHEN excluded.unit = '' THEN u.unit ELSE excluded.unit END,
      feed_id = coalesce(excluded.feed_id, u.feed_id)
    RETURNING id, device, key, state
"""
_HELD = """
    INSERT INTO sensing_held (unclaimed_id, at, value, other)
    SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::float8[], %s::jsonb[]) ON CONFLICT DO NOTHING
"""
_FULL = """
    DELETE FROM sensing_held h USING unnest(%s::uuid[]) AS u (id)
    WHERE h.unclaimed_id = u.id AND h.at < (SELECT at FROM sensing_held n WHERE n.unclaimed_id = u.id
      ORDER BY at DESC OFFSET %s LIMIT 1)
"""


@dataclass(slots=True)
class Fault:
    """What is wrong with a payload or a reading; those of one `same` fold. `count` of them had it."""

    reason: str
    payload: bytes
    field: str = ""
    same: str = ""
    count: int = 1


@dataclass(slots=True)
class Stray:
    """Readings of a device that nobody registered: (µs, number or None, other or None)."""

    device: str
    key: str
    unit: str = ""
    sample: str = ""
    readings: list[tuple[int, float | None, dict[str, Any] | None]] = field(default_factory=list)


def reject(faults: Sequence[Fault], *, door: str, feed: UUID | None = None) -> None:
    """Put what could not be read, or must not be kept, into the queue of rejected payloads."""
    folded: dict[bytes, Fault] = {}
    for fault in faults:
        same = fault.same.encode() or fault.payload[:PAYLOAD]
        digest = hashlib.sha256(b"\0".join((door.encode(), str(feed).encode(), fault.reason.encode(), same))).digest()
        if digest in folded:
            folded[digest].count += fault.count
        else:
            folded[digest] = Fault(fault.reason, fault.payload, fault.field, fault.same, fault.count)
    if not folded:
        return
    those = list(folded.values())
    with connection.cursor() as cursor:
        cursor.execute(_REJECT, {
            "feed": feed, "door": door[:20], "now": now(), "id": [uuid7() for _ in those],
            "reason": [f.reason[:200] for f in those], "field": [f.field[:120] for f in those],
            "payload": [f.payload[:PAYLOAD] for f in those], "digest": list(folded), "count": [f.count for f in those],
        })  # fmt: skip


def hold(strays: Sequence[Stray], *, feed: UUID | None = None) -> int:
    """Keep readings of unknown devices until somebody claims them; return how many. Dropped devices keep none."""
    if not strays:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_UNCLAIMED, {
            "feed": feed, "now": now(), "id": [uuid7() for _ in strays], "device": [s.device for s in strays],
            "key": [s.key for s in strays], "unit": [s.unit[:24] for s in strays],
            "sample": [s.sample[:2000] for s in strays], "count": [len(s.readings) for s in strays],
        })  # fmt: skip
        found = {(device, key): id_ for id_, device, key, state in cursor.fetchall() if state == "open"}
        rows = [
            (found[s.device, s.key], at, value, other)
            for s in strays if (s.device, s.key) in found
            for at, value, other in s.readings[-HELD:]
        ]  # fmt: skip
        if rows:
            ids, ats, values, others = zip(*sorted(rows, key=lambda row: (row[0], row[1])), strict=True)
            said = [None if other is None else orjson.dumps(other).decode() for other in others]
            cursor.execute(_HELD, [list(ids), [instant(at) for at in ats], list(values), said])
            cursor.execute(_FULL, [list(dict.fromkeys(ids)), HELD])
    return len(rows)

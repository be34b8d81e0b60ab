"""Time-ordered identifiers (UUIDv7, RFC 9562 §5.7): tables partition by range on them; inserts stay at the edge."""

import os
import time
from uuid import UUID

_VERSION = 0x7 << 76
_VARIANT = 0x2 << 62
_MASK_A = (1 << 12) - 1
_MASK_B = (1 << 62) - 1


def uuid7(*, at_ms: int | None = None) -> UUID:
    """Return a UUIDv7 for now, or for `at_ms` (Unix milliseconds). Random below the millisecond."""
    ms = time.time_ns() // 1_000_000 if at_ms is None else at_ms
    rand = int.from_bytes(os.urandom(10), "big")
    return UUID(int=(ms << 80) | _VERSION | ((rand >> 64) & _MASK_A) << 64 | _VARIANT | (rand & _MASK_B))


def uuid7s(count: int) -> list[UUID]:
    """Return `count` UUIDv7 in ascending order, from one draw of randomness: for masses (COPY, fan-out).

    Ascending within the list because the 12 bits under the millisecond and the top of the tail count up.
    """
    ms = time.time_ns() // 1_000_000
    noise = os.urandom(5 * count)
    made = []
    for i in range(count):
        tail = (i & 0x3FFFFF) << 40 | int.from_bytes(noise[5 * i : 5 * i + 5], "big")
        made.append(UUID(int=(ms + (i >> 22) << 80) | _VERSION | _VARIANT | (tail & _MASK_B)))
    return made


def time_of(identifier: UUID) -> float:
    """Return the Unix time, in seconds, that a UUIDv7 carries."""
    return (identifier.int >> 80) / 1000


def floor_of(at_ms: int) -> UUID:
    """Return the smallest UUIDv7 of a millisecond: the bound of a partition."""
    return UUID(int=at_ms << 80)

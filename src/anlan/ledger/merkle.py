"""The Merkle tree of a block (RFC 6962 §2.1) over SHA-256 or SM3, and the bytes of a block's header."""

import hashlib
import json
from collections.abc import Callable, Sequence

from anlan.ledger.sm3 import sm3

Hash = Callable[[bytes], bytes]
GENESIS = bytes(32)
SIZE = 32  # bytes of a digest, either algorithm


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _openssl_sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


def hashing(algorithm: str) -> Hash:
    """Return the hash named "sha256" or "sm3" (OpenSSL's, else our own). Raises ValueError for another name."""
    if algorithm == "sha256":
        return _sha256
    if algorithm == "sm3":
        try:
            hashlib.new("sm3")
        except ValueError:
            return sm3
        return _openssl_sm3
    raise ValueError(f"seal hash {algorithm!r} is neither sha256 nor sm3")


def leaf(data: bytes, h: Hash) -> bytes:
    """Return the digest of a leaf; the prefix keeps a leaf from passing for a node."""
    return h(b"\x00" + data)


def root(leaves: Sequence[bytes], h: Hash) -> bytes:
    """Return the root over leaf digests. Raises ValueError when there are none."""
    if not leaves:
        raise ValueError("a tree needs a leaf")
    level = list(leaves)
    while len(level) > 1:
        above = [h(b"\x01" + level[i] + level[i + 1]) for i in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]


def path(leaves: Sequence[bytes], index: int, h: Hash) -> list[tuple[str, bytes]]:
    """Return the siblings from a leaf up to the root, each with the side ("left" or "right") it stands on."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} among {len(leaves)}")
    level, siblings = list(leaves), []
    while len(level) > 1:
        other = index ^ 1
        if other < len(level):
            siblings.append(("left" if other < index else "right", level[other]))
        above = [h(b"\x01" + level[i] + level[i + 1]) for i in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            above.append(level[-1])
        level, index = above, index // 2
    return siblings


def climb(digest: bytes, siblings: Sequence[tuple[str, bytes]], h: Hash) -> bytes:
    """Return the root that a leaf's digest and its siblings lead to."""
    for side, other in siblings:
        digest = h(b"\x01" + (other + digest if side == "left" else digest + other))
    return digest


def header(fields: Sequence[object]) -> bytes:
    """Return the bytes of a block's header: a JSON array in ASCII without spaces, easily made again."""
    return json.dumps(list(fields), separators=(",", ":"), ensure_ascii=True).encode()

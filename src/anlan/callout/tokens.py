"""Personal answer links: sixteen letters that name one obligation and prove that we made them; nothing is stored.

A token is 29 bits of the obligation's short number and 64 bits of HMAC-SHA256 over its id, in base 58 (no 0, O, I, l).
Guessing one takes about 2⁶³ tries; the number alone opens nothing.
"""

import hmac
from uuid import UUID

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
LENGTH = 16
_VALUE = {c: i for i, c in enumerate(ALPHABET)}
_PAIRS = [a + b for a in ALPHABET for b in ALPHABET]
_MAC_BITS = 64
_LIMIT = 1 << (29 + _MAC_BITS)
_HALF = 58**8
_key: list[bytes] = []
_PUSH = b"anlan push acknowledgements v1"


def configure(secret: str) -> None:
    """Derive the key from the installation's secret. Called once at start-up."""
    _key[:] = [hmac.digest(secret.encode(), what, "sha256") for what in (b"anlan answer links v1", _PUSH)]


def mac(obligation: UUID) -> int:
    """Return the 64 bits that prove a token for an obligation."""
    return int.from_bytes(hmac.digest(_key[0], obligation.int.to_bytes(16, "big"), "sha256")[:8], "big")


def mint(number: int, obligation: UUID) -> str:
    """Return the token of an obligation with its short number (1 … 2²⁹ - 1)."""
    left, right = divmod(number << _MAC_BITS | mac(obligation), _HALF)
    return _eight(left) + _eight(right)


def _eight(value: int) -> str:
    value, d = divmod(value, 3364)
    value, c = divmod(value, 3364)
    a, b = divmod(value, 3364)
    return _PAIRS[a] + _PAIRS[b] + _PAIRS[c] + _PAIRS[d]


def read(token: str) -> tuple[int, int] | None:
    """Return (number, proof) of a well-formed token, None for anything else. It proves nothing yet: see `proves`."""
    if len(token) != LENGTH:
        return None
    value = 0
    for letter in token:
        digit = _VALUE.get(letter)
        if digit is None:
            return None
        value = value * 58 + digit
    return None if value >= _LIMIT else (value >> _MAC_BITS, value & ((1 << _MAC_BITS) - 1))


def proves(proof: int, obligation: UUID) -> bool:
    """Say, in constant time, whether a token's proof is that of the obligation."""
    return hmac.compare_digest(proof.to_bytes(8, "big"), mac(obligation).to_bytes(8, "big"))


def acknowledgement(receipt: UUID) -> str:
    """Return what a device shows to say that it rang for a receipt. It opens nothing, and no link is made from it."""
    return hmac.digest(_key[1], receipt.bytes, "sha256")[:16].hex()


def acknowledges(proof: str, receipt: UUID) -> bool:
    """Say, in constant time, whether an acknowledgement is that of the receipt."""
    return proof.isascii() and hmac.compare_digest(proof, acknowledgement(receipt))

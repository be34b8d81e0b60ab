"""How a gateway and Anlan prove themselves to each other: HMAC-SHA256 over time, nonce, method, path and body.

The same four headers go both ways, so a gateway that can check ours can make its own:
`X-Anlan-Timestamp` (Unix seconds), `X-Anlan-Nonce` (16 to 64 letters, never used twice), `X-Anlan-Signature`
(`v1=` and the hex digest) and, outward, `X-Anlan-Key` (which of its customers we are).
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

TIMESTAMP = "X-Anlan-Timestamp"
NONCE = "X-Anlan-Nonce"
SIGNATURE = "X-Anlan-Signature"
KEY = "X-Anlan-Key"
WINDOW = 300  # seconds that a clock may be off, and that a nonce must be remembered (twice, both ways)
_NONCE = re.compile(r"^[A-Za-z0-9_-]{16,64}$")
_STAMP = re.compile(r"^[0-9]{9,11}$")


class Unsigned(PermissionError):  # noqa: N818 - a sentence: the request is unsigned
    """The request proves nothing: `reason` is one of missing, malformed, old, wrong."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Proof:
    """What a checked request carried: its time and the nonce, which the caller must refuse the second time."""

    timestamp: int
    nonce: str


def digest(secret: str, stamp: str, nonce: str, *, method: str, path: str, body: bytes) -> str:
    """Return the hex HMAC-SHA256 of the canonical lines `v1, timestamp, nonce, METHOD, path, sha256(body)`."""
    lines = ("v1", stamp, nonce, method.upper(), path, hashlib.sha256(body).hexdigest())
    return hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()


def headers(secret: str, method: str, path: str, body: bytes, *, at: float, key: str = "") -> dict[str, str]:
    """Return the headers that sign a request. `path` is the path with its query, `at` the Unix time now."""
    nonce = secrets.token_urlsafe(18)
    stamp = str(int(at))
    made = {
        TIMESTAMP: stamp,
        NONCE: nonce,
        SIGNATURE: f"v1={digest(secret, stamp, nonce, method=method, path=path, body=body)}",
    }
    return {**made, KEY: key} if key else made


def check(given: Mapping[str, str], secret: str, method: str, path: str, body: bytes, *, at: float) -> Proof:
    """Return what a signed request proves. Raises Unsigned; an empty secret proves nothing to anybody.

    Whether the nonce was seen before is the caller's to know: it must be kept for 2 × WINDOW.
    """
    stamp, nonce, signature = given.get(TIMESTAMP, ""), given.get(NONCE, ""), given.get(SIGNATURE, "")
    if not (stamp and nonce and signature):
        raise Unsigned("missing")
    if not (_STAMP.match(stamp) and _NONCE.match(nonce) and signature.startswith("v1=")):
        raise Unsigned("malformed")
    expected = digest(secret, stamp, nonce, method=method, path=path, body=body)
    if not secret or not hmac.compare_digest(signature.removeprefix("v1=").encode(), expected.encode()):
        raise Unsigned("wrong")
    if abs(at - int(stamp)) > WINDOW:
        raise Unsigned("old")
    return Proof(int(stamp), nonce)

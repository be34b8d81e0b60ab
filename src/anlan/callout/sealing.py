"""Secrets of gateways at rest: AES-256-GCM under the field key, in text that says what it is."""

import base64
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MARK = "sealed:v1:"
NONCE = 12


class Sealed(ValueError):  # noqa: N818 - a sentence: it stays sealed
    """These keys do not open the value: it was written by another installation, or altered."""


@lru_cache(maxsize=4)
def _cipher(key: str) -> AESGCM:
    stretched = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"anlan callout secrets")
    return AESGCM(stretched.derive(key.encode()))


def seal(text: str, key: str) -> str:
    """Return the text encrypted, as ASCII."""
    nonce = os.urandom(NONCE)
    return MARK + base64.b64encode(nonce + _cipher(key).encrypt(nonce, text.encode(), None)).decode()


def unseal(kept: str, key: str) -> str:
    """Return the text again. Raises Sealed."""
    if not kept.startswith(MARK):
        raise Sealed("no sealed value")
    try:
        blob = base64.b64decode(kept.removeprefix(MARK), validate=True)
        return _cipher(key).decrypt(blob[:NONCE], blob[NONCE:], None).decode()
    except (ValueError, InvalidTag):
        raise Sealed("the field key does not open this value") from None


def digest(text: str, key: str) -> bytes:
    """Return 16 bytes by which a sealed text is found again without opening any."""
    return hmac.digest(key.encode(), b"anlan callout lookups\0" + text.encode(), hashlib.sha256)[:16]

"""How Feishu signs and encrypts callbacks (its document «配置 Encrypt Key 加密策略»).

The signature is SHA-256 over timestamp, nonce, Encrypt Key and body. The text is AES-256-CBC under the SHA-256 of the
Encrypt Key, the first 16 bytes of the ciphertext are the vector, padded by PKCS#7.
"""

import base64
import binascii
import hashlib
import hmac
import os

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from anlan.callout.carriers import Forged


def signature(key: str, timestamp: str, nonce: str, body: bytes) -> str:
    """Return the hex signature of a request."""
    return hashlib.sha256(f"{timestamp}{nonce}{key}".encode() + body).hexdigest()


def check(key: str, timestamp: str, nonce: str, body: bytes, *, given: str) -> None:
    """Raise Forged where the signature is not the service's; an empty key proves nothing."""
    if not key or not hmac.compare_digest(signature(key, timestamp, nonce, body).encode(), given.encode()):
        raise Forged("signature")


def decrypt(key: str, encrypted: str) -> bytes:
    """Return the text of a ciphertext. Raises Forged where it is none under this key."""
    try:
        sealed = base64.b64decode(encrypted, validate=True)
        opener = Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.CBC(sealed[:16])).decryptor()
        padded = opener.update(sealed[16:]) + opener.finalize()
        stripper = padding.PKCS7(128).unpadder()
        return stripper.update(padded) + stripper.finalize()
    except (ValueError, binascii.Error):
        raise Forged("ciphertext") from None


def encrypt(key: str, text: bytes) -> str:
    """Return a text as the service encrypts it."""
    vector = os.urandom(16)
    padder = padding.PKCS7(128).padder()
    padded = padder.update(text) + padder.finalize()
    sealer = Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.CBC(vector)).encryptor()
    return base64.b64encode(vector + sealer.update(padded) + sealer.finalize()).decode()

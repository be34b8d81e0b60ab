"""How WeCom signs and encrypts callbacks (its document 90968, «加解密方案说明»).

The signature is SHA-1 over the sorted token, timestamp, nonce and ciphertext; it is keyed by the token. The text is
AES-256-CBC under the EncodingAESKey, its first 16 bytes the vector: 16 random bytes, the length (4 bytes, big-endian),
the message, the receiver's id; padded to 32 bytes as PKCS#7 does.
"""

import base64
import binascii
import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from anlan.callout.carriers import Forged

BLOCK = 32


def signature(token: str, timestamp: str, nonce: str, encrypted: str) -> str:
    """Return the hex signature of a message."""
    lines = "".join(sorted((token, timestamp, nonce, encrypted)))
    return hashlib.sha1(lines.encode()).hexdigest()  # noqa: S324 - the service's own scheme


def check(token: str, timestamp: str, nonce: str, encrypted: str, given: str) -> None:
    """Raise Forged where the signature is not the service's; an empty token proves nothing."""
    if not token or not hmac.compare_digest(signature(token, timestamp, nonce, encrypted).encode(), given.encode()):
        raise Forged("signature")


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    try:
        key = base64.b64decode(aes_key + "=", validate=True)
    except binascii.Error:
        raise Forged("our EncodingAESKey") from None
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def decrypt(aes_key: str, encrypted: str, receiver: str) -> bytes:
    """Return the message of a ciphertext. Raises Forged where it is none, or meant for somebody else."""
    try:
        sealed = base64.b64decode(encrypted, validate=True)
        opener = _cipher(aes_key).decryptor()
        plain = opener.update(sealed) + opener.finalize()
        pad = plain[-1]
        (length,) = struct.unpack(">I", plain[16:20])
    except (ValueError, IndexError, struct.error):
        raise Forged("ciphertext") from None
    body = plain[20:-pad]
    if not 1 <= pad <= BLOCK or len(body) < length or body[length:] != receiver.encode():
        raise Forged("receiver")
    return body[:length]


def encrypt(aes_key: str, message: bytes, receiver: str) -> str:
    """Return a message as the service encrypts it."""
    plain = os.urandom(16) + struct.pack(">I", len(message)) + message + receiver.encode()
    pad = BLOCK - len(plain) % BLOCK
    sealer = _cipher(aes_key).encryptor()
    return base64.b64encode(sealer.update(plain + bytes([pad]) * pad) + sealer.finalize()).decode()

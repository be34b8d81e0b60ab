"""The vault: private text encrypted per affair. The entry holds a salted digest: a shredded key breaks no seal."""

import hashlib
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import connection

from anlan.kernel import clock
from anlan.kernel.authority import Hidden
from anlan.kernel.ids import uuid7

NONCE = 12
SALT = 32


class Unreadable(RuntimeError):  # noqa: N818 - a sentence: the secret is unreadable
    """The key was destroyed, or FIELD_KEY is not the one that wrapped it."""


@lru_cache(maxsize=4)
def _master(field_key: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"anlan ledger vault").derive(field_key.encode()))


def _seal(key: AESGCM, text: bytes, bound: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + key.encrypt(nonce, text, bound)


def unseal(key: AESGCM, text: bytes, bound: bytes) -> bytes:
    try:
        return key.decrypt(text[:NONCE], text[NONCE:], bound)
    except InvalidTag:
        raise Unreadable("the text does not open with this key") from None


def key_of(chain: UUID, *, make: bool) -> AESGCM:
    """Return the affair's data key. Making one waits for nobody: whoever is second takes the first's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT wrapped_key FROM ledger_vault_key WHERE chain = %s", [chain])
        row = cursor.fetchone()
        if row is None and make:
            cursor.execute(
                "INSERT INTO ledger_vault_key (chain, wrapped_key, made_at) VALUES (%s, %s, %s) "
                "ON CONFLICT (chain) DO NOTHING",
                [chain, _seal(_master(settings.FIELD_KEY), AESGCM.generate_key(256), chain.bytes), clock.now()],
            )
            cursor.execute("SELECT wrapped_key FROM ledger_vault_key WHERE chain = %s", [chain])
            row = cursor.fetchone()
    if row is None:
        raise Hidden
    if row[0] is None:
        raise Unreadable("the key of this affair was destroyed")
    return AESGCM(unseal(_master(settings.FIELD_KEY), bytes(row[0]), chain.bytes))


def put(private: Mapping[str, Any], *, chain: UUID, place_path: str) -> dict[str, str]:
    """Encrypt and store; return what the entry keeps: the secret's id and its digest, salted with 32 hidden bytes."""
    identifier = uuid7()
    plain = os.urandom(SALT) + orjson.dumps(dict(private), default=str)
    digest = hashlib.sha256(plain).digest()
    ciphertext = _seal(key_of(chain, make=True), plain, identifier.bytes)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_secret (id, chain, place_path, ciphertext, digest) VALUES (%s, %s, %s, %s, %s)",
            [identifier, chain, place_path, ciphertext, digest],
        )
    return {"secret": str(identifier), "digest": digest.hex()}

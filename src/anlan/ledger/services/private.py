"""Reading and shredding what the vault holds: both leave an entry."""

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction

from anlan.kernel import authority, clock
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.ledger.services import vault
from anlan.ledger.services.recording import record
from anlan.ledger.services.vault import SALT, Unreadable
from anlan.ledger.terms import Can, Did


@dataclass(frozen=True, slots=True)
class Affair:
    """What an entry about the vault is about: a secret, or a whole affair."""

    id: UUID
    place_path: str
    chain_id: UUID
    ledger_type: str = "ledger.secret"


def take(secret_id: UUID, *, by: Actor, reason: str) -> dict[str, Any]:
    """Return private text, and leave an entry that says who looked and why.

    Raises Hidden (absent, or outside the actor's places), Invalid without a reason, Unreadable when the key is gone or
    the text is not the one whose digest was kept.
    """
    if not reason.strip():
        raise Invalid({"reason": "查看个人信息须写明理由"})
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT chain, place_path, ciphertext, digest FROM ledger_secret WHERE id = %s", [secret_id])
            row = cursor.fetchone()
        if row is None or not authority.holds(by, Can.READ_PRIVATE, at=row[1]):
            raise Hidden
        chain, place_path, ciphertext, digest = row
        plain = vault.unseal(vault.key_of(chain, make=False), bytes(ciphertext), secret_id.bytes)
        if hashlib.sha256(plain).digest() != bytes(digest):
            raise Unreadable("the text is not the one whose digest was kept")
        about = Affair(secret_id, place_path, chain)
        record(Did.PRIVATE_READ, about, by=by, reason=reason.strip())
    found: dict[str, Any] = orjson.loads(plain[SALT:])
    return found


@transaction.atomic
def destroy_key(chain: UUID, *, by: Actor, reason: str) -> UUID:
    """Shred an affair's key: its private text can never be read again, and every seal still holds. Return the entry.

    The law asks for it once the event is over (domain-facts B11, fact 34). Copies of the key in older backups live as
    long as those do. Raises Hidden where there is no key, Conflict where it is gone already, Invalid without a reason.
    """
    if not reason.strip():
        raise Invalid({"reason": "销毁密钥须写明理由"})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT k.destroyed_at, (SELECT min(s.place_path) FROM ledger_secret s WHERE s.chain = k.chain) "
            "FROM ledger_vault_key k WHERE k.chain = %s FOR UPDATE OF k",
            [chain],
        )
        row = cursor.fetchone()
        if row is None:
            raise Hidden
        authority.require(by, Can.DESTROY_KEY, at=row[1] or "")
        if row[0] is not None:
            raise Conflict("本事项的密钥已经销毁")
        cursor.execute(
            "UPDATE ledger_vault_key SET wrapped_key = NULL, destroyed_at = %s WHERE chain = %s", [clock.now(), chain]
        )
    return record(Did.KEY_DESTROYED, Affair(chain, row[1] or "", chain), by=by, reason=reason.strip())

"""Who sent a tip: sealed under a key of that row alone, opened for a reason and with an entry (HZD-13)."""

import datetime as dt
import hashlib
import hmac
import ipaddress
import os
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from anlan.hazards.models import Informant, Tip
from anlan.hazards.queries import tips as queries
from anlan.hazards.terms import Can, Did
from anlan.kernel.authority import Actor, Invalid, require
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.people import queries as people

NONCE, MARK = 12, 16


def _key(secret: str, purpose: bytes, salt: bytes | None = None) -> bytes:
    return HKDF(SHA256(), 32, salt=salt, info=purpose).derive(secret.encode())


def mark(kind: str, text: str) -> bytes:
    """Return the keyed hash (16 bytes) by which a sender is counted; it opens nothing and leads back to nobody."""
    key = _key(settings.LOOKUP_KEY, b"anlan hazards informant mark")
    return hmac.digest(key, f"{kind}:{text}".encode(), hashlib.sha256)[:MARK]


def network(address: str) -> bytes:
    """Return the mark of a network: an IPv4 address, or the /64 that one household or phone has of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return b""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return mark("network", str(ipaddress.ip_network((found, 64), strict=False)))
    return mark("network", str(getattr(found, "ipv4_mapped", None) or found))


def seal(tip_id: UUID, text: str) -> bytes | None:
    """Return a text under the key of this tip's informant, None for an empty one."""
    if not text:
        return None
    nonce = os.urandom(NONCE)
    cipher = AESGCM(_key(settings.FIELD_KEY, b"anlan hazards informant", tip_id.bytes))
    return nonce + cipher.encrypt(nonce, text.encode(), tip_id.bytes)


def unseal(tip_id: UUID, sealed: bytes | memoryview | None) -> str:
    """Return the text; "" for none."""
    if not sealed:
        return ""
    raw = bytes(sealed)
    cipher = AESGCM(_key(settings.FIELD_KEY, b"anlan hazards informant", tip_id.bytes))
    return cipher.decrypt(raw[:NONCE], raw[NONCE:], tip_id.bytes).decode()


@transaction.atomic
def see(tip_id: UUID, reason: str, *, by: Actor) -> tuple[str, str]:
    """Open who sent a tip: (name, phone), "" where not given. Raises Hidden, Refused, Invalid (no reason).

    The entry says that it was opened, by whom and why; never what was read.
    """
    tip = queries.tip(tip_id, by=by)
    require(by, Can.INFORMANT, at=tip.place_path)
    said = " ".join(reason.split())
    if not 4 <= len(said) <= 200:
        raise Invalid({"reason": _("写明为什么要看，4 到 200 个字")})
    ledger.record(Did.INFORMANT_SEEN, tip, by=by, reason=said)
    row = Informant.objects.filter(tip=tip).first()
    if row is None:
        return "", ""
    return unseal(tip.id, row.name_cipher), unseal(tip.id, row.phone_cipher)


class _Erased:
    ledger_type = "hazards.tip"

    def __init__(self) -> None:
        self.id = uuid7()


@transaction.atomic
def erase_old(*, by: Actor) -> int:
    """Delete who sent the tips that ended more than `INFORMANT_DAYS` ago; returns how many. The tips stay."""
    before = now() - dt.timedelta(days=settings.INFORMANT_DAYS)
    old = Informant.objects.filter(tip__in=queries.ended_before(before))
    count, _each = old.delete()
    if count:
        Tip.objects.filter(named=True, informant=None).update(named=False)
        ledger.record(Did.INFORMANTS_ERASED, _Erased(), by=by, count=count)
    return count


def phone_of(text: str) -> str:
    """Return a phone number as digits, "" for none. Raises Invalid for what is no number."""
    if not text.strip():
        return ""
    found = people.phone_of(text)
    if found is None:
        raise Invalid({"phone": _("不是电话号码：手机 11 位，座机带区号；不想留就空着")})
    return found

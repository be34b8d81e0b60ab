"""Phones and identity numbers: encrypted at rest (AES-256-GCM), found by a keyed hash, masked on screen.

The keys come from two secrets (settings.FIELD_KEY and LOOKUP_KEY), each stretched for this use alone (HKDF-SHA256),
so that nothing encrypted here opens elsewhere. A ciphertext is: one byte for the format, 12 of nonce, the sealed text.
"""

import hashlib
import hmac
import os
import re
import unicodedata
from collections.abc import Iterable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FORMAT = b"\x01"
NONCE = 12
DIGEST = 16
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0\d{9,11}")
_SHORT = re.compile(r"[2-9]\d{6,7}")
_KEEP = re.compile(r"[^0-9+]")
_IDENTITY = re.compile(r"\d{17}[\dX]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


class Sealed(ValueError):  # noqa: N818 - a sentence: it stays sealed
    """A ciphertext that these keys do not open: another installation's, or altered."""


class Vault:
    """Encrypts and finds by two keys. One object for the process: the cipher is set up once."""

    def __init__(self, field_key: str, lookup_key: str) -> None:
        self._cipher = AESGCM(_stretch(field_key, b"anlan people field"))
        self._lookup = _stretch(lookup_key, b"anlan people lookup")

    def encrypt_many(self, texts: Sequence[str | None]) -> list[bytes | None]:
        """Return one ciphertext per text (None for None or empty), from one draw of nonces."""
        noise = os.urandom(NONCE * len(texts))
        seal = self._cipher.encrypt
        sealed: list[bytes | None] = []
        for i, text in enumerate(texts):
            nonce = noise[NONCE * i : NONCE * (i + 1)]
            sealed.append(FORMAT + nonce + seal(nonce, text.encode(), None) if text else None)
        return sealed

    def decrypt(self, sealed: bytes) -> str:
        """Return the text. Raises Sealed where the key does not fit or a byte was changed."""
        sealed = bytes(sealed)
        if sealed[:1] != FORMAT or len(sealed) <= 1 + NONCE:
            raise Sealed("no ciphertext of this format")
        try:
            return self._cipher.decrypt(sealed[1 : 1 + NONCE], sealed[1 + NONCE :], None).decode()
        except InvalidTag:
            raise Sealed("the field key does not open this value") from None

    def digest(self, text: str) -> bytes:
        """Return 16 bytes by which the text is found again."""
        return hmac.digest(self._lookup, text.encode(), hashlib.sha256)[:DIGEST]


def _stretch(secret: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())


_vaults: list[Vault] = []


def configure(field_key: str, lookup_key: str) -> None:
    """Set the keys of this process."""
    _vaults[:] = [Vault(field_key, lookup_key)]


def vault() -> Vault:
    """Return the process's vault. Raises RuntimeError before `configure`."""
    if not _vaults:
        raise RuntimeError("people.secrecy.configure was not called")
    return _vaults[0]


def encrypt(text: str) -> bytes:
    """Return the ciphertext of a text that is not empty."""
    if not text:
        raise ValueError("nothing to encrypt")
    sealed = vault().encrypt_many([text])[0]
    return sealed or b""


def encrypt_many(texts: Sequence[str | None]) -> list[bytes | None]:
    """Return one ciphertext per text; None stays None."""
    return vault().encrypt_many(texts)


def decrypt(sealed: bytes) -> str:
    """Return the text of a ciphertext. Raises Sealed."""
    return vault().decrypt(sealed)


def decrypt_many(sealed: Iterable[bytes | memoryview | None]) -> list[str]:
    """Return one text per ciphertext, "" for None. Raises Sealed."""
    opened = vault().decrypt
    return [opened(bytes(one)) if one is not None else "" for one in sealed]


def digest(text: str) -> bytes:
    """Return the keyed hash by which a normalised phone or identity number is found."""
    return vault().digest(text)


def phone_of(text: str) -> str | None:
    """Return a phone as digits only, or None where it is none.

    Takes what offices write: spaces, dashes, dots, full-width digits, +86 / 0086 / 86 in front, a spreadsheet's
    trailing ".0". A mobile is 11 digits from 13…19; a landline has its area code (10 to 12 digits from 0) or is a
    local number of 7 to 8 digits from 2…9.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = plain.removesuffix(".0").lstrip("'")
    digits = _KEEP.sub("", plain)
    for prefix in ("+86", "0086", "86"):
        if digits.startswith(prefix) and len(digits) - len(prefix) >= 10:
            digits = digits[len(prefix) :]
            break
    digits = digits.replace("+", "")
    if re.search(r"[A-Za-z\u4e00-\u9fff]", plain):
        return None
    fits = _MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits) or _SHORT.fullmatch(digits)
    return digits if fits else None


def identity_of(text: str) -> str | None:
    """Return an 18-character identity number in upper case, or None where the check digit is wrong (GB 11643)."""
    plain = unicodedata.normalize("NFKC", text).strip().lstrip("'").replace(" ", "").upper()
    if not _IDENTITY.fullmatch(plain):
        return None
    total = sum(int(digit) * weight for digit, weight in zip(plain, _WEIGHTS, strict=False))
    return plain if _CHECKS[total % 11] == plain[-1] else None


def mask_phone(phone: str) -> str:
    """Return the phone with its middle hidden: 137****0418; a short number keeps its last two digits."""
    if len(phone) >= 10:
        return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}"
    return f"{'*' * max(len(phone) - 2, 0)}{phone[-2:]}"


def mask_identity(number: str) -> str:
    """Return the identity number with all but its first three and last two hidden."""
    return f"{number[:3]}{'*' * (len(number) - 5)}{number[-2:]}" if number else ""


def mask_account(account: str) -> str:
    """Return an account at a messenger with its middle hidden: li****an; a short one keeps its first letter."""
    if len(account) >= 6:
        return f"{account[:2]}{'*' * min(len(account) - 4, 8)}{account[-2:]}"
    return f"{account[:1]}{'*' * max(len(account) - 1, 0)}"

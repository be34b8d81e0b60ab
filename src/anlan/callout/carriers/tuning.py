"""The settings of a carrier as it declares them: what a page asks, what is kept (secrets sealed), what is used."""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as django
from django.utils.translation import gettext as _

from anlan.callout import sealing
from anlan.kernel.authority import Invalid

_HOST = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `kind`: text, secret, number, url, choice, yes (a tick). `pattern` is what a text must match whole.

    A secret is asked for again only when it changes: an empty box keeps the old one.
    """

    name: str
    label: Any
    hint: Any = ""
    kind: str = "text"
    required: bool = False
    default: Any = ""
    least: float = 0
    most: float = 1_000_000
    choices: tuple[tuple[str, str], ...] = ()
    pattern: str = ""


def admit(fields: Sequence[Setting], given: Mapping[str, str], kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to be kept of a form. Raises Invalid, field by field."""
    made: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field in fields:
        raw = given.get(field.name, "").strip()
        try:
            made[field.name] = _admit(field, raw, kept)
        except ValueError as wrong:
            errors[field.name] = str(wrong)
    if errors:
        raise Invalid(errors)
    return made


def _admit(field: Setting, raw: str, kept: Mapping[str, Any]) -> Any:
    if field.kind == "yes":
        return raw in {"on", "1", "true"}
    if not raw and field.kind == "secret" and kept.get(field.name):
        return kept[field.name]
    if not raw and field.required:
        raise ValueError(_("还没有填"))
    return _KINDS[field.kind](field, raw) if raw else field.default


def _secret(_field: Setting, raw: str) -> str:
    return sealing.seal(raw, django.FIELD_KEY)


def _choice(field: Setting, raw: str) -> str:
    if raw not in {value for value, _label in field.choices}:
        raise ValueError(_("没有这个选项"))
    return raw


def _text(field: Setting, raw: str) -> str:
    if field.pattern and not re.fullmatch(field.pattern, raw):
        raise ValueError(_("写法不对，要像提示里那样"))
    return raw


def _number(field: Setting, raw: str) -> float | int:
    try:
        value = float(raw)
    except ValueError:
        raise ValueError(_("要写数字")) from None
    if not field.least <= value <= field.most:
        raise ValueError(_("要在 %(least)g 到 %(most)g 之间") % {"least": field.least, "most": field.most})
    return int(value) if value.is_integer() else value


def safe_url(raw: str) -> str:
    """Return a gateway's address without its last slash. Plain http only to a private address: numbers travel here.

    Raises ValueError with words for the page.
    """
    try:
        parts = urlsplit(raw)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(_("不是网址")) from None
    if parts.scheme not in {"http", "https"} or not (_HOST.match(host) or ":" in host):
        raise ValueError(_("要写 https:// 开头的网址"))
    if parts.username or parts.query or parts.fragment:
        raise ValueError(_("网址里不要带账号、问号和井号"))
    if parts.scheme == "http" and not _private(host):
        raise ValueError(_("外网的网关要用 https，电话号码不能明着走"))
    return raw.rstrip("/")


_KINDS: dict[str, Callable[[Setting, str], Any]] = {
    "secret": _secret,
    "choice": _choice,
    "text": _text,
    "number": _number,
    "url": lambda _field, raw: safe_url(raw),
}


def _private(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False


def opened(fields: Sequence[Setting], kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return every setting as the carrier uses it: defaults filled in, secrets opened. Raises sealing.Sealed."""
    made: dict[str, Any] = {}
    for field in fields:
        value = kept.get(field.name, field.default)
        if field.kind == "secret" and value:
            value = sealing.unseal(value, django.FIELD_KEY)
        made[field.name] = value
    return made


def lacking(fields: Sequence[Setting], kept: Mapping[str, Any]) -> list[str]:
    """Return the labels of required settings that are not set."""
    return [f.label for f in fields if f.required and not kept.get(f.name, f.default)]

"""Web Push for whoever in the house has browsers to ring: staff by calls, residents by warnings."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.utils.translation import gettext as _
from py_vapid import Vapid02

from anlan.callout import sealing
from anlan.callout.carriers.webpush import hosts, wire
from anlan.callout.carriers.webpush.wire import Came, Push, Subscription
from anlan.callout.models import Carrier
from anlan.kernel.authority import Invalid

NAME = "webpush"
__all__ = ["Came", "Push", "Subscription"]


@cache
def _signer(secret: str) -> Vapid02:
    return wire.signer(secret)


def public_key() -> str:
    """Return the key that a browser subscribes under."""
    return wire.public_key(_signer(settings.FIELD_KEY))


def kept() -> Mapping[str, Any]:
    """Return the carrier's settings as they are kept."""
    return Carrier.objects.filter(name=NAME).values_list("settings", flat=True).first() or {}


def ready() -> bool:
    """Say whether the carrier is switched on and set up: only then are browsers asked to subscribe."""
    row = Carrier.objects.filter(name=NAME, enabled=True).values_list("settings", flat=True).first()
    return bool(row and row.get("contact"))


def line(tuned: Mapping[str, Any]) -> wire.Line:
    """Return how to post, from the carrier's settings."""
    return wire.Line(
        _signer(settings.FIELD_KEY), str(tuned.get("contact") or ""), str(tuned.get("hosts") or hosts.KNOWN),
        str(tuned.get("proxy") or ""), int(tuned.get("lanes") or 16), settings.PUSH_LOOPBACK,
    )  # fmt: skip


def post_many(pushes: Sequence[Push]) -> list[Came]:
    """Post by the carrier's settings; one Came per push, in the same order."""
    return wire.post_many(pushes, line(kept()))


def admit(given: Mapping[str, Any]) -> Subscription:
    """Return a browser's PushSubscription (its toJSON()). Raises Invalid with words for the person."""
    keys = given.get("keys") if isinstance(given, Mapping) else None
    parts = (given.get("endpoint"), keys.get("p256dh"), keys.get("auth")) if isinstance(keys, Mapping) else ()
    if len(parts) != 3 or not all(isinstance(p, str) and 0 < len(p) <= hosts.LONGEST for p in parts):
        raise Invalid({"": _("浏览器给的提醒地址不完整，换个浏览器试试")})
    to = Subscription(*map(str, parts))
    try:
        host_of(to)
    except hosts.Unfit as unfit:
        words = {"host": _("这个浏览器用的推送服务（%s）不在名单上，请管理员加上") % _host(to.endpoint)}
        raise Invalid({"": words.get(unfit.rule, _("浏览器给的提醒地址用不了，换个浏览器试试"))}) from None
    if not wire.sound(to):
        raise Invalid({"": _("浏览器给的密钥不对，换个浏览器试试")})
    return to


def seal(to: Subscription) -> str:
    """Return a subscription encrypted: where a browser can be reached is personal."""
    return sealing.seal(orjson.dumps([to.endpoint, to.p256dh, to.auth]).decode(), settings.FIELD_KEY)


def unseal(kept_text: str) -> Subscription:
    """Return a subscription again. Raises sealing.Sealed for another installation's."""
    return Subscription(*orjson.loads(sealing.unseal(kept_text, settings.FIELD_KEY)))


def digest(endpoint: str) -> bytes:
    """Return 16 bytes by which the same browser is found again."""
    return sealing.digest(endpoint, settings.LOOKUP_KEY)


def host_of(to: Subscription) -> str:
    """Return the push service of a subscription. Raises hosts.Unfit."""
    allowed = str(kept().get("hosts") or hosts.KNOWN)
    return hosts.host_of(to.endpoint, allowed, loopback=settings.PUSH_LOOPBACK)


def _host(endpoint: str) -> str:
    return (urlsplit(endpoint).hostname or "")[:80]

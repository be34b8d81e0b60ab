"""Relays of short messages: set up, tokens, how each is. relaying.py moves the texts."""

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from anlan.callout import sealing
from anlan.callout.carriers import tuning
from anlan.callout.models import Relay
from anlan.callout.queries import relays as queries
from anlan.callout.terms import Can, Did
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden, Invalid
from anlan.kernel.clock import local, now
from anlan.ledger import services as ledger

RATE, DAILY = 6.0, 200  # domain practice: an ordinary SIM sends 6–10 a minute; operators stop mass senders
MODES = ("pull", "push")


def admit(given: Mapping[str, str], kept: Relay | None = None) -> dict[str, Any]:
    """Return what is kept of a form: name, mode, url, rate, daily. Raises Invalid, field by field."""
    wrong: dict[str, str] = {}
    made: dict[str, Any] = {"name": " ".join(given.get("name", "").split())[:60]}
    if not made["name"]:
        wrong["name"] = _("写上是哪部手机，放在哪里")
    made["mode"] = kept.mode if kept else given.get("mode", "")
    if made["mode"] not in MODES:
        wrong["mode"] = _("选它来取，还是我们送过去")
    made["url"] = ""
    if made["mode"] == "push":
        try:
            made["url"] = tuning.safe_url(given.get("url", "").strip())
        except ValueError as no:
            wrong["url"] = str(no)
    for name, least, most, default in (("rate", 1, 60, RATE), ("daily", 1, 10_000, DAILY)):
        raw = given.get(name, "").strip()
        try:
            made[name] = float(raw) if raw else float(default)
        except ValueError:
            made[name] = -1.0
        if not least <= made[name] <= most:
            wrong[name] = _("要在 %(least)g 到 %(most)g 之间") % {"least": least, "most": most}
    made["daily"] = int(made["daily"])
    if wrong:
        raise Invalid(wrong)
    return made


def _token(row: Relay, typed: str = "") -> str:
    plain = typed.strip() or secrets.token_urlsafe(24)
    if len(plain) < 16:
        raise Invalid({"token": _("口令至少 16 位；空着就替你生成一个")})
    row.token, row.digest = sealing.seal(plain, settings.FIELD_KEY), sealing.digest(plain, settings.FIELD_KEY)
    if Relay.objects.filter(digest=row.digest).exclude(id=row.id).exists():
        raise Invalid({"token": _("别的手机在用这个口令，换一个")})
    return plain


@transaction.atomic
def add(place_path: str, given: Mapping[str, str], *, by: Actor) -> tuple[Relay, str]:
    """Set a relay up at a place; returns it and its token, which is shown this once. Raises Refused, Invalid."""
    authority.require(by, Can.CARRIERS, at=place_path)
    row = Relay(place_path=place_path, **admit(given))
    plain = _token(row, given.get("token", ""))
    row.save(force_insert=True)
    ledger.record(Did.RELAY_SET, row, by=by, name=row.name, mode=row.mode)
    return row, plain


@transaction.atomic
def change(relay_id: UUID, given: Mapping[str, str], *, enabled: bool, by: Actor) -> Relay:
    """Change a relay; a typed token takes the old one's place. Raises Hidden, Invalid."""
    queries.relay(relay_id, by=by)
    row = Relay.objects.select_for_update().get(id=relay_id)
    for field, value in admit(given, row).items():
        setattr(row, field, value)
    if given.get("token", "").strip():
        _token(row, given["token"])
    row.enabled, row.retry_at, row.failures = enabled, None, 0
    row.save()
    ledger.record(Did.RELAY_SET, row, by=by, name=row.name, mode=row.mode, enabled=enabled)
    return row


@transaction.atomic
def renew(relay_id: UUID, *, by: Actor) -> str:
    """Make a new token, the old one worthless; returns it, shown this once. Raises Hidden."""
    queries.relay(relay_id, by=by)
    row = Relay.objects.select_for_update().get(id=relay_id)
    plain = _token(row)
    row.save(update_fields=["token", "digest"])
    ledger.record(Did.RELAY_SET, row, by=by, name=row.name, mode=row.mode, token="renewed")  # noqa: S106 - not a token
    return plain


@transaction.atomic
def remove(relay_id: UUID, *, by: Actor) -> None:
    """Take a relay out. Raises Hidden, Invalid while texts wait for it: switch it off first, they go elsewhere."""
    row = queries.relay(relay_id, by=by)
    if row.texts.filter(state__in=["queued", "leased"]).exists():
        raise Invalid({"": _("还有短信等着它发。先关掉它，一两分钟后等着的会换别的走，再来去掉。")})
    ledger.record(Did.RELAY_REMOVED, row, by=by, name=row.name)
    row.delete()


def known(token: str) -> Relay:
    """Return the relay that has this token, under lock. Raises Hidden."""
    found = (
        Relay.objects.select_for_update().filter(digest=sealing.digest(token, settings.FIELD_KEY), enabled=True).first()
        if len(token) >= 16
        else None
    )
    if found is None:
        raise Hidden
    return found


def saw(row: Relay, status: Any) -> None:
    """Note that a relay spoke, and what it says of itself; what cannot be read of it is left as it was."""
    said = status if isinstance(status, dict) else {}
    row.seen_at = now()
    for name in ("battery", "signal"):
        value = said.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100:
            setattr(row, name, int(value))
    if isinstance(said.get("charging"), bool):
        row.charging = said["charging"]
    for name, longest in (("balance", 40), ("program", 60)):
        if isinstance(said.get(name), str | int | float):
            setattr(row, name, str(said[name]).replace("\x00", "")[:longest])
    row.save(update_fields=["seen_at", "battery", "signal", "charging", "balance", "program"])


def alive(row: Relay) -> bool:
    """Say whether a relay can be counted on now: it asked lately, or its address did not fail lately."""
    if not row.enabled:
        return False
    if row.mode == "push":
        return row.retry_at is None or row.retry_at <= now()
    return row.seen_at is not None and row.seen_at > now() - dt.timedelta(seconds=queries.SILENT)


def used_today(row: Relay) -> int:
    """Return how many segments a relay has sent since midnight."""
    return row.used if row.day == local(now()).date() else 0


@transaction.atomic
def tested(row: Relay, ok: bool, *, by: Actor) -> None:  # noqa: FBT001 - an outcome
    """Enter that a relay was tried."""
    ledger.record(Did.RELAY_TESTED, row, by=by, name=row.name, outcome="ok" if ok else "failed")

"""Devices that a person lets ring: opened and closed by the person, ended by the push service."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from anlan.callout import carriers
from anlan.callout.carriers.webpush.wire import Subscription
from anlan.callout.models import PushDevice
from anlan.callout.services import pushing
from anlan.callout.terms import Did
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.people import queries as people

MOST = 10  # devices a person may have


@dataclass(frozen=True, slots=True)
class Device:
    """A living device, opened."""

    id: UUID
    to: Subscription


def person_named(username: str) -> UUID | None:
    """Return whose account has this user name."""
    found = people.account_named(username.strip())
    return found.person_id if found else None


@transaction.atomic
def add(given: Mapping[str, Any], name: str, *, by: Actor) -> PushDevice:
    """Let a browser ring for its person; the same browser again changes nothing but whose it is.

    `given` is the browser's PushSubscription as JSON. Raises Invalid, Hidden (an account without a person).
    """
    if by.person is None:
        raise Hidden
    to = pushing.admit(given)
    host, digest = pushing.host_of(to), pushing.digest(to.endpoint)
    held = PushDevice.objects.select_for_update().filter(digest=digest).first()
    living = PushDevice.objects.filter(person_id=by.person, gone_at=None).exclude(digest=digest)
    if living.count() >= MOST:
        raise Invalid({"": _("最多 %d 台设备，先关掉一台不用的") % MOST})
    fresh = held is None or held.person_id != by.person or held.gone_at is not None
    device = held or PushDevice(digest=digest)
    device.person_id, device.host, device.gone_at, device.last_error = by.person, host, None, ""
    device.name = name.strip()[:60] or device.name or host
    device.place_path = min((seat.path for seat in by.seats), key=len, default="")
    device.sealed = pushing.seal(to)
    device.save()
    if fresh:
        ledger.record(Did.DEVICE_ADDED, device, by=by, host=host)
    return device


@transaction.atomic
def remove(device_id: UUID, *, by: Actor) -> None:
    """Forget one of my devices. Raises Hidden."""
    if by.person is None:
        raise Hidden
    device = PushDevice.objects.select_for_update().filter(id=device_id, person_id=by.person).first()
    if device is None:
        raise Hidden
    ledger.record(Did.DEVICE_REMOVED, device, by=by, host=device.host)
    device.delete()


def ring(*, by: Actor) -> carriers.Health:
    """Ring all devices of a person once, outside any transaction."""
    account = people.account_of(by.person) if by.person else None
    if account is None:
        raise Hidden
    return carriers.discover()[pushing.NAME].test(pushing.kept(), account.username)


def living(persons: Collection[UUID]) -> dict[UUID, list[Device]]:
    """Return the living devices of persons, in one query."""
    rows = PushDevice.objects.filter(person_id__in=persons, gone_at=None).values_list("person_id", "id", "sealed")
    found: dict[UUID, list[Device]] = {}
    for person, identifier, sealed in rows:
        found.setdefault(person, []).append(Device(identifier, pushing.unseal(sealed)))
    return found


def hosts() -> dict[str, int]:
    """Return how many living devices each push service serves."""
    rows = PushDevice.objects.filter(gone_at=None).values_list("host").annotate(n=Count("id")).order_by("-n")
    return dict(rows)


@transaction.atomic
def settle(came: Sequence[tuple[UUID, str, str]]) -> None:
    """Note what came of a batch: (device, ok | gone | other, reason). A device that is gone loses its address."""
    good = [d for d, what, _ in came if what == "ok"]
    gone = [d for d, what, _ in came if what == "gone"]
    bad = [(d, reason) for d, what, reason in came if what not in {"ok", "gone"}]
    moment = now()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM callout_push_device WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [[d for d, *_ in came]]
        )
        cursor.execute(
            "UPDATE callout_push_device SET last_ok_at = %s, last_error = '' WHERE id = ANY(%s)", [moment, good]
        )
        cursor.execute(
            """UPDATE callout_push_device d SET last_error = left(g.reason, 80)
               FROM unnest(%s::uuid[], %s::text[]) AS g (id, reason) WHERE d.id = g.id""",
            [[d for d, _ in bad], [reason for _, reason in bad]],
        )
        cursor.execute(
            "UPDATE callout_push_device SET gone_at = %s, sealed = '', last_error = 'gone' "
            "WHERE id = ANY(%s) AND gone_at IS NULL RETURNING id, place_path",
            [moment, gone],
        )
        lost = cursor.fetchall()
    if lost:
        lines = [ledger.Line("callout.pushdevice", d, path, d, None, {"count": 1}) for d, path in lost]
        ledger.record_many(Did.DEVICES_GONE, lines, by=authority.machine("callout.push"))

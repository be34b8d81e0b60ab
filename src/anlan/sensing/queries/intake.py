"""The queues of what the doors could not place, narrowed to whose door it came in by."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.places import queries as places
from anlan.sensing.models import Held, Rejected, Unclaimed
from anlan.sensing.terms import Can

ROOT = 4  # characters of the root's path: what came in by no door of a place is seen by whoever sees the whole city
WHO = (Can.FEEDS, Can.MANAGE)
DEVICE_SORTS = {
    "device": "device", "-device": "-device", "first": "first", "-first": "-first", "last": "last", "-last": "-last",
    "count": "readings", "-count": "-readings",
}  # fmt: skip
REJECTED_SORTS = {
    "last": "last_at", "-last": "-last_at", "count": "count", "-count": "-count", "door": "door", "-door": "-door",
    "reason": "reason", "-reason": "-reason",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeviceFilter:
    """How the list of unclaimed devices is narrowed. `state`: "open", "dropped"."""

    state: str = "open"
    text: str = ""
    sort: str = ""


@dataclass(frozen=True, slots=True)
class RejectedFilter:
    """How the list of rejected payloads is narrowed. `state`: "open", "settled", "all"."""

    state: str = "open"
    door: str = ""
    text: str = ""
    sort: str = ""


def _whose(by: Actor) -> Q:
    scopes = [path for can in WHO for path in authority.scopes(by, can)]
    found = places.under(scopes, "feed__place_path")
    return found | Q(feed=None) if any(len(path) <= ROOT for path in scopes) else found & Q(feed__isnull=False)


_NEWEST = Subquery(Held.objects.filter(unclaimed=OuterRef("pk")).order_by("-at").values("value")[:1])


def unclaimed(by: Actor) -> QuerySet[Unclaimed]:
    """Return the keys of devices that nobody registered, of the actor's doors."""
    return Unclaimed.objects.filter(_whose(by), state__in=("open", "dropped"))


def devices(what: DeviceFilter, *, by: Actor) -> QuerySet[Any]:
    """Return one line a device: device, keys (how many), readings, first, last."""
    found = unclaimed(by).filter(state=what.state)
    if what.text:
        found = found.filter(Q(device__contains=what.text) | Q(key=what.text) | Q(feed__name__contains=what.text))
    lines = found.values("device").annotate(
        keys=Count("id"), readings=Sum("count"), first=Min("first_at"), last=Max("last_at")
    )
    return lines.order_by(DEVICE_SORTS.get(what.sort, "-last"), "device")


def keys_of(devices: Iterable[str], *, by: Actor) -> list[Unclaimed]:
    """Return the keys of devices with their door, `kept` (how many readings are kept) and `newest` (the last value)."""
    found = (
        unclaimed(by)
        .filter(device__in=list(devices))
        .select_related("feed")
        .annotate(kept=Count("held"), newest=_NEWEST)
    )
    return list(found.order_by("device", "key"))


def device(name: str, *, by: Actor) -> list[Unclaimed]:
    """Return the keys of one device. Raises Hidden."""
    found = keys_of([name], by=by)
    if not found:
        raise Hidden(_("没有这台没认领的设备"))
    return found


def lock_device(name: str, *, by: Actor) -> list[Unclaimed]:
    """Lock the keys of one device. Raises Hidden."""
    rows = unclaimed(by).filter(device=name).select_for_update(of=("self",)).order_by("key")
    found = list(rows)
    if not found:
        raise Hidden(_("没有这台没认领的设备"))
    return found


def held(of: Iterable[UUID]) -> list[Held]:
    """Return the readings that are kept of keys, in order of time."""
    return list(Held.objects.filter(unclaimed_id__in=list(of)).order_by("unclaimed_id", "at"))


def rejected(what: RejectedFilter, *, by: Actor) -> QuerySet[Rejected]:
    """Return what could not be read, of the actor's doors."""
    found = Rejected.objects.filter(_whose(by)).select_related("feed")
    if what.state != "all":
        found = found.filter(settled_at__isnull=what.state == "open")
    if what.door:
        found = found.filter(door=what.door)
    if what.text:
        found = found.filter(
            Q(reason__contains=what.text) | Q(field__contains=what.text) | Q(feed__name__contains=what.text)
        )
    return found.order_by(REJECTED_SORTS.get(what.sort, F("last_at").desc()), "id")


def doors(by: Actor) -> list[str]:
    """Return the doors that have rejected anything."""
    return list(Rejected.objects.filter(_whose(by)).order_by("door").values_list("door", flat=True).distinct())


def waiting(by: Actor) -> tuple[int, int]:
    """Return how many devices wait to be claimed, and how many faults to be settled; noughts for whoever may not."""
    if not authority.anywhere(by, WHO):
        return 0, 0
    wait = unclaimed(by).filter(state="open").aggregate(n=Count("device", distinct=True))["n"]
    return wait, Rejected.objects.filter(_whose(by), settled_at=None).count()

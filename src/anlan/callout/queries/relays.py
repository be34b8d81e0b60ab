"""Relays of short messages as their pages list them."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from anlan.callout.models import Relay, RelayText
from anlan.callout.terms import Can
from anlan.kernel.authority import Actor, Hidden
from anlan.kernel.clock import local, now
from anlan.people import queries as people

SILENT = 120  # seconds after which a relay that asks for texts counts as gone
LOW_BATTERY, LOW_SIGNAL = 20, 15  # percent


@dataclass(frozen=True, slots=True)
class Standing:
    """How a relay is. `state`: off, new (never heard), silent, failing, ill (battery, signal, day's limit), ok."""

    relay: Relay
    state: str
    ills: tuple[str, ...]
    used: int
    waiting: int


def relays(*, by: Actor, text: str = "", path: str = "") -> QuerySet[Relay]:
    """Return the relays that the actor looks after, by place and name, each with `waiting`."""
    found = Relay.objects.filter(people.within(by, Can.CARRIERS))
    if text:
        found = found.filter(name__icontains=text)
    if path:
        found = found.filter(people.under(path))
    waiting = Count("texts", filter=Q(texts__state__in=["queued", "leased"]))
    return found.annotate(waiting=waiting).order_by("place_path", "name", "id")


def relay(relay_id: UUID, *, by: Actor) -> Relay:
    """Return a relay. Raises Hidden."""
    found = relays(by=by).filter(id=relay_id).first()
    if found is None:
        raise Hidden(str(relay_id))
    return found


def standing(row: Relay) -> Standing:
    """Judge a relay by what it last said."""
    used = row.used if row.day == local(now()).date() else 0
    ills = []
    if row.battery is not None and row.battery < LOW_BATTERY and not row.charging:
        ills.append("battery")
    if row.signal is not None and row.signal < LOW_SIGNAL:
        ills.append("signal")
    if used >= row.daily:
        ills.append("daily")
    if not row.enabled:
        state = "off"
    elif row.mode == "push":
        state = "failing" if row.failures else "new" if row.last_ok_at is None else "ill" if ills else "ok"
    elif row.seen_at is None:
        state = "new"
    elif row.seen_at < now() - dt.timedelta(seconds=SILENT):
        state = "silent"
    else:
        state = "ill" if ills else "ok"
    return Standing(row, state, tuple(ills), used, getattr(row, "waiting", 0))


def texts(row: Relay, limit: int = 20) -> list[RelayText]:
    """Return the texts a relay got last, newest first."""
    return list(row.texts.order_by("-id")[:limit])

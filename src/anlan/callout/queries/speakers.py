"""Loudspeakers as their pages list them, and what each said of a call."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Q, QuerySet, Value, When

from anlan.callout.models import Broadcast, PlayReceipt, Speaker
from anlan.callout.terms import Can
from anlan.kernel.authority import Actor
from anlan.kernel.clock import now
from anlan.people import queries as people

GONE = dt.timedelta(days=1)  # offline this long, a terminal is to be looked at


def gone() -> Q:
    """Return the condition of a terminal that has been offline for a day."""
    return Q(online=False, online_since__lt=now() - GONE)


def speakers(*, by: Actor, text: str = "", path: str = "", view: str = "") -> QuerySet[Speaker]:
    """Return the terminals that the actor looks after, by place and code; `view` "gone": offline for a day."""
    found = Speaker.objects.filter(people.within(by, Can.CARRIERS))
    if text:
        found = found.filter(Q(name__icontains=text) | Q(code__icontains=text))
    if path:
        found = found.filter(people.under(path))
    if view == "gone":
        found = found.filter(gone())
    return found.order_by("place_path", "code")


@dataclass(frozen=True, slots=True)
class Figure:
    """How a call's loudspeakers stand at a place: played of all, or why they keep silent."""

    played: int
    total: int
    held: str
    failed: int
    text: str
    audio: bool
    stopped: str


def figure(call_id: UUID, at: str) -> Figure | None:
    """Return it, None for a call that no loudspeaker was told of. Two queries at most."""
    said = Broadcast.objects.filter(call_id=call_id).defer("audio").annotate(
        loud=Count("pk", filter=Q(audio__isnull=False))
    ).first()  # fmt: skip
    if said is None:
        return None
    mine = PlayReceipt.objects.filter(order__broadcast=said, order__place_path__startswith=at)
    counted: Any = mine.aggregate(
        total=Count("id"), played=Count("id", filter=Q(state="played")),
        failed=Count("id", filter=Q(state__in=["failed", "offline"])),
    )  # fmt: skip
    return Figure(
        counted["played"], counted["total"], said.held, counted["failed"], said.text, bool(said.loud), said.stopped
    )


def receipts(call_id: UUID, at: str, state: str = "") -> QuerySet[PlayReceipt]:
    """Return what each terminal of a call did at a place; those that failed first."""
    found = PlayReceipt.objects.filter(order__broadcast_id=call_id, order__place_path__startswith=at)
    if state:
        found = found.filter(state=state)
    order = ("failed", "offline", "waiting", "accepted", "playing", "played")
    rank = Case(*(When(state=one, then=Value(n)) for n, one in enumerate(order)))
    return found.select_related("order").order_by(rank, "order__place_path", "code")


def sound(token: str) -> bytes | None:
    """Return the WAV file of an order's token while the order holds."""
    kept = Broadcast.objects.filter(token=token, until__gt=now(), audio__isnull=False).values_list("audio", flat=True)
    found = kept.first()
    return bytes(found) if found is not None else None

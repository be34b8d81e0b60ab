"""What a private calendar address shows: read anew at every visit, with what its owner may see now."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from anlan.kernel.authority import Actor, Hidden
from anlan.kernel.clock import now
from anlan.people import terms
from anlan.people.duty_calendar import Entry
from anlan.people.models import Account, CalendarFeed, Rota, ShiftSeat
from anlan.people.queries.actors import actor_for
from anlan.people.queries.duty import rota as rota_of
from anlan.people.queries.handovers import published_shifts

PAST = dt.timedelta(days=31)


def feed_by(token: str) -> CalendarFeed:
    """Return a feed in use by its token. Raises Hidden: wrong, revoked, or its owner may not see it any more."""
    digest = hashlib.sha256(token.encode()).digest()
    found = CalendarFeed.objects.select_related("rota", "owner").filter(digest=digest, revoked_at=None).first()
    account = Account.objects.filter(person_id=found.owner_id, is_active=True).first() if found else None
    if found is None or account is None:
        raise Hidden
    if found.rota is not None:
        rota_of(found.rota.id, by=actor_for(account))
    return found


def my_feeds(by: Actor) -> dict[UUID | None, CalendarFeed]:
    """Return the addresses the actor has in use, by rota (None: their own shifts)."""
    rows = CalendarFeed.objects.filter(owner_id=by.person, revoked_at=None) if by.person else []
    return {one.rota_id: one for one in rows}


def entries_of(feed: CalendarFeed, base: str) -> list[Entry]:
    """Return the events of a feed, from a month ago on: own seats, or a rota's shifts with who is on them."""
    if feed.rota is None:
        seats = ShiftSeat.objects.filter(person_id=feed.owner_id, published=True, ends_at__gt=now() - PAST)
        rows = seats.select_related("shift", "rota").order_by("starts_at", "id")
        return [
            Entry(
                s.id, s.starts_at, s.ends_at, f"{s.rota.name} {s.shift.name}（{terms.Position(s.position).label}）",
                _about(s.rota), s.rota.name, s.sequence, s.changed_at, f"{base}/duty/{s.rota_id}",
            )
            for s in rows
        ]  # fmt: skip
    return list(_rota_entries(feed.rota, base))


def _about(one: Rota) -> str:
    return _("值班电话 %s") % one.phone if one.phone else ""


def _rota_entries(one: Rota, base: str) -> Iterable[Entry]:
    order = list(terms.Position)
    seats = Prefetch("seats", ShiftSeat.objects.select_related("person"))
    shifts = published_shifts(one).filter(ends_at__gt=now() - PAST)
    for shift in shifts.order_by("starts_at", "id").prefetch_related(seats):
        rows = sorted(shift.seats.all(), key=lambda s: (order.index(terms.Position(s.position)), s.number))
        lines = [f"{terms.Position(s.position).label}：{s.person.name if s.person else _('空')}" for s in rows]
        yield Entry(
            shift.id, shift.starts_at, shift.ends_at, f"{one.name} {shift.name}",
            "\n".join(filter(None, [*lines, _about(one)])), one.name, sum(s.sequence for s in rows),
            max((s.changed_at for s in rows), default=shift.starts_at), f"{base}/duty/{one.id}",
        )  # fmt: skip

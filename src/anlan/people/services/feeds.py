"""Private addresses of calendars: made, shown once, revoked."""

import hashlib
import secrets
from uuid import UUID

from django.db import transaction

from anlan.kernel.authority import Actor, Hidden
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.people import queries, terms
from anlan.people.models import CalendarFeed, Person


@transaction.atomic
def open_feed(*, by: Actor, rota_id: UUID | None = None) -> str:
    """Make a private address of my own shifts, or of a rota I may see, in place of the one I had.

    Returns its token; only a digest is kept, so it is shown once. Raises Hidden.
    """
    if by.person is None:
        raise Hidden
    owner = Person.objects.get(id=by.person)
    rota = queries.rota(rota_id, by=by) if rota_id else None
    old = CalendarFeed.objects.filter(owner=owner, rota=rota, revoked_at=None)
    old.update(revoked_at=now())
    token = secrets.token_urlsafe(32)
    made = CalendarFeed.objects.create(digest=hashlib.sha256(token.encode()).digest(), owner=owner, rota=rota)
    path = rota.place_path if rota else owner.place_path
    ledger.record(terms.Did.FEED_OPENED, made, by=by, place_path=path, rota=rota_id)
    return token


@transaction.atomic
def revoke_feed(feed_id: UUID, *, by: Actor) -> CalendarFeed:
    """Put an address of mine out of use, at once. Twice is once. Raises Hidden."""
    found = CalendarFeed.objects.select_for_update().filter(id=feed_id, owner_id=by.person).first()
    if found is None or by.person is None:
        raise Hidden
    if found.revoked_at is None:
        found.revoked_at = now()
        found.save(update_fields=["revoked_at"])
        ledger.record(terms.Did.FEED_REVOKED, found, by=by, place_path="")
    return found

"""Doors in: who may post readings with which token, and for what places."""

import hashlib
import secrets
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.ledger import services as ledger
from anlan.places import queries as places
from anlan.sensing.models import Feed
from anlan.sensing.queries import doors as queries
from anlan.sensing.terms import Can, Did, FeedState


@transaction.atomic
def add_feed(
    name: str, *, place: str, kind: str = "http", config: dict[str, Any] | None = None, on: bool = True, by: Actor
) -> Feed:
    """Add a door. Raises Refused, Hidden (no such place), Invalid (name)."""
    authority.require(by, Can.FEEDS, at=place)
    places.by_path(place)
    name = " ".join(name.split())
    if not 1 <= len(name) <= 80:
        raise Invalid({"name": _("给来源起个名字，1 到 80 个字")})
    state = FeedState.ON if on else FeedState.OFF
    feed = Feed.objects.create(place_path=place, kind=kind, name=name, config=config or {}, state=state)
    ledger.record(Did.FEED_ADDED, feed, by=by, name=name, code=kind)
    return feed


@transaction.atomic
def issue_token(feed_id: UUID, *, by: Actor) -> str:
    """Return a new token, the only time it is seen; the old one is void at once. Raises Hidden, Refused."""
    feed = queries.lock_feed(feed_id, by=by)
    authority.require(by, Can.FEEDS, at=feed.place_path)
    token = secrets.token_urlsafe(32)
    feed.token_digest, feed.token_tail = digest(token), token[-4:]
    feed.save(update_fields=["token_digest", "token_tail"])
    ledger.record(Did.KEY_RENEWED, feed, by=by, name=feed.name)
    return token


def digest(token: str) -> str:
    """Return what is kept of a token. It holds 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def by_token(token: str) -> Feed | None:
    """Return the open door a token belongs to."""
    return Feed.objects.filter(token_digest=digest(token), state=FeedState.ON).first() if token else None

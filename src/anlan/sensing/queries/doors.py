"""Doors in, narrowed to the actor's places."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.places import queries as places
from anlan.sensing.models import Feed
from anlan.sensing.terms import Can


def feeds(*, by: Actor) -> QuerySet[Feed]:
    """Return the doors at the actor's places."""
    return Feed.objects.filter(places.under(authority.scopes(by, Can.FEEDS), "place_path")).order_by("name", "id")


def feed(feed_id: UUID, *, by: Actor) -> Feed:
    """Return a door. Raises Hidden."""
    found = feeds(by=by).filter(id=feed_id).first()
    if found is None:
        raise Hidden(_("没有这个数据来源"))
    return found


def lock_feed(feed_id: UUID, *, by: Actor) -> Feed:
    """Lock a door for a change. Raises Hidden."""
    found = feeds(by=by).select_for_update().filter(id=feed_id).first()
    if found is None:
        raise Hidden(_("没有这个数据来源"))
    return found

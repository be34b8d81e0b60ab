"""Finds calls by their number or words, for the search box."""

from django.db.models import Q
from django.utils.translation import gettext as _

from anlan.callout.models import Call
from anlan.callout.terms import Can, Genre
from anlan.kernel import authority
from anlan.kernel.authority import Actor
from anlan.places import queries as places


def search(text: str, *, by: Actor, limit: int) -> list[tuple[Call, str]]:
    """Return the newest calls that fit, each with a note: its number and when. "31" finds the 31st call."""
    within = Q(pk__in=[])
    for scope in authority.scopes(by, Can.SEE):
        within |= places.under([scope], "place_path")
    words = text.strip()[:60]
    wanted = Q(title__icontains=words) | Q(hazard__icontains=words)
    if words.isdecimal() and len(words) < 9:
        wanted |= Q(serial=int(words))
    found = Call.objects.filter(within & wanted, genre=Genre.CALL).order_by("-id")[:limit]
    return [(call, _("第 %s 次叫应") % call.serial if call.serial else _("还没发")) for call in found]

"""Groupings read: who stands in which team, whom a call to them names, what a response had."""

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.people import terms
from anlan.people.grouping import One
from anlan.people.models import Checkin, Muster, Squad, SquadMember
from anlan.people.queries.checkins import seats_of
from anlan.people.queries.scope import under, within

COLUMNS = ("id", "place_path", "estate", "building", "unit", "skills", "led", "person_id")


def muster_sizes() -> tuple[int, int]:
    """Return the fewest and the most people of a team (settings.MUSTER_LEAST, MUSTER_MOST)."""
    return settings.MUSTER_LEAST, max(settings.MUSTER_LEAST, settings.MUSTER_MOST)


def ready(path: str, slot: str) -> QuerySet[Checkin]:
    """Return who on the list at a place and below can come in a slot ("" for all) and stands in no team now."""
    standing = SquadMember.objects.filter(checkin=OuterRef("pk"), muster__state=terms.MusterState.STANDING)
    found = Checkin.objects.filter(under(path), state=terms.CheckinState.LISTED).filter(~Exists(standing))
    return found.filter(times__contains=[slot]) if slot else found


def to_group(path: str, slot: str) -> list[One]:
    """Return the people to group as grouping.teams takes them. Two queries, whatever their number."""
    rows = list(ready(path, slot).only(*COLUMNS))
    ranks = seats_of(row.person_id for row in rows)
    return [
        One(r.id, r.place_path, r.estate, r.building, r.unit, frozenset(r.skills), ranks.get(r.person_id, 0), r.led)
        for r in rows
    ]


def list_musters(*, by: Actor, path: str = "", response: UUID | None = None) -> QuerySet[Muster]:
    """Return the groupings of the actor's communities, newest first, with `groups` and `people`."""
    found = Muster.objects.filter(within(by, terms.Can.CHECKINS))
    if path:
        found = found.filter(under(path))
    if response:
        found = found.filter(response=response)
    people = Count("members", filter=Q(members__checkin__isnull=False), distinct=True)
    return found.annotate(groups=Count("squads", distinct=True), people=people).order_by("-id")


def muster(muster_id: UUID, *, by: Actor) -> Muster:
    """Return a grouping of the actor's communities. Raises Hidden."""
    found = list_musters(by=by).filter(id=muster_id).first()
    if found is None:
        raise Hidden
    return found


def lock_muster(muster_id: UUID, by: Actor) -> Muster:
    """Lock a grouping for a change. Raises Hidden."""
    found = Muster.objects.select_for_update().filter(id=muster_id).first()
    if found is None or not authority.holds(by, terms.Can.CHECKINS, at=found.place_path):
        raise Hidden
    return found


def squads_of(one: Muster) -> list[Squad]:
    """Return the teams with their members (`people`), the leader first. Two queries."""
    members = SquadMember.objects.select_related("checkin", "checkin__person", "checkin__organisation")
    ordered = members.order_by("-leads", "checkin__estate", "checkin__building", "id")
    people: Prefetch[str, QuerySet[SquadMember], str] = Prefetch("members", ordered, to_attr="people")
    return list(one.squads.order_by("number").prefetch_related(people))


def muster_persons(muster_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """Return the persons of groupings, to name them in a Targeting (persons=…): each has a post there that answers."""
    found = SquadMember.objects.filter(muster__in=list(muster_ids), checkin__isnull=False)
    return tuple(found.order_by("id").values_list("checkin__person_id", flat=True))

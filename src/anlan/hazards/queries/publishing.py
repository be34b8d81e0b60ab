"""The public list of a place, and what the desk sees behind it (HZD-12)."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from anlan.hazards.models import Hazard, Posting, Remark, Supervision
from anlan.hazards.queries import scope, wording
from anlan.hazards.terms import OPEN, Can, HazardState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.kernel.clock import local, now
from anlan.places import queries as places


def public(path: str) -> QuerySet[Posting]:
    """Return what the public sees at a place and below: published, and its period not over; closed ones last."""
    today = local(now()).date()
    rows = Posting.objects.filter(places.under([path], "place_path"), published_at__isnull=False)
    rows = rows.filter(Q(until=None) | Q(until__gte=today)).select_related("hazard")
    return rows.exclude(hazard__state__in=[HazardState.REJECTED, HazardState.WITHDRAWN, HazardState.MERGED]).order_by(
        "-votes", "published_at", "hazard_id"
    )


def remarks_of(hazards: Iterable[UUID]) -> dict[UUID, list[Remark]]:
    """Return the remarks that are shown, by posting."""
    found: dict[UUID, list[Remark]] = {}
    rows = Remark.objects.filter(posting_id__in=list(hazards), state="shown", vote=False).order_by("at")
    for row in rows:
        row.text = wording.stripped(row.text)  # a neighbour's door is no more public for a neighbour having written it
        found.setdefault(row.posting_id, []).append(row)
    return found


def supervised(hazards: Iterable[UUID]) -> dict[UUID, Supervision]:
    """Return what those of the hazards that are under supervision stand under: it is public with them (HZD-11)."""
    return {row.hazard_id: row for row in Supervision.objects.filter(hazard_id__in=list(hazards), lifted_at=None)}


def response(path: str) -> tuple[int, int]:
    """Return (answered, all) remarks of a place: its 反馈率. A hidden one is answered by its reason."""
    rows = Remark.objects.filter(places.under([path], "posting__place_path"), vote=False)
    found = rows.aggregate(all=Count("id"), done=Count("id", filter=~Q(answer="") | Q(state="hidden")))
    return int(found["done"]), int(found["all"])


def choosable(by: Actor, *, text: str = "") -> QuerySet[Hazard]:
    """Return real hazards of the places where the actor may publish, confirmed ones, the newest first."""
    rows = Hazard.objects.filter(places.under(authority.scopes(by, Can.PUBLISH), "place_path"), exercise_id=None)
    rows = rows.filter(state__in=[*OPEN, HazardState.CLOSED]).exclude(state=HazardState.REPORTED)
    if text:
        rows = rows.filter(Q(text__icontains=text) | Q(number__icontains=text))
    return rows.select_related("posting").order_by("-arrived_at")


def hazard(hazard_id: UUID, *, by: Actor) -> Hazard:
    """Return a hazard that the actor may publish. Raises Hidden."""
    found = scope.hazard(hazard_id, by=by)
    authority.require(by, Can.PUBLISH, at=found.place_path)
    return found


def names_in(hazard: Hazard) -> set[str]:
    """Return the people's names that a hazard carries: none of them stands on the public list."""
    names = {hazard.reported_name, hazard.confirmed_name, hazard.assigned_name, hazard.rectified_name}
    names |= {hazard.accepted_name, hazard.owner_name if hazard.owner_person else ""}
    return names - {""}


def posting(hazard_id: UUID) -> Posting | None:
    """Return what is or was public of a hazard."""
    return Posting.objects.filter(hazard_id=hazard_id).first()


def open_posting(hazard_id: UUID) -> Posting:
    """Return what anybody may see now. Raises Hidden."""
    found = Posting.objects.filter(hazard_id=hazard_id).first()
    row = public(found.place_path).filter(hazard_id=hazard_id).first() if found else None
    if row is None:
        raise Hidden
    return row


def remarks(by: Actor, *, state: str = "waiting") -> QuerySet[Remark]:
    """Return residents' remarks of the actor's places."""
    rows = Remark.objects.filter(places.under(authority.scopes(by, Can.PUBLISH), "posting__place_path"), vote=False)
    return rows.filter(state=state).select_related("posting__hazard").order_by("at")


def agenda(by: Actor) -> QuerySet[Posting]:
    """Return what was kept for 协商议题, the most wanted first."""
    rows = Posting.objects.filter(places.under(authority.scopes(by, Can.PUBLISH), "place_path"), agenda=True)
    return rows.select_related("hazard").order_by("-votes", "agenda_at")


def sent_lately(field: str, mark: bytes, since: Any) -> int:
    """Return how many remarks and votes one sender sent since."""
    return Remark.objects.filter(**{field: mark}, at__gte=since).count()

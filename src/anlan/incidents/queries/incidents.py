"""Incidents, narrowed to the actor's scope."""

from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from anlan.incidents.models import Incident, Report
from anlan.incidents.terms import Can
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.places import queries as places


def _within(by: Actor) -> QuerySet[Incident]:
    rows = Incident.objects.filter(places.under(authority.scopes(by, Can.SEE), "place_path"))
    return rows.filter(exercise_id=by.exercise) if by.exercise else rows


def incidents(by: Actor, *, state: str = "", place: str = "", kind: str = "", text: str = "") -> QuerySet[Incident]:
    """Return the incidents of the actor's places with how many reports each has (`told`), the newest first."""
    rows = _within(by)
    if state:
        rows = rows.filter(state=state)
    if place:
        rows = rows.filter(places.under([place], "place_path"))
    if kind:
        rows = rows.filter(kind=kind)
    if text:
        rows = rows.filter(title__icontains=text)
    return rows.annotate(told=Count("reports")).order_by("-made_at", "-id")


def incident(incident_id: UUID, *, by: Actor) -> Incident:
    """Return an incident of the actor's places. Raises Hidden, also where it is absent."""
    found = _within(by).filter(id=incident_id).first()
    if found is None:
        raise Hidden(_("没有这个事件"))
    return found


def lock_incident(incident_id: UUID, *, by: Actor) -> Incident:
    """Return an incident of the actor's places, locked. Raises Hidden."""
    found = _within(by).select_for_update().filter(id=incident_id).first()
    if found is None:
        raise Hidden(_("没有这个事件"))
    return found


def sources_of(incident_id: UUID) -> list[Report]:
    """Return every report that tells of an incident, the first to arrive first."""
    return list(Report.objects.filter(incident=incident_id).order_by("arrived_at", "id"))

"""Which hazards the actor sees: those of their places, and those that they reported or have to rectify."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from anlan.hazards.models import Hazard, PleaRow
from anlan.hazards.terms import Can
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.people import queries as people
from anlan.places import queries as places


def own(by: Actor) -> Q:
    """Return the condition "I reported it, or it is mine to rectify"."""
    return reported(by) | owned(by)


def reported(by: Actor) -> Q:
    """Return the condition "I reported it"."""
    return Q(reported_by=by.pseudonym) if by.pseudonym else Q(pk__in=[])


def owned(by: Actor) -> Q:
    """Return the condition "I, one of my posts or its organisation has to rectify it"."""
    found = Q(owner_person=by.person) if by.person else Q(pk__in=[])
    posts = {seat.post for seat in by.seats}
    if posts:
        found |= Q(owner_post__in=posts)
        if organisations := set(people.organisation_ids(posts).values()):
            found |= Q(owner_organisation__in=organisations)
    return found


def within(by: Actor) -> QuerySet[Hazard]:
    """Return what the actor sees by their posts; in an exercise that one's alone, outside it only what is real."""
    rows = Hazard.objects.filter(places.under(authority.scopes(by, Can.SEE), "place_path"))
    return rows.filter(exercise_id=by.exercise)


def hazard(hazard_id: UUID, *, by: Actor) -> Hazard:
    """Return one hazard that the actor may see. Raises Hidden, also where it is absent."""
    rows = Hazard.objects.select_related("lead", "recurs").filter(id=hazard_id)
    found = rows.filter(_seen(by)).first()
    if found is None:
        raise Hidden(_("没有这条隐患"))
    return found


def _seen(by: Actor) -> Q:
    scopes = authority.scopes(by, Can.SEE)
    return Q() if "" in scopes else places.under(scopes, "place_path") | own(by)


def lock(hazard_id: UUID) -> Hazard:
    """Return a hazard, locked, whoever asks. Raises Hidden where it is absent."""
    found = Hazard.objects.select_for_update().filter(id=hazard_id).first()
    if found is None:
        raise Hidden(_("没有这条隐患"))
    return found


def lock_seen(hazard_id: UUID, *, by: Actor) -> Hazard:
    """Return a hazard that the actor may see, locked. Raises Hidden."""
    found = Hazard.objects.select_for_update().filter(_seen(by), id=hazard_id).first()
    if found is None:
        raise Hidden(_("没有这条隐患"))
    return found


def plea(plea_id: UUID, *, by: Actor) -> PleaRow:
    """Return a plea of a hazard that the actor may see. Raises Hidden."""
    found = PleaRow.objects.select_related("hazard").filter(id=plea_id).first()
    if found is None:
        raise Hidden(_("没有这个申请"))
    hazard(found.hazard_id, by=by)
    return found


def brought(client: UUID, *, by: Actor) -> Hazard | None:
    """Return the hazard that the actor has brought under this client id already."""
    return Hazard.objects.filter(client_id=client, reported_by=by.pseudonym).first()

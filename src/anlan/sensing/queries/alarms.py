"""Alarms that an actor sees: those of their places, and those that they owe a verdict on."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from anlan.callout.queries import duties
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.places import queries as places
from anlan.sensing.models import Alarm
from anlan.sensing.terms import ALARM_NAMES, VERDICT_NAMES, AlarmState, Can, Verdict


def within(by: Actor) -> QuerySet[Alarm]:
    """Return the alarms of the actor's places; in an exercise that one's alone, outside it only what is real."""
    return Alarm.objects.filter(places.under(authority.scopes(by, Can.SEE), "place_path"), exercise_id=by.exercise)


def _seen(by: Actor) -> Q:
    scopes = authority.scopes(by, Can.SEE)
    if "" in scopes:
        return Q()
    return places.under(scopes, "place_path") | Q(id__in=duties.subjects(by, "sensing.alarm"))


def alarm(alarm_id: UUID, *, by: Actor) -> Alarm:
    """Return one alarm that the actor may see, or owes a verdict on. Raises Hidden, also where it is absent."""
    rows = Alarm.objects.select_related("thing", "rule", "version", "stream", "stream__property")
    found = rows.filter(_seen(by), id=alarm_id).first()
    if found is None:
        raise Hidden(_("没有这条报警"))
    return found


def lock(alarm_id: UUID, *, by: Actor) -> Alarm:
    """Return an alarm that the actor may see, locked. Raises Hidden."""
    rows = Alarm.objects.select_for_update(of=("self",)).select_related("thing")
    found = rows.filter(_seen(by), id=alarm_id).first()
    if found is None:
        raise Hidden(_("没有这条报警"))
    return found


def may_verify(found: Alarm, *, by: Actor) -> bool:
    """Say whether the actor may judge it: they owe it, or verify alarms at its place."""
    if authority.holds(by, Can.VERIFY, at=found.place_path):
        return True
    return duties.subjects(by, "sensing.alarm").filter(subject_id=found.id).exists()


def require(found: Alarm, *, by: Actor) -> None:
    """Raise Refused unless the actor may judge it."""
    if not may_verify(found, by=by):
        raise authority.Refused(Can.VERIFY, found.place_path)


def verdict_word(found: Alarm) -> str:
    """Return the verdict in plain words."""
    return str(VERDICT_NAMES[Verdict(found.verdict)])


def state_word(found: Alarm) -> str:
    """Return the state in plain words."""
    return str(ALARM_NAMES[AlarmState(found.state)])

"""精准问责: of one person, per hazard, when they knew, what they did, how long it took, what stood in the way.

No score, no ranking, no judgement: what happened, side by side. Whoever it is about sees all of it (HZD-10, EVL-02).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from anlan.callout.queries.owed_by import owed_by
from anlan.hazards.models import Hazard, NeglectLead, ObstacleRow
from anlan.hazards.terms import Can
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.ledger import queries as ledger
from anlan.ledger.services import EntryRow
from anlan.people import queries as people
from anlan.places import queries as places

MOST = 1000  # entries and duties read of one person and period


@dataclass(slots=True)
class Account:
    """One person and one hazard. What was laid on them, what they did, what they said."""

    hazard: Hazard
    duties: list[Any] = field(default_factory=list)
    entries: list[EntryRow] = field(default_factory=list)
    obstacles: list[ObstacleRow] = field(default_factory=list)

    @property
    def knew_at(self) -> dt.datetime | None:
        """Return when they first knew: a duty reached their inbox, or they acted."""
        times = [d.began_at for d in self.duties] + [e.at for e in self.entries]
        return min(times, default=None)

    @property
    def acted_at(self) -> dt.datetime | None:
        """Return when they first acted."""
        return min((e.at for e in self.entries), default=None)


def subject(pseudonym: UUID, *, by: Actor) -> Any:
    """Return the person whom the actor may read about: themselves, or somebody in their scope. Raises Hidden."""
    known = people.persons_of([pseudonym]).get(pseudonym)
    if known is None:
        raise Hidden
    if by.pseudonym == pseudonym:
        return people.person(known, by=by)
    if not authority.anywhere(by, [Can.CONDUCT]):
        raise Hidden
    found = people.person(known, by=by)
    if not authority.holds(by, Can.CONDUCT, at=found.place_path):
        raise Hidden
    return found


def accounts(person: Any, since: dt.datetime, until: dt.datetime, *, by: Actor) -> list[Account]:
    """Return what a person had to do with each hazard in a period, the latest first; a handful of queries."""
    duties = list(owed_by(person.id, "hazards.hazard", since, until)[:MOST])
    where = ledger.Filter(since=since, until=until)
    told = ledger.trail(pseudonym=person.pseudonym, where=where, by=by, limit=MOST)
    entries = [e for e in told if e.subject_type == "hazards.hazard" and e.exercise is None]
    said = list(ObstacleRow.objects.filter(by=person.pseudonym, at__gte=since, at__lt=until).order_by("at")[:MOST])
    ids = {d.subject_id for d in duties} | {e.subject_id for e in entries} | {o.hazard_id for o in said}
    scope = Q() if by.pseudonym == person.pseudonym else places.under(authority.scopes(by, Can.CONDUCT), "place_path")
    rows = Hazard.objects.filter(scope, id__in=ids, exercise_id=None)
    found = {h.id: Account(h) for h in rows.order_by("-arrived_at")}
    for duty in duties:
        if duty.subject_id in found:
            found[duty.subject_id].duties.append(duty)
    for entry in reversed(entries):
        if entry.subject_id in found:
            found[entry.subject_id].entries.append(entry)
    for row in said:
        if row.hazard_id in found:
            found[row.hazard_id].obstacles.append(row)
    return list(found.values())


def leads(by: Actor, *, person: UUID | None = None) -> QuerySet[NeglectLead]:
    """Return the leads of neglect that the actor may see: of their scope, and those about themselves."""
    scope = places.under(authority.scopes(by, Can.CONDUCT), "place_path")
    own = Q(person=by.pseudonym) if by.pseudonym else Q(pk__in=[])
    rows = NeglectLead.objects.filter(scope | own)
    return (rows.filter(person=person) if person else rows).order_by("-opened_at")


def lead(lead_id: UUID, *, by: Actor, locked: bool = False) -> NeglectLead:
    """Return one lead. Raises Hidden."""
    rows = leads(by).filter(id=lead_id)
    found = (rows.select_for_update() if locked else rows).first()
    if found is None:
        raise Hidden
    return found


def obstacles_of(entries: Sequence[EntryRow], person: UUID) -> list[ObstacleRow]:
    """Return what stood in a person's way on the hazards of these entries: shown beside a lead."""
    ids = {e.subject_id for e in entries}
    return list(ObstacleRow.objects.filter(by=person, hazard_id__in=ids).select_related("hazard").order_by("at"))

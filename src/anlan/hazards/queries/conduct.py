"""精准问责: of one person, per hazard, when they knew, what they did, what stood in the way.

No score, no ranking, no judgement: what happened, side by side. Whoever it is about sees all of it. A period picks the
hazards; of each the whole story is told, whenever it was: half of it would mislead (HZD-10, EVL-02).
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from anlan.callout.queries import owed_by as owed
from anlan.callout.queries.owed_by import Knowing, Way
from anlan.callout.terms import Did as Called
from anlan.hazards.models import Hazard, ObstacleRow
from anlan.hazards.queries import rights
from anlan.hazards.terms import Can, Did
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden, machine
from anlan.kernel.clock import now
from anlan.ledger import queries as ledger
from anlan.ledger.entry import EntryRow
from anlan.people import queries as people
from anlan.places import queries as places

NOBODY = UUID(int=0)
HAZARD, DUTY = "hazards.hazard", "callout.obligation"
LAID = (Called.OWED, Called.CLIMBED)  # entries that say: this was laid on them, and nobody did it yet
ASIDE = {Did.OBSTACLE, Did.BUNDLED, Did.EXPORTED}  # on a hazard, and yet no step toward its end
LOOKS = (Did.CONDUCT_SEEN, Did.CONDUCT_EXPORTED)


@dataclass(slots=True)
class Account:
    """One person and one hazard. `laid` are the ledger's entries of their duties, `entries` of what they did."""

    hazard: Hazard
    duties: list[Any] = field(default_factory=list)
    knew: list[Knowing] = field(default_factory=list)
    laid: list[EntryRow] = field(default_factory=list)
    entries: list[EntryRow] = field(default_factory=list)
    obstacles: list[ObstacleRow] = field(default_factory=list)

    def by(self, way: Way) -> list[Knowing]:
        """Return every time that word reached them in one way; the ways are never merged."""
        return [one for one in self.knew if one.way == way]

    @property
    def deeds(self) -> list[EntryRow]:
        """Return what they did about the hazard itself."""
        return [e for e in self.entries if e.did not in ASIDE]


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


def readable(text: str, *, by: Actor, limit: int = 20) -> list[Any]:
    """Return persons whom the actor may read about, found by name, phone or post; oneself is not among them."""
    scopes = authority.scopes(by, Can.CONDUCT)
    if not text.strip() or not scopes:
        return []
    rows = people.list_persons(people.PersonFilter(text=text), by=by)
    found = rows.filter(places.under(scopes, "place_path")).exclude(pseudonym=by.pseudonym or NOBODY)
    return list(found[:limit])


def opened(pseudonym: UUID, *, by: Actor) -> EntryRow | None:
    """Return the entry by which the actor opened somebody's page, saying why, if it still holds.

    The ledger is the only place where that stands: no session remembers it, and no GET writes it, so that neither a
    prefetch nor a link sent by a colleague looks at anybody in the actor's name.
    """
    since = now() - dt.timedelta(hours=settings.CONDUCT_OPEN_HOURS)
    where = ledger.Filter(kinds=(Did.CONDUCT_SEEN,), since=since)
    rows = ledger.trail(by=by, subject_id=pseudonym, pseudonym=by.pseudonym, where=where, limit=1)
    return rows[0] if rows else None


def looks(pseudonym: UUID, *, limit: int = 50) -> list[EntryRow]:
    """Return who looked at a person's page or exported it, the latest first: the person's own right to know."""
    seen = ledger.trail(
        by=machine("hazards.conduct"), subject_id=pseudonym, where=ledger.Filter(kinds=LOOKS), limit=limit
    )
    return [e for e in seen if e.pseudonym != pseudonym]


def hazards(person: Any, since: dt.datetime, until: dt.datetime, *, by: Actor) -> QuerySet[Hazard]:
    """Return the real hazards with which a person had to do in a period, the latest first, within the actor's scope."""
    ids = owed.subjects_owed(person.id, HAZARD, since, until)
    ids |= ledger.touched(person.pseudonym, HAZARD, since, until)
    said = ObstacleRow.objects.filter(by=person.pseudonym, at__gte=since, at__lt=until)
    ids |= set(said.values_list("hazard_id", flat=True))
    scope = Q() if by.pseudonym == person.pseudonym else places.under(authority.scopes(by, Can.CONDUCT), "place_path")
    return Hazard.objects.filter(scope, id__in=ids, exercise_id=None).order_by("-arrived_at", "-id")


def accounts(person: Any, rows: Sequence[Hazard], *, by: Actor) -> list[Account]:
    """Return the whole story of a person and each of these hazards, in a handful of queries."""
    found = {h.id: Account(h) for h in rows}
    duties = owed.owed_by(person.id, HAZARD, found)
    of_duty = {d.id: d.subject_id for d in duties}
    for duty in duties:
        found[duty.subject_id].duties.append(duty)
    for step in owed.knowing(duties):
        found[step.subject].knew.append(step)
    for entry in ledger.about(found, pseudonym=person.pseudonym):
        if entry.subject_type == HAZARD and readable_entry(entry, person.pseudonym, by=by):
            found[entry.subject_id].entries.append(entry)
    for entry in ledger.about(of_duty, kinds=LAID) if of_duty else ():
        if readable_entry(entry, person.pseudonym, by=by):
            found[of_duty[entry.subject_id]].laid.append(entry)
    for row in ObstacleRow.objects.filter(hazard_id__in=found).order_by("at", "id"):
        found[row.hazard_id].obstacles.append(row)
    return list(found.values())


def readable_entry(entry: EntryRow, pseudonym: UUID, *, by: Actor) -> bool:
    """Say whether the actor may read an entry on this page: by their post, or because it is about themselves."""
    return by.pseudonym == pseudonym or ledger.may_see(entry, by)


def concerning(entries: Collection[EntryRow], pseudonym: UUID) -> list[EntryRow]:
    """Return which entries are evidence about a person: they did it, or the duty was laid on them. Drills never are."""
    duties = owed.of_person([e.subject_id for e in entries if e.subject_type == DUTY], pseudonym)
    return [
        e for e in entries
        if e.exercise is None
        and ((e.subject_type == HAZARD and e.pseudonym == pseudonym) or e.subject_id in duties)
    ]  # fmt: skip


def may_say(hazard: Hazard, *, by: Actor) -> bool:
    """Say whether the actor may register an obstacle: they have, or had, a duty on it, or are the superior of such."""
    if by.pseudonym is None:
        return False
    if rights.is_owner(hazard, by):
        return True
    duties = owed.owing(HAZARD, hazard.id)
    if by.person in {d.person_id for d in duties}:
        return True
    charged = {d.person_id for d in duties} | ({hazard.owner_person} if hazard.owner_person else set())
    above = {d.superior_id for d in duties if d.superior_id} | people.superior_posts(charged)
    return any(seat.post in above for seat in by.seats)


def obstacles_of(entries: Sequence[EntryRow]) -> list[ObstacleRow]:
    """Return what stood in the way on the hazards of these entries: shown beside a lead."""
    chains = {e.chain for e in entries} | {e.subject_id for e in entries}
    rows = ObstacleRow.objects.filter(Q(hazard_id__in=chains) | Q(hazard__chain_id__in=chains))
    return list(rows.select_related("hazard").order_by("at", "id"))

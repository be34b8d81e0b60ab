"""One hazard at the desk: its photos, who may have to rectify it, the one of a number."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Length

from anlan.fieldwork.queries import uploads
from anlan.hazards.models import EvidenceRow, Hazard
from anlan.hazards.queries import scope
from anlan.hazards.terms import Owner
from anlan.kernel.authority import Actor, Hidden
from anlan.people import queries as people
from anlan.places import queries as places

FOUND = 8  # of each kind of owner offered
BACK = 5  # earlier ones that are named


def photo(evidence_id: UUID, *, by: Actor, small: bool = False) -> bytes:
    """Return the redrawn JPEG of a photo whose hazard the actor may see. Raises Hidden, also while there is none."""
    row = EvidenceRow.objects.filter(id=evidence_id).first()
    if row is None:
        raise Hidden
    scope.hazard(row.hazard_id, by=by)
    data = uploads.picture(row.upload_id, thumb=small)
    if data is None:
        raise Hidden
    return data


@dataclass(frozen=True, slots=True)
class Choice:
    """Who may have to rectify, as a form offers it: `key` is "o:<id>", "p:<id>", "h:<id>" or "n:<name>"."""

    key: str
    name: str
    note: str


def owners(text: str, *, by: Actor, at: str = "") -> list[Choice]:
    """Return organisations, posts and persons that fit the words, each from where the actor may look.

    Without words: the organisations of a place (`at`), those below and above it, the nearest first.
    """
    plain = text.strip()[:60]
    if not plain:
        above = [at[:end] for end in range(4, len(at) + 1, 4)]
        near = Q(place_path__in=above) | places.under([at], "place_path")
        rows = people.list_organisations("", "", by=by).filter(near).order_by(Length("place_path").desc(), "name")
        return [Choice(f"o:{o.id}", o.name, "") for o in rows[:FOUND]] if at else []
    found = [Choice(f"o:{o.id}", o.name, "") for o in people.list_organisations(plain, "", by=by)[:FOUND]]
    for post in people.list_posts(people.PostFilter(text=plain), by=by)[:FOUND]:
        sits = "、".join(s.person.name for s in post.seats_now)
        found.append(Choice(f"p:{post.id}", post.title, sits))
    for person in people.list_persons(people.PersonFilter(text=plain), by=by)[:FOUND]:
        title = next((s.post.title for s in getattr(person, "seats_now", ())), "")
        found.append(Choice(f"h:{person.id}", person.name, title))
    return found


def owner_of(key: str, *, by: Actor) -> Owner | None:
    """Return whom a form's key names; None where it is no key or lies out of the actor's sight."""
    kind, _colon, value = key.partition(":")
    if kind == "n":
        return Owner(value.strip()[:120]) if value.strip() else None
    try:
        identifier = UUID(value)
    except ValueError:
        return None
    if kind == "o":
        one = people.list_organisations("", "", by=by).filter(id=identifier).first()
        return Owner(one.name, organisation=one.id) if one else None
    if kind == "p":
        post = people.list_posts(people.PostFilter(), by=by).filter(id=identifier).first()
        return Owner(post.title[:120], post=post.id) if post else None
    person = people.persons(by).filter(id=identifier).first() if kind == "h" else None
    return Owner(person.name, person=person.id) if person else None


def recurrences(hazard: Hazard) -> list[Hazard]:
    """Return the earlier ones that a hazard recurs from, nearest first; at most BACK steps back."""
    found, at = list[Hazard](), hazard
    while at.recurs is not None and len(found) < BACK:
        at = at.recurs
        found.append(at)
    return found


def numbered(text: str, *, by: Actor) -> Hazard | None:
    """Return the hazard of a number, if the actor sees it."""
    return scope.within(by).filter(number=text.strip().upper()).first() if text.strip() else None

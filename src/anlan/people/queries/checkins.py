"""Double check-in read: the community sees its people, an employer's keeper its own people's state, a district counts.

Nobody else sees a name here, and a person who only checked in stands in no list of persons.
"""

import base64
import binascii
import datetime as dt
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Left

from anlan.kernel import authority, clock, paths
from anlan.kernel.authority import Actor, Hidden
from anlan.people import secrecy, terms
from anlan.people.models import Checkin, Holding, Organisation, Post
from anlan.people.queries.scope import under, within
from anlan.places import queries as places
from anlan.places.terms import Level

if TYPE_CHECKING:
    from anlan.places.models import Place

PROOF = 16
EMPLOYERS_SHOWN = 100
TEMPORARY = ("mustered", "muster_leader")


@dataclass(frozen=True, slots=True)
class CheckinFilter:
    """What a list of registrations is narrowed by; empty values do not narrow. `place` is a place path."""

    text: str = ""
    place: str = ""
    employer: str = ""
    skill: str = ""
    slot: str = ""
    state: str = ""


def skills() -> list[str]:
    """Return the skills that people choose from: settings.SKILLS, else the built-in ones."""
    return list(settings.SKILLS or terms.SKILLS)


def list_checkins(what: CheckinFilter, *, by: Actor) -> QuerySet[Checkin]:
    """Return the registrations of the communities the actor keeps, by community and age."""
    found = Checkin.objects.filter(within(by, terms.Can.CHECKINS)).select_related("person", "organisation")
    if what.place:
        found = found.filter(under(what.place))
    if what.state:
        found = found.filter(state=what.state)
    if what.employer:
        found = found.filter(Q(organisation__name=what.employer) | Q(employer=what.employer))
    if what.skill:
        found = found.filter(skills__contains=[what.skill])
    if what.slot:
        found = found.filter(times__contains=[what.slot])
    text = what.text.strip()
    phone = secrecy.phone_of(text) if text else None
    if phone and len(phone) > 4:
        found = found.filter(person__phone_digest=secrecy.digest(phone))
    elif text.isascii() and text.isalpha():
        found = found.filter(person__pinyin__startswith=text.lower())
    elif text:
        found = found.filter(Q(person__name__contains=text) | Q(estate__contains=text))
    return found.order_by("place_path", "state", "id")


def checkin(checkin_id: UUID, *, by: Actor) -> Checkin:
    """Return a registration of a community the actor keeps. Raises Hidden."""
    found = Checkin.objects.select_related("person", "organisation").filter(id=checkin_id).first()
    if found is None or not authority.holds(by, terms.Can.CHECKINS, at=found.place_path):
        raise Hidden
    return found


def lock_checkin(checkin_id: UUID, by: Actor) -> Checkin:
    """Lock a registration for a change by its community or by the person themselves. Raises Hidden."""
    found = Checkin.objects.select_for_update(of=("self",)).select_related("person").filter(id=checkin_id).first()
    mine = found is not None and found.person_id == by.person
    if found is None or not (mine or authority.holds(by, terms.Can.CHECKINS, at=found.place_path)):
        raise Hidden
    return found


# --- the personal link


def link_token(checkin_id: UUID) -> str:
    """Return the token of a registration's personal link: its id and 128 bits that prove we made it."""
    return base64.urlsafe_b64encode(checkin_id.bytes + _proof(checkin_id)).rstrip(b"=").decode()


def by_token(token: str) -> Checkin:
    """Return the registration of a personal link. Raises Hidden for a token that is wrong or of an erased one."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (ValueError, binascii.Error):
        raise Hidden from None
    if len(raw) != 16 + PROOF or not token.isascii():
        raise Hidden
    key = UUID(bytes=raw[:16])
    found = Checkin.objects.select_related("person", "organisation").filter(id=key).first()
    if found is None or not hmac.compare_digest(raw[16:], _proof(key)):
        raise Hidden
    return found


def _proof(checkin_id: UUID) -> bytes:
    return secrecy.digest(f"check-in link v1 {checkin_id}")[:PROOF]


# --- communities and employers


def open_community(code: str) -> "Place":
    """Return the community of a code, where its people may check in. Raises Hidden."""
    found = places.by_code(code)
    if found is None or found.level != Level.COMMUNITY or found.until is not None:
        raise Hidden
    return found


def spots_of(community: str) -> list[tuple[str, str, str]]:
    """Return (path, level, name) of the estates and buildings that the tree has below a community."""
    below = places.below(community).filter(level__in=(Level.ESTATE, Level.BUILDING), until=None)
    return list(below.order_by("path").values_list("path", "level", "name"))


def employers_near(path: str, limit: int = 200) -> list[str]:
    """Return names of registered bodies at a place and above it, for somebody to choose from."""
    found = Organisation.objects.filter(place_path__in=paths.ancestors(path)).order_by("name")
    return list(found.values_list("name", flat=True).distinct()[:limit])


def employers_of(by: Actor) -> QuerySet[Organisation]:
    """Return the bodies whose people the actor may report: those of the posts by which they hold the permission."""
    posts = [grant.post for grant in by.grants if grant.can == terms.Can.EMPLOYER and grant.post]
    return Organisation.objects.filter(
        id__in=Post.objects.filter(id__in=posts, until=None, organisation__isnull=False).values("organisation")
    )


def employees(by: Actor) -> QuerySet[Checkin]:
    """Return the registrations of the keeper's own people. Show their name and state only, never where they live."""
    found = Checkin.objects.filter(organisation__in=employers_of(by)).select_related("person", "organisation")
    return found.order_by("organisation", "state", "id")


@dataclass(frozen=True, slots=True)
class CheckinCount:
    """Counts of one community or employer: on the list, waiting; no names."""

    name: str
    path: str
    listed: int
    waiting: int


def checkin_counts(path: str, *, by: Actor) -> tuple[list[CheckinCount], list[CheckinCount]]:
    """Return counts right below a place, and by employer (the largest 100). Raises Refused."""
    authority.require(by, terms.Can.CHECKIN_COUNTS, at=path)
    here = Checkin.objects.filter(under(path))
    depth = len(path) + paths.WIDTH
    listed, waiting = (
        Count("id", filter=Q(state=one)) for one in (terms.CheckinState.LISTED, terms.CheckinState.REGISTERED)
    )
    near = here.annotate(at=Left("place_path", depth)).values("at").annotate(n=listed, w=waiting).order_by("at")
    rows = list(near.values_list("at", "n", "w"))
    names = places.names(at for at, _n, _w in rows)
    bodies = here.values("organisation__name").annotate(n=listed, w=waiting).order_by("-n", "organisation__name")
    told = bodies.values_list("organisation__name", "n", "w")[:EMPLOYERS_SHOWN]
    return (
        [CheckinCount(names.get(at, ""), at, n, w) for at, n, w in rows],
        [CheckinCount(name or "", "", n, w) for name, n, w in told],
    )


def registered_lately(path: str) -> int:
    """Return how many came by the public page of a community within the hour."""
    since = clock.now() - dt.timedelta(hours=1)
    return Checkin.objects.filter(place_path=path, source=terms.CheckinSource.SELF, since__gte=since).count()


def seats_of(person_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return the rank of the most senior post that each person holds, temporary ones left out. One query."""
    held = Holding.objects.filter(person__in=list(person_ids), until=None, post__until=None)
    ranks: dict[UUID, int] = {}
    for key, rank in held.exclude(post__role__code__in=TEMPORARY).values_list("person_id", "post__rank"):
        ranks[key] = max(rank, ranks.get(key, 0))
    return ranks

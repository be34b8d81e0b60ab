"""Duplicates before submission, and recurrences: near in place, in time and in words (issue 4, "Duplicates")."""

import datetime as dt
import math
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from anlan.hazards.models import Hazard
from anlan.hazards.terms import OPEN, Can, Found, HazardState
from anlan.kernel import likeness
from anlan.kernel.authority import Actor
from anlan.kernel.clock import now
from anlan.people import queries as people

POOL = 300  # hazards around that are compared
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Alike:
    """Another hazard, how alike (0 … 1), and how far away in metres, None where one of them has no point."""

    hazard: Hazard
    likeness: float
    away: float | None


@dataclass(frozen=True, slots=True)
class Here:
    """Where and what is compared: a place path, a point or NaN, a kind, an object, words, an instant."""

    place: str
    lon: float
    lat: float
    kind: str
    text: str
    at: dt.datetime
    object: UUID | None = None
    where: str = ""


def near(found: Found, *, by: Actor) -> list[Alike]:
    """Return open hazards that may be the one about to be reported, the likeliest first; one bounded query.

    What is folded already is left out: its lead stands for it. Raises Refused, Invalid («place»).
    """
    post = found.place if by.machine else people.seat_to(Can.REPORT, by=by).path
    spot = people.spot_of(found.place, (found.lon, found.lat, found.accuracy), (), post=post)
    lon, lat = _number(spot.lon), _number(spot.lat)
    here = Here(spot.path, lon, lat, found.kind, found.text, found.found_at or now(), found.object, found.where.strip())
    return _alike(here, by.exercise)


def like(hazard: Hazard) -> list[Alike]:
    """Return the other open hazards that may be this one, the likeliest first: for whoever confirms it."""
    return [one for one in _alike(here_of(hazard), hazard.exercise_id) if one.hazard.id != hazard.id]


def here_of(hazard: Hazard) -> Here:
    """Return what of a hazard is compared."""
    return Here(
        hazard.place_path, _number(hazard.lon), _number(hazard.lat), hazard.kind, hazard.text, hazard.found_at,
        hazard.object_id, hazard.where,
    )  # fmt: skip


def _alike(here: Here, exercise: UUID | None) -> list[Alike]:
    bounds = likeness.Limits(metres=settings.HAZARD_NEAR_METRES, seconds=settings.HAZARD_NEAR_DAYS * 86_400)
    rows = Hazard.objects.filter(_box(here, bounds.metres), state__in=list(OPEN), exercise_id=exercise, lead=None)
    rows = rows.filter(arrived_at__gte=here.at - dt.timedelta(seconds=bounds.seconds)).order_by("-id")[:POOL]
    mine, found = _sight(here), []
    for other in rows:
        there = here_of(other)
        score = likeness.same(mine, _sight(there), bounds)
        if score is None and here.object is not None and here.object == there.object:
            score = likeness.alike(here.text, there.text) or None
        if score is not None:
            found.append(Alike(other, score, _away(here, there)))
    return sorted(found, key=lambda one: -one.likeness)[:SHOWN]


def before(here: Here, exercise: UUID | None) -> Hazard | None:
    """Return the latest closed hazard of the same kind at the same object or spot: this one is its recurrence.

    Within ANLAN_HAZARD_RECUR_DAYS of its acceptance; a hazard without a kind recurs as nothing.
    """
    if not here.kind:
        return None
    since = now() - dt.timedelta(days=settings.HAZARD_RECUR_DAYS)
    spot = Q(place_path=here.place) if here.object is None else Q(object_id=here.object)
    rows = Hazard.objects.filter(spot, kind=here.kind, state=HazardState.CLOSED, exercise_id=exercise)
    rows = rows.filter(accepted_at__gte=since).order_by("-accepted_at")[:POOL]
    return next((one for one in rows if here.object is not None or _one_spot(here, here_of(one))), None)


def _one_spot(here: Here, there: Here) -> bool:
    """Say whether two of one place are one spot: by their points, else by the words for where, else by what is told."""
    away = _away(here, there)
    if away is not None:
        return away <= settings.HAZARD_NEAR_METRES
    if here.where and there.where:
        return here.where == there.where
    return likeness.alike(here.text, there.text) >= likeness.Limits().words


def _box(here: Here, metres: float) -> Q:
    """Return the same place, the same object, or a box around the point: what is judged exactly later, narrowed."""
    if math.isnan(here.lon) or math.isnan(here.lat):
        found = Q(place_path=here.place)
    else:
        west, south, east, north = likeness.box(here.lon, here.lat, metres)
        found = Q(lat__range=(south, north), lon__range=(west, east)) | Q(place_path=here.place, lat=None)
    return found | Q(object_id=here.object) if here.object is not None else found


def _sight(here: Here) -> likeness.Sight:
    return likeness.Sight(here.text, here.kind, here.place, here.at.timestamp(), here.lon, here.lat)


def _away(here: Here, there: Here) -> float | None:
    if any(math.isnan(x) for x in (here.lon, here.lat, there.lon, there.lat)):
        return None
    return likeness.metres(here.lon, here.lat, there.lon, there.lat)


def _number(degrees: float | None) -> float:
    return math.nan if degrees is None else degrees

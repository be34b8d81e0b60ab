"""Which other reports may tell of the same thing: near in place, in time and in words."""

import datetime as dt
import math
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from anlan.incidents.models import Report
from anlan.incidents.terms import OPEN, STATE_NAMES, Can, How, ReportState
from anlan.kernel import authority, likeness
from anlan.kernel.authority import Actor, Invalid
from anlan.places import queries as places
from anlan.sensing.ports import Neighbour, Said

POOL = 300  # reports of the hour around that are compared
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Alike:
    """Another report, how alike (0 … 1), and how far away in metres, None where one of them has no point."""

    report: Report
    likeness: float
    away: float | None


def limits() -> likeness.Limits:
    """Return what counts as near here (settings)."""
    return likeness.Limits(metres=settings.REPORT_NEAR_METRES, seconds=settings.REPORT_NEAR_MINUTES * 60)


def sight(report: Report) -> likeness.Sight:
    """Return what of a report is compared."""
    lon = math.nan if report.lon is None else report.lon
    lat = math.nan if report.lat is None else report.lat
    return likeness.Sight(report.text, report.kind, report.place_path, report.happened_at.timestamp(), lon, lat)


def like(
    report: Report, *, leading: bool = True, limit: int = SHOWN, bounds: likeness.Limits | None = None
) -> list[Alike]:
    """Return the reports that may tell of the same thing, the likeliest first; one bounded query.

    `leading` leaves out those that are folded themselves: a report is folded into the one that leads. `bounds` are what
    counts as near, by default those of the settings.
    """
    bounds = bounds or limits()
    span = dt.timedelta(seconds=bounds.seconds)
    rows = Report.objects.filter(
        happened_at__range=(report.happened_at - span, report.happened_at + span), exercise_id=report.exercise_id
    ).exclude(id=report.id)
    states = [*OPEN, ReportState.VERIFIED] if leading else [*OPEN, ReportState.VERIFIED, ReportState.FOLDED]
    rows = rows.filter(state__in=states)
    if leading:
        rows = rows.filter(lead=None)
    rows = rows.filter(_near(report, bounds.metres)).select_related("incident").order_by("-id")[:POOL]
    mine, found = sight(report), []
    for other in rows:
        score = likeness.same(mine, sight(other), bounds)
        if score is not None:
            found.append(Alike(other, score, _away(report, other)))
    return sorted(found, key=lambda one: -one.likeness)[:limit]


def around(path: str, lon: float | None, lat: float | None, at: dt.datetime, *, by: Actor) -> list[Neighbour]:
    """Return what people reported near a point (or in a place) and a moment, as far as the actor sees it (SEN-03)."""
    scopes = authority.scopes(by, Can.SEE)
    if not scopes:
        return []
    bounds = limits()
    span = dt.timedelta(seconds=bounds.seconds)
    rows = Report.objects.filter(
        places.under(scopes, "place_path"), _box(path, lon, lat, bounds.metres), exercise_id=by.exercise,
        happened_at__range=(at - span, at + span),
    ).exclude(how=How.DEVICE)  # fmt: skip
    found = sorted(rows.order_by("-id")[:POOL], key=lambda r: abs(r.happened_at - at))[: 2 * SHOWN]
    where = where_of({r.place_path for r in found})
    return [
        Neighbour(
            " ".join(r.text.split()), f"{where[r.place_path]}　{STATE_NAMES[ReportState(r.state)][1]}", r.happened_at,
            f"/incidents/reports/{r.id}",
            None if None in {lon, lat, r.lon, r.lat} else likeness.metres(lon or 0, lat or 0, r.lon or 0, r.lat or 0),
        )
        for r in found
    ]  # fmt: skip


WATER = frozenset({"flooding", "river"})


def told(place: str, since: dt.datetime, *, by: Actor, most: int) -> list[Said]:
    """Return what people reported at a place and below since a moment, the newest first: for the map of devices."""
    rows = Report.objects.filter(
        places.under(authority.scopes(by, Can.SEE), "place_path"), places.under([place], "place_path"),
        exercise_id=by.exercise, happened_at__gte=since,
    ).exclude(how=How.DEVICE).exclude(state__in=[ReportState.WITHDRAWN, ReportState.FOLDED])  # fmt: skip
    return [
        Said(
            f"incidents.report:{r.id}", _("情况"), " ".join(r.text.split())[:80],
            str(STATE_NAMES[ReportState(r.state)][1]), r.place_path, r.happened_at, f"/incidents/reports/{r.id}",
            r.lon, r.lat, r.kind in WATER and r.state != ReportState.NOT_SO,
        )
        for r in rows.order_by("-happened_at")[:most]
    ]  # fmt: skip


def _near(report: Report, metres: float) -> Q:
    """Return a box around the point, or the same place: what likeness judges exactly, narrowed for the database."""
    return _box(report.place_path, report.lon, report.lat, metres)


def _box(path: str, lon: float | None, lat: float | None, metres: float) -> Q:
    same = Q(place_path=path)
    if lon is None or lat is None:
        return same
    west, south, east, north = likeness.box(lon, lat, metres)
    return Q(lat__range=(south, north), lon__range=(west, east)) | (same & Q(lon=None))


def _away(report: Report, other: Report) -> float | None:
    if None in {report.lon, report.lat, other.lon, other.lat}:
        return None
    return likeness.metres(report.lon or 0, report.lat or 0, other.lon or 0, other.lat or 0)


def of_one_thing(report: Report, other: Report) -> None:
    """Refuse to fold what cannot be one thing: itself, another drill, a report that is folded. Raises Invalid."""
    if report.id == other.id:
        raise Invalid({"into": _("不能并到自己")})
    if report.exercise_id != other.exercise_id:
        raise Invalid({"into": _("演练的和真的不能并在一起")})
    if other.lead_id is not None:
        raise Invalid({"into": _("那一条自己已经并走了，请并到它并去的那一条")})
    if other.state not in {*OPEN, ReportState.VERIFIED}:
        raise Invalid({"into": _("那一条已经办完，不能再并进去")})


where_of = places.with_parent

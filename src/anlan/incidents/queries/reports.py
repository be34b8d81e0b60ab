"""Reports as the desk sees them (its places) and as their reporters do (their own)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from anlan.incidents.models import Coming, Fact, Photo, Report
from anlan.incidents.terms import OPEN, Can, ReportState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.places import queries as places

_FOLDED = Q(lead__isnull=False)
VIEWS = {
    "todo": Q(state__in=list(OPEN)),
    "verified": Q(state=ReportState.VERIFIED),
    "not_so": Q(state=ReportState.NOT_SO),
    "folded": _FOLDED,
    "passed": Q(state__in=[ReportState.PASSED_ON, ReportState.WITHDRAWN]),
    "all": Q(),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What the address asks for. `since` and `until` are days by arrival, both included; `urgent` life safety only."""

    view: str = "todo"
    place: str = ""
    kind: str = ""
    how: str = ""
    text: str = ""
    urgent: bool = False
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    sort: str = ""


SORTS = {
    "": ("-first", "-urgent", "-arrived_at", "-id"),
    "arrived": ("arrived_at", "id"),
    "-arrived": ("-arrived_at", "-id"),
    "place": ("place_path", "-id"),
    "-place": ("-place_path", "-id"),
    "kind": ("kind", "-id"),
    "-kind": ("-kind", "-id"),
}


def _within(by: Actor) -> QuerySet[Report]:
    rows = Report.objects.filter(places.under(authority.scopes(by, Can.SEE), "place_path"))
    return rows.filter(exercise_id=by.exercise) if by.exercise else rows


def reports(by: Actor, what: Filter) -> QuerySet[Report]:
    """Return the reports of the actor's places, narrowed; what waits and is about life comes first."""
    rows = _within(by).filter(VIEWS.get(what.view, VIEWS["todo"]))
    if what.place:
        rows = rows.filter(places.under([what.place], "place_path"))
    if what.kind:
        rows = rows.filter(kind=what.kind)
    if what.how:
        rows = rows.filter(how=what.how)
    if what.urgent:
        rows = rows.filter(urgent=True)
    if what.since:
        rows = rows.filter(arrived_at__gte=what.since)
    if what.until:
        rows = rows.filter(arrived_at__lt=what.until)
    if what.text:
        said = Q(text__icontains=what.text) | Q(reporter_name__icontains=what.text)
        rows = rows.filter(said | Q(reporter_title__icontains=what.text) | Q(opinion__icontains=what.text))
    waits = When(state__in=list(OPEN), then=Value(1))
    rows = rows.annotate(first=Case(waits, default=Value(0), output_field=IntegerField()))
    return rows.select_related("incident").order_by(*SORTS.get(what.sort, SORTS[""]))


def counts(by: Actor) -> dict[str, int]:
    """Return how many reports each view has, in one query; `urgent` counts those that wait and are about life."""
    figures: dict[str, Any] = {name: Count("id", filter=condition) for name, condition in VIEWS.items() if condition}
    figures |= {"all": Count("id"), "urgent": Count("id", filter=VIEWS["todo"] & Q(urgent=True))}
    return _within(by).aggregate(**figures)


def desk_report(report_id: UUID, *, by: Actor) -> Report:
    """Return a report of the actor's places. Raises Hidden, also where it is absent."""
    found = _within(by).select_related("incident", "lead").filter(id=report_id).first()
    if found is None:
        raise Hidden(_("没有这条情况报告"))
    return found


def lock_desk(report_id: UUID, *, by: Actor) -> Report:
    """Return a report of the actor's places, locked. Raises Hidden."""
    found = _within(by).select_for_update(of=("self",)).filter(id=report_id).first()
    if found is None:
        raise Hidden(_("没有这条情况报告"))
    return found


def mine(by: Actor) -> QuerySet[Report]:
    """Return what the actor reported, the newest first."""
    if by.pseudonym is None:
        return Report.objects.none()
    return Report.objects.filter(reporter=by.pseudonym).select_related("incident", "lead").order_by("-id")


def brought(client: UUID, *, by: Actor) -> Report | None:
    """Return the report that the actor has brought under this client id already."""
    return Report.objects.filter(client_id=client, entered_by=by.pseudonym).first() if by.pseudonym else None


def own_report(report_id: UUID, *, by: Actor) -> Report:
    """Return a report that the actor made. Raises Hidden for anybody else's."""
    found = mine(by).filter(id=report_id).first()
    if found is None:
        raise Hidden(_("没有这条情况报告"))
    return found


def lock_own(report_id: UUID, *, by: Actor) -> Report:
    """Return a report that the actor made, locked. Raises Hidden."""
    rows = Report.objects.select_for_update(of=("self",)).filter(id=report_id, reporter__isnull=False)
    found = rows.filter(reporter=by.pseudonym).first() if by.pseudonym else None
    if found is None:
        raise Hidden(_("没有这条情况报告"))
    return found


def folded_into(report_id: UUID) -> list[Report]:
    """Return the reports that were folded into one, the first to arrive first."""
    return list(Report.objects.filter(lead=report_id).order_by("id"))


def photos_of(report_ids: Iterable[UUID]) -> list[Photo]:
    """Return the photos of reports without their bytes."""
    return list(Photo.objects.filter(report__in=list(report_ids)).defer("data", "thumb").order_by("id"))


def coming(report_id: UUID) -> tuple[int, int]:
    """Return how many photos of a report are still on their way, and how many came and were none."""
    wrong = list(Coming.objects.filter(report=report_id).values_list("wrong", flat=True))
    return wrong.count(""), len(wrong) - wrong.count("")


def photo(photo_id: UUID, *, by: Actor) -> Photo:
    """Return a photo that the actor may see: of their own report, or of one at their places. Raises Hidden."""
    rows = Photo.objects.filter(id=photo_id)
    scopes = authority.scopes(by, Can.SEE)
    seen = Q(report__in=Report.objects.filter(places.under(scopes, "place_path"))) if scopes else Q(pk__in=[])
    if by.pseudonym:
        seen |= Q(report__reporter=by.pseudonym)
    found = rows.filter(seen).first()
    if found is None:
        raise Hidden(_("没有这张照片"))
    return found


def facts_of(report_ids: Iterable[UUID]) -> list[Fact]:
    """Return what was added to reports, the oldest first."""
    return list(Fact.objects.filter(report__in=list(report_ids)).order_by("at", "id"))


def latest(facts: Iterable[Fact]) -> dict[tuple[UUID, str], Fact]:
    """Return the last word of each source on each element: several sources may differ, and both are kept."""
    return {(fact.report_id, fact.element): fact for fact in facts}

"""One hazard: the next act, the five who, the photos, the facts, the people, its course."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from anlan.callout.queries import duties
from anlan.hazards import queries, terms
from anlan.hazards.models import Hazard
from anlan.hazards.pages import act, shared, story
from anlan.hazards.queries import oversight
from anlan.hazards.terms import Can, Did
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.places import queries as places


@require_GET
def hazard(request: HttpRequest, hazard_id: UUID) -> HttpResponse:
    """Show a hazard to whoever sees it: by their posts, as its reporter, or as whoever has to rectify it."""
    by = shared.anybody(request)
    found = queries.hazard(hazard_id, by=by)
    acts = queries.acts(found, by=by)
    waiting = duties.open_on(found.id)
    following = story.next_of(found, acts, waiting, by)
    return render(
        request,
        "hazards/one.html",
        record(found, by, waiting)
        | {
            "next": following, "ladder": story.ladder(waiting), "people": story.contacts(found, by),
            "offers": act.offers(found, by, {verb for verb, *_rest in following.acts} | {"note", "photos", "decide"}),
            "may_note": Did.NOTED in acts, "may_photo": Did.EVIDENCE_ADDED in acts,
            "may_bundle": authority.holds(by, Can.SEE, at=found.place_path),
            "may_list": authority.anywhere(by, [Can.SEE]), "phases": terms.PHASE_NAMES.items(),
            "photos_most": settings.PHOTOS_MOST,
        },
    )  # fmt: skip


def record(found: Hazard, by: Actor, waiting: list[duties.Open]) -> dict[str, Any]:
    """Return what the page, the print and the bundle all show of a hazard."""
    photos = queries.evidence_of([found.id])
    before = sum(1 for p in photos if p.phase == terms.Phase.BEFORE)
    standing = oversight.standing(found)
    earlier = [one for one in queries.recurrences(found) if _seen(one, by)]
    return {
        "hazard": found, "row": shared.shown([found])[0], "five": story.five(found, waiting, by, before),
        "since": story.since(found), "pair": story.pairs(photos), "photos": photos, "earlier": earlier,
        "limit": terms.LIMIT_NAMES.get(terms.Limit(found.limit), "") if found.limit else "",
        "controls": [(c, terms.CONTROL_NAMES[terms.Control(c.kind)]) for c in queries.controls_of(found)],
        "plan": next(iter(queries.plans_of(found)), None), "rounds": queries.rounds_of(found),
        "pleas": [story.plea(p) for p in queries.pleas_of(found)],
        "standing": standing,
        "referred": [(r, terms.REFERRAL_NAMES[terms.ReferralState(r.state)]) for r in standing.referrals],
        "merged": queries.merged(found), "lead": found.lead if found.lead and _seen(found.lead, by) else None,
        "course": story.course(found), "yuan": story.yuan(found.cost),
    }  # fmt: skip


def _seen(one: Hazard, by: Actor) -> bool:
    try:
        queries.hazard(one.id, by=by)
    except Hidden:
        return False
    return True


@require_GET
def where(request: HttpRequest, hazard_id: UUID) -> HttpResponse:
    """Return where it is as GeoJSON: the point, on the borders of its place."""
    by = shared.anybody(request)
    found = queries.hazard(hazard_id, by=by)
    ground = places.features(found.place_path, by=by)["features"]
    for one in ground:
        one["properties"] = {"kind": one["properties"]["kind"]}
    pin = {
        "type": "Feature", "geometry": {"type": "Point", "coordinates": [found.lon, found.lat]},
        "properties": {"kind": "thing", "name": found.where or _("这条隐患")},
    }  # fmt: skip
    return JsonResponse(
        {"type": "FeatureCollection", "features": ground + ([pin] if found.lon is not None else [])},
        content_type="application/geo+json",
    )


@require_GET
def photo(request: HttpRequest, evidence_id: UUID) -> HttpResponse:
    """Serve a photo to whoever may see its hazard: an inert JPEG of our own making, kept by no shared cache."""
    by = shared.anybody(request)
    data = queries.photo(evidence_id, by=by, small="small" in request.GET)
    answer = HttpResponse(data, content_type="image/jpeg")
    answer["Content-Disposition"] = "inline; filename=photo.jpg"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, max-age=86400, immutable"
    return answer

"""The public page of a check by others (单位自查、第三方检查): by a link, no account, no scripts."""

import uuid
from typing import Any
from uuid import UUID

import qrcode
import qrcode.image.svg
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from anlan.hazards.pages import inspecting as shared
from anlan.hazards.pages.visits import sections
from anlan.hazards.queries import library
from anlan.hazards.queries import objects as things
from anlan.hazards.services import outside_checks
from anlan.hazards.terms import RESULT_NAMES, Can, Source
from anlan.hazards.terms.inspections import KIND_NAMES, Done
from anlan.kernel.authority import Conflict, Invalid
from anlan.places import queries as places


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, token: str) -> HttpResponse:
    """Show the unit's checklist; POST hands it in. The same form sent twice is one check."""
    link = outside_checks.opened(token)
    said: Any = request.POST
    wrong: dict[str, str] = {}
    full = not outside_checks.left_today(link.object)
    status = 200
    if request.method == "POST":
        if said.get("website"):  # nobody sees this field: whoever fills it is a machine
            return to_itself(render(request, "hazards/checked.html", {"object": link.object}))
        try:
            made = outside_checks.submit(
                token, done_of(request), name=said.get("name", ""), remark=said.get("remark", "")
            )
        except Invalid as error:
            wrong, status = error.errors, 422
        except Conflict as error:
            wrong, status = {"": str(error)}, 429
        else:
            return to_itself(render(request, "hazards/checked.html", {
                "object": link.object, "visit": made, "days": settings.SELF_CHECK_GRACE_DAYS,
                "third": link.source == Source.THIRD_PARTY,
            }))  # fmt: skip
    own = link.source == Source.SELF_CHECK
    versions = library.checklist_for(link.object.kind, own=own)
    return to_itself(render(request, "hazards/check.html", {
        "object": link.object, "kind": KIND_NAMES.get(link.object.kind, ""), "link": link, "own": own, "full": full,
        "place": places.names([link.object.place_path]).get(link.object.place_path, ""), "versions": versions,
        "sections": sections(versions, said, wrong), "said": said, "results": RESULT_NAMES.items(),
        "wrong": {k: v for k, v in wrong.items() if len(k) != 36}, "client": said.get("client") or str(uuid.uuid4()),
        "days": settings.SELF_CHECK_GRACE_DAYS,
    }, status=status))  # fmt: skip


def done_of(request: HttpRequest) -> Done:
    """Read the form. Raises Invalid."""
    post = request.POST
    results = {name[2:]: str(result) for name, result in post.items() if name.startswith("r_")}
    notes = {name[2:]: str(text) for name, text in post.items() if name.startswith("n_")}
    answers = outside_checks.answers_of(results, notes)
    return Done(
        client=shared.uuid_of(post.get("client", ""), ""), answers=answers,
        versions=[shared.uuid_of(v, "versions") for v in post.getlist("version")],
        nothing_wrong=post.get("act") == "nothing" and not any(r == "fail" for r, _n in answers.values()),
    )  # fmt: skip


def to_itself(answer: HttpResponse) -> HttpResponse:
    """Let no referrer and no search engine have the link."""
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer


@require_GET
def code(request: HttpRequest, object_id: UUID) -> HttpResponse:
    """Return the QR code of an object's self-check link, to print and put up."""
    by = shared.actor_of(request, Can.SEE, Can.INSPECT)
    row = things.one(object_id, by=by)
    address = f"{settings.PUBLIC_URL}/check/{outside_checks.token(row, by=by)}"
    made = qrcode.make(address, image_factory=qrcode.image.svg.SvgPathImage, box_size=12)
    return HttpResponse(made.to_string(), content_type="image/svg+xml")


@require_GET
def poster(request: HttpRequest, object_id: UUID) -> HttpResponse:
    """Show the sheet with the code, to print on A4."""
    by = shared.actor_of(request, Can.SEE, Can.INSPECT)
    row = things.one(object_id, by=by)
    address = f"{settings.PUBLIC_URL}/check/{outside_checks.token(row, by=by)}"
    return render(request, "hazards/check_poster.html", {"object": row, "address": address})

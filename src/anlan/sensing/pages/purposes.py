"""门禁、视频备案: why counts and events may be taken where, until when; nothing is taken without (SEN-05)."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.places.pages.picking import picking, place_of
from anlan.sensing.pages import shared
from anlan.sensing.queries import purposes as queries
from anlan.sensing.queries.alarms import where_of
from anlan.sensing.services import purposes
from anlan.sensing.services.purposes import PurposeDraft
from anlan.sensing.terms import KIND_NAMES, RESTRAINED, Can, ThingKind

STATES = {"running": gettext_lazy("在用的"), "all": gettext_lazy("全部")}


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """List the purposes on record; POST puts one more there."""
    by = shared.actor_of(request, Can.SEE, Can.PURPOSE)
    if request.method == "GET":
        return _page(request, by, {})
    try:
        purposes.grant(_draft(request, by), by=by)
    except (Invalid, Conflict) as error:
        return _page(request, by, shared.wrong_of(error))
    messages.success(request, _("备案好了"))
    return redirect("sensing:purposes")


def _draft(request: HttpRequest, by: Actor) -> PurposeDraft:
    post, place, until = request.POST, "", None
    wrong: dict[str, str] = {}
    if not authority.anywhere(by, [Can.PURPOSE]):
        raise authority.Refused(Can.PURPOSE, "")
    try:
        place = place_of(request, by, Can.PURPOSE)
    except Invalid as error:
        wrong |= error.errors
    try:
        until = shared.day_of(post.get("until", ""), "until")
    except Invalid as error:
        wrong |= error.errors
    if wrong:
        raise Invalid(wrong)
    return PurposeDraft(
        place, post.get("kind", ""), post.get("name", ""), post.get("basis", ""), post.get("assessment", ""), until
    )


def _page(request: HttpRequest, by: Actor, wrong: dict[str, str]) -> HttpResponse:
    state = request.GET.get("view", "running")
    state = state if state in STATES else "running"
    page = shared.page_of(request, queries.purposes(by=by, state=state))
    where, today = where_of({p.place_path for p in page.object_list}), queries.today()
    return render(request, "sensing/purposes.html", {
        "page": page, "views": [(code, name, None) for code, name in STATES.items()], "view": state, "wrong": wrong,
        "rows": [
            {
                "purpose": p, "kind": KIND_NAMES[ThingKind(p.kind)], "where": where.get(p.place_path, ""),
                "over": p.until < today, "may": authority.holds(by, Can.PURPOSE, at=p.place_path),
            }
            for p in page.object_list
        ],
        "tabs": shared.tabs(by, "purposes"), "said": request.POST, "may": authority.anywhere(by, [Can.PURPOSE]),
        "kinds": [(kind, KIND_NAMES[kind]) for kind in sorted(RESTRAINED)], "on": settings.SENSING_PEOPLE,
        **picking(request.POST, by, Can.PURPOSE, request.POST.get("place", "")),
    }, status=422 if wrong else 200)  # fmt: skip


@require_POST
def end(request: HttpRequest, purpose_id: UUID) -> HttpResponse:
    """End a purpose with a reason."""
    by = shared.actor_of(request, Can.SEE, Can.PURPOSE)
    reason = request.POST.get("reason", "")
    said = _("到此为止了，以后不再取值")
    return shared.act(request, lambda: purposes.end(purpose_id, reason, by=by), said, "sensing:purposes")

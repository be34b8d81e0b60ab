"""提示: what looks odd and may be nothing, to look at side by side and put aside with a reason (EVL-05)."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from anlan.hazards.models import Hint
from anlan.hazards.pages import inspecting as shared
from anlan.hazards.queries import hints as queries
from anlan.hazards.services import hints as services
from anlan.hazards.terms.hints import HINT_NAMES, HINT_STATES, HintGenre, HintState
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid

SIDES = ("this", "other")


def shown(rows: Iterable[Hint], by: Actor) -> list[dict[str, Any]]:
    """Return hints as `hazards/_hints.html` draws them."""
    found = list(rows)
    if not found:
        return []
    sides = queries.sides(found, by=by)
    return [
        {
            "hint": one, "sides": list(zip(sides[one.id], SIDES, strict=True)), "says": queries.words(one),
            "advice": queries.advice(one), "genre": HINT_NAMES[HintGenre(one.genre)],
            "state": HINT_STATES[HintState(one.state)], "open": one.state == HintState.OPEN,
            "photos": one.genre == HintGenre.PHOTO,
        }
        for one in found
    ]  # fmt: skip


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List the hints of the actor's places: those that wait for a look, or those put aside."""
    by = shared.actor_of(request, *queries.CHECKS)
    get = request.GET
    state = get["view"] if get.get("view") in set(HintState) else str(HintState.OPEN)
    genre = get.get("genre", "") if get.get("genre") in set(HintGenre) else ""
    place = shared.place_of(request, by, *queries.CHECKS)
    page = shared.page_of(request, queries.hints(by, state=state, genre=genre, place=place))
    return render(request, "hazards/hints.html", {
        "page": page, "hints": shown(page.object_list, by), "view": state, "genre": genre, "place": place,
        "states": [(key, name, None) for key, (_mark, name) in HINT_STATES.items()], "genres": HINT_NAMES.items(),
        "places": shared.steps(by, place, *queries.CHECKS), "filtered": bool(genre or place),
    })  # fmt: skip


@require_GET
def photo(request: HttpRequest, hint_id: UUID, which: str) -> HttpResponse:
    """Serve one of the two photos, drawn anew, kept by no shared cache."""
    by = shared.actor_of(request, *queries.CHECKS)
    if which not in SIDES:
        raise Hidden
    answer = HttpResponse(
        queries.picture(hint_id, which, by=by, small="small" in request.GET), content_type="image/jpeg"
    )
    answer["Cache-Control"] = "private, max-age=86400"
    return answer


@require_POST
def dismiss(request: HttpRequest, hint_id: UUID) -> HttpResponse:
    """Put one aside with a reason, and go back to where it was read."""
    by = shared.actor_of(request, *queries.CHECKS)
    row = queries.hint(hint_id, by=by)
    try:
        services.dismiss(hint_id, request.POST.get("opinion", ""), by=by)
        messages.success(request, _("记下了，提示收起了。"))
    except Invalid as wrong:
        messages.error(request, _("没收起：{why}").format(why="；".join(wrong.errors.values())))
    except Conflict as wrong:
        messages.warning(request, str(wrong))
    here = {"hazard": "hazards:hazard", "visit": "hazards:visit"}
    if request.POST.get("back") == "record":
        return redirect(here[row.subject_type], row.subject_id)
    return redirect("hazards:hints")

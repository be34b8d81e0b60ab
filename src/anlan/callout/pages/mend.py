"""要改的号码和空岗: one list per place, each line put right in one step by whoever keeps the roster."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from anlan.callout.pages.reach import actor_of, back_to, here_of
from anlan.callout.services import mending
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.people import queries as people
from anlan.people.terms import Can as PeopleCan
from anlan.places import queries as places

PER_PAGE = 30
REASONS: dict[str, Any] = {
    "dead": gettext_lazy("空号或停机"),
    "wrong": gettext_lazy("接的人说不是他"),
    "none": gettext_lazy("没有登记号码"),
    "silent": gettext_lazy("几次都没人接"),
}


@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """Show the numbers to mend, or the empty posts, of a place and below."""
    by = actor_of(request, PeopleCan.READ)
    return _show(request, here_of(request, by), by)


def _show(
    request: HttpRequest, here: str, by: Actor, *, wrong: dict[str, str] | None = None, said: QueryDict | None = None,
    at: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    asked = said if said is not None else request.GET
    view = "vacant" if asked.get("view") == "vacant" else "numbers"
    reason = asked.get("reason", "")
    counts = people.mend_counts(here, by=by)
    if view == "vacant":
        found: Any = people.vacant(here, by=by)
    else:
        found = people.to_mend(here, by=by, reason=reason if reason in REASONS else "")
    page = Paginator(found, PER_PAGE).get_page(asked.get("page"))
    rows = list(page.object_list)
    names = places.names({one.place_path for one in rows} | {one.place_path[:-4] for one in rows} - {""})
    return render(request, "callout/mend.html", {
        "here": here, "view": view, "reason": reason, "reasons": REASONS.items(), "counts": counts, "page": page,
        "rows": [_line(one, names, by, view) for one in rows], "wrong": wrong or {}, "wrong_at": at,
        "said": said or {}, "place": places.names([here]).get(here, ""),
    }, status=status)  # fmt: skip


def _line(one: Any, names: dict[str, str], by: Actor, view: str) -> dict[str, Any]:
    where = " ".join(filter(None, (names.get(one.place_path[:-4], ""), names.get(one.place_path, ""))))
    if view == "vacant":
        return {"post": one, "place": where, "may": authority.holds(by, PeopleCan.WRITE, at=one.place_path)}
    seats = [h for h in one.seats_now if authority.holds(by, PeopleCan.WRITE, at=h.place_path)]
    why = "none" if one.phone_cipher is None else one.reach
    return {
        "person": one, "place": where, "phone": people.masked(one), "why": REASONS.get(why, ""), "seats": one.seats_now,
        "sure": why != "silent", "since": one.reach_at, "may": bool(seats), "own": seats,
    }  # fmt: skip


@require_POST
def mend(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Put one person's number right: number, still, replace or vacant."""
    by = actor_of(request, PeopleCan.WRITE)
    here, post = here_of(request, by), request.POST
    people.person(person_id, by=by)
    try:
        match post.get("act", ""):
            case "number":
                mending.new_number(person_id, post.get("phone", "")[:40], by=by)
                told = _("改好了。正在叫的马上用新号码，这个号码现在就核一次")
            case "still":
                mending.still_right(person_id, by=by)
                told = _("记下了，现在就再打一次")
            case "replace":
                mending.replace(person_id, _holding(post), post.get("name", "")[:60], post.get("phone", "")[:40], by=by)
                told = _("换好了，新的人马上算数，他的号码现在就核一次")
            case "vacant":
                mending.leave_vacant(person_id, _holding(post), by=by)
                told = _("标成空岗了，在「空岗」里等着派人")
            case _:
                return back_to(here, "callout:mend")
    except Invalid as wrong:
        return _show(request, here, by, wrong=wrong.errors, said=post, at=str(person_id), status=422)
    except Conflict as wrong:
        messages.error(request, str(wrong))
    else:
        messages.success(request, told)
    return back_to(here, "callout:mend")


def _holding(post: QueryDict) -> UUID:
    try:
        return UUID(post.get("holding", ""))
    except ValueError:
        raise Invalid({"holding": _("选一个岗位")}) from None


@require_POST
def fill(request: HttpRequest, post_id: UUID) -> HttpResponse:
    """Put somebody into an empty post."""
    by = actor_of(request, PeopleCan.WRITE)
    here, post = here_of(request, by), request.POST
    try:
        mending.fill(post_id, post.get("name", "")[:60], post.get("phone", "")[:40], by=by)
    except Invalid as wrong:
        return _show(request, here, by, wrong=wrong.errors, said=post, at=str(post_id), status=422)
    messages.success(request, _("派好了，他的号码现在就核一次"))
    answer = back_to(here, "callout:mend")
    answer["Location"] += "&view=vacant"
    return answer

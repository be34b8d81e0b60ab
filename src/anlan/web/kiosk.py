"""The page of a self-service terminal in a community's hall (自助机, PLT-05): four doors, no sign-in, nothing kept."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from anlan.alerts import queries as alerts
from anlan.alerts.pages import public

COOKIE = "anlan_kiosk"  # the residents' pages carry the terminal's script only on a terminal
IDLE_S = 90  # after so long without a touch the next person finds the first page


@login_not_required
@require_safe
@public.spoken
def home(request: HttpRequest, where: str) -> HttpResponse:
    """Show the terminal's first page for a place, named by its path or its code."""
    place = alerts.place_named(where[:40])
    if place is None:
        raise Http404
    path, name = place
    told = [public.shown(one) for one in alerts.told_at(path)]
    facts = {
        "path": path, "name": public.place_name(name), "first": told[0] if told else None, "more": len(told) - 1,
        "idle": IDLE_S, "kiosk": True, **public.look(request),
    }  # fmt: skip
    answer = render(request, "kiosk/home.html", facts)
    answer.set_cookie(COOKIE, path, samesite="Lax", httponly=True, secure=request.is_secure())
    return answer

"""设备健康: how the sensors themselves are, by kind and by place, down to the list (SEN-01)."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from anlan.places import queries as places
from anlan.sensing.pages import shared
from anlan.sensing.pages.things import FARES_NAMES
from anlan.sensing.queries import wellness
from anlan.sensing.queries.registry import ThingFilter
from anlan.sensing.terms import KIND_NAMES, ThingKind


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Show online rate, silence, battery, calibration and alarms by kind and by the places right below."""
    by = shared.actor_of(request)
    kind = request.GET.get("kind", "")
    what = ThingFilter(place=shared.place_of(request, by), kind=kind if kind in set(ThingKind) else "")
    top = what.place or min(shared.scopes_of(by), key=len)
    kinds = [
        line(row, KIND_NAMES[ThingKind(row["key"])], what.place, row["key"]) for row in wellness.by_kind(what, by=by)
    ]
    parts = wellness.by_part(what, top, by=by)
    names = places.names({row["key"] for row in parts})
    return render(request, "sensing/health.html", {
        "tabs": shared.tabs(by, "health"), "what": what, "places": shared.steps(by, what.place),
        "kinds": KIND_NAMES.items(), "days": wellness.DAYS, "columns": FARES_NAMES.items(),
        "by_kind": kinds, "by_part": [line(row, names.get(row["key"], ""), row["key"], what.kind) for row in parts],
        "filtered": what != ThingFilter(),
    })  # fmt: skip


def line(row: dict[str, Any], name: Any, place: str, kind: str) -> dict[str, Any]:
    """Return one line: its name, the figures, and the address of the list behind each."""
    said = {"place": place, "kind": kind}
    address = reverse("sensing:things")
    return {
        "name": name, "all": row["all"], "online": shared.percent(row["online"]),
        "url": f"{address}?{urlencode(said)}",
        "figures": [(row[code], f"{address}?{urlencode(said | {'fares': code})}") for code in FARES_NAMES],
    }  # fmt: skip

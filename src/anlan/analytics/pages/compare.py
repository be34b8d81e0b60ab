"""比一比: two places, or two stretches of time, side by side; what chance may explain is said."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from anlan.analytics import queries
from anlan.analytics.figures import FEW
from anlan.analytics.pages import shared
from anlan.analytics.queries import names
from anlan.analytics.terms import Can, periods
from anlan.kernel import authority
from anlan.kernel.authority import Actor
from anlan.places import queries as places


@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """Show every measure of two places or two periods beside each other."""
    by = shared.actor(request)
    read = shared.reading(request, by)
    get = request.GET
    asked = read.asked
    other_place = get.get("other", "").replace("\x00", "")[:40]
    other = asked.at(queries.within(other_place, by)) if other_place else asked
    if get.get("since2") or get.get("until2"):
        other = other.during(shared.period_of(get, "since2", "until2"))
    elif not other_place:
        other = other.during(asked.period.before)
    wanted = read.definitions
    here, there = queries.counted(asked, wanted), queries.counted(other, wanted)
    called = names.called("place", [asked.place, other.place])
    rows: list[dict[str, Any]] = []
    for one in wanted:
        a, b = here[one.code], there[one.code]
        if not (a.whole or b.whole):
            continue
        apart = _("差得明显") if a.differs(b) else _("件数少，不比") if a.few or b.few else _("差在偶然范围里")
        rows.append({"a": shared.card(one, a), "b": shared.card(one, b), "name": one.name, "code": one.code,
                     "apart": "" if one.spec.sort != "share" else apart})  # fmt: skip
    beside = {p.path: p.name for p in places.children(asked.place[:-4])} if asked.place[:-4] else {}
    below = {p.path: p.name for p in places.children(asked.place)}
    return render(
        request,
        "analytics/compare.html",
        {
            "tabs": shared.tabs(request, "compare"), "asked": asked, "other": other, "rows": rows, "few": FEW,
            "since": periods.label(asked.period.since), "until": periods.label(asked.period.until),
            "since2": periods.label(other.period.since), "until2": periods.label(other.period.until),
            "places": {asked.place: called[asked.place], **{k: v for k, v in {**beside, **below}.items()
                       if _may(k, by)}},
            "here": called[asked.place], "there": called[other.place],
        },
    )  # fmt: skip


def _may(place: str, by: Actor) -> bool:
    return authority.holds(by, Can.SEE, at=place)

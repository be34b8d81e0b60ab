"""A place over time: what it was made of, what became of it, its names and codes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from anlan.places import queries, terms
from anlan.places.models import Lineage
from anlan.places.pages.shared import actor_of


@require_GET
def history(request: HttpRequest, where: str) -> HttpResponse:
    """Show what a place came from and what became of it; a place that is gone leads to where it went."""
    by = actor_of(request)
    here = queries.scoped(where, by)
    came, went = list(queries.came_from(here.path)), list(queries.became(here.path))
    seen = {one.was for one in came} | {one.now for one in went}
    called = queries.names(seen)
    visible = set(queries.visible(by).filter(path__in=seen).values_list("path", flat=True))

    def told(one: Lineage, path: str) -> dict[str, object]:
        return {
            "day": one.day, "kind": _(terms.FATE_NAMES[terms.Fate(one.kind)]), "name": called.get(path, ""),
            "path": path if path in visible else "", "self": path == here.path, "plan": one.plan,
            "share": "" if one.share == 1 else f"{one.share:.0%}",
        }  # fmt: skip

    return render(request, "places/history.html", {
        "place": here, "came": [told(one, one.was) for one in came], "went": [told(one, one.now) for one in went],
        "codes": queries.codes_of(here), "today": queries.tree.today(),
    })  # fmt: skip

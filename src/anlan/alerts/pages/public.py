"""What any resident may open: warnings of their place, what to do, our feed. No sign-in, no script."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from anlan.alerts import feeds, guides, queries, terms
from anlan.alerts.pages import telling
from anlan.kernel.clock import now

FRESH_S = 30


@login_not_required
@require_GET
def resident(request: HttpRequest, where: str = "") -> HttpResponse:
    """Show what residents of a place must know and do now; without a place, ask for one."""
    asked = request.GET.get("q", "").strip()[:60]
    place = queries.place_named(where[:40]) if where else None
    if where and place is None:
        return _choose(request, asked or where, missing=True)
    if place is None:
        found = queries.find_places(asked) if asked else []
        if len(found) == 1:
            return HttpResponseRedirect(f"/r/{quote(found[0][0])}{_look(request)['keep']}")
        return _choose(request, asked, found=found)
    path, name = place
    told = queries.told_at(path)
    first = told[0] if told else None
    answer = render(
        request,
        "alerts/resident.html",
        {
            "path": path,
            "name": name,
            "first": first,
            "rank": terms.RANK[terms.Level(first.level)] if first and first.level else 0,
            "others": told[1:],
            "guide": guides.guide(first.hazard, first.level) if first else None,
            "guides": [(t, guides.guide(t.hazard, t.level)) for t in told[1:]],
            "changes": [
                {"alert": a, "title": queries.title_of(a), "msg": telling.KINDS.get(a.msg_type, "")}
                for a in queries.changes_of([t.chain for t in told if t.kind == "alert"])
            ],
            "now": now(),
            "city": settings.CITY_NAME,
            **_look(request),
        },
    )
    patch_cache_control(answer, public=True, max_age=FRESH_S)
    return answer


def _look(request: HttpRequest) -> dict[str, Any]:
    """Return how large the type is, what keeps it so in the next address, and the address that switches it.

    It travels in the address, not in a cookie: the page is kept by caches between us and many residents.
    """
    large = request.GET.get("type") == "large"
    other = request.GET.copy()
    other.pop("type", None)
    if not large:
        other["type"] = "large"
    query = other.urlencode()
    return {
        "large": large,
        "keep": "?type=large" if large else "",
        "switch": f"{request.path}?{query}" if query else request.path,
    }


def _choose(
    request: HttpRequest, asked: str, *, found: list[tuple[str, str, str]] | None = None, missing: bool = False
) -> HttpResponse:
    return render(
        request, "alerts/choose.html",
        {"asked": asked, "found": found or [], "missing": missing, "now": now(), **_look(request)},
        status=404 if missing else 200,
    )  # fmt: skip


@login_not_required
@require_GET
def atom(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view's signature
    """Give our notices as an Atom feed of CAP."""
    base = str(settings.PUBLIC_URL)
    notices = queries.feed()
    entries = [
        feeds.Published(
            f"{base}/alerts/{n.id}", n.title, n.ended_at or n.sent_at or now(), f"{base}/alerts/{n.id}.cap.xml", n.where
        )
        for n in notices
    ]
    newest = max((e.updated for e in entries), default=now().replace(microsecond=0) - timedelta(days=7))
    title = _("{city}内部风险提示").format(city=settings.CITY_NAME)
    raw = feeds.write_atom(f"{base}/feed/alerts.atom", title, str(settings.CITY_NAME), entries, newest)
    answer = HttpResponse(raw, content_type="application/atom+xml; charset=utf-8")
    patch_cache_control(answer, public=True, max_age=FRESH_S)
    return answer


@login_not_required
@require_GET
def document(request: HttpRequest, notice_id: UUID) -> HttpResponse:  # noqa: ARG001 - a view's signature
    """Give one published notice as CAP 1.2, byte for byte as it left."""
    found = queries.published(notice_id)
    return HttpResponse(bytes(found.document or b""), content_type="application/cap+xml; charset=utf-8")

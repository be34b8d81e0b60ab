"""What any resident may open: warnings of their place, what to do, paper for the door. No sign-in, no script."""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_cache_control, set_response_etag
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from anlan.alerts import english, guides, queries, terms
from anlan.alerts.pages import qr, telling
from anlan.callout.services import pushing
from anlan.kernel.clock import now

FRESH_S = 30
PAPERS = ("a4", "a3")
LANGUAGES = {"en": "en", "zh": "zh-hans"}
View = Callable[..., HttpResponse]


def spoken(view: View) -> View:
    """Answer in the language that the address asks for (?lang=en or zh); without one, in the browser's.

    It stands in the address and not in a cookie, so that a page can be linked, printed as a QR code and cached.
    """

    @wraps(view)
    def speaking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = LANGUAGES.get(request.GET.get("lang", ""))
        with translation.override(asked or translation.get_language()):
            answer = view(request, *args, **kwargs)
            answer["Content-Language"] = translation.get_language()
        return answer

    return speaking


def in_english() -> bool:
    """Say whether the page being made is an English one."""
    return (translation.get_language() or "").startswith("en")


def fresh(request: HttpRequest, answer: HttpResponse, seconds: int = FRESH_S) -> HttpResponse:
    """Let caches keep an answer for a moment, and a browser that has it be told so in one line."""
    patch_cache_control(answer, public=True, max_age=seconds)
    set_response_etag(answer)
    return get_conditional_response(request, etag=answer["ETag"], response=answer) or answer


@gzip_page  # nothing secret stands on it, and lines are slow on a bad night
@login_not_required
@require_safe
@spoken
def resident(request: HttpRequest, where: str = "") -> HttpResponse:
    """Show what residents of a place must know and do now; without a place, ask for one."""
    asked = request.GET.get("q", "").strip()[:60]
    place = queries.place_named(where[:40]) if where else None
    if where and place is None:
        return _choose(request, asked or where, missing=True)
    if place is None:
        found = queries.find_places(asked) if asked else []
        if len(found) == 1:
            return HttpResponseRedirect(f"/r/{quote(found[0][0])}{look(request)['keep']}")
        return _choose(request, asked, found=found)
    path, name = place
    told = [shown(t) for t in queries.told_at(path)]
    facts = {
        "path": path,
        "name": place_name(name),
        "first": told[0] if told else None,
        "others": told[1:],
        "changes": [
            {"alert": a, "title": _title(a.hazard, a.level, queries.title_of(a)), "msg": telling.KINDS.get(a.msg_type)}
            for a in queries.changes_of([t["told"].chain for t in told if t["told"].kind == "alert"])
        ],
        "now": _checked(),
        "key": pushing.public_key() if pushing.ready() else "",
        **look(request),
    }
    if not told:
        late = queries.lately_at(path)
        facts |= {"late": shown(late) if late else None, "calm": guides.guide("", "", _language())}
    return fresh(request, render(request, "alerts/resident.html", facts))


def _checked() -> dt.datetime:
    """Return when the page was looked up, to the minute: within one, the same page has the same ETag."""
    return now().replace(second=0, microsecond=0)


def _language() -> str:
    return "en" if in_english() else "zh"


def place_name(name: str) -> str:
    """Return a place's name as the page's reader asks for it; the Chinese one goes with it, to be shown to others."""
    return f"{english.place(name)} ({name})" if in_english() and english.place(name) != name else name


def _title(hazard: str, level: str, chinese: str, *, notice: bool = False) -> str:
    return english.title(hazard, level, notice=notice) if in_english() else chinese


def shown(told: queries.Told) -> dict[str, Any]:
    """Return a warning with its title and guide in the page's language."""
    return {
        "told": told,
        "title": _title(told.hazard, told.level, told.title, notice=told.kind == "notice"),
        "rank": terms.RANK[terms.Level(told.level)] if told.level else 0,
        "guide": guides.guide(told.hazard, told.level, _language()),
        "foreign": in_english(),
    }


def look(request: HttpRequest) -> dict[str, Any]:
    """Return how large the type is, which language was asked, what keeps both in the next address, and the switches."""
    large = request.GET.get("type") == "large"
    lang = request.GET.get("lang", "") if request.GET.get("lang", "") in LANGUAGES else ""
    kept = {"type": "large" if large else "", "lang": lang}
    other = "zh" if in_english() else "en"

    def address(**changed: str) -> str:
        given = request.GET.copy()
        for key, value in (kept | changed).items():
            given.pop(key, None)
            if value:
                given[key] = value
        query = given.urlencode()
        return f"{request.path}?{query}" if query else request.path

    keep = urlencode({key: value for key, value in kept.items() if value})
    return {
        "large": large, "keep": f"?{keep}" if keep else "", "kept": [(k, v) for k, v in kept.items() if v],
        "switch": address(type="" if large else "large"), "speak": address(lang=other), "other": other,
        "here": request.path,
    }  # fmt: skip


def _choose(
    request: HttpRequest, asked: str, *, found: list[tuple[str, str, str]] | None = None, missing: bool = False
) -> HttpResponse:
    picks = [(path, place_name(name), above) for path, name, above in found or []]
    facts = {"asked": asked, "found": picks, "missing": missing, "now": _checked(), **look(request)}
    return fresh(request, render(request, "alerts/choose.html", facts, status=404 if missing else 200))


@login_not_required
@require_safe
@spoken
def door_notice(request: HttpRequest, where: str) -> HttpResponse:
    """Give what is in force at a place as paper for the door: one page each, in large type, with a QR code."""
    place = queries.place_named(where[:40])
    if place is None:
        raise Http404(where)
    path, name = place
    paper = request.GET.get("paper", "a4")
    address = f"{settings.PUBLIC_URL}/r/{path}" + ("?lang=en" if in_english() else "")
    told = [shown(t) for t in queries.told_at(path)]
    facts = {
        "path": path, "name": place_name(name), "told": told, "paper": paper if paper in PAPERS else "a4",
        "papers": PAPERS, "when": "j F, H:i" if in_english() else "n月j日 G:i",
        "address": address, "code": qr.code(address), "now": _checked(), **look(request),
    }  # fmt: skip
    return fresh(request, render(request, "alerts/door_notice.html", facts))

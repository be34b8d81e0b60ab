"""报隐患 at a computer: one sentence is enough; what may be the same is shown before it is sent."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from anlan.fieldwork.services import uploads as files
from anlan.hazards import queries, services, terms
from anlan.hazards.pages import shared
from anlan.hazards.terms import Can, Found, Phase, Source
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.places import queries as places

PICKS = 12
NEIGHBOURS = 60
DESK_SOURCES = (Source.DAILY, Source.INSPECTION, Source.SPECIAL, Source.JOINT, Source.HIGHER, Source.TIP)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Take a hazard in. The first press shows what may be the same, if there is any; the second reports it."""
    by = shared.actor_of(request, Can.REPORT)
    if request.method == "GET":
        return _page(request, by, {"client": str(uuid4()), "source": Source.DAILY}, {}, [])
    post = request.POST
    picks: list[Any] = []
    try:
        place, picks = _place(post, by)
        found = _found(post, place)
        if post.get("join"):
            return _join(request, found, by)
        near = [] if post.get("mine") else queries.near(found, by=by)
        if near:
            return _page(request, by, post, {}, picks, near=near)
        photos = shared.files_of(request)
        kept = files.keep_photos(photos, by=by) if photos else []
        made = services.report(replace(found, uploads=kept), by=by)
    except Invalid as error:
        return _page(request, by, post, error.errors, error.found if isinstance(error, _Picks) else picks)
    messages.success(request, _("报上去了，编号 {number}，等值班员确认").format(number=made.number))
    return redirect("hazards:hazard", made.id)


def _found(post: Any, place: str) -> Found:
    """Read the form. Raises Invalid without a word of what was seen."""
    try:
        client = UUID(post.get("client", ""))
    except ValueError:
        client = None
    source = post.get("source", "")
    if not post.get("text", "").strip():
        raise Invalid({"text": _("说一句看到了什么，比如「3 栋楼道堆满纸箱，走不过去」")})
    return Found(
        text=post.get("text", ""), client=client, kind=post.get("kind", "")[:24], place=place,
        source=source if source in set(Source) else Source.DAILY, where=post.get("where", "").strip(),
    )  # fmt: skip


def _place(post: Any, by: Actor) -> tuple[str, list[Any]]:
    """Return the place that was picked, or the only one that the words find; "" is the post's own. Raises Invalid."""
    words, chosen = post.get("search", "").strip(), post.get("place", "")[:40]
    if not words:
        return chosen, []
    found = places.search(words, by, PICKS)
    if chosen and chosen in {p.path for p in found}:
        return chosen, found
    if len(found) == 1 or (found and found[0].name == words):
        return str(found[0].path), []
    if not found:
        raise Invalid({"search": _("没找到「{words}」，少写几个字再找").format(words=words[:20])})
    raise _Picks(_("「{words}」有 {count} 处，点一处").format(words=words[:20], count=len(found)), found)


class _Picks(Invalid):
    """Several places fit; `found` are to be chosen from."""

    def __init__(self, told: str, found: list[Any]) -> None:
        super().__init__({"search": told})
        self.found = found


def _join(request: HttpRequest, found: Found, by: Actor) -> HttpResponse:
    """Add what was said, and the photos, to one that is there: who sees it may; else it is reported and says so."""
    wanted = shared.uuid_of(request.POST.get("join", ""), "join")
    if wanted not in {one.hazard.id for one in queries.near(found, by=by)}:
        raise Invalid({"": _("那一条已经变了，再看一眼")})
    there = queries.hazard(wanted, by=by)
    services.note(there.id, found.text, by=by)
    photos = shared.files_of(request)
    if photos:
        services.add_photos(there.id, files.keep_photos(photos, by=by), Phase.BEFORE, by=by)
    messages.success(request, _("加到这一条里了，没有另报一条"))
    return redirect("hazards:hazard", there.id)


def _page(
    request: HttpRequest, by: Actor, said: Any, wrong: dict[str, str], picks: list[Any], *, near: Any = ()
) -> HttpResponse:
    if (wrong or near) and request.FILES:
        messages.warning(request, _("照片要重新选一次，写的字还在。"))
    seat = max(by.seats, key=lambda s: len(s.path), default=None)
    here = queries.where_of({seat.path}).get(seat.path, "") if seat else ""
    rows = shared.shown(one.hazard for one in near)
    seen = [authority.holds(by, Can.SEE, at=one.hazard.place_path) for one in near]
    names = queries.where_of({p.path for p in picks})
    return render(
        request,
        "hazards/new.html",
        {
            "said": said, "wrong": wrong, "here": here, "seat": seat, "places": _nearby(by),
            "picks": [(p.path, names.get(p.path, p.name)) for p in picks],
            "kinds": shared.kind_choices(), "sources": [(s, terms.SOURCE_NAMES[s]) for s in DESK_SOURCES],
            "near": [row | {"away": one.away, "seen": ok} for row, one, ok in zip(rows, near, seen, strict=True)],
            "photos_most": settings.PHOTOS_MOST, "photo_mb": settings.PHOTO_MB,
            "may_list": authority.anywhere(by, [Can.SEE]),
        },
        status=422 if wrong else 200,
    )  # fmt: skip


def _nearby(by: Actor) -> list[tuple[str, str]]:
    """Return the places that a reporter most likely means: their posts' and those right below."""
    paths = sorted({s.path for s in by.seats}, key=len, reverse=True)[:3]
    below = [p for path in paths for p in places.children(path).values_list("path", flat=True)[:NEIGHBOURS]]
    return sorted(queries.where_of({*paths, *below[:NEIGHBOURS]}).items())

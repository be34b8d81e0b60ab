"""报一个情况: one sentence, and two taps. Works without scripts; with them it hears, finds the place, keeps a draft."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.incidents import queries, services, terms
from anlan.incidents.models import Report
from anlan.incidents.pages import shared
from anlan.incidents.terms import Can, How, ReportState, Said
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.places import queries as places

PER_PAGE = 20
NEIGHBOURS = 60  # places offered in one list
OWN = (terms.Element.TRAPPED, terms.Element.INJURED, terms.Element.NEEDS, terms.Element.CONTACT, terms.Element.WHERE,
       terms.Element.MORE)  # fmt: skip


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Take one sentence in."""
    by = shared.actor_of(request, Can.REPORT)
    if request.method == "GET":
        return _form(request, by, {"client": str(uuid4())}, {})
    post = request.POST
    try:
        made = services.report(_said(request), by=by)
    except Invalid as error:
        if request.FILES:
            messages.warning(request, _("照片要重新选一次，写的字还在。"))
        return _form(request, by, post, error.errors)
    return redirect("incidents:sent", made.id)


def _said(request: HttpRequest) -> Said:
    post = request.POST
    client = post.get("client", "").strip()
    try:
        known = UUID(client) if client else None
    except ValueError:
        known = None
    lon, lat = shared.number_of(post.get("lon", "")), shared.number_of(post.get("lat", ""))
    both = lon is not None and lat is not None
    return Said(
        text=post.get("text", ""), client=known, how=How.VOICE if post.get("spoken") else How.PAGE,
        place=post.get("place", "")[:40], lon=lon if both else None, lat=lat if both else None,
        accuracy=shared.number_of(post.get("accuracy", "")), happened_at=shared.happened(post.get("ago", "")),
        photos=shared.files_of(request), photo_place=post.get("photo_place") == "on",
    )  # fmt: skip


def _form(request: HttpRequest, by: Actor, said: Any, wrong: dict[str, str]) -> HttpResponse:
    seat = max((s for s in by.seats), key=lambda s: len(s.path), default=None)
    here = queries.where_of({seat.path}).get(seat.path, "") if seat else ""
    return render(
        request,
        "incidents/report.html",
        {
            "said": said, "wrong": wrong, "seat": seat, "here": here, "places": _nearby(by),
            "ago": [(str(m), _ago(m)) for m in shared.AGO], "photos_most": settings.PHOTOS_MOST,
            "photo_mb": settings.PHOTO_MB, "sent": queries.mine(by).count(),
        },
        status=422 if wrong else 200,
    )  # fmt: skip


def _ago(minutes: int) -> str:
    if not minutes:
        return _("刚刚")
    if minutes < 60:
        return _("{n} 分钟前").format(n=minutes)
    return _("{n} 小时前").format(n=minutes // 60)


def _nearby(by: Actor) -> list[tuple[str, str]]:
    """Return the places that a reporter most likely means: their posts', those beside them, those right below."""
    wanted: dict[str, str] = {}
    for path in sorted({s.path for s in by.seats}, key=len, reverse=True)[:3]:
        around = places.children(path[:-4] if len(path) > 4 else path).values_list("path", flat=True)
        below = places.children(path).values_list("path", flat=True)
        wanted |= dict.fromkeys([path, *below[:NEIGHBOURS], *around[:NEIGHBOURS], path[:-4]], "")
    wanted.pop("", None)
    return [(p, name) for p, name in sorted(queries.where_of(set(list(wanted)[:NEIGHBOURS])).items()) if name]


@require_GET
def where(request: HttpRequest) -> HttpResponse:
    """Say which place a position lies in: for the page to show before anything is sent. Nothing of it is kept."""
    shared.actor_of(request, Can.REPORT)
    lon, lat = (shared.number_of(request.GET.get(name, "")) for name in ("lon", "lat"))
    fits = lon is not None and lat is not None and abs(lon) <= 180 and abs(lat) <= 90
    found = places.locate(lon, lat) if fits and lon is not None and lat is not None else None
    if found is None:
        return JsonResponse({"path": "", "name": ""})
    return JsonResponse({"path": found.path, "name": queries.where_of({found.path})[found.path]})


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """Show what the actor reported and what became of it."""
    by = shared.actor_of(request, Can.REPORT)
    page = Paginator(queries.mine(by), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "incidents/mine.html", {"page": page, "rows": shared.shown(page.object_list)})


@require_GET
def sent(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Show one's own report: what was filled in, where it stands, who reported the same, what may be added."""
    by = shared.actor_of(request, Can.REPORT)
    found = queries.own_report(report_id, by=by)
    waits = found.state in terms.OPEN
    facts = queries.facts_of([found.id])
    return render(
        request,
        "incidents/sent.html",
        {
            "report": found, "row": shared.shown([found])[0], "steps": _steps(found), "result": _result(found),
            "alike": _alike(found) if waits else [], "photos": shared.photos_by([found]).get(found.id, []),
            "coming": queries.coming(found.id), "facts": shared.facts_shown(facts),
            "asked": found.opinion if found.state == ReportState.UNSURE else "",
            "elements": [(e, terms.ELEMENTS[e], e in terms.COUNTED) for e in OWN],
            "may_withdraw": found.state == ReportState.RECEIVED, "waits": waits, "photos_most": settings.PHOTOS_MOST,
        },
    )  # fmt: skip


def _alike(found: Report) -> list[dict[str, Any]]:
    """Return what others reported nearby: the words and where, never who."""
    near = queries.like(found)
    rows = shared.shown([one.report for one in near])
    return [row | {"away": one.away} for row, one in zip(rows, near, strict=True)]


def _steps(found: Report) -> list[dict[str, Any]]:
    """Return the three stops of a report as its reporter sees them."""
    state = ReportState(found.state)
    looked = state not in {ReportState.RECEIVED, ReportState.WITHDRAWN}
    ended = state in {ReportState.VERIFIED, ReportState.NOT_SO, ReportState.PASSED_ON}
    end = terms.STATE_NAMES[state][1] if ended else _("结果")
    return [
        {"name": _("报上去了"), "note": "", "state": "done"},
        {"name": _("值班员核实"), "note": "", "state": "done" if ended else "now" if looked else ""},
        {"name": end, "note": "", "state": "now" if ended else ""},
    ]


def _result(found: Report) -> str:
    """Say in one sentence where it stands."""
    lead = found.lead
    told = {
        ReportState.RECEIVED: _("发给值班员了，没人看会一级一级往上叫。"),
        ReportState.VERIFYING: _("值班员正在核实。"),
        ReportState.UNSURE: _("值班员有话问你，在下面回一句。"),
        ReportState.FOLDED: _("和别人报的是同一件事，并在一起核实；你报的也留着。"),
        ReportState.VERIFIED: _("核实了，属实，已经转成事件在处置。"),
        ReportState.NOT_SO: _("去看了，不属实：{said}。看错了不要紧，谢谢你先报。").format(
            said=found.opinion.rstrip("。")
        ),
        ReportState.PASSED_ON: _("转给{whom}办了。{said}").format(whom=found.passed_to, said=found.opinion),
        ReportState.WITHDRAWN: _("你撤回了这一条。"),
    }[ReportState(found.state)]
    if found.state == ReportState.VERIFIED and lead is not None:
        return _("和别人报的是同一件事，核实了，属实，并在一起处置；你报的也留着。")
    if found.incident is not None and found.incident.closed_at is not None:
        return _("核实了，属实，已经办完。")
    return told


@require_POST
def act(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Add to one's own report, answer, fold it or take it back."""
    by = shared.actor_of(request, Can.REPORT)
    queries.own_report(report_id, by=by)
    post = request.POST
    name = post.get("act", "")
    acts: dict[str, tuple[Callable[[], Any], str]] = {
        "add": (lambda: services.complete(report_id, _given(request), by=by), _("补上了")),
        "answer": (lambda: services.answer_back(report_id, post.get("more", ""), by=by), _("回给值班员了")),
        "photos": (lambda: services.add_photos(report_id, shared.files_of(request), by=by), _("照片补上了")),
        "fold": (
            lambda: services.fold_own(report_id, shared.uuid_of(post.get("into", ""), "into"), by=by),
            _("并过去了，你报的也留着"),
        ),
        "withdraw": (lambda: services.withdraw(report_id, post.get("reason", ""), by=by), _("撤回了")),
    }
    if name not in acts:
        raise Invalid({"act": _("不认识这个办法，回到上一页再点一次")})
    do, said = acts[name]
    try:
        do()
    except (Invalid, Conflict) as error:
        return shared.failed(request, error, "incidents:sent", report_id)
    return shared.done(request, said, "incidents:sent", report_id)


def _given(request: HttpRequest) -> dict[str, str]:
    return {str(e): request.POST.get(e, "") for e in terms.ELEMENTS}


@require_GET
def photo(request: HttpRequest, photo_id: UUID) -> HttpResponse:
    """Serve a photo to whoever may see its report: an inert JPEG of our own making, kept by no shared cache."""
    by: Actor | None = getattr(request, "actor", None)
    if by is None:
        raise Hidden
    found = queries.photo(photo_id, by=by)
    answer = HttpResponse(bytes(found.thumb if "small" in request.GET else found.data), content_type="image/jpeg")
    answer["Content-Disposition"] = "inline; filename=photo.jpg"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, max-age=86400, immutable"
    return answer

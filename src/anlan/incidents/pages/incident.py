"""One incident: what it is, every source that told of it, what is known, what was done."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from anlan.callout.terms import Did as Called
from anlan.incidents import kinds, queries, services, terms
from anlan.incidents.models import Incident
from anlan.incidents.pages import shared
from anlan.incidents.terms import Can, IncidentState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.ledger import queries as ledger

PER_PAGE = 50
TRAIL = 120
INSIDE = frozenset({Called.OWED, Called.MET, Called.TOLD, Called.VOIDED})  # said by the report in its own words


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List incidents."""
    by = shared.actor_of(request, Can.SEE)
    view = request.GET.get("view", "open")
    view = view if view in {"open", "closed", "all"} else "open"
    kind, text = request.GET.get("kind", ""), request.GET.get("q", "").replace("\x00", "").strip()[:60]
    rows = queries.incidents(by, state="" if view == "all" else view, kind=kind, text=text)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    names = queries.where_of({one.place_path for one in page.object_list})
    return render(
        request,
        "incidents/incidents.html",
        {
            "page": page, "view": view, "kind": kind, "text": text, "kinds": terms.KIND_NAMES.items(),
            "rows": [_row(one, names) for one in page.object_list],
            "views": [("open", _("处置中"), None), ("closed", _("了结了"), None), ("all", _("全部"), None)],
        },
    )  # fmt: skip


def _row(one: Incident, names: dict[str, str]) -> dict[str, Any]:
    mark, says = stated(one)
    return {
        "incident": one, "where": names.get(one.place_path, ""), "kind": terms.KIND_NAMES.get(one.kind, one.kind),
        "level": terms.LEVEL_NAMES[terms.Level(one.level)], "mark": mark, "says": says,
    }  # fmt: skip


def stated(one: Incident) -> tuple[str, str]:
    """Return the mark and word of an incident's state."""
    return ("doing", _("处置中")) if one.state == IncidentState.OPEN else ("done", _("了结了"))


@require_GET
def incident(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """Show an incident."""
    by = shared.actor_of(request, Can.SEE)
    return _page(request, queries.incident(incident_id, by=by), by, {})


def _page(request: HttpRequest, found: Incident, by: Actor, wrong: dict[str, str]) -> HttpResponse:
    sources = queries.sources_of(found.id)
    names = {one.id: one.reporter_name or _("来电") for one in sources}
    seen = [one for one in sources if authority.holds(by, Can.SEE, at=one.place_path)]
    class_ = kinds.BY_CODE[found.kind].class_ if found.kind in kinds.BY_CODE else ""
    return render(
        request,
        "incidents/incident.html",
        {
            "incident": found, "row": _row(found, queries.where_of({found.place_path})),
            "class_name": terms.CLASS_NAMES[class_], "sources": shared.shown(seen), "others": len(sources) - len(seen),
            "photos": shared.photos_by(seen),
            "facts": shared.facts_shown(queries.facts_of([s.id for s in seen]), names),
            "may": authority.holds(by, Can.VERIFY, at=found.place_path), "levels": terms.LEVEL_NAMES.items(),
            "kinds": terms.KIND_NAMES.items(), "stages": _stages(found), "wrong": wrong,
            "said": request.POST if request.method == "POST" else {}, "call": _call(found, by),
            "trail": ledger.told(
                [e for e in ledger.trail(chain=found.chain_id, by=by, limit=TRAIL) if e.did not in INSIDE]
            ),
        },
        status=422 if wrong else 200,
    )  # fmt: skip


def _stages(found: Incident) -> list[dict[str, Any]]:
    """Return the five stages; only 感知 has its time yet, the others come with what follows."""
    rest = [_("预警"), _("响应"), _("处置"), _("联动"), _("结束")]
    closed = found.state == IncidentState.CLOSED
    steps: list[dict[str, Any]] = [
        {"name": _("感知"), "note": f"{shared.local_time(found.sensed_at)}", "state": "done" if closed else "now"}
    ]
    steps += [{"name": name, "note": "", "state": ""} for name in rest]
    if closed and found.closed_at:
        steps[-1] |= {"note": shared.local_time(found.closed_at), "state": "now"}
    return steps


def _call(found: Incident, by: Actor) -> str:
    """Return the address of a notice's form with what is known filled in; "" where the actor may draft none."""
    if not authority.anywhere(by, ["alerts.draft"]) or found.state != IncidentState.OPEN:
        return ""
    where = queries.where_of({found.place_path}).get(found.place_path, "")
    kind = str(terms.KIND_NAMES.get(found.kind, ""))
    matters = _("{where}发生{kind}：{title}。").format(where=where, kind=kind, title=found.title)
    known = {"hazard": kind, "matters": matters, "paths": found.place_path}
    return f"{reverse('alerts:notice-new')}?{urlencode(known)}"


@require_POST
def act(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """Change, close or open again."""
    by = shared.actor_of(request, Can.SEE)
    found = queries.incident(incident_id, by=by)
    post = request.POST
    revision = post.get("revision", "")
    acts: dict[str, Any] = {
        "change": lambda: services.change(
            incident_id, title=post.get("title", ""), kind=post.get("kind", ""), level=post.get("level", ""),
            revision=int(revision) if revision.isascii() and revision.isdecimal() and len(revision) < 9 else 0, by=by,
        ),
        "close": lambda: services.close(incident_id, post.get("opinion", ""), by=by),
        "resume": lambda: services.resume(incident_id, post.get("opinion", ""), by=by),
    }  # fmt: skip
    name = post.get("act", "")
    if name not in acts:
        raise Invalid({"act": _("不认识这个办法，回到上一页再点一次")})
    try:
        acts[name]()
    except Invalid as error:
        return _page(request, found, by, error.errors)
    except Conflict as error:
        return shared.failed(request, error, "incidents:incident", incident_id)
    return shared.done(request, _("记下了"), "incidents:incident", incident_id)

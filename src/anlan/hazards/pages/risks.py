"""风险点台账: the ledger, one risk point with its hazards, forms."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.hazards.models import RiskPoint
from anlan.hazards.pages import inspecting as shared
from anlan.hazards.pages.object_forms import posts_near, wrong_of
from anlan.hazards.pages.objects import hazard_row
from anlan.hazards.queries import objects as things
from anlan.hazards.queries import risk_points as queries
from anlan.hazards.queries.objects import ObjectFilter
from anlan.hazards.queries.risk_points import RiskFilter
from anlan.hazards.services import exports, risk_points
from anlan.hazards.terms import TRADE_NAMES, Can, Trade
from anlan.hazards.terms.inspections import RISK_LEVELS, RISK_NAMES, RiskDraft
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.people import queries as people
from anlan.places.pages.picking import picking, place_of

STATES = {"open": gettext_lazy("在账的"), "closed": gettext_lazy("销账的"), "all": gettext_lazy("全部")}


def filter_of(request: HttpRequest, by: Actor) -> RiskFilter:
    """Read the address; what it does not know it leaves out."""
    get = request.GET
    risk, state, trade = shared.number_of(get.get("risk", "")), get.get("state", "open"), get.get("trade", "")
    return RiskFilter(
        place=shared.place_of(request, by, Can.SEE), trade=trade if trade in set(Trade) else "",
        risk=risk if risk in RISK_NAMES else None, due=get.get("due") == "1",
        state=state if state in STATES else "open", text=shared.text_of(request), sort=get.get("sort", ""),
    )  # fmt: skip


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List the risk points of the actor's places."""
    by = shared.actor_of(request, Can.SEE)
    what = filter_of(request, by)
    page = shared.page_of(request, queries.risk_points(what, by=by))
    names = things.where({r.place_path for r in page.object_list})
    counts = queries.open_hazards([r.id for r in page.object_list])
    return render(request, "hazards/risks.html", {
        "page": page, "what": what, "kept": shared.kept(request), "places": shared.steps(by, what.place, Can.SEE),
        "rows": [
            {
                "risk": r, "where": names.get(r.place_path, ""), "level": RISK_LEVELS[r.risk],
                "word": RISK_NAMES[r.risk], "trade": TRADE_NAMES[Trade(r.trade)], "hazards": counts.get(r.id, 0),
                "due": r.closed_at is None and r.review_on is not None and r.review_on <= things.today(),
            }
            for r in page.object_list
        ],
        "risks": RISK_NAMES.items(), "trades": TRADE_NAMES.items(), "states": STATES.items(),
        "filtered": what != RiskFilter(sort=what.sort), "may": authority.anywhere(by, [Can.PLAN]),
    })  # fmt: skip


@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the ledger as it is narrowed; the export leaves an entry."""
    by = shared.actor_of(request, Can.SEE)
    found = list(queries.risk_points(filter_of(request, by), by=by)[: shared.EXPORT_MOST])
    names = things.where({r.place_path for r in found})
    counts = queries.open_hazards([r.id for r in found])
    rows = [
        (
            r.name, str(TRADE_NAMES[Trade(r.trade)]), str(RISK_NAMES[r.risk]), names.get(r.place_path, ""), r.where,
            r.source, r.words, r.measures, r.responsible, str(r.review_on or ""), counts.get(r.id, 0),
        )
        for r in found
    ]  # fmt: skip
    header = [
        _("风险点"), _("行业"), _("风险"), _("地方"), _("位置"), _("怎么来的"), _("会出什么事"), _("管控措施"),
        _("谁负责"), _("下次复评"), _("没销号的隐患"),
    ]  # fmt: skip
    answer = shared.download(header, rows, _("风险点台账"), kind)
    exports.note_export(len(rows), by=by)
    return answer


@require_GET
def one(request: HttpRequest, risk_id: UUID) -> HttpResponse:
    """Show a risk point: what could happen, what holds it, who answers for it, the hazards at it."""
    by = shared.actor_of(request, Can.SEE)
    row = queries.risk_point(risk_id, by=by)
    head = people.answering([row.responsible_post]).get(row.responsible_post) if row.responsible_post else None
    return render(request, "hazards/risk.html", {
        "risk": row, "where": things.where([row.place_path]).get(row.place_path, ""), "word": RISK_NAMES[row.risk],
        "level": RISK_LEVELS[row.risk], "trade": TRADE_NAMES[Trade(row.trade)], "head": head,
        "hazards": [hazard_row(h) for h in queries.hazards_at(row)[:100]], "risks": RISK_NAMES.items(),
        "may": shared.may_plan(by, row.place_path), "due": row.review_on and row.review_on <= things.today(),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Register a risk point."""
    by = shared.actor_of(request, Can.PLAN)
    if request.method == "GET":
        return _form(request, by, {"risk": "2", **_from_object(request, by)}, {}, None)
    try:
        made = risk_points.add_risk(draft_of(request, by), by=by)
    except (Invalid, Conflict) as error:
        return _form(request, by, request.POST, wrong_of(error), None)
    messages.success(request, _("登记好了"))
    return redirect("hazards:risk", made.id)


def _from_object(request: HttpRequest, by: Actor) -> dict[str, Any]:
    try:
        thing = things.one(UUID(request.GET.get("object", "")), by=by)
    except (ValueError, Hidden):
        return {}
    return {"object": thing.id, "place": thing.place_path, "where": thing.name}


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, risk_id: UUID) -> HttpResponse:
    """Change a risk point."""
    by = shared.actor_of(request, Can.SEE)
    row = queries.risk_point(risk_id, by=by)
    authority.require(by, Can.PLAN, at=row.place_path)
    if request.method == "GET":
        return _form(request, by, said_of(row), {}, row)
    try:
        revision = shared.number_of(request.POST.get("revision", ""))
        risk_points.change_risk(risk_id, draft_of(request, by), by=by, revision=revision)
    except (Invalid, Conflict) as error:
        return _form(request, by, request.POST, wrong_of(error), row)
    messages.success(request, _("改好了"))
    return redirect("hazards:risk", risk_id)


@require_POST
def act(request: HttpRequest, risk_id: UUID) -> HttpResponse:
    """Review, close, or refer a hazard to it."""
    by = shared.actor_of(request, Can.SEE)
    queries.risk_point(risk_id, by=by)
    post = request.POST
    again = shared.day_of(post.get("review_on", ""))
    acts = {
        "review": (
            lambda: risk_points.review_risk(
                risk_id, shared.number_of(post.get("risk", "")) or 0, post.get("reason", ""), by=by, again=again
            ),
            _("复评记下了"),
        ),
        "close": (lambda: risk_points.close_risk(risk_id, post.get("reason", ""), by=by), _("销账了，记录都留着")),
        "refer": (lambda: risk_points.refer(risk_id, post.get("number", ""), by=by), _("记到这个风险点上了")),
    }
    if post.get("act") not in acts:
        raise Hidden
    do, said = acts[post["act"]]
    return shared.act(request, do, said, "hazards:risk", risk_id)


def draft_of(request: HttpRequest, by: Actor) -> RiskDraft:
    """Read the form. Raises Invalid."""
    post = request.POST
    thing, post_id = post.get("object", ""), post.get("responsible_post", "")
    return RiskDraft(
        name=post.get("name", ""), place=place_of(request, by, Can.PLAN), where=post.get("where", ""),
        object=shared.uuid_of(thing, "object") if thing else None, trade=post.get("trade", ""),
        risk=shared.number_of(post.get("risk", "")) or 0, source=post.get("source", ""), words=post.get("words", ""),
        measures=post.get("measures", ""), responsible=post.get("responsible", ""),
        responsible_post=shared.uuid_of(post_id, "responsible_post") if post_id else None,
        review_on=shared.day_of(post.get("review_on", "")),
    )  # fmt: skip


def said_of(row: RiskPoint) -> dict[str, Any]:
    """Return a risk point as its form says it."""
    names = ("name", "where", "trade", "risk", "source", "words", "measures", "responsible")
    said = {name: getattr(row, name) for name in names}
    return said | {
        "place": row.place_path, "object": row.object_id or "", "responsible_post": row.responsible_post or "",
        "review_on": row.review_on.isoformat() if row.review_on else "",
    }  # fmt: skip


def _form(request: HttpRequest, by: Actor, said: Any, wrong: dict[str, str], row: RiskPoint | None) -> HttpResponse:
    path = said.get("place", "") or shared.top_of(by, Can.PLAN)
    near = ObjectFilter(place=path[:16], sort="name")
    return render(request, "hazards/risk_form.html", {
        "said": said, "wrong": wrong, "risk": row, "risks": RISK_NAMES.items(), "trades": TRADE_NAMES.items(),
        **picking(said, by, Can.PLAN, path),
        "objects": things.objects(near, by=by)[:200], "heads": posts_near(path, by, role="key_site_head"),
    }, status=422 if wrong else 200)  # fmt: skip

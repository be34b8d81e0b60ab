"""检查计划: the list, a new one with its preview, one with its progress."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.hazards.pages import inspecting as shared
from anlan.hazards.pages.object_forms import wrong_of
from anlan.hazards.queries import library
from anlan.hazards.queries import objects as things
from anlan.hazards.queries import tasks as queries
from anlan.hazards.queries.objects import today
from anlan.hazards.services import laying, programmes
from anlan.hazards.terms import Can
from anlan.hazards.terms.inspections import GENRE_NAMES, KIND_NAMES, RISK_NAMES, Genre, Plan
from anlan.kernel import authority
from anlan.kernel.authority import Conflict, Invalid
from anlan.people import queries as people
from anlan.places.pages.picking import picking, place_of

SEEN = (Can.SEE, Can.INSPECT, Can.PLAN)
STATES = {"open": gettext_lazy("在做的"), "closed": gettext_lazy("停了的"), "all": gettext_lazy("全部")}


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List the plans of the actor's places with how far each has come."""
    by = shared.actor_of(request, *SEEN)
    here = shared.place_of(request, by, *SEEN)
    state = request.GET.get("state", "open")
    page = shared.page_of(request, queries.programmes(here, state if state in STATES else "open", by=by))
    counts = queries.progress([p.id for p in page.object_list])
    names = things.where({p.place_path for p in page.object_list})
    bodies = people.organisation_names({p.organisation_id for p in page.object_list if p.organisation_id})
    return render(request, "hazards/programmes.html", {
        "page": page, "here": here, "state": state, "states": STATES.items(), "may": authority.anywhere(by, [Can.PLAN]),
        "places": shared.steps(by, here, *SEEN),
        "rows": [
            {
                "plan": p, "where": names.get(p.place_path, ""), "genre": GENRE_NAMES[Genre(p.genre)],
                "kinds": kind_words(p.object_kinds),
                "who": bodies.get(p.organisation_id, "") if p.organisation_id else "",
                "counts": counts.get(p.id, {"all": 0, "signed": 0, "missed": 0}),
            }
            for p in page.object_list
        ],
    })  # fmt: skip


def kind_words(codes: list[str]) -> str:
    """Return the names of kinds, or that all are meant."""
    return "、".join(str(KIND_NAMES[c]) for c in codes if c in KIND_NAMES) or _("各种对象")


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Make a plan: first see how many objects and tasks it means, then save it."""
    by = shared.actor_of(request, Can.PLAN)
    post = request.POST
    if request.method == "GET":
        return _form(request, by, {"from_day": today().isoformat(), "genre": Genre.ROUTINE, "least_risk": "1"}, {})
    try:
        plan = plan_of(request, by)
        authority.require(by, Can.PLAN, at=plan.place)
        if post.get("act") != "save":
            return _form(request, by, post, {}, preview=laying.preview(programmes.draft(plan)), place=plan.place)
        made = programmes.programme(plan, by=by)
        small = laying.preview(made)[0] <= laying.AT_ONCE
        if small:
            laying.lay(by=by, plans=[made.id])
    except (Invalid, Conflict) as error:
        return _form(request, by, post, wrong_of(error))
    messages.success(request, _("计划定好了，任务排下去了") if small else _("计划定好了，一小时内排好任务"))
    return redirect("hazards:programme", made.id)


def plan_of(request: HttpRequest, by: Any) -> Plan:
    """Read the form. Raises Invalid."""
    post = request.POST
    every = post.get("every", "").strip()
    body = post.get("organisation", "")
    return Plan(
        name=post.get("name", ""), place=place_of(request, by, Can.PLAN),
        genre=post.get("genre", ""), line=post.get("line", ""),
        organisation=shared.uuid_of(body, "organisation") if body else None, object_kinds=post.getlist("kinds"),
        checklists=[shared.uuid_of(c, "checklists") for c in post.getlist("checklists")],
        least_risk=shared.number_of(post.get("least_risk", "1")) or 0,
        every=(shared.number_of(every) or -1) if every else None, from_day=shared.day_of(post.get("from_day", "")),
        to_day=shared.day_of(post.get("to_day", "")), basis=post.get("basis", ""), reason=post.get("reason", ""),
    )  # fmt: skip


def _form(
    request: HttpRequest, by: Any, said: Any, wrong: dict[str, str], *, preview: tuple[int, int] | None = None,
    place: str = "",
) -> HttpResponse:  # fmt: skip
    path = place or said.get("place", "") or shared.top_of(by, Can.PLAN)
    ticked = said.getlist if hasattr(said, "getlist") else lambda _name: []
    return render(request, "hazards/programme_form.html", {
        "said": said, "wrong": wrong, "preview": preview, "genres": GENRE_NAMES.items(), "kinds": KIND_NAMES.items(),
        "risks": RISK_NAMES.items(), **picking(said, by, Can.PLAN, path),
        "checklists": library.checklists(), "bodies": people.list_organisations("", path[:8], by=by)[:60],
        "ticked_kinds": set(ticked("kinds")), "ticked_lists": set(ticked("checklists")),
    }, status=422 if wrong else 200)  # fmt: skip


@require_GET
def one(request: HttpRequest, programme_id: UUID) -> HttpResponse:
    """Show a plan: what it asks, of which objects, how far it has come, the tasks to come."""
    by = shared.actor_of(request, *SEEN)
    row = queries.one_programme(programme_id, by=by)
    objects, tasks = laying.preview(row) if row.closed_at is None else (0, 0)
    what = queries.TaskFilter(programme=row.id, state="open")
    bodies = people.organisation_names({row.organisation_id} - {None}) if row.organisation_id else {}
    return render(request, "hazards/programme.html", {
        "plan": row, "where": things.where([row.place_path]).get(row.place_path, ""),
        "genre": GENRE_NAMES[Genre(row.genre)], "kinds": kind_words(row.object_kinds), "objects": objects,
        "tasks": tasks, "counts": queries.progress([row.id]).get(row.id, {"all": 0, "signed": 0, "missed": 0}),
        "who": next(iter(bodies.values()), ""), "risk": RISK_NAMES[row.least_risk],
        "checklists": [v.checklist.name for v in queries.versions_of(row.checklists)],
        "rows": shared.task_rows(queries.tasks(what, by=by)[:50]), "may": shared.may_plan(by, row.place_path),
    })  # fmt: skip


@require_POST
def stop(request: HttpRequest, programme_id: UUID) -> HttpResponse:
    """Stop a plan."""
    by = shared.actor_of(request, *SEEN)
    queries.one_programme(programme_id, by=by)
    reason = request.POST.get("reason", "")
    return shared.act(
        request, lambda: programmes.stop_programme(programme_id, reason, by=by),
        _("计划停了，它还没做的任务也撤了"), "hazards:programme", programme_id,
    )  # fmt: skip

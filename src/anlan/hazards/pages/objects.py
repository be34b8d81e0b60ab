"""检查对象: the list with its filters, map and export; one object with all that hangs on it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from anlan.hazards.models import Object
from anlan.hazards.pages import inspecting as shared
from anlan.hazards.queries import objects as queries
from anlan.hazards.queries import risk_points, tasks
from anlan.hazards.queries.objects import ObjectFilter
from anlan.hazards.services import exports, objects, outside_checks
from anlan.hazards.terms import GRADE_NAMES, SOURCE_NAMES, STATE_NAMES, Can, Grade, HazardState, Source
from anlan.hazards.terms.inspections import FACT_NAMES, KIND_NAMES, OBJECT_KINDS, OUTSIDE, RISK_LEVELS, RISK_NAMES
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden, Invalid
from anlan.kernel.clock import local
from anlan.people import queries as people

SEEN = (Can.SEE, Can.INSPECT)
MAP_MOST = 2_000
DUES = {
    "late": gettext_lazy("过了该查的日子"),
    "week": gettext_lazy("7 天内该查"),
    "never": gettext_lazy("还没查过"),
}
STATES = {"open": gettext_lazy("在用的"), "closed": gettext_lazy("停用的"), "all": gettext_lazy("全部")}


def filter_of(request: HttpRequest, by: Actor) -> ObjectFilter:
    """Read the address; what it does not know it leaves out."""
    get = request.GET
    kind, due, state = get.get("kind", ""), get.get("due", ""), get.get("state", "open")
    risk = shared.number_of(get.get("risk", ""))
    return ObjectFilter(
        place=shared.place_of(request, by, *SEEN), kind=kind if kind in {*OBJECT_KINDS, "nine"} else "",
        risk=risk if risk in RISK_NAMES else None, due=due if due in DUES else "", sleeps=get.get("sleeps") == "1",
        state=state if state in STATES else "open", text=shared.text_of(request), sort=get.get("sort", ""),
    )  # fmt: skip


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List the objects of the actor's places."""
    by = shared.actor_of(request, *SEEN)
    what = filter_of(request, by)
    page = shared.page_of(request, queries.objects(what, by=by))
    top = what.place or shared.top_of(by, *SEEN)
    return render(request, "hazards/objects.html", {
        "page": page, "rows": shared.shown(page.object_list), "what": what, "kept": shared.kept(request),
        "kinds": KIND_NAMES.items(), "risks": RISK_NAMES.items(), "dues": DUES.items(), "states": STATES.items(),
        "places": shared.steps(by, what.place, *SEEN), "counts": queries.counts(what.place, by=by), "top": top,
        "filtered": what != ObjectFilter(sort=what.sort), "may": authority.anywhere(by, [Can.PLAN]),
    })  # fmt: skip


@require_GET
def geojson(request: HttpRequest) -> JsonResponse:
    """Return what the list shows as points for the map, at most MAP_MOST."""
    by = shared.actor_of(request, *SEEN)
    return JsonResponse(queries.geojson(filter_of(request, by), by=by, limit=MAP_MOST))


@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the list as it is narrowed, keepers' numbers masked; the export leaves an entry."""
    by = shared.actor_of(request, *SEEN)
    found = shared.shown(queries.objects(filter_of(request, by), by=by)[: shared.EXPORT_MOST])
    facts = list(FACT_NAMES)
    rows = [
        (
            str(row["kind"]), o.name, row["where"], o.where, o.scheme, o.code, o.keeper_name, keeper(o),
            str(row["risk"]), row["pace"], f"{local(o.last_visit_at):%Y-%m-%d}" if o.last_visit_at else "",
            str(o.next_due_on or ""), row["hazards"], o.lon or "", o.lat or "", *(_plain(o, code) for code in facts),
        )
        for row in found
        for o in (row["object"],)
    ]  # fmt: skip
    header = [
        _("类型"), _("名称"), _("地方"), _("位置"), _("编码体系"), _("编码"), _("负责人"), _("电话"), _("风险"),
        _("多久查一次"), _("上次检查"), _("下次该查"), _("没销号的隐患"), _("经度"), _("纬度"),
        *(str(FACT_NAMES[code][0]) for code in facts),
    ]  # fmt: skip
    answer = shared.download(header, rows, _("检查对象"), kind)
    exports.note_export(len(rows), by=by)
    return answer


def keeper(of: Object) -> str:
    """Return the keeper's number, masked."""
    return people.mask_phone(people.decrypt(bytes(of.keeper_cipher))) if of.keeper_cipher else ""


def _plain(of: Object, code: str) -> str:
    value = of.facts.get(code, "")
    return (_("是") if value else _("否")) if isinstance(value, bool) else str(value)


def facts_of(of: Object) -> list[tuple[str, str]]:
    """Return the facts of an object as names and values, in the order its kind asks them."""
    found = []
    for code in OBJECT_KINDS.get(of.kind, ("", (), False))[1]:
        if code in of.facts:
            unit = FACT_NAMES[code][1]
            found.append((str(FACT_NAMES[code][0]), _plain(of, code) + (f" {unit}" if unit not in {"", "?"} else "")))
    return found


@require_GET
def one(request: HttpRequest, object_id: UUID) -> HttpResponse:
    """Show one object: facts, who answers for it, risk and pace with the reason, visits, hazards, what comes next."""
    by = shared.actor_of(request, *SEEN)
    row = queries.one(object_id, by=by)
    parts = list(queries.parts(row))
    posts = [p for p in (row.post_id, row.head_post) if p]
    answering = people.answering(posts) if posts else {}
    hazards = list(queries.hazards_of([row.id, *(p.id for p in parts)])[:50])
    visits = list(queries.visits(row)[:20])
    may = shared.may_plan(by, row.place_path)
    links = [
        (name, f"/check/{outside_checks.token(row, by=by, source=source, unit=unit)}")
        for source, name, unit in _links(request) if may and row.closed_at is None
    ]  # fmt: skip
    task = tasks.open_task(row)
    return render(request, "hazards/object.html", {
        "row": shared.shown([row])[0], "object": row, "facts": facts_of(row), "risk_level": RISK_LEVELS[row.risk],
        "chain": objects.masked_chain(row.chain), "keeper": keeper(row), "parts": shared.shown(parts),
        "inspector": answering.get(row.post_id) if row.post_id else None,
        "head": answering.get(row.head_post) if row.head_post else None,
        "visits": [(v, SOURCE_NAMES[Source(v.source)], v.source in OUTSIDE) for v in visits],
        "hazards": [hazard_row(h) for h in hazards], "risks": risk_points.at_object(row.id), "may": may,
        "may_inspect": authority.holds(by, Can.INSPECT, at=row.place_path), "task": task, "links": links,
        "risk_names": RISK_NAMES,
    })  # fmt: skip


def hazard_row(h: object) -> dict[str, object]:
    """Return a hazard as a short line: state, grade, and until when the window of self-reporting runs."""
    mark, says = STATE_NAMES[HazardState(h.state)]  # type: ignore[attr-defined]
    return {
        "hazard": h, "mark": mark, "says": says, "grade": GRADE_NAMES[Grade(h.grade)],  # type: ignore[attr-defined]
        "grace": outside_checks.grace_until(h),  # type: ignore[arg-type]
    }  # fmt: skip


def _links(request: HttpRequest) -> list[tuple[str, str, str]]:
    """Return (source, name, unit) of the links that the page shows: the unit's own, and a third party's if named."""
    found = [("self_check", _("单位自查的链接"), "")]
    unit = shared.text_of(request, "unit")
    if unit:
        found.append(("third_party", _("{unit}第三方检查的链接").format(unit=unit), unit))
    return found


@require_POST
def act(request: HttpRequest, object_id: UUID) -> HttpResponse:
    """Close, reopen, show the keeper's number, renew the links."""
    by = shared.actor_of(request, *SEEN)
    queries.one(object_id, by=by)
    post = request.POST
    reason = post.get("reason", "")
    if post.get("act") == "show":
        try:
            number = objects.show_keeper(object_id, reason, by=by)
        except Invalid as error:
            messages.error(request, next(iter(error.errors.values())))
        else:
            messages.success(request, _("负责人的电话：{number}").format(number=number))
        return redirect("hazards:object", object_id)
    acts = {
        "close": (lambda: objects.close_object(object_id, reason, by=by), _("停用了，以后不排检查；记录都留着")),
        "reopen": (lambda: objects.reopen_object(object_id, by=by), _("重新启用了")),
        "renew": (lambda: objects.renew_link(object_id, by=by), _("换了新链接，旧的打不开了")),
    }
    if post.get("act") not in acts:
        raise Hidden
    do, said = acts[post["act"]]
    return shared.act(request, do, said, "hazards:object", object_id)

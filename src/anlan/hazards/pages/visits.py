"""One inspection: the form of a task, the record of what was found, and what follows from it."""

import datetime as dt
import uuid
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.fieldwork.queries.uploads import picture
from anlan.hazards.models import ChecklistVersion, Item, Object, Task, TaskPart, Visit
from anlan.hazards.pages import hints
from anlan.hazards.pages import inspecting as shared
from anlan.hazards.pages.objects import hazard_row
from anlan.hazards.queries import hints as odd
from anlan.hazards.queries import library
from anlan.hazards.queries import objects as things
from anlan.hazards.queries import tasks as queries
from anlan.hazards.queries.tasks import VisitFilter
from anlan.hazards.services import exports, programmes, reporting, visits
from anlan.hazards.terms import RESULT_NAMES, SOURCE_NAMES, Can, Found, Result, Source
from anlan.hazards.terms.inspections import KIND_NAMES, VISIT_SOURCES, Done, TaskState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import CHINA, local
from anlan.people import queries as people

SEEN = (Can.SEE, Can.INSPECT)


@require_http_methods(["GET", "POST"])
def task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Do a task: its checklists, one tap where nothing is wrong; sign a department's part."""
    by = shared.actor_of(request, *SEEN)
    row = queries.task(task_id, by=by)
    if request.method == "POST":
        return _done(request, by, row.object, row)
    return _form(request, by, row.object, row, {}, {})


@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, object_id: UUID) -> HttpResponse:
    """Inspect an object that no task asks for today."""
    by = shared.actor_of(request, *SEEN)
    thing = things.one(object_id, by=by)
    authority.require(by, Can.INSPECT, at=thing.place_path)
    row = queries.open_task(thing)
    if request.method == "POST":
        return _done(request, by, thing, None)
    if row is not None and not request.GET.get("extra"):
        return redirect("hazards:task", row.id)
    return _form(request, by, thing, None, {}, {})


def _done(request: HttpRequest, by: Actor, thing: Object, row: Task | None) -> HttpResponse:
    post = request.POST
    try:
        made = visits.visit(done_of(request, thing, row), by=by)
    except (Invalid, Conflict) as error:
        wrong = error.errors if isinstance(error, Invalid) else {"": str(error)}
        if "quick" in post:
            for text in wrong.values():
                messages.error(request, text)
            return redirect("hazards:today")
        return _form(request, by, thing, row, post, wrong, status=409 if isinstance(error, Conflict) else 422)
    if "quick" in post:
        messages.success(request, _("「{name}」记下了：没问题").format(name=thing.name))
        return redirect("hazards:today")
    return redirect("hazards:visit", made.id)


def done_of(request: HttpRequest, thing: Object, row: Task | None) -> Done:
    """Read the form: r_<item> is an answer, n_<item> its note. Raises Invalid."""
    post = request.POST
    answers = {}
    for name, result in post.items():
        if name.startswith("r_") and result:
            item = shared.uuid_of(name[2:], "")
            answers[item] = (str(result), post.get(f"n_{name[2:]}", ""))
    nothing = post.get("act") == "nothing" or "quick" in post
    if nothing:
        answers = {i: (r, n) for i, (r, n) in answers.items() if r == Result.FAIL}  # fails are said, passes are one tap
    return Done(
        client=shared.uuid_of(post.get("client", ""), ""), object=thing.id, task=row.id if row else None,
        part=shared.uuid_of(post["part"], "part") if post.get("part") else None, answers=answers,
        versions=[shared.uuid_of(v, "versions") for v in post.getlist("version")], nothing_wrong=nothing,
        conclusion=post.get("conclusion", ""), present=post.get("present", "").replace("，", "、").split("、"),
        source=Source.THIRD_PARTY if post.get("third") == "1" else "", unit=post.get("unit", ""),
    )  # fmt: skip


def _form(
    request: HttpRequest, by: Actor, thing: Object, row: Task | None, said: Any, wrong: dict[str, str], *,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    parts = list(row.parts.all()) if row else []
    names = people.organisation_names({p.organisation_id for p in parts if p.organisation_id})
    waiting = [p for p in parts if p.signed_at is None and not p.excused]
    mine, may_plan = visits.signable(waiting, by), shared.may_plan(by, thing.place_path)
    asked = request.GET.get("part") or said.get("part", "")
    chosen = next((p for p in waiting if str(p.id) == asked and row and visits.may_sign(p, row, by)), None)
    signing = [chosen] if chosen else mine
    versions = versions_for(thing, signing, line=chosen.line if chosen else "")
    may = authority.holds(by, Can.INSPECT, at=thing.place_path) and thing.closed_at is None
    may = may and (row is None or row.state != TaskState.VOID) and (row is None or bool(signing))
    return render(request, "hazards/task.html", {
        "task": row, "object": thing, "row": shared.task_row(row, things.where([row.place_path])) if row else None,
        "where": things.where([thing.place_path]).get(thing.place_path, ""), "kind": KIND_NAMES.get(thing.kind, ""),
        "parts": [part_row(p, names, {m.id for m in mine}, may_plan=may_plan) for p in parts],
        "chosen": chosen, "may": may,
        "hints": hints.shown(odd.about([p.of_visit_id for p in waiting if p.of_visit_id], by=by), by),
        "may_plan": may_plan, "sections": sections(versions, said, wrong),
        "versions": versions, "said": said, "wrong": {k: v for k, v in wrong.items() if len(k) != 36},
        "client": said.get("client") or str(uuid.uuid4()), "results": RESULT_NAMES.items(), "by": by,
        "last": things.visits(thing).first(), "hazards": [hazard_row(h) for h in things.hazards_of([thing.id])[:5]],
    }, status=status)  # fmt: skip


def part_row(part: TaskPart, names: dict[UUID, str], own: set[UUID], *, may_plan: bool) -> dict[str, Any]:
    """Return a department's part of a task as the page draws it."""
    who = names.get(part.organisation_id, "") if part.organisation_id else part.line or _("网格、社区")
    state = ("done", _("签了")) if part.signed_at else ("done", _("没来")) if part.excused else ("wait", _("等着签"))
    waits = part.signed_at is None and not part.excused
    return {
        "part": part, "who": who, "own": part.id in own, "mark": state[0], "says": state[1], "waits": waits,
        "why": part.programme.name if part.programme else part.reason,
        "may_sign": waits and (part.id in own or may_plan),
    }  # fmt: skip


def versions_for(thing: Object, parts: list[TaskPart], *, line: str = "") -> list[ChecklistVersion]:
    """Return the published versions that a visit is done against: those the plans name, else those of the kind."""
    named = queries.versions_of({c for p in parts for c in p.checklists})
    return named or library.checklist_for(thing.kind, line=line)


def sections(versions: list[ChecklistVersion], said: Any, wrong: dict[str, str]) -> list[dict[str, Any]]:
    """Return the checklists with their questions, what was ticked before, and what is wrong with it."""
    by_version: dict[UUID, list[tuple[Item, str, str, str]]] = {}
    for item in library.items(v.id for v in versions):
        line = (item, said.get(f"r_{item.id}", ""), said.get(f"n_{item.id}", ""), wrong.get(str(item.id), ""))
        by_version.setdefault(item.version_id, []).append(line)
    return [{"version": v, "items": by_version.get(v.id, [])} for v in versions]


@require_POST
def task_act(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Excuse a department that did not come; ask a professional one to look."""
    by = shared.actor_of(request, *SEEN)
    row = queries.task(task_id, by=by)
    reason = request.POST.get("reason", "")
    if request.POST.get("act") == "excuse":
        part = shared.uuid_of(request.POST.get("part", ""), "part")
        if part not in {p.id for p in row.parts.all()}:
            raise Hidden
        return shared.act(
            request, lambda: visits.excuse(part, reason, by=by), _("记下了，不等这个部门了"), "hazards:task", task_id
        )
    raise Hidden


# --- records


def filter_of(request: HttpRequest, by: Actor) -> VisitFilter:
    """Read the address; what it does not know it leaves out."""
    get = request.GET
    since, until = shared.day_of(get.get("since", "")), shared.day_of(get.get("until", ""))
    source = get.get("source", "")
    return VisitFilter(
        place=shared.place_of(request, by, *SEEN), source=source if source in set(VISIT_SOURCES) else "",
        wrong=get.get("wrong") == "1", since=_start(since),
        until=_start(until + dt.timedelta(days=1) if until else None),
    )  # fmt: skip


def _start(day: dt.date | None) -> dt.datetime | None:
    return dt.datetime.combine(day, dt.time(), CHINA) if day else None


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List visits of the actor's places, the latest first."""
    by = shared.actor_of(request, *SEEN)
    what = filter_of(request, by)
    page = shared.page_of(request, queries.visits(what, by=by))
    names = things.where({v.place_path for v in page.object_list})
    return render(request, "hazards/visits.html", {
        "page": page, "what": what, "kept": shared.kept(request), "places": shared.steps(by, what.place, *SEEN),
        "rows": [(v, names.get(v.place_path, ""), SOURCE_NAMES[Source(v.source)]) for v in page.object_list],
        "sources": [(s, SOURCE_NAMES[s]) for s in VISIT_SOURCES], "since": request.GET.get("since", ""),
        "until": request.GET.get("until", ""), "filtered": what != VisitFilter(),
        "may_check": authority.anywhere(by, odd.CHECKS),
    })  # fmt: skip


@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Export visits as they are narrowed; the export leaves an entry."""
    by = shared.actor_of(request, *SEEN)
    found = list(queries.visits(filter_of(request, by), by=by)[: shared.EXPORT_MOST])
    names = things.where({v.place_path for v in found})
    rows = [
        (
            f"{local(v.done_at):%Y-%m-%d %H:%M}", f"{local(v.arrived_at):%Y-%m-%d %H:%M}",
            v.object.name if v.object else "", names.get(v.place_path, ""), str(SOURCE_NAMES[Source(v.source)]),
            v.unit or v.by_name, v.by_title, _("没问题") if v.nothing_wrong else "", v.passed, v.failed,
            v.not_applicable, v.conclusion, "、".join(v.present), str(v.id),
        )
        for v in found
    ]  # fmt: skip
    header = [
        _("什么时候查的"), _("到达时间"), _("对象"), _("地方"), _("怎么查的"), _("谁查的"), _("岗位"), _("一键没问题"),
        _("合格"), _("不合格"), _("不适用"), _("结论"), _("一起来的人"), _("编号"),
    ]  # fmt: skip
    answer = shared.download(header, rows, _("检查记录"), kind)
    exports.note_export(len(rows), by=by)
    return answer


@require_GET
def one(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Show what was found, against which version, and what became of each failed item."""
    by = shared.actor_of(request, *SEEN)
    row = queries.visit(visit_id, by=by)
    answers = queries.answers_of(row)
    made = queries.hazards_from(row)
    groups: dict[str, list[dict[str, Any]]] = {}
    for a in answers:
        head = f"{a.item.version.checklist.name} · {_('第 {n} 版').format(n=a.item.version.number)}"
        hazard = made.get(a.item_id)
        groups.setdefault(head, []).append({
            "answer": a, "item": a.item, "says": RESULT_NAMES[Result(a.result)], "failed": a.result == Result.FAIL,
            "hazard": hazard_row(hazard) if hazard else None,
        })  # fmt: skip
    may = authority.anywhere(by, [Can.REPORT]) and (row.by == by.pseudonym or authority.holds(
        by, Can.INSPECT, at=row.place_path))  # fmt: skip
    return render(request, "hazards/visit.html", {
        "visit": row, "object": row.object, "where": things.where([row.place_path]).get(row.place_path, ""),
        "source": SOURCE_NAMES[Source(row.source)], "groups": groups.items(), "may": may,
        "against": [a.version for a in row.against.select_related("version__checklist")],
        "others": [hazard_row(h) for item, h in made.items() if item is None],
        "organisations": organisations(row, by) if may else [],
        "late": row.arrived_at - row.done_at > dt.timedelta(hours=1),
        "hints": hints.shown(odd.about([row.id], by=by), by),
    })  # fmt: skip


def organisations(row: Visit, by: Actor) -> list[tuple[UUID, str]]:
    """Return the departments that may be asked to look: those of the actor's places."""
    found = people.list_organisations("", row.place_path[:8], by=by)
    return [(o.id, o.name) for o in found[:60]]


@require_GET
def photo(request: HttpRequest, visit_id: UUID, upload_id: UUID) -> HttpResponse:
    """Return a photo of a visit, drawn anew; ?small for the list."""
    by = shared.actor_of(request, *SEEN)
    row = queries.visit(visit_id, by=by)
    data = picture(upload_id, thumb="small" in request.GET) if upload_id in row.uploads else None
    if data is None:
        raise Hidden
    answer = HttpResponse(data, content_type="image/jpeg")
    answer["Cache-Control"] = "private, max-age=86400"
    return answer


@require_POST
def act(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Make a failed item a hazard (记成隐患), or ask a department to look at it."""
    by = shared.actor_of(request, *SEEN)
    row = queries.visit(visit_id, by=by)
    item = shared.uuid_of(request.POST.get("item", ""), "item")
    answer = next((a for a in queries.answers_of(row) if a.item_id == item), None)
    if answer is None or answer.result != Result.FAIL:
        raise Hidden
    if request.POST.get("act") == "hazard":
        said = visits.words_for(row, answer.item, request.POST.get("note", "") or answer.note)
        found = Found(
            text=said["text"], client=uuid.uuid5(row.id, str(item)), kind=said["kind"], source=row.source,
            place=row.place_path, object=row.object_id, visit=row.id, item=item, found_at=row.done_at,
        )  # fmt: skip
        return shared.act(
            request, lambda: reporting.report(found, by=by), _("记成隐患了，等着确认"), "hazards:visit", visit_id
        )
    if request.POST.get("act") == "look" and row.object_id:
        whom = request.POST.get("organisation", "")
        organisation = shared.uuid_of(whom, "organisation") if whom else None
        reason, thing = answer.item.question, row.object_id
        return shared.act(
            request, lambda: programmes.ask_professional(thing, reason, by=by, organisation=organisation),
            _("排进这一处的检查任务了，请这个部门来看"), "hazards:visit", visit_id,
        )  # fmt: skip
    raise Hidden

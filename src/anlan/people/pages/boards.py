"""Pages of the task board and of temporary teams, for the community's desk."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.kernel.authority import Hidden, Invalid
from anlan.people import ports, queries, services, terms
from anlan.people.pages import shared
from anlan.people.pages.checkin_forms import MusterForm, TaskForm
from anlan.people.pages.checkins import tabs_of
from anlan.people.pages.shared import actor_of
from anlan.places import queries as places

TEAMS = ("mustered", "muster_leader")
MARKS = {
    "open": "doing", "done": "done", "closed": "done", "cancelled": "late", "proposed": "wait", "standing": "doing",
    "disbanded": "done", "dropped": "late", "claimed": "doing", "waiting": "wait", "withdrawn": "late",
}  # fmt: skip


@require_GET
def tasks(request: HttpRequest) -> HttpResponse:
    """List the tasks of my communities."""
    by = actor_of(request)
    shared.need(by, terms.Can.CHECKINS)
    view = request.GET.get("view", "open")
    page = shared.page_of(request, queries.list_tasks(by=by, state=view if view in terms.TASK_NAMES else ""))
    names = shared.place_names(one.place_path for one in page)
    rows = [(one, names.get(one.place_path, ""), terms.TASK_NAMES[one.state], MARKS[one.state]) for one in page]
    views = [(key, name, None) for key, name in terms.TASK_NAMES.items()]
    return render(request, "people/tasks.html", {
        "page": page, "rows": rows, "views": views, "view": view, "tab": "tasks",
    } | tabs_of(by))  # fmt: skip


@require_http_methods(["GET", "POST"])
def task_new(request: HttpRequest) -> HttpResponse:
    """Post a task."""
    by = actor_of(request)
    shared.need(by, terms.Can.CHECKINS)
    here = shared.scope_of(by, terms.Can.CHECKINS, request.POST.get("place") or request.GET.get("place", ""))
    form = TaskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.post_task(form.draft(), place_path=here, by=by)
        except Invalid as error:
            shared.fail(form, error)
        else:
            messages.success(request, _("贴出来了，在册的人从自己的链接就能认领"))
            return redirect("people:task", made.id)
    return render(request, "people/checkin_form.html", {
        "form": form, "here": here, "place": places.names([here]).get(here, ""), "steps": shared.steps(here, by),
        "heading": _("贴一个任务"), "label": _("贴出任务"), "tab": "tasks",
    } | tabs_of(by), status=422 if form.errors else 200)  # fmt: skip


@require_GET
def task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Show a task and who claimed it."""
    by = actor_of(request)
    one = queries.task(task_id, by=by)
    claims = [
        (claim, shared.masked(claim.checkin.person), terms.CLAIM_NAMES[claim.state], MARKS[claim.state])
        for claim in queries.claims_of(one)
    ]
    return render(request, "people/task.html", {
        "one": one, "claims": claims, "state": terms.TASK_NAMES[one.state], "mark": MARKS[one.state], "tab": "tasks",
        "place": shared.place_names([one.place_path])[one.place_path],
    } | tabs_of(by))  # fmt: skip


@require_POST
def task_act(request: HttpRequest, task_id: UUID, verb: str) -> HttpResponse:
    """Confirm done, close, cancel."""
    by = actor_of(request)
    acts = {
        "done": (services.finish_task, _("确认办完了")), "close": (services.close_task, _("收尾了")),
        "cancel": (services.cancel_task, _("不办了，认领的人从自己的页上看得到")),
    }  # fmt: skip
    if verb not in acts:
        raise Hidden
    do, said = acts[verb]
    return shared.act(request, lambda: do(task_id, by=by), said, "people:task", task_id)


# --- temporary teams


@require_http_methods(["GET", "POST"])
def musters(request: HttpRequest) -> HttpResponse:
    """List the groupings of my communities; POST proposes one."""
    by = actor_of(request)
    shared.need(by, terms.Can.CHECKINS)
    here = shared.scope_of(by, terms.Can.CHECKINS, request.POST.get("place") or request.GET.get("place", ""))
    least, most = queries.muster_sizes()
    form = MusterForm(
        request.POST or None, initial={"least": least, "most": most, "slot": terms.Slot.EMERGENCY}
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            made = services.form_groups(here, by=by, **form.cleaned_data)
        except Invalid as error:
            shared.fail(form, error)
        else:
            return redirect("people:muster", made.id)
    page = shared.page_of(request, queries.list_musters(by=by))
    names = shared.place_names(one.place_path for one in page)
    rows = [(one, names.get(one.place_path, ""), terms.MUSTER_NAMES[one.state], MARKS[one.state]) for one in page]
    return render(request, "people/musters.html", {
        "page": page, "rows": rows, "form": form, "here": here, "place": places.names([here]).get(here, ""),
        "steps": shared.steps(here, by), "ready": queries.ready(here, terms.Slot.EMERGENCY).count(), "tab": "musters",
    } | tabs_of(by), status=422 if form.errors else 200)  # fmt: skip


@require_GET
def muster(request: HttpRequest, muster_id: UUID) -> HttpResponse:
    """Show a grouping: its teams, who leads, what may be done next."""
    return _muster(request, muster_id, {})


def _muster(request: HttpRequest, muster_id: UUID, errors: dict[str, str]) -> HttpResponse:
    by = actor_of(request)
    one = queries.muster(muster_id, by=by)
    squads = queries.squads_of(one)
    shown = [
        (squad, [(m, shared.masked(m.checkin.person) if m.checkin else "") for m in squad.people]) for squad in squads
    ]
    call = ports.call_page.address([one.place_path], TEAMS) if one.exercise is None else ""
    return render(request, "people/muster.html", {
        "one": one, "squads": shown, "errors": errors, "state": terms.MUSTER_NAMES[one.state], "mark": MARKS[one.state],
        "place": shared.place_names([one.place_path])[one.place_path], "tab": "musters",
        "draft": one.state == terms.MusterState.PROPOSED, "standing": one.state == terms.MusterState.STANDING,
        "numbers": [squad.number for squad in squads], "call": call,
    } | tabs_of(by), status=422 if errors else 200)  # fmt: skip


@require_POST
def muster_act(request: HttpRequest, muster_id: UUID, verb: str) -> HttpResponse:
    """Move somebody, name a leader, leave somebody out; confirm, drop, disband."""
    by = actor_of(request)
    try:
        match verb:
            case "confirm":
                services.confirm_muster(muster_id, by=by)
                messages.success(request, _("编好了。每人有了一个临时岗位，可以给他们发叫应"))
            case "drop":
                services.drop_muster(muster_id, by=by)
                return redirect("people:musters")
            case "disband":
                services.disband_muster(muster_id, request.POST.get("reason", ""), by=by)
                messages.success(request, _("撤编了，谁编在哪一组一直查得到"))
            case "move" | "lead" | "leave-out":
                _edit(request, muster_id, verb)
            case _:
                raise Hidden
    except Invalid as error:
        return _muster(request, muster_id, error.errors)
    return redirect("people:muster", muster_id)


def _edit(request: HttpRequest, muster_id: UUID, verb: str) -> None:
    by = actor_of(request)
    queries.muster(muster_id, by=by)
    member = shared.uuid_of(request.POST.get("member", ""), "member")
    if verb == "move":
        number = request.POST.get("squad", "")
        services.move_member(member, int(number) if number.isdecimal() else 0, by=by)
    elif verb == "lead":
        services.name_leader(member, by=by)
    else:
        services.leave_out(member, by=by)

"""Working on an adjustment: one line settled, lines added, the whole put into effect and taken back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from anlan.kernel import authority
from anlan.kernel.authority import Conflict, Invalid
from anlan.places import queries, services, terms
from anlan.places.models import AdjustmentLine
from anlan.places.pages.adjustments import show
from anlan.places.pages.shared import actor_of
from anlan.places.terms import AdjustmentState, Fate

KINDS = (Fate.RENAMED, Fate.RECODED, Fate.MERGED, Fate.SPLIT, Fate.MOVED, Fate.CLOSED)
HELP = {
    Fate.RENAMED: lambda: _("还是这个地方，换了名字（也可以换代码）；或者就是新表里的另一个名字"),
    Fate.RECODED: lambda: _("还是这个地方，只换代码"),
    Fate.MERGED: lambda: _("整个并进另一个地方，人和待办都过去"),
    Fate.SPLIT: lambda: _("分成几个地方；自己也可以留着，分出去一块"),
    Fate.MOVED: lambda: _("换到另一个上级下面，下级跟着走"),
    Fate.CLOSED: lambda: _("真的没有了，人和待办归上级"),
}


@require_http_methods(["GET", "POST"])
def adjustment_line(request: HttpRequest, line_id: UUID) -> HttpResponse:
    """Settle one line: what becomes of an old place, or what a new one is."""
    by = actor_of(request)
    line = queries.get_line(line_id, by)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            done = _said(request, line)
        except Invalid as error:
            errors = error.errors
        else:
            return done
    return _show_line(request, line, errors)


def _said(request: HttpRequest, line: AdjustmentLine) -> HttpResponse:
    by, act = actor_of(request), request.POST.get("act", "")
    back = redirect("places:adjustment", plan_id=line.plan_id)
    if act == "remove":
        services.remove_line(line.pk, by=by)
        messages.success(request, _("「%(name)s」不动了") % {"name": line.was_name or line.name})
        return back
    if act == "share":
        services.correct(line.pk, _shared(request, line), by=by)
        messages.success(request, _("谁去哪里，记下了"))
        return redirect("places:adjustment-line", line_id=line.pk)
    into = [ref for ref in request.POST.getlist("into") if ref]
    if not line.was:
        return _founded(request, line, act, into)
    kind = request.POST.get("kind", "")
    if kind == Fate.SPLIT:
        main = request.POST.get("main", "")
        into.sort(key=lambda ref: ref != main)
    name, code = request.POST.get("name", "").strip(), request.POST.get("code", "").strip()
    if kind in {Fate.MERGED, Fate.SPLIT, Fate.CLOSED}:
        name = code = ""
    fresh = list(line.into) != into or kind != line.kind
    said = services.Decision(
        kind=kind, into=into if kind not in {Fate.RECODED, Fate.CLOSED} else [], name=name, code=code,
        shares=services.even(into) if kind == Fate.SPLIT and fresh else line.shares,
        choices={} if fresh else line.choices,
    )  # fmt: skip
    settled = services.correct(line.pk, said, by=by)
    messages.success(request, _("「%(name)s」核对好了") % {"name": line.was_name})
    if settled.kind == Fate.SPLIT and queries.sharing(settled):
        return redirect("places:adjustment-line", line_id=line.pk)
    return back


def _founded(request: HttpRequest, line: AdjustmentLine, act: str, into: list[str]) -> HttpResponse:
    """Say of a new place that it is really new, an old one's new name, or a part of an old one."""
    by = actor_of(request)
    if act == "new":
        services.correct(line.pk, services.Decision(Fate.FOUNDED, line.into, line.name, line.code), by=by)
        messages.success(request, _("「%(name)s」是新设的") % {"name": line.name})
        return redirect("places:adjustment", plan_id=line.plan_id)
    if len(into) != 1:
        raise Invalid({"into": _("请选一个旧地方")})
    if act == "part":
        parted = services.split_off(line.pk, into[0][1:], by=by)
        messages.success(request, _("「%(name)s」从「%(from)s」分出") % {"name": line.name, "from": parted.was_name})
        return redirect("places:adjustment-line", line_id=parted.pk)
    if act == "same":
        old = services.add_line(line.plan_id, into[0][1:], by=by)
        services.correct(old.pk, services.Decision(Fate.RENAMED, line.into), by=by)
        messages.success(request, _("「%(was)s」改名为「%(now)s」") % {"was": old.was_name, "now": line.name})
        return redirect("places:adjustment", plan_id=line.plan_id)
    raise Invalid({"kind": _("请选一种去向")})


def _shared(request: HttpRequest, line: AdjustmentLine) -> services.Decision:
    """Read which part of a split goes to which heir, and each one's share of what is counted."""
    count = len(line.into)
    choices = {}
    for what, _name, _kind in queries.sharing(line):
        said = request.POST.get(f"to-{what}", "0")
        if said.isdigit() and 0 < int(said) < count:
            choices[what] = int(said)
    shares = [request.POST.get(f"share-{i}", "").strip() for i in range(count)]
    if not all(s.isdigit() for s in shares):
        raise Invalid({"shares": _("各占多少要写整数，合计 100")})
    return services.Decision(Fate.SPLIT, line.into, "", "", [int(s) for s in shares], choices)


def _show_line(request: HttpRequest, line: AdjustmentLine, errors: dict[str, str]) -> HttpResponse:
    by, text = actor_of(request), request.GET.get("q", "").strip()
    kind = request.POST.get("kind") or request.GET.get("kind") or line.kind
    picked = request.POST.getlist("into") or list(line.into)
    split = line.kind == Fate.SPLIT and bool(line.was)
    heirs = queries.adjustments_called(line.plan, [line])
    shares = [*line.shares, *[0] * (len(line.into) - len(line.shares))]
    found: dict[str, Any] = {
        "line": line, "plan": line.plan, "errors": errors, "q": text, "kind": kind, "picked": picked,
        "level": _(terms.LEVEL_NAMES[terms.Level(line.level)]), "draft": line.plan.state == AdjustmentState.DRAFT,
        "kinds": [(k, _(terms.FATE_NAMES[k]), HELP[k]()) for k in KINDS],
        "candidates": queries.candidates(line, text, by, kind=kind),
        "where": queries.trails([line.was]).get(line.was, "") if line.was else "",
        "now": "、".join(heirs.get(ref, "") for ref in line.into) or line.name,
        "unmatched": line.kind == Fate.UNMATCHED, "said": request.POST,
        "main": request.POST.get("main") or (line.into[0] if line.into else ""),
        "heirs": [(i, heirs.get(ref, ""), shares[i]) for i, ref in enumerate(line.into)] if split else [],
        "sharing": [(key, name, kind, line.choices.get(key, 0)) for key, name, kind in queries.sharing(line)]
        if split else [],
    }  # fmt: skip
    return render(request, "places/adjustment_line.html", found, status=422 if errors else 200)


@require_http_methods(["GET", "POST"])
def adjustment_add(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Take a place of the tree into a draft, or a wholly new one."""
    by = actor_of(request)
    plan = queries.get_adjustment(plan_id, by)
    authority.require(by, terms.Can.MANAGE, at=plan.place_path)
    text = (request.POST.get("q") or request.GET.get("q", "")).strip()
    found = queries.search(text, by, 30, under=plan.place_path) if text else []
    errors: dict[str, str] = {}
    if request.method == "POST":
        chosen = request.POST.get("place", "")
        try:
            if "name" in request.POST:
                said = {k: request.POST.get(k, "") for k in ("name", "code", "level")}
                services.add_fresh(plan_id, up=chosen, by=by, **said)
                messages.success(request, _("「%(name)s」加进来了") % {"name": said["name"]})
                return redirect(f"{reverse('places:adjustment', args=[plan_id])}?view=founded")
            line = services.add_line(plan_id, chosen, by=by)
            return redirect("places:adjustment-line", line_id=line.pk)
        except Invalid as error:
            errors = error.errors
    trails = queries.trails([p.path for p in found])
    levels = [(level, _(terms.LEVEL_NAMES[level])) for level in list(terms.Level)[2:5]]
    shown = {"plan": plan, "q": text, "found": [(p, trails[p.path]) for p in found], "errors": errors, "levels": levels,
             "said": request.POST, "new": bool(request.GET.get("new") or "name" in request.POST)}  # fmt: skip
    return render(request, "places/adjustment_add.html", shown, status=422 if errors else 200)


def _weights(weight: services.Weight) -> list[tuple[str, str]]:
    """Return what goes along, in words; what there is none of is left out."""
    rows = [(_(name), f"{n:,}") for name, n in weight.rows if n]
    return rows or [(_("一起过去的"), _("没有人和待办要挪"))]


@require_http_methods(["GET", "POST"])
def adjustment_apply(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Put a plan into effect, after its top place's name was typed and what moves was shown."""
    by = actor_of(request)
    plan = queries.get_adjustment(plan_id, by)
    authority.require(by, terms.Can.MANAGE, at=plan.place_path)
    if plan.state != AdjustmentState.DRAFT:
        raise Conflict(_("「%(title)s」已经处理过了") % {"title": plan.title})
    top = queries.names([plan.place_path]).get(plan.place_path, "")
    error = ""
    try:
        if request.method == "POST" and request.POST.get("confirm", "").strip() == top:
            services.apply(plan_id, by=by)
            messages.success(request, _("区划调整已生效；旧代码、旧名称仍查得到"))
            return redirect("places:adjustment", plan_id=plan_id)
        weight = services.weigh(plan)
    except (Invalid, Conflict) as wrong:
        return show(request, plan, error=str(wrong))
    if request.method == "POST":
        error = _("照着写的字不一样，没有生效。")
    what = [
        (_("从哪天起"), plan.day.isoformat()), (_("依据"), plan.basis or "—"),
        (_("新设立的地方"), f"{weight.founded:,}"), (_("撤销、并走、迁走的地方"), f"{weight.closed:,}"),
        (_("改名、换代码的地方"), f"{weight.changed:,}"), *_weights(weight),
        (_("生效以后"), _("人员、岗位、待办、正在进行的叫应一起过去；这天以前的记录留在原来的地方，两种口径都能看")),
    ]  # fmt: skip
    return render(request, "ui/confirm.html", {
        "heading": _("让「%(title)s」生效") % {"title": plan.title}, "what": what, "label": _("让区划调整生效"),
        "danger": True, "expect": top, "back": f"/places/adjustments/{plan_id}", "error": error,
    }, status=422 if error else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
def adjustment_undo(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Take a plan back, on a page of its own that says what that means."""
    by = actor_of(request)
    plan = queries.get_adjustment(plan_id, by)
    error = ""
    if request.method == "POST":
        try:
            services.undo_adjustment(plan_id, by=by, reason=request.POST.get("reason", ""))
        except (Invalid, Conflict) as wrong:
            error = str(wrong)
        else:
            messages.success(request, _("已撤回，一切如前"))
            return redirect("places:adjustment", plan_id=plan_id)
    found = {"plan": plan, "error": error, "founded": len(plan.effects.get("founded", {}))}
    return render(request, "places/adjustment_undo.html", found, status=422 if error else 200)

"""Pages of the duty list: whose is this matter (for everybody), its versions, what nobody owns, what was stopped."""

import datetime as dt
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.kernel import authority, clock
from anlan.kernel.authority import Actor, Hidden, Invalid
from anlan.people import matters, queries, services, terms
from anlan.people.models import DutyList, Matter
from anlan.people.pages import shared
from anlan.people.pages.shared import actor_of
from anlan.places import queries as places

FIELD_NAMES = {
    "code": gettext_lazy("事项码"), "name": gettext_lazy("事项名称"), "category": gettext_lazy("类别"),
    "keywords": gettext_lazy("俗称"), "roll": gettext_lazy("清单"), "lead": gettext_lazy("主责部门"),
    "assists": gettext_lazy("配合部门"), "street_part": gettext_lazy("街镇"),
    "street_does": gettext_lazy("街镇做什么"), "community_part": gettext_lazy("社区"),
    "community_does": gettext_lazy("社区做什么"), "law": gettext_lazy("依据"), "article": gettext_lazy("条款"),
    "limit": gettext_lazy("时限"), "limit_from": gettext_lazy("从何时起算"), "enforcer": gettext_lazy("执法权"),
    "object_code": gettext_lazy("部件事件编码"), "note": gettext_lazy("备注"),
}  # fmt: skip
COLUMN_NAMES = FIELD_NAMES | {
    "lead_name": FIELD_NAMES["lead"], "limit_value": FIELD_NAMES["limit"], "limit_unit": gettext_lazy("时限的单位"),
}  # fmt: skip
STATES = {
    terms.ListState.DRAFT: ("wait", gettext_lazy("草稿，还没发布")),
    terms.ListState.PUBLISHED: ("doing", gettext_lazy("已发布")),
    terms.ListState.REPLACED: ("done", gettext_lazy("由新版接过")),
}
KINDS = {"new": gettext_lazy("新增"), "changed": gettext_lazy("改了"), "dropped": gettext_lazy("去掉")}
FIGURE_DAYS = 30


def limit_words(one: Matter) -> str:
    """Say a matter's time limit: 立即, 2 小时, 5 个工作日; "" where the law sets none."""
    if one.limit_value is None:
        return ""
    said = {
        terms.Unit.NOW: _("立即"), terms.Unit.MINUTE: _("%d 分钟"), terms.Unit.HOUR: _("%d 小时"),
        terms.Unit.DAY: _("%d 天"), terms.Unit.WORKDAY: _("%d 个工作日"),
    }[terms.Unit(one.limit_unit)]  # fmt: skip
    words = said % one.limit_value if "%" in said else said
    return f"{words}（{one.limit_from}）" if one.limit_from else words


def _home(by: Actor) -> str:
    """Return the place from which the actor asks: that of their deepest post, "" without one."""
    return max((seat.path for seat in by.seats), key=len, default="")


def _row(one: Matter) -> dict[str, Any]:
    return {
        "one": one, "limit": limit_words(one), "street": terms.PART_NAMES[one.street_part],
        "community": terms.PART_NAMES[one.community_part],
        "basis": " ".join(filter(None, (f"《{one.law}》" if one.law else "", one.article))),
    }  # fmt: skip


@require_GET
def duties(request: HttpRequest) -> HttpResponse:
    """Find whose a matter is."""
    by = actor_of(request)
    text, category, roll = (request.GET.get(name, "").strip() for name in ("q", "category", "roll"))
    home = _home(by)
    everything = queries.matters_at(home)
    found: list[Matter] = matters.best(text, everything) if text else everything
    kept = [m for m in found if category in {"", m.category} and roll in {"", m.roll}]
    page = shared.page_of(request, kept)
    return render(request, "people/duties.html", {
        "page": page, "rows": [_row(one) for one in page], "q": text, "category": category, "roll": roll,
        "categories": list(dict.fromkeys(m.category for m in everything if m.category)),
        "rolls": [(key, name) for key, name in terms.ROLL_NAMES.items() if key], "any": bool(everything),
        "versions": queries.in_force(home), "may": authority.anywhere(by, [terms.Can.MATTERS]), "tab": "find",
        "may_note": bool(home), "kept": request.GET.urlencode(),
    })  # fmt: skip


@require_GET
def matter(request: HttpRequest, code: str) -> HttpResponse:
    """Show one matter: who leads, who helps, how long, on what basis, what may be passed down."""
    by = actor_of(request)
    home = _home(by)
    found = next((one for one in queries.matters_at(home) if one.code == code), None)
    if found is None:
        raise Hidden
    return render(request, "people/matter.html", {
        "row": _row(found), "m": found, "routing": queries.routing_of(found, home), "tab": "find",
        "roll": terms.ROLL_NAMES[found.roll], "place": places.names([found.duty_list.place_path]).get(
            found.duty_list.place_path, ""),
        "may": authority.anywhere(by, [terms.Can.MATTERS]),
    })  # fmt: skip


def _table(found: list[Matter]) -> list[list[Any]]:
    rows = []
    for one in found:
        row = _row(one)
        listed = str(terms.ROLL_NAMES[one.roll]) if one.roll else ""
        rows.append([
            one.code, one.name, one.category, "、".join(one.keywords), listed, one.lead_name, "、".join(one.assists),
            str(row["street"]), one.street_does, str(row["community"]), one.community_does, one.law, one.article,
            _limit_cell(one), one.limit_from, one.enforcer, one.object_code, one.note,
        ])  # fmt: skip
    return rows


def _limit_cell(one: Matter) -> str:
    """Say a limit as `matters.Reader` reads it, in Chinese whatever the page speaks: the file goes round."""
    if one.limit_value is None:
        return ""
    words = {"minute": "分钟", "hour": "小时", "day": "天", "workday": "个工作日"}
    return "立即" if one.limit_unit == terms.Unit.NOW else f"{one.limit_value}{words[one.limit_unit]}"


@require_GET
def duties_file(request: HttpRequest, kind: str) -> HttpResponse:
    """Take the list in force away; it can be changed and imported again as it is."""
    found = queries.matters_at(_home(actor_of(request)))
    return shared.download([str(name) for name in FIELD_NAMES.values()], _table(found), _("责任清单"), kind)


@require_GET
def sample(request: HttpRequest) -> HttpResponse:
    """Take a list of common matters away, to be changed and imported."""
    shared.need(actor_of(request), terms.Can.MATTERS)
    answer = HttpResponse(queries.starting_matters(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(_('责任清单样表'))}.csv"
    return answer


# --- versions


@require_http_methods(["GET", "POST"])
def versions(request: HttpRequest) -> HttpResponse:
    """List the versions, and take a new one in."""
    by = actor_of(request)
    may = authority.anywhere(by, [terms.Can.MATTERS])
    errors: dict[str, str] = {}
    where = shared.scope_of(by, terms.Can.MATTERS, request.POST.get("place", ""))
    if request.method == "POST":
        shared.need(by, terms.Can.MATTERS)
        upload = request.FILES.get("file")
        source, name = (upload.file, upload.name or "") if upload else (b"", "")
        try:
            made = services.read_roster(source, name, place_path=where, by=by, kind=terms.RosterKind.MATTERS)  # type: ignore[arg-type]
        except Invalid as error:
            errors = error.errors if upload else {"file": _("还没有选文件。选一个 .xlsx 或 .csv")}
        else:
            return redirect("people:roster", made.id)
    page = shared.page_of(request, queries.list_versions(by=by))
    names = places.names({one.place_path for one in page} | {where})
    waiting = queries.list_imports(by=by, kind=terms.RosterKind.MATTERS).filter(state=terms.ImportState.CHECKED)
    rows = [(one, names.get(one.place_path, ""), *STATES[terms.ListState(one.state)]) for one in page]
    return render(request, "people/duty_versions.html", {
        "page": page, "rows": rows,
        "errors": errors, "may": may, "where": where, "place": names.get(where, ""), "tab": "versions",
        "imports": waiting[:5] if may else [],
    }, status=422 if errors else 200)  # fmt: skip


@require_GET
def version(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Show a version: its matters, how it differs from the one before or any other, how to publish it."""
    return _version(request, queries.version(list_id, by=actor_of(request)), {})


def _version(request: HttpRequest, one: DutyList, errors: dict[str, str]) -> HttpResponse:
    by = actor_of(request)
    others = list(queries.list_versions(by=by).filter(place_path=one.place_path).exclude(id=one.id))
    chosen = next((v for v in others if str(v.id) == request.GET.get("with")), None) or queries.before(one)
    told = queries.differences(chosen, one)
    view = request.GET.get("view", "matters" if one.state != terms.ListState.DRAFT or not told else "changes")
    rows: list[Any] = list(one.matters.order_by("code")) if view == "matters" else told
    page = shared.page_of(request, rows)
    today = clock.local(clock.now()).date()
    return render(request, "people/duty_version.html", {
        "one": one, "place": places.names([one.place_path]).get(one.place_path, ""), "page": page, "view": view,
        "rows": [_row(m) if view == "matters" else _difference(m) for m in page], "others": others, "chosen": chosen,
        "views": [("matters", _("全部的事"), one.matters.count()), ("changes", _("和上一版比"), len(told))],
        "counts": [(KINDS[kind], sum(d.kind == kind for d in told)) for kind in KINDS], "errors": errors,
        "state": STATES[terms.ListState(one.state)], "draft": one.state == terms.ListState.DRAFT, "today": today,
        "may": authority.holds(by, terms.Can.MATTERS, at=one.place_path), "tab": "versions",
    }, status=422 if errors else 200)  # fmt: skip


def _difference(told: queries.Difference) -> dict[str, Any]:
    fields = [
        (COLUMN_NAMES.get(name, name), _cell(name, was) or _("（空）"), _cell(name, now) or _("（空）"))
        for name, (was, now) in told.fields.items()
    ]
    return {"kind": KINDS[told.kind], "told": told, "fields": fields}


def _cell(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "、".join(value)
    if name in {"street_part", "community_part"}:
        return str(terms.PART_NAMES[value])
    if name == "roll":
        return str(terms.ROLL_NAMES[value])
    if name == "limit_unit" and value:
        return {"now": _("立即"), "minute": _("分钟"), "hour": _("小时"), "day": _("天"), "workday": _("工作日")}[value]
    return "" if value is None else str(value)


@require_GET
def version_file(request: HttpRequest, list_id: UUID, kind: str) -> HttpResponse:
    """Take one version away."""
    one = queries.version(list_id, by=actor_of(request))
    title = _("责任清单第 %d 版") % one.number
    header = [str(name) for name in FIELD_NAMES.values()]
    return shared.download(header, _table(list(one.matters.order_by("code"))), title, kind)


@require_POST
def version_act(request: HttpRequest, list_id: UUID, verb: str) -> HttpResponse:
    """Publish a draft, or throw it away."""
    by = actor_of(request)
    if verb == "drop":
        services.drop_list(list_id, by=by)
        messages.success(request, _("丢掉了这份草稿"))
        return redirect("people:duty-versions")
    if verb != "publish":
        raise Hidden
    try:
        day = dt.date.fromisoformat(request.POST.get("from", ""))
    except ValueError:
        day = dt.date.min  # no day: the service says from when it may be, after it asked who is asking
    try:
        services.publish_list(list_id, day, by=by)
    except Invalid as error:
        return _version(request, queries.version(list_id, by=by), error.errors)
    messages.success(request, _("发布了，%s 起用") % day)
    return redirect("people:duty-version", list_id)


# --- what nobody owns, what was stopped


@require_http_methods(["GET", "POST"])
def ownerless(request: HttpRequest) -> HttpResponse:
    """POST: note a matter for which no lead was found. GET: the queue of whoever settles them."""
    by = actor_of(request)
    if request.method == "POST":
        try:
            services.note_ownerless(request.POST.get("text", ""), request.POST.get("where", ""), by=by, at=_home(by))
        except Invalid as error:
            for text in error.errors.values():
                messages.error(request, text)
        else:
            messages.success(request, _("记下了，区里会定归谁办。同样的事有人再问，会接着往上加。"))
        return redirect("people:duties")
    shared.need(by, terms.Can.MATTERS)
    view = request.GET.get("view", "open")
    page = shared.page_of(request, queries.list_ownerless(by=by, state=view if view != "all" else ""))
    names = shared.place_names(one.place_path for one in page)
    since = clock.now() - dt.timedelta(days=FIGURE_DAYS)
    return render(request, "people/ownerless.html", {
        "page": page, "rows": [(one, names.get(one.place_path, ""), terms.OUTCOME_NAMES.get(one.outcome, ""))
                               for one in page],
        "views": [("open", _("等着定"), None), ("settled", _("定了的"), None), ("all", _("全部"), None)], "view": view,
        "outcomes": terms.OUTCOME_NAMES.items(), "figures": _figures(queries.duty_figures(by=by, since=since)),
        "tab": "ownerless", "may": True,
    })  # fmt: skip


def _figures(found: dict[str, int]) -> list[dict[str, Any]]:
    days = {"days": FIGURE_DAYS}
    return [
        {"name": _("无主事项"), "value": found["ownerless"], "unit": _("件"),
         "how": _("查不到主责、还没有人定的事。同一处同样的事只算一件；演练不算。")},
        {"name": _("定了的"), "value": found["settled"], "unit": _("件"),
         "how": _("近 %(days)d 天里定下归谁的。") % days},
        {"name": _("越单拦截"), "value": found["stopped"], "unit": _("次"),
         "how": _("近 %(days)d 天里，派单时因为责任清单不让往下派而拦下的次数；演练不算。") % days},
    ]  # fmt: skip


@require_POST
def settle(request: HttpRequest, identifier: UUID) -> HttpResponse:
    """Say whose an ownerless matter is."""
    by = actor_of(request)
    outcome, said = request.POST.get("outcome", ""), request.POST.get("settled_as", "")
    return shared.act(
        request, lambda: services.settle_ownerless(identifier, outcome, said, by=by), _("定下了"), "people:ownerless"
    )


@require_GET
def stopped(request: HttpRequest) -> HttpResponse:
    """List the assignments that the list stopped."""
    by = actor_of(request)
    shared.need(by, terms.Can.MATTERS)
    page = shared.page_of(request, queries.list_stopped(by=by))
    names = shared.place_names(one.place_path for one in page)
    levels = {"street": _("街镇"), "community": _("社区")}
    return render(request, "people/stopped.html", {
        "page": page, "tab": "stopped", "may": True,
        "rows": [(one, names.get(one.place_path, ""), terms.OVERSTEP_NAMES[one.why], levels.get(one.level, _("网格")))
                 for one in page],
    })  # fmt: skip

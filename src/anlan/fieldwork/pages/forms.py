"""手机上的表: import an XLSForm, look at it, publish it, read and export what was filled in."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.fieldwork import xlsform
from anlan.fieldwork.filled import leaves
from anlan.fieldwork.models import Form, FormVersion, Submission
from anlan.fieldwork.queries import forms as queries
from anlan.fieldwork.services import forms as services
from anlan.fieldwork.terms import Can
from anlan.kernel import authority, clock, tables
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused
from anlan.places import queries as places

PER_PAGE, EXPORT_MOST = 30, 50_000
VIEWS = ("all", "published", "draft", "retired")
TYPES = {"csv": "text/csv; charset=utf-8",
         "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}  # fmt: skip


def _actor(request: HttpRequest) -> Actor:
    by: Actor = request.actor  # type: ignore[attr-defined]
    if not authority.anywhere(by, [Can.FORMS]):
        raise Refused(Can.FORMS, "")
    return by


def _state(form: Form) -> tuple[str, str]:
    if form.retired_at:
        return "done", _("停用了")
    return ("doing", _("在用")) if form.current else ("wait", _("没发布"))


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List the forms."""
    by = _actor(request)
    view, text = request.GET.get("view", "all"), request.GET.get("q", "").strip()[:60]
    view = view if view in VIEWS else "all"
    page = Paginator(queries.forms(by, view, text), PER_PAGE).get_page(request.GET.get("page"))
    where = places.names({f.place_path for f in page.object_list})
    rows = [(f, *_state(f), where.get(f.place_path, "")) for f in page.object_list]
    views = [("all", _("全部"), None), ("published", _("在用的"), None), ("draft", _("没发布的"), None),
             ("retired", _("停用的"), None)]  # fmt: skip
    return render(
        request, "fieldwork/forms.html", {"page": page, "rows": rows, "views": views, "view": view, "q": text}
    )


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Import an XLSForm: what is wrong is told row by row, and nothing is kept then."""
    by = _actor(request)
    scopes = authority.scopes(by, Can.FORMS)
    names = places.names(scopes)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        file, place = request.FILES.get("file"), request.POST.get("place", "")
        try:
            content = file.read(xlsform.MOST + 1) if file else b""
            form = services.import_form(content, place=place or min(scopes), by=by)
        except (Invalid, Conflict) as error:
            wrong = error.errors if isinstance(error, Invalid) else {"file": str(error)}
        else:
            messages.success(request, _("读进来了，看一看再发布。"))
            return redirect("fieldwork:form", form.id)
    lines = [line for text in wrong.values() for line in text.split("\n")]
    facts = {"lines": lines, "places": [(p, names.get(p, "")) for p in sorted(scopes) if p]}
    return render(request, "fieldwork/form_new.html", facts, status=422 if wrong else 200)


@require_GET
def form(request: HttpRequest, form_id: UUID) -> HttpResponse:
    """Show a form: its questions, its versions, what the gate says, and the next act."""
    return _page(request, queries.form(form_id, by=_actor(request)), {})


def _page(request: HttpRequest, found: Form, wrong: Mapping[str, str]) -> HttpResponse:
    by, versions = _actor(request), queries.versions(found.id)
    wanted = request.GET.get("version", "")
    shown = next((v for v in versions if str(v.number) == wanted), versions[0])
    draft = next((v for v in versions if v.published_at is None), None)
    shape, state = _state(found)
    return render(
        request,
        "fieldwork/form.html",
        {
            "form": found, "shape": shape, "state": state, "versions": versions, "version": shown, "draft": draft,
            "questions": list(_questions(shown)), "findings": _findings(draft, by) if draft else [],
            "wrong": wrong, "sent": queries.submissions(found.id).count(),
        },
        status=422 if wrong else 200,
    )  # fmt: skip


def type_name(kind: str) -> str:
    """Return what a type of question is called."""
    return {
        "text": _("文字"), "integer": _("整数"), "decimal": _("小数"), "date": _("日期"), "select_one": _("单选"),
        "select_multiple": _("多选"), "note": _("说明"), "calculate": _("自动算"), "geopoint": _("位置"),
        "image": _("照片"), "barcode": _("扫码"), "repeat": _("重复填"),
    }.get(kind, kind)  # fmt: skip


def _questions(version: FormVersion) -> Iterator[dict[str, Any]]:
    choices = version.compiled["choices"]
    for one in leaves(version.compiled["questions"]):
        yield _question(one, choices, inside=False)
        for inner in leaves(one.get("children", [])):
            yield _question(inner, choices, inside=True)


def _question(one: Mapping[str, Any], choices: Mapping[str, Any], *, inside: bool) -> dict[str, Any]:
    offered = [row.get("label", row["name"]) for row in choices.get(one.get("list", ""), [])]
    return {
        "label": one.get("label", one["name"]), "hint": one.get("hint", ""), "type": type_name(one["type"]),
        "required": one.get("required"), "depends": "relevant" in one, "choices": offered[:8],
        "more": max(len(offered) - 8, 0), "inside": inside, "row": one["row"],
    }  # fmt: skip


def _findings(draft: FormVersion, by: Actor) -> list[dict[str, Any]]:
    """Return what the gates found, each with the words of its question ("" for the whole form)."""
    labels = {n: label for n, label, _inside in queries.columns([draft.compiled])}
    return [
        {"label": labels.get(one.field, one.field), "message": one.message, "stops": one.stops}
        for one in services.findings(draft, by=by)
    ]


@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, form_id: UUID) -> HttpResponse:
    """Show what is about to be frozen and what the gate found; POST publishes, over a finding with a reason."""
    by = _actor(request)
    found = queries.form(form_id, by=by)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        try:
            services.publish(form_id, reason=request.POST.get("reason", ""), by=by)
        except Invalid as error:
            wrong = error.errors
        except Conflict as error:
            return _page(request, found, {"": str(error)})
        else:
            messages.success(request, _("发布了，手机下次有网就拿到。"))
            return redirect("fieldwork:form", form_id)
    draft = next((v for v in queries.versions(form_id) if v.published_at is None), None)
    if draft is None:
        return _page(request, found, {"": _("没有待发布的版本，先导入一份")})
    findings = _findings(draft, by)
    facts = {
        "form": found, "draft": draft, "questions": len(list(_questions(draft))), "where": places.names(
            [found.place_path]).get(found.place_path, ""), "known": [f for f in findings if f["label"]],
        "rest": [f for f in findings if not f["label"]], "stops": any(f["stops"] for f in findings),
        "wrong": wrong, "reason": request.POST.get("reason", ""),
    }  # fmt: skip
    return render(request, "fieldwork/form_publish.html", facts, status=422 if wrong else 200)


@require_POST
def retire(request: HttpRequest, form_id: UUID) -> HttpResponse:
    """Take a form off the phones."""
    found = queries.form(form_id, by=_actor(request))
    try:
        services.retire(form_id, by=_actor(request))
    except Conflict as error:
        return _page(request, found, {"": str(error)})
    messages.success(request, _("停用了，还在路上的照样收。"))
    return redirect("fieldwork:form", form_id)


@require_GET
def source(request: HttpRequest, form_id: UUID, number: int) -> HttpResponse:
    """Give a version's workbook back as it came."""
    found = queries.form(form_id, by=_actor(request))
    version = found.versions.filter(number=number).first()
    if version is None:
        raise Hidden(str(number))
    return _file(bytes(version.source), f"{found.title}-{number}", "xlsx")


@require_GET
def submissions(request: HttpRequest, form_id: UUID) -> HttpResponse:
    """List what was filled in."""
    found, text = queries.form(form_id, by=_actor(request)), request.GET.get("q", "").strip()[:60]
    page = Paginator(queries.submissions(found.id, text=text), PER_PAGE).get_page(request.GET.get("page"))
    compiled = [v.compiled for v in queries.versions(found.id)]
    heads = [(name, label) for name, label, inside in queries.columns(compiled) if not inside][:6]
    said = queries.labels(compiled)
    rows = [(s, [services.plain(s.answers.get(n), said[n]) for n, _label in heads]) for s in page.object_list]
    facts = {"form": found, "page": page, "heads": heads, "rows": rows, "q": text}
    return render(request, "fieldwork/submissions.html", facts)


@require_GET
def export(request: HttpRequest, form_id: UUID, kind: str) -> HttpResponse:
    """Give everything that was filled in as CSV, or as a workbook whose other sheets hold what repeats."""
    found = queries.form(form_id, by=_actor(request))
    if kind not in TYPES:
        raise Hidden(kind)
    compiled = [v.compiled for v in queries.versions(found.id)]
    columns, said = list(queries.columns(compiled)), queries.labels(compiled)
    rows = list(queries.submissions(found.id)[:EXPORT_MOST])
    own = [(name, label) for name, label, inside in columns if not inside]
    header = [_("编号"), _("什么时候填的"), _("什么时候到的"), _("谁填的"), _("岗位"), *(label for _n, label in own)]
    sheet = [
        [str(s.id), clock.local(s.at).replace(tzinfo=None), clock.local(s.arrived_at).replace(tzinfo=None), s.sender,
         s.post_title, *(services.plain(s.answers.get(name), said[name]) for name, _label in own)]
        for s in rows
    ]  # fmt: skip
    if kind == "csv":
        return _file(tables.to_csv(header, sheet), found.title, kind)
    sheets = [(found.title, header, sheet), *_repeats(columns, rows, said)]
    return _file(tables.to_workbook(sheets), found.title, kind)


def _repeats(
    columns: Sequence[tuple[str, str, str]], rows: Sequence[Submission], said: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, Any, Any]]:
    for repeat in dict.fromkeys(inside for _n, _l, inside in columns if inside):
        own = [(name, label) for name, label, inside in columns if inside == repeat]
        lines = [
            [str(s.id), number, *(services.plain(entry.get(name), said[name]) for name, _label in own)]
            for s in rows for number, entry in enumerate(s.answers.get(repeat) or [], 1)
        ]  # fmt: skip
        yield repeat, [_("编号"), _("第几条"), *(label for _n, label in own)], lines


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=TYPES[kind])
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.{kind}"
    return answer

"""常见隐患: the handbook for everybody who may report, and its editor: draft, publish, retire, files both ways."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.hazards import kind_rows, terms
from anlan.hazards.models import KindRow
from anlan.hazards.pages import library_shared as shared
from anlan.hazards.pages.shared import download
from anlan.hazards.queries import library, sheets
from anlan.hazards.services import library as services
from anlan.hazards.services import library_sheets
from anlan.kernel.authority import Hidden, Invalid

STATES = {
    "new": gettext_lazy("新增"),
    "changed": gettext_lazy("改了"),
    "same": gettext_lazy("一样"),
    "fault": gettext_lazy("有错"),
}
LONG = ("words", "signs", "basis", "advice", "control")
HINTS = {
    "code": gettext_lazy("字母、数字、短横，定了不再改，例：ev-wire"),
    "words": gettext_lazy("给居民和网格员看的大白话"),
    "signs": gettext_lazy("看到什么、听到什么就算"),
    "basis": gettext_lazy("有把握才写条款和年份，没把握只写哪部法"),
    "aliases": gettext_lazy("几个说法之间用顿号隔开"),
    "codes": gettext_lazy("写成「部件:公用设施」「事件:街面秩序」，没把握就空着"),
    "quick": gettext_lazy("1 到 8，放到现场页；不放就空着"),
    "consult": gettext_lazy("要邻里商量的，从哪里开始谈"),
}


@require_GET
def kinds(request: HttpRequest) -> HttpResponse:
    """Show the handbook: search by what people call it, narrow by trade."""
    by = shared.reader(request)
    text, trade = request.GET.get("q", "").strip(), request.GET.get("trade", "")
    everything = library.kinds()
    found = library.kinds(words=text, trade=trade)
    counts: dict[str, int] = {}
    for one in everything:
        counts[one.trade] = counts.get(one.trade, 0) + 1
    may = shared.may_edit(by)
    return render(request, "hazards/kinds.html", {
        "rows": [_card(one) for one in found], "q": text, "trade": trade, "count": len(found), "may": may,
        "trades": [(t.value, terms.TRADE_NAMES[t], counts[t]) for t in terms.Trade if t in counts],
        "drafts": sheets.drafts() if may else [], "waiting": sheets.waiting(["kinds"]) if may else [], "tab": "kinds",
    })  # fmt: skip


def _card(one: KindRow) -> dict[str, Any]:
    return {
        "one": one, "trade": terms.TRADE_NAMES[terms.Trade(one.trade)],
        "limit": terms.LIMIT_NAMES[terms.Limit(one.limit)],
        "grade": terms.GRADE_NAMES[terms.Grade(one.grade)],
    }  # fmt: skip


@require_GET
def kind(request: HttpRequest, code: str) -> HttpResponse:
    """Show one kind: picture, words, what to do, and its versions. Editors see its draft and what it changes."""
    by = shared.reader(request)
    may = shared.may_edit(by)
    versions = [one for one in sheets.kind_versions(code) if may or one.published_at]
    if not versions:
        raise Hidden(code)
    wanted = request.GET.get("version", "")
    published = [one for one in versions if one.published_at]
    draft = versions[0] if versions[0].published_at is None else None
    one = next((v for v in versions if str(v.version) == wanted), None) or (published or versions)[0]
    older = next((v for v in versions if v.version < one.version), None)
    compared = draft if draft and published else None
    changes = []
    if compared:
        changes = shared.differing(library.values(published[0]), library.values(compared), kind_rows.FIELDS)
    elif older and wanted:
        changes = shared.differing(library.values(older), library.values(one), kind_rows.FIELDS)
    return render(request, "hazards/kind.html", _card(one) | {
        "versions": versions, "draft": draft, "may": may, "changes": changes, "compared": compared or older,
        "codes": shared.shown("codes", one.codes), "newest": one.id == (published or versions)[0].id, "tab": "kinds",
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, code: str = "") -> HttpResponse:
    """Draft a new version of a kind, or a new kind; a fault is shown at its field and nothing is lost."""
    by = shared.editor(request)
    versions = sheets.kind_versions(code) if code else []
    if code and not versions:
        raise Hidden(code)
    words = dict(zip(kind_rows.FIELDS, library.kind_cells(versions[0]), strict=True)) if versions else {}
    faults: dict[str, kind_rows.Fault] = {}
    if request.method == "POST":
        words = {name: request.POST.get(name, "").strip() for name in kind_rows.FIELDS}
        words["code"] = code or words["code"]
        line = kind_rows.understand(1, words, sheets.icons())
        faults = line.faults
        if not code and "code" not in faults and sheets.kind_versions(line.values["code"]):
            faults["code"] = (_("这个编码已经有了"), _("去改那一类，或者换一个编码"))
        if not faults:
            made = services.draft_kind(line.values, by=by)
            messages.success(request, _("草稿存好了，看一遍再发布"))
            return redirect("hazards:kind", made.code)
    return render(request, "hazards/kind_edit.html", {
        "code": code, "fields": [_field(name, words, faults) for name in kind_rows.FIELDS],
        "icons": sorted(sheets.icons()),
        "errors": {name: "，".join(told) for name, told in faults.items()}, "tab": "kinds",
        "name": versions[0].name if versions else "",
    }, status=422 if faults else 200)  # fmt: skip


def _field(name: str, words: dict[str, str], faults: dict[str, kind_rows.Fault]) -> dict[str, Any]:
    options = {
        "trade": kind_rows.TRADES,
        "grade": ("一般", "重大"),
        "limit": kind_rows.LIMITS,
        "professional": ("否", "是"),
    }
    return {
        "name": name, "label": shared.LABELS[name], "value": words.get(name, ""), "long": name in LONG,
        "options": [(word, shared.option(name, word)) for word in options.get(name, ())], "hint": HINTS.get(name, ""),
        "error": "，".join(faults.get(name, ())),
        "most": kind_rows.LENGTHS.get(name, 400), "icon": name == "icon",
        "needed": name in {"code", "name", "words", "signs", "advice"},
    }  # fmt: skip


@require_POST
def act(request: HttpRequest, code: str, verb: str) -> HttpResponse:
    """Publish or drop a draft; retire a kind or bring it back; publish every draft at once (code "all")."""
    by = shared.editor(request)
    if (code, verb) == ("all", "publish"):
        return _publish_all(request)
    known = {
        "publish": (services.publish_kind, _("发布了，从现在起报隐患用的就是它")),
        "drop": (services.drop_kind, _("草稿丢掉了")),
        "retire": (services.retire_kind, _("停用了，以前的隐患还认得它")),
        "restore": (services.restore_kind, _("重新启用了")),
    }  # fmt: skip
    if verb not in known:
        raise Hidden(verb)
    do, said = known[verb]
    try:
        do(code, by=by)
    except Invalid as error:
        for text in error.errors.values():
            messages.error(request, text)
    else:
        messages.success(request, said)
    return redirect("hazards:kind", code) if sheets.kind_versions(code) else redirect("hazards:kinds")


def _publish_all(request: HttpRequest) -> HttpResponse:
    by = shared.editor(request)
    try:
        count = services.publish_kinds([one.code for one in sheets.drafts()], by=by)
    except Invalid as error:
        for text in error.errors.values():
            messages.error(request, text)
    else:
        messages.success(request, _("发布了 %d 类") % count)
    return redirect("hazards:kinds")


# --- files


@require_GET
def kinds_file(request: HttpRequest, kind: str) -> HttpResponse:
    """Take the library away; it can be changed and imported again as it is."""
    shared.reader(request)
    rows = [library.kind_cells(one) for one in library.kinds()]
    return download(list(kind_rows.TITLES.values()), rows, _("常见隐患库"), kind)


@require_http_methods(["GET", "POST"])
def kinds_import(request: HttpRequest) -> HttpResponse:
    """Take a file of kinds in; nothing changes before somebody has looked at it."""
    by = shared.editor(request)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            content, name = shared.uploaded(request)
            made = library_sheets.read_kinds(content, name, by=by)
        except Invalid as error:
            errors = error.errors
        else:
            return redirect("hazards:sheet", made.id)
    return render(request, "hazards/library_import.html", {
        "errors": errors, "tab": "kinds", "what": "kinds", "waiting": sheets.waiting(["kinds"]),
    }, status=422 if errors else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
def sheet(request: HttpRequest, sheet_id: UUID) -> HttpResponse:
    """Show what a file would change and every fault of it; POST makes drafts of it (act=apply) or drops it."""
    by = shared.editor(request)
    one = sheets.sheet(sheet_id)
    back = "hazards:kinds" if one.what == "kinds" else "hazards:checklists"
    if request.method == "POST":
        if request.POST.get("act") == "map":
            library_sheets.read_again(sheet_id, _chosen(request, one.body.get("wants", {})), by=by)
            return redirect("hazards:sheet", sheet_id)
        if request.POST.get("act") == "drop":
            library_sheets.drop(sheet_id, by=by)
            messages.success(request, _("没有导入，什么也没改"))
        else:
            count = library_sheets.apply(sheet_id, by=by).counts["made"]
            messages.success(request, _("做成了 %d 份草稿，看一遍再发布") % count)
        return redirect(back)
    view = _kinds_view(one.body["lines"]) if one.what == "kinds" else _lists_view(one.body["lists"])
    return render(request, "hazards/library_sheet.html", view | {
        "one": one, "tab": "kinds" if one.what == "kinds" else "lists", "unknown": one.body.get("unknown", []),
        "back": back, "left": one.body.get("left", []),
        "wants": [] if one.done_at else _wants(one.body.get("wants", {})),
    })  # fmt: skip


def _wants(wants: dict[str, Any]) -> list[Any]:
    """Return the lists of choices to settle: (list, [(choice, label, name of the field, result)])."""
    return [
        (name, [(choice, label, f"map:{name}:{choice}", result) for choice, label, result in choices])
        for name, choices in wants.items()
    ]


def _chosen(request: HttpRequest, wants: dict[str, Any]) -> dict[str, dict[str, str]]:
    said = {
        name: {choice: request.POST.get(f"map:{name}:{choice}", "") for choice, _label, _result in choices}
        for name, choices in wants.items()
    }
    return {
        name: {choice: result if result in list(terms.Result) else "" for choice, result in choices.items()}
        for name, choices in said.items()
    }


def _kinds_view(lines: list[Any]) -> dict[str, Any]:
    now = {one.code: library.values(one) for one in library.kinds()}
    rows = []
    for number, values, faults, state in lines:
        old = now.get(values["code"])
        changes = shared.differing(old, values, kind_rows.FIELDS) if old and state == "changed" else []
        rows.append({
            "number": number, "name": values["name"], "code": values["code"], "state": STATES[state], "key": state,
            "faults": shared.faults_of(faults), "changes": changes,
        })  # fmt: skip
    order = ("fault", "changed", "new", "same")
    rows.sort(key=lambda row: order.index(row["key"]))
    return _counted(rows)


def _lists_view(lists: list[Any]) -> dict[str, Any]:
    rows = [
        {
            "number": "", "name": one["name"] or _("（没有名称）"), "code": one["code"], "state": STATES[one["state"]],
            "key": one["state"], "questions": len(one["items"]), "changes": [],
            "faults": [(f"{_('第')} {row} {_('行')} {label}", wrong, expected)
                       for row, told in one["faults"] for label, wrong, expected in shared.faults_of(told)],
        }
        for one in lists
    ]  # fmt: skip
    return _counted(rows)


def _counted(rows: list[dict[str, Any]]) -> dict[str, Any]:
    counts = [(name, sum(row["key"] == key for row in rows)) for key, name in STATES.items()]
    return {"rows": rows, "counts": counts, "useful": sum(row["key"] in {"new", "changed"} for row in rows)}

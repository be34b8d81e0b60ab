"""检查表: the lists, one version with its questions, the editor (works without scripts), comparison, print, files."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.hazards import checklist_rows, kind_rows, terms
from anlan.hazards.checklist_rows import ITEM_FIELDS
from anlan.hazards.kind_rows import Line
from anlan.hazards.models import ChecklistVersion, Item
from anlan.hazards.pages import library_shared as shared
from anlan.hazards.pages.shared import download
from anlan.hazards.queries import library, sheets
from anlan.hazards.services import checklists as services
from anlan.hazards.services import library_sheets
from anlan.hazards.terms.inspections import KIND_NAMES
from anlan.kernel.authority import Actor, Hidden, Invalid

CHANGES = {
    "new": gettext_lazy("新增"),
    "changed": gettext_lazy("改了"),
    "moved": gettext_lazy("换了位置"),
    "dropped": gettext_lazy("去掉"),
}
CHOICES = {"grade": ("一般", "重大"), "limit": tuple(kind_rows.LIMITS), "professional": ("是", "否")}
HEAD = ("code", "name", "trade", "line", "standard")


@require_GET
def checklists(request: HttpRequest) -> HttpResponse:
    """List the checklists with the version in force and the draft, if any."""
    by = shared.reader(request)
    may = shared.may_edit(by)
    rows = []
    for one in sheets.lists():
        versions: list[ChecklistVersion] = one.counted  # type: ignore[attr-defined]
        published = next((v for v in versions if v.published_at), None)
        draft = next((v for v in versions if not v.published_at), None)
        if published or may:
            rows.append({
                "one": one, "published": published, "draft": draft if may else None,
                "trade": terms.TRADE_NAMES[terms.Trade(one.trade)],
                "objects": shared.shown("objects", one.object_kinds),
                "show": published or draft,
            })  # fmt: skip
    return render(request, "hazards/checklists.html", {
        "rows": rows, "may": may, "tab": "lists", "waiting": sheets.waiting(["lists", "form"]) if may else [],
    })  # fmt: skip


def _version(version_id: UUID, by: Actor) -> ChecklistVersion:
    """Return a version that the actor may see: drafts only for whoever keeps the library."""
    found = library.version(version_id)
    if found.published_at is None and not shared.may_edit(by):
        raise Hidden(str(version_id))
    return found


@require_GET
def version(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Show a version: its questions by section, its other versions, what it changes; a draft can be edited here."""
    by = shared.reader(request)
    one = _version(version_id, by)
    others = [
        v for v in sheets.versions_of(one.checklist) if v.id != one.id and (v.published_at or shared.may_edit(by))
    ]
    chosen = next((v for v in others if str(v.id) == request.GET.get("with")), None)
    chosen = chosen or next((v for v in others if v.number < one.number), None)
    items = library.items([one.id])
    told = sheets.differences(library.items([chosen.id]), items) if chosen else []
    view = request.GET.get("view", "items")
    may, names = shared.may_edit(by), library.kind_names({i.kind for i in items})
    return render(request, "hazards/checklist.html", {
        "one": one, "list": one.checklist, "rows": [_row(i, names) for i in items], "others": others, "chosen": chosen,
        "differences": [_difference(d) for d in told], "view": view, "may": may, "draft": one.published_at is None,
        "views": [("items", _("问题"), len(items)), ("changes", _("和别的版本比"), len(told))], "tab": "lists",
        "trade": terms.TRADE_NAMES[terms.Trade(one.checklist.trade)], "last": len(items),
        "objects": shared.shown("objects", one.checklist.object_kinds),
    })  # fmt: skip


def _row(one: Item, names: dict[str, str]) -> dict[str, Any]:
    return {
        "one": one, "kind": names.get(one.kind, ""), "limit": terms.LIMIT_NAMES[terms.Limit(one.limit)],
        "grade": terms.GRADE_NAMES[terms.Grade(one.grade)],
    }  # fmt: skip


def _difference(told: sheets.Difference) -> dict[str, Any]:
    was = {name: pair[0] for name, pair in told.fields.items()}
    now = {name: pair[1] for name, pair in told.fields.items()}
    return {"kind": CHANGES[told.kind], "told": told, "fields": shared.differing(was, now, was)}


@require_GET
def printed(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Show a version for a clipboard: boxes to tick, a line for notes and signatures."""
    one = _version(version_id, shared.reader(request))
    rows = [_row(i, {}) for i in library.items([one.id])]
    return render(request, "hazards/checklist_print.html", {
        "one": one, "list": one.checklist, "rows": rows,
        "tab": "lists",
    })  # fmt: skip


@require_GET
def version_file(request: HttpRequest, version_id: UUID, kind: str) -> HttpResponse:
    """Take one version away; it can be changed and imported again as it is."""
    one = _version(version_id, shared.reader(request))
    rows = table_rows(one, library.items([one.id]))
    name = _("%(name)s第 %(number)d 版") % {"name": one.checklist.name, "number": one.number}
    return download(list(checklist_rows.TITLES.values()), rows, name, kind)


def table_rows(version: ChecklistVersion, items: list[Item]) -> list[list[str]]:
    """Return a version as the import reads it."""
    one = version.checklist
    head = {
        "code": one.code, "name": one.name, "trade": one.trade, "line": one.line, "objects": one.object_kinds,
        "own": one.for_self, "standard": version.standard,
    }  # fmt: skip
    return [
        checklist_rows.cells(head, {name: getattr(i, name) for name in ITEM_FIELDS}, first=n == 0)
        for n, i in enumerate(items)
    ]


@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """Take an empty template away: the columns, and two rows that show how it is filled in."""
    shared.editor(request)
    first = {
        "code": "my-list", "name": "我们的检查表", "trade": terms.Trade.FIRE, "line": "消防", "objects": ["small_shop"],
        "own": True, "standard": "",
    }  # fmt: skip
    blank: dict[str, Any] = dict.fromkeys(ITEM_FIELDS, "") | {"grade": "", "limit": "", "professional": False}
    rows = [
        checklist_rows.cells(first, blank | {"section": "疏散", "question": "安全出口没有锁、没有堵？",
                             "how": "走一遍，推一下。", "kind": "exit-locked"}, first=True),
        checklist_rows.cells(first, blank | {"section": "消防", "question": "灭火器有压力、拿得到？",
                             "how": "看压力表。", "kind": "extinguisher"}, first=False),
    ]  # fmt: skip
    for row in rows:
        row[-1] = ""  # left to the kind
    return download(list(checklist_rows.TITLES.values()), rows, _("检查表模板"), "xlsx")


# --- the editor


@require_http_methods(["GET", "POST"])
def head(request: HttpRequest, version_id: UUID | None = None) -> HttpResponse:
    """Found a checklist, or change a draft's head: name, trade, line, objects, standard."""
    by = shared.editor(request)
    one = _version(version_id, by) if version_id else None
    given: dict[str, Any] = {"objects": [], "own": False, "trade": terms.Trade.FIRE}
    if one:
        kept = one.checklist
        given = {"code": kept.code, "name": kept.name, "trade": kept.trade, "line": kept.line, "own": kept.for_self,
                 "objects": kept.object_kinds, "standard": one.standard, "note": one.note}  # fmt: skip
    errors: dict[str, str] = {}
    if request.method == "POST":
        given = {name: request.POST.get(name, "").strip() for name in (*HEAD, "note")}
        given |= {"objects": [o for o in KIND_NAMES if o in request.POST.getlist("objects")],
                  "own": "own" in request.POST}  # fmt: skip
        given["code"] = one.checklist.code if one else given["code"].lower()
        errors = _head_faults(given)
        try:
            if not errors:
                note = given["note"]
                made = (
                    services.describe(one.id, given, note=note, by=by)
                    if one
                    else services.found_checklist(given, by=by)
                )
                messages.success(request, _("存好了"))
                return redirect("hazards:checklist", made.id)
        except Invalid as error:
            errors = error.errors
    return render(request, "hazards/checklist_head.html", {
        "one": one, "given": given, "errors": errors, "tab": "lists", "trades": terms.TRADE_NAMES.items(),
        "objects": [(code, name, code in given["objects"]) for code, name in KIND_NAMES.items()],
    }, status=422 if errors else 200)  # fmt: skip


def _head_faults(given: dict[str, Any]) -> dict[str, str]:
    line = Line(1)
    for name, most in (("code", 24), ("name", 80), ("line", 40), ("standard", 200)):
        kind_rows.shorten(line, name, given[name], most)
    if not given["name"]:
        line.faults["name"] = ("检查表没有名称", "起个名字")
    code = given["code"].replace("-", "").replace("_", "")
    if not (code.isascii() and code.isalnum()):
        line.faults["code"] = ("码是空的或不能用", "字母、数字、短横，例：food")
    if given["trade"] not in list(terms.Trade):
        line.faults["trade"] = ("没有这个行业", "选一个")
    return {name: "，".join(told) for name, told in line.faults.items()}


@require_http_methods(["GET", "POST"])
def item(request: HttpRequest, version_id: UUID, item_id: UUID | None = None) -> HttpResponse:
    """Add a question to a draft, or change one."""
    by = shared.editor(request)
    one = _version(version_id, by)
    kept = next((i for i in library.items([one.id]) if i.id == item_id), None)
    if item_id and kept is None:
        raise Hidden(str(item_id))
    words = {"section": request.GET.get("section", "")}
    if kept:
        row = checklist_rows.cells({"code": ""}, {n: getattr(kept, n) for n in ITEM_FIELDS}, first=False)
        words = dict(zip(ITEM_FIELDS, row[7:], strict=True))
    errors: dict[str, str] = {}
    if request.method == "POST":
        words = {name: request.POST.get(name, "").strip() for name in ITEM_FIELDS}
        line = Line(1)
        values = checklist_rows.item(line, words, library.known())
        if kept:
            values["code"] = kept.code
        elif not values["code"]:
            values["code"] = _next_code(one)
        errors = {name: "，".join(told) for name, told in line.faults.items()}
        try:
            if not errors:
                services.put_item(one.id, values, item_id=item_id, by=by)
                messages.success(request, _("存好了"))
                again = "again" in request.POST
                return redirect("hazards:item-new", one.id) if again else redirect("hazards:checklist", one.id)
        except Invalid as error:
            errors = error.errors
    return render(request, "hazards/checklist_item.html", {
        "one": one, "item": kept, "words": words, "errors": errors, "kinds": library.kinds(), "tab": "lists",
        "labels": shared.LABELS,
        "choices": [(name, [(word, shared.option(name, word)) for word in some]) for name, some in CHOICES.items()],
        "sections": list(dict.fromkeys(i.section for i in library.items([one.id]) if i.section)),
    }, status=422 if errors else 200)  # fmt: skip


def _next_code(version: ChecklistVersion) -> str:
    """Return a code that no version of the list has used: a code follows the same question through the versions."""
    used = {i.code for i in library.items(v.id for v in sheets.versions_of(version.checklist))}
    base = version.checklist.code[:20]
    return next(name for n in range(1, 10_000) if (name := f"{base}-{n:02d}") not in used)


@require_POST
def item_act(request: HttpRequest, version_id: UUID, item_id: UUID, verb: str) -> HttpResponse:
    """Move a question up or down, or take it out."""
    by = shared.editor(request)
    if verb == "remove":
        services.remove_item(version_id, item_id, by=by)
        messages.success(request, _("删掉了；以前发布的版本里还有"))
    elif verb in {"up", "down"}:
        services.move_item(version_id, item_id, verb == "up", by=by)
    else:
        raise Hidden(verb)
    return redirect(f"{_address(version_id)}#item-{item_id}" if verb != "remove" else _address(version_id))


def _address(version_id: UUID) -> str:
    return f"/hazards/checklists/versions/{version_id}"


@require_POST
def act(request: HttpRequest, version_id: UUID, verb: str) -> HttpResponse:
    """Draft from a version; publish or drop a draft; retire a checklist or bring it back."""
    by = shared.editor(request)
    one = library.version(version_id)
    try:
        if verb == "draft":
            made = services.draft_checklist(one.checklist_id, by=by)
            return redirect("hazards:checklist", made.id)
        if verb == "publish":
            services.publish_checklist(version_id, by=by)
            messages.success(request, _("发布了，从现在起检查用的就是这一版"))
        elif verb == "drop":
            services.drop_checklist_draft(version_id, by=by)
            messages.success(request, _("草稿丢掉了"))
            return redirect("hazards:checklists")
        elif verb in {"retire", "restore"}:
            services.retire_checklist(one.checklist_id, verb == "retire", by=by)
            messages.success(request, _("停用了，以前的检查结果不变") if verb == "retire" else _("重新启用了"))
        else:
            raise Hidden(verb)
    except Invalid as error:
        for text in error.errors.values():
            messages.error(request, text)
    return redirect("hazards:checklist", version_id)


@require_http_methods(["GET", "POST"])
def lists_import(request: HttpRequest) -> HttpResponse:
    """Take a file of checklists in; nothing changes before somebody has looked at it."""
    by = shared.editor(request)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            content, name = shared.uploaded(request)
            read = library_sheets.read_form if library_sheets.is_form(content) else library_sheets.read_lists
            made = read(content, name, by=by)
        except Invalid as error:
            errors = error.errors
        else:
            return redirect("hazards:sheet", made.id)
    return render(request, "hazards/library_import.html", {
        "errors": errors, "tab": "lists", "what": "lists", "waiting": sheets.waiting(["lists", "form"]),
    }, status=422 if errors else 200)  # fmt: skip

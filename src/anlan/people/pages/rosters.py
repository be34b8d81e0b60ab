"""Pages of roster imports: upload, say which column is which, mend rows, import, undo."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.kernel.authority import Hidden, Invalid
from anlan.people import queries, services, terms
from anlan.people.models import Import
from anlan.people.pages import checkins, matters, shared
from anlan.people.pages.shared import actor_of
from anlan.people.ports import address_kinds
from anlan.places import queries as places

POST_FIELDS = {
    "name": gettext_lazy("姓名（A 岗）"), "phone": gettext_lazy("电话（A 岗）"), "identity": gettext_lazy("身份证号"),
    "role": gettext_lazy("哪种岗位"), "title": gettext_lazy("岗位名称"), "place": gettext_lazy("地方（全名或编码）"),
    "district": gettext_lazy("区县"), "street": gettext_lazy("街道、镇"), "community": gettext_lazy("社区、村"),
    "grid": gettext_lazy("网格"), "seat": gettext_lazy("A 岗还是 B 岗"), "deputy_name": gettext_lazy("B 岗姓名"),
    "deputy_phone": gettext_lazy("B 岗电话"), "organisation": gettext_lazy("单位"), "skills": gettext_lazy("会什么"),
    "email": gettext_lazy("电子邮箱"),
}  # fmt: skip
FIELD_NAMES = {
    terms.RosterKind.POSTS: POST_FIELDS,
    terms.RosterKind.MATTERS: matters.FIELD_NAMES,
    terms.RosterKind.CHECKINS: checkins.FIELD_NAMES,
}
STATES = {
    "fault": gettext_lazy("有错"), "new": gettext_lazy("新的"), "update": gettext_lazy("有变动"),
    "same": gettext_lazy("没有变"),
}  # fmt: skip
BATCH_STATES = {
    "checked": gettext_lazy("等着导入"), "imported": gettext_lazy("已导入"), "undone": gettext_lazy("已撤销"),
    "dropped": gettext_lazy("已丢弃"), "read": gettext_lazy("刚上传"),
}  # fmt: skip
NO_FILE = gettext_lazy("还没有选文件。选一个 .xlsx 或 .csv")


def field_names(kind: str) -> dict[str, Any]:
    """Return what a column of this kind of roster may be read as: {field: what it is called}."""
    accounts = address_kinds.all().values() if kind == terms.RosterKind.POSTS else ()
    return FIELD_NAMES[terms.RosterKind(kind)] | {one.field: one.label for one in accounts}


@require_http_methods(["GET", "POST"])
def rosters(request: HttpRequest) -> HttpResponse:
    """List the rosters, and take one in."""
    by = actor_of(request)
    shared.need(by, terms.Can.IMPORT)
    where = shared.scope_of(by, terms.Can.IMPORT, request.POST.get("place") or request.GET.get("place", ""))
    errors: dict[str, str] = {}
    if request.method == "POST":
        upload = request.FILES.get("file")
        source = upload.file if upload else b""
        name = upload.name if upload else ""
        try:
            made = services.read_roster(source, name or "", place_path=where, by=by)  # type: ignore[arg-type]
        except Invalid as error:
            errors = error.errors if upload else {"file": str(NO_FILE)}
        else:
            return redirect("people:roster", made.id)
    page = shared.page_of(request, queries.list_imports(by=by, kind=terms.RosterKind.POSTS))
    return render(request, "people/rosters.html", {
        "page": page, "rows": [(one, BATCH_STATES.get(one.state, one.state)) for one in page], "errors": errors,
        "where": where, "place": places.names([where]).get(where, ""), "steps": shared.steps(where, by),
    }, status=422 if errors else 200)  # fmt: skip


@require_GET
def roster(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Show a roster: counts, columns, rows."""
    return _page(request, queries.roster(import_id, by=actor_of(request)), {})


def _page(request: HttpRequest, batch: Import, errors: dict[str, str]) -> HttpResponse:
    view = request.GET.get("view", "fault" if batch.counts.get("fault") else "new")
    page = shared.page_of(request, queries.list_rows(batch, view if view in STATES else ""))
    rows = [(row, queries.show_cells(batch, row), (row.faults or {}).values()) for row in page]
    chosen = {column: name for name, column in batch.mapping.items()}
    kind = terms.RosterKind(batch.kind)
    good = [terms.RowState.NEW, terms.RowState.UPDATE]
    if kind == terms.RosterKind.MATTERS:  # a version is whole: what did not change goes in too
        good.append(terms.RowState.SAME)
    return render(request, "people/roster.html", {
        "batch": batch, "page": page, "rows": rows, "errors": errors, "view": view,
        "views": [(key, name, batch.counts.get(key, 0)) for key, name in STATES.items()],
        "columns": [(i, title, chosen.get(i, "")) for i, title in enumerate(batch.header)],
        "fields": field_names(kind).items(), "posts": kind == terms.RosterKind.POSTS,
        "persons": kind != terms.RosterKind.MATTERS, "roles": queries.list_roles(),
        "state": BATCH_STATES.get(batch.state, ""),
        "good": sum(batch.counts.get(str(state), 0) for state in good), "draft": queries.draft_of(batch),
        "faulty": batch.counts.get("fault", 0),
        "open": batch.state == terms.ImportState.CHECKED, "done": batch.state == terms.ImportState.IMPORTED,
    }, status=422 if errors else 200)  # fmt: skip


@require_POST
def remap(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Say which column is which, and look again."""
    by = actor_of(request)
    batch = queries.roster(import_id, by=by)
    names = field_names(batch.kind)
    mapping: dict[str, int] = {}
    doubled = []
    for key, name in request.POST.items():
        if key.startswith("column-") and name and key[7:].isdigit():
            if name in mapping:
                doubled.append(str(names.get(str(name), name)))
            mapping[str(name)] = int(key[7:])
    defaults = {name: request.POST.get(name, "") for name in ("role", "fill_down", "shared_phones")}
    if doubled:
        said = _("有两列都选成了「%s」，一样只能选一列") % "、".join(doubled)
        return _page(request, batch, {"mapping": said})
    try:
        services.remap(import_id, mapping, defaults, by=by)
    except Invalid as error:
        return _page(request, queries.roster(import_id, by=by), error.errors)
    return redirect("people:roster", import_id)


@require_POST
def mend(request: HttpRequest, import_id: UUID, number: int) -> HttpResponse:
    """Change the faulty cells of one row."""
    by = actor_of(request)
    cells = {int(k[5:]): str(v) for k, v in request.POST.items() if k.startswith("cell-") and k[5:].isdigit()}
    row = services.mend(import_id, number, cells, by=by)
    if row.state == terms.RowState.FAULT:
        messages.warning(request, _("第 %d 行还有错") % number)
    else:
        messages.success(request, _("第 %d 行改好了") % number)
    return redirect("people:roster", import_id)


@require_POST
def act(request: HttpRequest, import_id: UUID, verb: str) -> HttpResponse:
    """Import the good rows, or all; undo; drop."""
    by = actor_of(request)
    acts: dict[str, Any] = {
        "import": (lambda: services.import_roster(import_id, by=by), _("没有错的行都导入了")),
        "import-all": (lambda: services.import_roster(import_id, by=by, mode="all"), _("全部导入了")),
        "undo": (lambda: services.undo_roster(import_id, by=by), _("撤销了，都回到导入以前")),
        "drop": (lambda: services.drop_roster(import_id, by=by), _("丢掉了没导入的行")),
    }
    if verb not in acts:
        raise Hidden
    do, said = acts[verb]
    return shared.act(request, do, said, "people:roster", import_id)


@require_GET
def faults_file(request: HttpRequest, import_id: UUID, kind: str) -> HttpResponse:
    """Take the faulty rows away as a table, with what is wrong, to be mended by whoever wrote them."""
    by = actor_of(request)
    batch = queries.roster(import_id, by=by)
    rows = list(services.rows_as_report(batch))
    services.note_export(len(rows), by=by)
    return shared.download([_("行号"), _("哪里不对"), _("应当怎样"), *batch.header], rows, _("要改的行"), kind)

"""Files coming in: upload, what they would do, bringing them in, taking them back, and rows that wait."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.kernel import authority
from anlan.kernel.authority import Invalid
from anlan.kernel.tables import LIMITS
from anlan.places import queries, services, terms
from anlan.places.models import Import
from anlan.places.pages.shared import actor_of, fail, table_file

PAGE = 30
KINDS = {
    terms.ImportKind.DIVISIONS: gettext_lazy("区划表（CSV、XLSX）"),
    terms.ImportKind.BOUNDARIES: gettext_lazy("边界（GeoJSON）"),
    terms.ImportKind.LOCAL: gettext_lazy("网格、小区、楼栋（CSV、XLSX、GeoJSON）"),
}
STATES = {
    terms.ImportState.CHECKED: ("wait", gettext_lazy("看过，还没导入")),
    terms.ImportState.STORED: ("done", gettext_lazy("已导入")),
    terms.ImportState.UNDONE: ("late", gettext_lazy("已撤回")),
}


class UploadForm(forms.Form):
    """A file, what it holds, and in which coordinate system."""

    kind = forms.ChoiceField(label=gettext_lazy("文件里是什么"), choices=list(KINDS.items()))
    file = forms.FileField(label=gettext_lazy("文件"), help_text=gettext_lazy("UTF-8、GBK、GB18030 都认得"))
    crs = forms.ChoiceField(
        label=gettext_lazy("坐标系"),
        required=False,
        help_text=gettext_lazy("区划表没有坐标，不用选。高德、腾讯的图是 GCJ-02，百度的是 BD-09"),
        choices=[
            ("", gettext_lazy("请选择")),
            (terms.Crs.WGS84, "WGS-84 / CGCS2000"),
            (terms.Crs.GCJ02, "GCJ-02"),
            (terms.Crs.BD09, "BD-09"),
        ],
    )
    level = forms.ChoiceField(
        label=gettext_lazy("没写级别的行算作"),
        required=False,
        choices=[
            ("", gettext_lazy("不算，逐行写明")),
            *((k, gettext_lazy(terms.LEVEL_NAMES[k])) for k in list(terms.Level)[4:]),
        ],
    )
    since = forms.DateField(
        label=gettext_lazy("新代码从哪天起用"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    source = forms.CharField(label=gettext_lazy("来源"), required=False, max_length=200)


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file and show what it would do."""
    by = actor_of(request)
    if not authority.scopes(by, terms.Can.IMPORT):
        raise authority.Refused(terms.Can.IMPORT, "")
    form = UploadForm(request.POST or None, request.FILES or None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        file = said["file"]
        try:
            content = file.read(LIMITS.file + 1)  # one byte over is enough to be refused
            options = {k: said[k] for k in ("crs", "level", "since", "source") if said[k]}
            if under := request.POST.get("under"):
                options["under"] = queries.scoped(under, by).path
            batch = services.check(said["kind"], content, file.name, by=by, **options)
        except Invalid as error:
            fail(form, error)
        else:
            return redirect("places:import", import_id=batch.pk)
    status = 422 if form.errors else 200
    under = request.POST.get("under") or request.GET.get("under", "")
    return render(request, "places/upload.html", {"form": form, "under": under}, status=status)


@require_GET
def imports(request: HttpRequest) -> HttpResponse:
    """List what was checked and brought in."""
    by = actor_of(request)
    if not authority.scopes(by, terms.Can.IMPORT):
        raise authority.Refused(terms.Can.IMPORT, "")
    rows = Paginator(queries.imports(by), PAGE).get_page(request.GET.get("page"))
    for row in rows:
        _dress(row)
    return render(request, "places/imports.html", {"page": rows, "waiting": queries.open_rejects(by)})


def _dress(batch: Import) -> None:
    """Put words on an import for the templates."""
    batch.kind_name = KINDS.get(terms.ImportKind(batch.kind), batch.kind)  # type: ignore[attr-defined]
    batch.mark, batch.word = STATES[terms.ImportState(batch.state)]  # type: ignore[attr-defined]
    made = batch.report.get("created", {})
    batch.made = sum(made.values())  # type: ignore[attr-defined]


@require_GET
def import_page(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Show an import: what it would do or did, row by row where something is wrong."""
    return _import_page(request, queries.get_import(import_id, actor_of(request)))


def _import_page(request: HttpRequest, batch: Import, error: Invalid | None = None) -> HttpResponse:
    _dress(batch)
    made = batch.report.get("created", {})
    by_level = [(_(terms.LEVEL_NAMES[level]), made[level]) for level in terms.Level if level in made]
    waiting = queries.rejects(actor_of(request), batch=batch.pk).count()
    found = {"batch": batch, "by_level": by_level, "error": error, "waiting": waiting}
    return render(request, "places/import.html", found, status=422 if error else 200)


@require_POST
def store(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Bring a checked file in, whole or its good rows."""
    by = actor_of(request)
    try:
        batch = services.store(import_id, by=by, mode=request.POST.get("mode", terms.Mode.ALL))
    except Invalid as error:
        return _import_page(request, queries.get_import(import_id, by), error)
    report = batch.report
    told = {"made": sum(report["created"].values()), "changed": report["changed"], "aside": report["rejected"]}
    messages.success(request, _("新建 %(made)d 个、改了 %(changed)d 个；%(aside)d 行留在待处理里") % told)
    return redirect("places:import", import_id=batch.pk)


@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Take an import back, on a page of its own that says what that means."""
    by = actor_of(request)
    batch = queries.get_import(import_id, by)
    error = ""
    if request.method == "POST":
        try:
            services.undo(import_id, by=by, reason=request.POST.get("reason", ""))
        except Invalid as bad:
            error = str(bad)
        else:
            messages.success(request, _("已撤回"))
            return redirect("places:import", import_id=batch.pk)
    _dress(batch)
    return render(request, "places/undo.html", {"batch": batch, "error": error}, status=422 if error else 200)


@require_GET
def findings_file(request: HttpRequest, import_id: UUID, kind: str) -> HttpResponse:
    """Return the bad rows as a file that the office can work through."""
    if kind not in {"csv", "xlsx"}:
        raise Http404
    batch = queries.get_import(import_id, actor_of(request))
    rows = [(f["row"], f["field"], f["value"], f["expected"]) for f in batch.report.get("findings", [])]
    return table_file(("行", "列", "写的是", "应该是"), rows, _("有错的行"), kind)


@require_GET
def rejects(request: HttpRequest) -> HttpResponse:
    """List the rows that fitted nowhere."""
    by = actor_of(request)
    if not authority.scopes(by, terms.Can.IMPORT):
        raise authority.Refused(terms.Can.IMPORT, "")
    settled = request.GET.get("view") == "all"
    rows = queries.rejects(by, settled=settled)
    if batch := request.GET.get("import"):
        try:
            rows = rows.filter(batch_id=UUID(batch))
        except ValueError as error:
            raise Http404 from error
    views = [("open", _("待处理"), queries.open_rejects(by)), ("all", _("全部"), None)]
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "places/rejects.html", {"page": page, "views": views, "here": "all" if settled else "open"})


@require_http_methods(["GET", "POST"])
def settle(request: HttpRequest, reject_id: UUID) -> HttpResponse:
    """Settle one row: give its boundary to a place, or say why it is let go."""
    by = actor_of(request)
    row = queries.rejects(by, settled=True).filter(pk=reject_id).first()
    if row is None:
        raise authority.Hidden
    errors: dict[str, str] = {}
    said = request.POST.get("place", "").strip()
    if request.method == "POST":
        try:
            services.settle(row.pk, by=by, note=request.POST.get("note", ""), place=_named(said, by) if said else None)
        except Invalid as error:
            errors = error.errors
        else:
            messages.success(request, _("第 %(row)d 行已处理") % {"row": row.row})
            return redirect("places:rejects")
    raw = row.raw.get("properties", row.raw)
    found = {"row": row, "raw": raw.items(), "errors": errors, "note": request.POST.get("note", ""), "place": said}
    return render(request, "places/settle.html", found, status=422 if errors else 200)


def _named(said: str, by: authority.Actor) -> UUID:
    """Find a place by code, path or whole name. Raises Invalid where none or several fit."""
    found = [p for p in queries.search(said, by, 5) if said in {p.name, p.code, p.path}]
    if len(found) != 1:
        raise Invalid({"place": _("找到 %(n)d 个「%(said)s」，请写代码") % {"n": len(found), "said": said}})
    return found[0].pk

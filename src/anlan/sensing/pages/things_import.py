"""Lists of devices: upload, see what each row would become, register the good ones or none, take the faults away."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.sensing.pages import shared
from anlan.sensing.pages.alarm_shared import download
from anlan.sensing.pages.thing_forms import SCHEMES
from anlan.sensing.queries.alarms import where_of
from anlan.sensing.services import things_import
from anlan.sensing.terms import KIND_NAMES, Can, ThingKind


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Bring a list of devices: it is read, nothing is registered yet."""
    by = shared.actor_of(request, Can.MANAGE)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        sent = request.FILES.get("file")
        place = request.POST.get("place", "") or shared.scopes_of(by, Can.MANAGE)[0]
        try:
            made = things_import.read_things(
                sent.read() if sent else b"", (sent.name or "") if sent else "", place=place,
                scheme=request.POST.get("scheme", "wgs84"), by=by,
            )  # fmt: skip
        except Invalid as error:
            wrong = error.errors
        else:
            return redirect("sensing:things-import", made.id)
    return render(request, "sensing/things_upload.html", {
        "wrong": wrong, "places": shared.steps(by, "", Can.MANAGE), "header": things_import.sample_table()[0],
        "schemes": SCHEMES,
    }, status=422 if wrong else 200)  # fmt: skip


@require_GET
def sample(request: HttpRequest, kind: str) -> HttpResponse:
    """Take a list to start from."""
    shared.actor_of(request, Can.MANAGE)
    return download(*things_import.sample_table(), _("感知设备样表"), kind)


@require_http_methods(["GET", "POST"])
def imported(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Show what each row would become; POST registers the good ones, or throws the list away."""
    by = shared.actor_of(request, Can.MANAGE)
    batch = things_import.imported(import_id, by=by)
    if request.method == "POST":
        return _decide(request, import_id, by)
    lines = things_import.lines(batch)
    counts = {state: sum(1 for one in lines if one.state == state) for state in ("new", "fault", "double", "taken")}
    view = request.GET.get("view") or ("fault" if counts["fault"] else "taken" if counts["taken"] else "new")
    page = shared.page_of(request, [one for one in lines if one.state == view])
    names = where_of({one.draft.place for one in page.object_list if one.draft})
    titles = things_import.titles() | {"calibration_due": _("检定到期")}
    return render(request, "sensing/things_import.html", {
        "batch": batch, "page": page, "view": view, "counts": counts,
        "rows": [
            {
                "line": one, "kind": _kind(one),
                "where": names.get(one.draft.place, "") if one.draft else "",
                "faults": [(titles.get(name, name), text, want) for name, text, want in one.faults],
            }
            for one in page.object_list
        ],
        "views": [("fault", _("要改的"), counts["fault"]), ("new", _("要登记的"), counts["new"]),
                  ("double", _("重复的"), counts["double"]), ("taken", _("登记好的"), counts["taken"])],
    })  # fmt: skip


def _kind(line: things_import.Line) -> Any:
    wrong = any(name == "kind" for name, _text, _want in line.faults)
    return "" if wrong or line.draft is None else KIND_NAMES[ThingKind(line.draft.kind)]


def _decide(request: HttpRequest, import_id: UUID, by: Actor) -> HttpResponse:
    try:
        if request.POST.get("act") == "discard":
            things_import.discard(import_id, by=by)
            messages.success(request, _("这张表没有登记，已经丢掉了"))
            return redirect("sensing:things-upload")
        count = things_import.take_in(import_id, by=by)
    except (Invalid, Conflict) as error:
        messages.error(request, next(iter(shared.wrong_of(error).values())))
    else:
        messages.success(request, _("登记了 {count} 台").format(count=count))
    return redirect("sensing:things-import", import_id)


@require_GET
def faults(request: HttpRequest, import_id: UUID, kind: str) -> HttpResponse:
    """Take the rows that were not registered away, with what is wrong, to be mended where they were written."""
    by = shared.actor_of(request, Can.MANAGE)
    batch = things_import.imported(import_id, by=by)
    rows = [
        (
            one.number, "；".join(text for _name, text, _want in one.faults) or one.double,
            "；".join(want for _name, _text, want in one.faults if want), *one.cells,
        )
        for one in things_import.lines(batch)
        if one.state in {"fault", "double"}
    ]  # fmt: skip
    return download([_("行号"), _("哪里不对"), _("应当怎样"), *batch.header], rows, _("没登记的行"), kind)

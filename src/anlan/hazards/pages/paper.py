"""What leaves the screen: the rectification notice, the record on paper, the evidence bundle."""

from pathlib import Path
from uuid import UUID

from django.contrib import messages
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from anlan.hazards import queries, services
from anlan.hazards.pages import one, shared
from anlan.hazards.terms import Can
from anlan.kernel import authority
from anlan.kernel.authority import Conflict, Refused
from anlan.kernel.clock import now


@require_GET
def notice(request: HttpRequest, hazard_id: UUID) -> HttpResponse:
    """Show 整改通知书 as a sheet of A4: what is wrong, who rectifies it, until when, on what basis, to be signed."""
    by = shared.anybody(request)
    found = queries.hazard(hazard_id, by=by)
    if not found.owner_name:
        messages.error(request, _("还没指派，没有通知书可印。先指派整改。"))
        return redirect("hazards:hazard", found.id)
    return render(request, "hazards/notice.html", one.record(found, by, []) | {"now": now()})


@require_GET
def printed(request: HttpRequest, hazard_id: UUID) -> HttpResponse:
    """Show the whole record as a page to print."""
    by = shared.anybody(request)
    found = queries.hazard(hazard_id, by=by)
    return render(request, "hazards/print.html", one.record(found, by, []) | {"now": now()})


@require_POST
def bundle(request: HttpRequest, hazard_id: UUID) -> HttpResponse:
    """Hand out the evidence bundle as a ZIP; it leaves an entry."""
    by = shared.anybody(request)
    found = queries.hazard(hazard_id, by=by)
    if not authority.holds(by, Can.SEE, at=found.place_path):
        raise Refused(Can.SEE, found.place_path)
    pictures = {p.id: f"photos/{n:02d}-{p.phase}.jpg" for n, p in enumerate(queries.evidence_of([found.id]), 1)}
    shown = one.record(found, by, []) | {"now": now(), "pictures": pictures}
    files = {
        "record.html": render_to_string("hazards/bundle.html", shown, request=request).encode(),
        "record.css": Path(str(finders.find("hazards/record.css"))).read_bytes(),
    }
    try:
        made = services.bundle(found.id, files, by=by)
    except Conflict as error:
        messages.error(request, str(error))
        return redirect("hazards:hazard", found.id)
    return shared.attached(made, "application/zip", _("隐患证据包 {number}").format(number=found.number) + ".zip")

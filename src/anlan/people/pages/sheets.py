"""A month's table on its way in: upload, look what it would change, mend rows, apply."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.kernel import authority
from anlan.kernel.authority import Hidden, Invalid
from anlan.people import queries, services, terms
from anlan.people.models import ShiftSheet
from anlan.people.pages import shared
from anlan.people.pages.duty import month_from
from anlan.people.pages.rosters import NO_FILE
from anlan.people.pages.shared import actor_of
from anlan.people.queries import SheetPlan


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, rota_id: UUID) -> HttpResponse:
    """Take a month's table in."""
    by = actor_of(request)
    one = queries.rota(rota_id, by=by)
    authority.require(by, terms.Can.ROTA, at=one.place_path)
    month = month_from(request.POST.get("month") or request.GET.get("month", ""))
    errors: dict[str, str] = {}
    if request.method == "POST":
        given = request.FILES.get("file")
        source: Any = given.file if given else b""
        try:
            made = services.read_sheet(rota_id, month, source, (given.name if given else "") or "", by=by)
        except Invalid as error:
            errors = error.errors if given else {"file": str(NO_FILE)}
        else:
            return redirect("people:sheet", made.id)
    waiting = one.sheets.filter(state=terms.SheetState.CHECKED).order_by("-id")
    return render(request, "people/sheet_upload.html", {
        "rota": one, "month": month, "errors": errors, "waiting": list(waiting[:20]),
    }, status=422 if errors else 200)  # fmt: skip


@require_GET
def sheet(request: HttpRequest, sheet_id: UUID) -> HttpResponse:
    """Show what a table would change, and its rows with faults."""
    one = queries.sheet(sheet_id, by=actor_of(request))
    month = queries.month_of(one.rota, one.month)
    is_open = one.state == terms.SheetState.CHECKED and month is not None
    plan = queries.plan_sheet(one, month) if is_open and month else SheetPlan([])
    return render(request, "people/sheet.html", {
        "sheet": one, "rota": one.rota, "open": is_open, "changes": _changes(plan), "count": len(plan.changes),
        "faults": [_fault(one, line) for line in plan.faulty], "same": len(plan.lines) - len(plan.faulty),
        "untouched": plan.untouched, "published": month is not None and month.state == terms.MonthState.PUBLISHED,
    })  # fmt: skip


def _changes(plan: SheetPlan) -> list[dict[str, Any]]:
    """Return what each changed seat was and would be, in order of time."""
    rows = sorted(plan.changes.items(), key=lambda one: plan.before[one[0]].starts_at)
    found = []
    for key, who in rows:
        seat = plan.before[key]
        found.append({
            "at": seat.starts_at, "position": terms.Position(seat.position).label,
            "was": seat.person.name if seat.person else "", "becomes": plan.names.get(who, "") if who else "",
        })  # fmt: skip
    return found


def _fault(sheet: ShiftSheet, line: Any) -> dict[str, Any]:
    return {
        "number": line.number, "faults": list(line.faults.values()),
        "cells": [
            {"column": i, "title": title, "text": line.cells[i], "fault": i in line.faults}
            for i, title in enumerate(sheet.header) if i < len(line.cells) and title
        ],
    }  # fmt: skip


@require_POST
def mend(request: HttpRequest, sheet_id: UUID, number: int) -> HttpResponse:
    """Change cells of a row with a fault."""
    by = actor_of(request)
    cells = {int(k[5:]): str(v) for k, v in request.POST.items() if k.startswith("cell-") and k[5:].isdigit()}
    return shared.act(
        request, lambda: services.mend_sheet(sheet_id, number, cells, by=by),
        _("第 %d 行改了，看看还有没有错") % number, "people:sheet", sheet_id,
    )  # fmt: skip


@require_POST
def act(request: HttpRequest, sheet_id: UUID, verb: str) -> HttpResponse:
    """Apply the rows without a fault, or drop what is left."""
    by = actor_of(request)
    if verb == "apply":
        count, left = services.apply_sheet(sheet_id, by=by)
        one = queries.sheet(sheet_id, by=by)
        messages.success(request, _("改了 %d 处") % count)
        if left:
            messages.warning(request, _("还有 %d 行有错，留在这里等改") % left)
            return redirect("people:sheet", sheet_id)
        return redirect(f"{reverse('people:rota', args=[one.rota_id])}?month={one.month:%Y-%m}")
    if verb != "drop":
        raise Hidden
    dropped = services.drop_sheet(sheet_id, by=by)
    messages.success(request, _("丢掉了，值班表没有动"))
    return redirect("people:rota", dropped.rota_id)

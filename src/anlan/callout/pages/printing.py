"""打印名单: the unanswered of a call, or the door list, on A4."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from anlan.callout.queries import printing as queries
from anlan.callout.services import printing
from anlan.kernel.authority import Actor, Invalid


@require_http_methods(["GET", "POST"])
def printed(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """GET asks which list and whether whole numbers are needed; POST makes the PDF and leaves an entry."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    given = request.POST if request.method == "POST" else request.GET
    call, at = queries.call_at(call_id, given.get("at", ""), by)
    errors: dict[str, str] = {}
    if request.method == "POST":
        door, whole = given.get("which") == "door", given.get("numbers") == "whole"
        try:
            body = printing.call_list(call_id, at=at, by=by, door=door, whole=whole, reason=given.get("reason", ""))
        except Invalid as wrong:
            errors = wrong.errors
        else:
            answer = HttpResponse(body, content_type="application/pdf")
            answer["Content-Disposition"] = f'inline; filename="{"door" if door else "unanswered"}.pdf"'
            answer["Cache-Control"] = "no-store"
            return answer
    facts = {"call": call, "at": at, "errors": errors, "given": given, "may_reveal": queries.may_reveal(by, at)}
    return render(request, "callout/printed.html", facts, status=422 if errors else 200)

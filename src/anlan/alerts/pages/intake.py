"""The queue of what could not be read, and the door for files."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.alerts import queries, services, sources, terms
from anlan.alerts.pages import telling
from anlan.kernel import authority
from anlan.kernel.authority import Conflict, Invalid

PAGE = 50
SHOWN = 20_000  # characters of a document that the page shows
VIEWS = {"waiting": "unreadable", "dismissed": "dismissed", "read": "read"}


def _adapters() -> list[tuple[str, str]]:
    return [(name, adapter.label) for name, adapter in sources.found().items()]


@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """List documents that wait, or those that were dismissed or read."""
    by = telling.actor(request)
    if not authority.anywhere(by, [terms.Can.RECEIVE]):
        raise authority.Refused(terms.Can.RECEIVE, "")
    view = request.GET.get("view", "waiting")
    view = view if view in VIEWS else "waiting"
    page = Paginator(queries.intakes(by, state=VIEWS[view]), PAGE).get_page(request.GET.get("page"))
    views = [
        ("waiting", _("等处理"), queries.waiting_count(by)),
        ("dismissed", _("不用处理"), None),
        ("read", _("读出来的"), None),
    ]
    return render(request, "alerts/intake.html", {"page": page, "view": view, "views": views})


@require_GET
def document(request: HttpRequest, intake_id: UUID) -> HttpResponse:
    """Show one document: why it could not be read, at which line, its text, and what can be done."""
    by = telling.actor(request)
    found = queries.intake(intake_id, by=by)
    text = bytes(found.raw).decode("utf-8", "replace").replace("\0", "␀")
    lines = text[:SHOWN].splitlines()
    return render(
        request,
        "alerts/document.html",
        {
            "intake": found,
            "lines": [(n, line, n == found.line) for n, line in enumerate(lines, 1)],
            "cut": len(text) > SHOWN,
            "adapters": _adapters(),
            "waits": found.state == terms.IntakeState.UNREADABLE,
            "alerts": queries.alerts_of_intake(found.id, by=by),
            "trail": telling.trail(found.id, by),
        },
    )


@require_POST
def retry(request: HttpRequest, intake_id: UUID) -> HttpResponse:
    """Read a document again."""
    try:
        found = services.retry(intake_id, by=telling.actor(request), adapter=request.POST.get("adapter", ""))
    except (Conflict, Invalid) as error:
        messages.error(request, str(error))
        return redirect("alerts:document", intake_id)
    if found.state == terms.IntakeState.READ:
        messages.success(request, _("读出来了"))
    else:
        messages.error(request, _("还是读不出来：{reason}").format(reason=found.reason))
    return redirect("alerts:document", intake_id)


@require_POST
def dismiss(request: HttpRequest, intake_id: UUID) -> HttpResponse:
    """Say why a document needs nothing more."""
    try:
        services.dismiss(intake_id, request.POST.get("reason", ""), by=telling.actor(request))
        messages.success(request, _("记下了：不用处理"))
    except (Conflict, Invalid) as error:
        messages.error(request, str(error))
        return redirect("alerts:document", intake_id)
    return redirect("alerts:intake")


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Take a warning from a file, or from text pasted into the page."""
    by = telling.actor(request)
    if not authority.anywhere(by, [terms.Can.RECEIVE]):
        raise authority.Refused(terms.Can.RECEIVE, "")
    wrong: dict[str, str] = {}
    if request.method == "POST":
        file = request.FILES.get("file")
        raw = file.read(services.MAX_BYTES + 1) if file else request.POST.get("text", "").encode()
        try:
            found = services.take(
                raw, by=by, adapter=request.POST.get("adapter", ""), origin=file.name or "" if file else ""
            )
        except Invalid as error:
            wrong = error.errors
        else:
            return _taken(request, found.id, found.state, found.alerts_read)
    return render(
        request, "alerts/upload.html", {"wrong": wrong, "adapters": _adapters()}, status=422 if wrong else 200
    )


def _taken(request: HttpRequest, intake_id: UUID, state: str, count: int) -> HttpResponse:
    by = telling.actor(request)
    if state != terms.IntakeState.READ:
        messages.error(request, _("读不出来，原文留在这里，没有丢。"))
        return redirect("alerts:document", intake_id)
    messages.success(request, ngettext("收下了，读出 %d 条", "收下了，读出 %d 条", count) % count)
    found = queries.alerts_of_intake(intake_id, by=by)
    return redirect("alerts:alert", found[0].id) if len(found) == 1 else redirect("alerts:document", intake_id)

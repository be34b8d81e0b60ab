"""待处理: what no machine could place. Nothing is dropped; each line has an act."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from anlan.callout.pages import words
from anlan.callout.queries import unplaced as queries
from anlan.callout.services import gateways, unplaced
from anlan.callout.terms import REASONS, Can
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Refused

PER_PAGE = 30
STUCK = 50


def _actor(request: HttpRequest) -> Actor:
    by: Actor = request.actor  # type: ignore[attr-defined]
    if not authority.anywhere(by, [Can.ANSWER_FOR]):
        raise Refused(Can.ANSWER_FOR, "")
    return by


@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """Show what waits: words and reports that fit nobody, and persons whom nothing reaches."""
    by = _actor(request)
    view = "unreachable" if request.GET.get("view") == "unreachable" else "reports"
    rows = queries.unplaced(by)
    facts: dict[str, object] = {"view": view, "may_verify": authority.anywhere(by, ["incidents.verify"])}
    if view == "reports":
        page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
        found = list(page.object_list)
        said = queries.reports(found, [gateways.opened(row) for row in found])
        facts |= {"page": page, "reports": [(r, words.UNPLACED.get(r.row.reason, r.row.reason)) for r in said]}
        stuck = queries.unreachable(by, limit=STUCK + 1)
    else:
        start = request.GET.get("start", "0")
        offset = min(int(start), 1_000_000) if start.isascii() and start.isdecimal() else 0
        stuck = queries.unreachable(by, offset=offset, limit=STUCK + 1)
        facts |= {
            "stuck": [(u, REASONS.get(u.reason, u.reason)) for u in stuck[:STUCK]],
            "before": max(offset - STUCK, 0) if offset else None,
            "after": offset + STUCK if len(stuck) > STUCK else None,
        }
    facts["views"] = [
        ("reports", _("网关报来、对不上人的"), rows.count()),
        ("unreachable", _("怎么也叫不到的人"), len(stuck) if len(stuck) <= STUCK else None),
    ]
    return render(request, "callout/unplaced.html", facts)


@require_POST
def settle(request: HttpRequest, identifier: UUID) -> HttpResponse:
    """Settle one report."""
    came = unplaced.settle(identifier, request.POST.get("outcome", ""), by=_actor(request))
    messages.success(request, came.words if came and came.words else _("记下了，这条不再排着。"))
    return redirect("callout:unplaced")

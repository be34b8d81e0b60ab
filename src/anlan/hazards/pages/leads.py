"""失职线索: the list, with the way to a person's page, and one lead with its evidence and answers (EVL-02)."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from anlan.hazards import terms
from anlan.hazards.models import NeglectLead
from anlan.hazards.pages import oversight
from anlan.hazards.queries import conduct as pages
from anlan.hazards.queries import leads as queries
from anlan.hazards.services import leads as services
from anlan.hazards.terms import ENDINGS, Can, LeadState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.ledger import queries as ledger

PER_PAGE = 20
VIEWS = {
    "waiting": gettext_lazy("等复核"),
    "confirmed": gettext_lazy("等结论"),
    "ended": gettext_lazy("有结论了"),
}


@never_cache
@require_GET
def leads(request: HttpRequest) -> HttpResponse:
    """List leads of neglect: of the actor's scope, and about themselves; and find a person to read about."""
    by = oversight.actor_of(request)
    view = request.GET.get("view", "") if request.GET.get("view", "") in VIEWS else "waiting"
    page = Paginator(queries.leads(by, view=view), PER_PAGE).get_page(request.GET.get("page"))
    counts, asked = queries.counts(by), request.GET.get("q", "").strip()
    facts = {
        "page": page, "view": view, "views": [(k, n, counts[k]) for k, n in VIEWS.items()],
        "rows": [(r, terms.LEAD_NAMES[LeadState(r.state)], r.person == by.pseudonym) for r in page.object_list],
        "may": authority.anywhere(by, [Can.CONDUCT]), "q": asked, "found": pages.readable(asked, by=by),
    }  # fmt: skip
    return render(request, "hazards/leads.html", facts)


@never_cache
@require_http_methods(["GET", "POST"])
def lead(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Show one lead with its entries and, beside them, what stood in the way; POST confirms, answers, ends."""
    by = oversight.actor_of(request)
    row = queries.lead(lead_id, by=by)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        try:
            said = _act(request, lead_id, by)
        except Invalid as error:
            wrong = error.errors
        except Conflict as error:
            wrong = {"": str(error)}
        else:
            messages.success(request, said)
            return redirect("hazards:lead", lead_id)
        row = queries.lead(lead_id, by=by)
    facts = _facts(row, by) | {"wrong": wrong, "said": request.POST}
    return render(request, "hazards/lead.html", facts, status=422 if wrong else 200)


def _act(request: HttpRequest, lead_id: UUID, by: Actor) -> str:
    words = request.POST.get("words", "")
    match request.POST.get("act", ""):
        case "confirm":
            services.confirm_lead(lead_id, words, by=by)
            return _("复核了：有必要查清。还没有任何结论")
        case "answer":
            services.answer_lead(lead_id, words, by=by)
            return _("你的说明交上了，以后谁也改不了；想补充还可以再写")
        case "end":
            services.end_lead(lead_id, request.POST.get("finding", ""), words, by=by)
            return _("结论记下了，本人会收到消息")
        case _:
            raise Invalid({"act": _("不认识这个办法，回到上一页再点一次")})


def _facts(row: NeglectLead, by: Actor) -> dict[str, Any]:
    mine, heard = row.person == by.pseudonym, queries.heard(row)
    entries = [e for e in ledger.entries(row.entries) if pages.readable_entry(e, row.person, by=by)]
    waits = row.state not in ENDINGS
    may = not mine and by.pseudonym is not None and authority.holds(by, Can.CONDUCT, at=row.place_path)
    other = may and row.opened_by != by.pseudonym
    return {
        "row": row, "mine": mine, "state": terms.LEAD_NAMES[LeadState(row.state)], "answers": list(row.answers.all()),
        "entries": ledger.told(entries), "unseen": len(row.entries) - len(entries), "waits": waits, "heard": heard,
        "obstacles": [(o, terms.OBSTACLE_NAMES[terms.Obstacle(o.kind)])
                      for o in pages.obstacles_of(entries)],
        "may": may, "opener": may and not other, "may_confirm": other and row.state == LeadState.OPENED,
        "may_end": other and waits and heard, "days": settings.LEAD_ANSWER_DAYS, "waits_for_them": waits and not heard,
        "endings": [(e, terms.LEAD_NAMES[e][1]) for e in ENDINGS
                    if row.state == LeadState.CONFIRMED or e == LeadState.UNFOUNDED],
        "steps": _steps(row, heard=heard),
    }  # fmt: skip


def _steps(row: NeglectLead, *, heard: bool) -> list[dict[str, Any]]:
    """Return the four stations of a lead for the strip: opened, heard, confirmed, ended."""
    ended = row.state in ENDINGS
    done = [
        (_("提出"), row.opened_name, True),
        (_("听本人说"), "", heard or ended),
        (_("另一人复核"), row.confirmed_name, row.confirmed_at is not None),
        (_("另一人下结论"), row.ended_name, ended),
    ]
    now_at = next((n for n, step in enumerate(done) if not step[2]), -1)
    return [
        {"name": name, "note": note, "state": "done" if is_done else "now" if n == now_at and not ended else ""}
        for n, (name, note, is_done) in enumerate(done)
    ]

"""履职材料 of one person, the export of its evidence, 难处, and 失职线索 (HZD-10, EVL-02)."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.hazards import terms
from anlan.hazards.pages import oversight, supervision
from anlan.hazards.pages import oversight_forms as forms
from anlan.hazards.queries import conduct as queries
from anlan.hazards.queries import scope
from anlan.hazards.services import conduct as services
from anlan.hazards.terms import Can
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import CHINA, local, now
from anlan.ledger import queries as ledger

PER_PAGE, DAYS = 20, 90


@require_POST
def obstacle(request: HttpRequest, hazard_id: UUID) -> HttpResponse:
    """Register what stands in one's way."""
    by = oversight.actor_of(request)
    form = forms.Obstacle(request.POST, auto_id="id_obstacle_%s")
    try:
        services.say_obstacle(hazard_id, request.POST.get("kind", ""), request.POST.get("words", ""), by=by)
    except Invalid as error:
        form.is_valid()
        for name, text in error.errors.items():
            if name not in form.errors:
                form.add_error(name if name in form.fields else None, text)
        tried = supervision.Tried("obstacle", "", form)
        return supervision.page(request, scope.hazard(hazard_id, by=by), by, tried, 422)
    messages.success(request, _("登记了，以后谁也改不了"))
    return redirect("hazards:oversight", hazard_id)


def _period(request: HttpRequest) -> tuple[dt.date, dt.date]:
    today = local(now()).date()
    try:
        since = dt.date.fromisoformat(request.GET.get("since", ""))
    except ValueError:
        since = today - dt.timedelta(days=DAYS)
    try:
        until = dt.date.fromisoformat(request.GET.get("until", ""))
    except ValueError:
        until = today
    return min(since, until), max(since, until)


def _accounts(person: Any, since: dt.date, until: dt.date, by: Actor) -> list[queries.Account]:
    start = dt.datetime.combine(since, dt.time(), CHINA)
    end = dt.datetime.combine(until, dt.time(), CHINA) + dt.timedelta(days=1)
    return queries.accounts(person, start, end, by=by)


@never_cache
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, pseudonym: UUID) -> HttpResponse:
    """Show what happened, side by side; POST opens a lead on the entries that were chosen."""
    by = oversight.actor_of(request)
    person = queries.subject(pseudonym, by=by)
    mine = by.pseudonym == pseudonym
    wrong: dict[str, str] = {}
    if request.method == "POST":
        try:
            chosen = [oversight.uuid_of(e, "entries") for e in request.POST.getlist("entries")]
            made = services.open_lead(pseudonym, chosen, request.POST.get("reason", ""), by=by)
        except Invalid as error:
            wrong = error.errors
        else:
            messages.success(request, _("提出来了，要由另一个人复核；本人看得到，可以说明"))
            return redirect("hazards:lead", made.id)
    else:
        services.note_seen(pseudonym, by=by)
    since, until = _period(request)
    page = Paginator(_accounts(person, since, until, by), PER_PAGE).get_page(request.GET.get("page"))
    facts = {
        "person": person, "mine": mine, "page": page, "since": since.isoformat(), "until": until.isoformat(),
        "rows": [_shown(a) for a in page.object_list], "wrong": wrong, "reason": request.POST.get("reason", ""),
        "may_open": not mine and authority.holds(by, Can.CONDUCT, at=person.place_path),
        "leads": [(row, terms.LEAD_NAMES[terms.LeadState(row.state)]) for row in queries.leads(by, person=pseudonym)],
    }  # fmt: skip
    return render(request, "hazards/conduct.html", facts, status=422 if wrong else 200)


def _shown(account: queries.Account) -> dict[str, Any]:
    knew, acted = account.knew_at, account.acted_at
    return {
        "account": account, "knew": knew, "acted": acted, "state": terms.STATE_NAMES[terms.HazardState(
            account.hazard.state)],
        "took": (acted - knew).total_seconds() if knew and acted and acted > knew else None,
        "told": [t | {"id": e.id} for e, t in zip(account.entries, ledger.told(account.entries), strict=True)],
        "obstacles": [(o, terms.OBSTACLE_NAMES[terms.Obstacle(o.kind)]) for o in account.obstacles],
    }  # fmt: skip


@require_GET
def export(request: HttpRequest, pseudonym: UUID) -> HttpResponse:
    """Hand out the evidence as a ZIP."""
    by = oversight.actor_of(request)
    person = queries.subject(pseudonym, by=by)
    since, until = _period(request)
    body = services.bundle(pseudonym, _accounts(person, since, until, by), by=by)
    headers = {"Content-Disposition": 'attachment; filename="conduct.zip"'}
    return HttpResponse(body, "application/zip", headers=headers)


@require_GET
def leads(request: HttpRequest) -> HttpResponse:
    """List leads of neglect: of the actor's scope, and about themselves."""
    by = oversight.actor_of(request)
    page = Paginator(queries.leads(by), PER_PAGE).get_page(request.GET.get("page"))
    rows = [(row, terms.LEAD_NAMES[terms.LeadState(row.state)]) for row in page.object_list]
    return render(request, "hazards/leads.html", {"page": page, "rows": rows})


@never_cache
@require_http_methods(["GET", "POST"])
def lead(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Show one lead with its entries and, beside them, what stood in the way; POST confirms, answers, ends."""
    by = oversight.actor_of(request)
    row = queries.lead(lead_id, by=by)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        words, act = request.POST.get("words", ""), request.POST.get("act", "")
        try:
            match act:
                case "confirm":
                    services.confirm_lead(lead_id, words, by=by)
                case "answer":
                    services.answer_lead(lead_id, words, by=by)
                case "end":
                    services.end_lead(lead_id, request.POST.get("finding", ""), words, by=by)
                case _:
                    raise Invalid({"act": _("不认识这个办法，回到上一页再点一次")})  # noqa: TRY301 - shown as any other
        except Invalid as error:
            wrong = error.errors
        except Conflict as error:
            wrong = {"": str(error)}
        else:
            messages.success(request, _("记下了"))
            return redirect("hazards:lead", lead_id)
        row = queries.lead(lead_id, by=by)
    mine = row.person == by.pseudonym
    found = [e for e in ledger.entries(row.entries) if mine or ledger.may_see(e, by)]
    may = not mine and authority.holds(by, Can.CONDUCT, at=row.place_path)
    facts = {
        "row": row, "wrong": wrong, "mine": mine, "state": terms.LEAD_NAMES[terms.LeadState(row.state)],
        "entries": ledger.told(found), "waits": services.waits(row), "may": may,
        "obstacles": [(o, terms.OBSTACLE_NAMES[terms.Obstacle(o.kind)])
                      for o in queries.obstacles_of(found, row.person)],
        "may_confirm": may and row.state == terms.LeadState.OPENED and row.opened_by != by.pseudonym,
        "endings": [(e, terms.LEAD_NAMES[e][1]) for e in terms.ENDINGS
                    if row.state == terms.LeadState.CONFIRMED or e == terms.LeadState.UNFOUNDED],
    }  # fmt: skip
    return render(request, "hazards/lead.html", facts, status=422 if wrong else 200)


@require_GET
def me(request: HttpRequest) -> HttpResponse:
    """Go to one's own page."""
    by = oversight.actor_of(request)
    if by.pseudonym is None:
        raise Hidden
    return redirect("hazards:conduct", by.pseudonym)

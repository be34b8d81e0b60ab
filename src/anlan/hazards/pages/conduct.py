"""履职材料 of one person: the door where one says why, the page, its print, its export; 难处 (HZD-10, EVL-02)."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.callout.queries.owed_by import Way
from anlan.hazards import terms
from anlan.hazards.pages import oversight, supervision
from anlan.hazards.pages import oversight_forms as forms
from anlan.hazards.queries import conduct as queries
from anlan.hazards.queries import leads as leads_of
from anlan.hazards.queries import scope
from anlan.hazards.queries import tips as named
from anlan.hazards.services import conduct as services
from anlan.hazards.services import leads
from anlan.hazards.terms import Can
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import CHINA, local, now
from anlan.ledger import queries as ledger

PER_PAGE, DAYS, MOST_DAYS, ON_PAPER = 20, 90, 366, 500


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


def _period(asked: Mapping[str, str]) -> tuple[dt.date, dt.date]:
    """Return the days that are asked for, a year at most: the last 90 where none are."""
    today = local(now()).date()
    days = []
    for name, otherwise in (("since", today - dt.timedelta(days=DAYS)), ("until", today)):
        try:
            days.append(dt.date.fromisoformat(asked.get(name, "")))
        except ValueError:
            days.append(otherwise)
    since, until = sorted(days)
    return max(since, until - dt.timedelta(days=MOST_DAYS)), until


def _times(since: dt.date, until: dt.date) -> services.Period:
    end = dt.datetime.combine(until, dt.time(), CHINA) + dt.timedelta(days=1)
    return services.Period(dt.datetime.combine(since, dt.time(), CHINA), end)


@never_cache
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, pseudonym: UUID) -> HttpResponse:
    """Show what happened, side by side. Another's page is opened by a POST with a reason; a second one opens a lead."""
    by = oversight.actor_of(request)
    person = queries.subject(pseudonym, by=by)
    mine = by.pseudonym == pseudonym
    wrong: dict[str, str] = {}
    if request.method == "POST":
        try:
            if request.POST.get("act") == "lead":
                return _lead(request, pseudonym, by)
            services.open_page(pseudonym, request.POST.get("reason", ""), by=by)
            return redirect(request.get_full_path())
        except Invalid as error:
            wrong = error.errors
        except Conflict as error:
            wrong = {"": str(error)}
    seen = None if mine else queries.opened(pseudonym, by=by)
    status = 422 if wrong else 200
    if not mine and seen is None:
        facts = {"person": person, "wrong": wrong, "reason": request.POST.get("reason", "")}
        return render(request, "hazards/conduct_open.html", facts, status=status)
    facts = _facts(request, person, by) | {"wrong": wrong, "seen": seen, "reason": request.POST.get("reason", "")}
    return render(request, "hazards/conduct.html", facts, status=status)


def _lead(request: HttpRequest, pseudonym: UUID, by: Actor) -> HttpResponse:
    chosen = [oversight.uuid_of(e, "entries") for e in request.POST.getlist("entries")]
    made = leads.open_lead(pseudonym, chosen, request.POST.get("reason", ""), by=by)
    messages.success(request, _("提出来了：本人收到消息，可以说明；另一个人来复核"))
    if not leads.seconds(made):
        messages.warning(request, _("这里和上级现在没有第二个能复核的人，请管岗位的人先配上"))
    return redirect("hazards:lead", made.id)


def _facts(request: HttpRequest, person: Any, by: Actor) -> dict[str, Any]:
    mine = by.pseudonym == person.pseudonym
    since, until = _period(request.GET)
    times = _times(since, until)
    page = Paginator(queries.hazards(person, times.since, times.until, by=by), PER_PAGE).get_page(
        request.GET.get("page")
    )
    may_open = not mine and by.exercise is None and authority.holds(by, Can.CONDUCT, at=person.place_path)
    return {
        "person": person, "mine": mine, "page": page, "since": since.isoformat(), "until": until.isoformat(),
        "rows": shown(person, list(page.object_list), by=by), "may_open": may_open,
        "pick": may_open and (request.GET.get("pick") == "1" or request.POST.get("act") == "lead"),
        "chosen": request.POST.getlist("entries"), "post": named_post(person),
        "looks": ledger.told(queries.looks(person.pseudonym)) if mine else [],
        "leads": [(r, terms.LEAD_NAMES[terms.LeadState(r.state)]) for r in leads_of.leads(by, person=person.pseudonym)],
        "at_most": (until - since).days >= MOST_DAYS,
    }  # fmt: skip


def named_post(person: Any) -> str:
    """Return where the person belongs, in words."""
    return named.where_of({person.place_path}).get(person.place_path, "")


def shown(person: Any, rows: list[Any], *, by: Actor) -> list[dict[str, Any]]:
    """Return the stories of some hazards as the page and the paper draw them."""
    told = queries.accounts(person, rows, by=by)
    names = named.where_of({a.hazard.place_path for a in told})
    lines = {line["id"]: line for line in ledger.told([e for a in told for e in (*a.laid, *a.deeds)])}
    return [_shown(a, names.get(a.hazard.place_path, ""), lines) for a in told]


def _shown(account: queries.Account, where: str, lines: Mapping[UUID, dict[str, Any]]) -> dict[str, Any]:
    why = {d.id: d.why for d in account.duties}
    knew = [(way, terms.WAY_NAMES[way], account.by(way)) for way in Way if way != Way.FAILED]
    return {
        "account": account, "hazard": account.hazard, "where": where,
        "state": terms.STATE_NAMES[terms.HazardState(account.hazard.state)],
        "knew": [{"way": way, "name": name, "first": steps[0] if steps else None, "more": len(steps) - 1, "all": steps}
                 for way, name, steps in knew],
        "failed": account.by(Way.FAILED),
        "duties": [d for d in account.duties if d.state != "told"],
        "told": [lines[e.id] for e in account.deeds],
        "laid": [lines[e.id] | {"what": why.get(e.subject_id, ""), "did": e.did} for e in account.laid],
        "obstacles": [(o, terms.OBSTACLE_NAMES[terms.Obstacle(o.kind)]) for o in account.obstacles],
    }  # fmt: skip


@never_cache
@require_GET
def paper(request: HttpRequest, pseudonym: UUID) -> HttpResponse:
    """The page on paper: everything of the period on one sheet after another, nothing to press."""
    by = oversight.actor_of(request)
    person = queries.subject(pseudonym, by=by)
    if by.pseudonym != pseudonym and queries.opened(pseudonym, by=by) is None:
        return redirect("hazards:conduct", pseudonym)
    since, until = _period(request.GET)
    times = _times(since, until)
    found = queries.hazards(person, times.since, times.until, by=by)
    rows, count = list(found[:ON_PAPER]), found.count()
    facts = {
        "person": person, "since": since, "until": until, "rows": shown(person, rows, by=by), "now": now(),
        "by": by.name, "post": named_post(person), "left": count - len(rows), "count": count,
        "mine": by.pseudonym == pseudonym,
    }  # fmt: skip
    return render(request, "hazards/conduct_print.html", facts)


@require_POST
def export(request: HttpRequest, pseudonym: UUID) -> HttpResponseBase:
    """Hand out the evidence as a ZIP, in pieces as it is made. A POST: it leaves an entry."""
    by = oversight.actor_of(request)
    try:
        pieces = services.export(pseudonym, _times(*_period(request.POST)), by=by)
    except Conflict as error:
        return oversight.failed(request, error, "hazards:conduct", pseudonym)
    headers = {"Content-Disposition": 'attachment; filename="conduct.zip"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(pieces, content_type="application/zip", headers=headers)


@require_GET
def me(request: HttpRequest) -> HttpResponse:
    """Go to one's own page."""
    by = oversight.actor_of(request)
    if by.pseudonym is None:
        raise Hidden
    return redirect("hazards:conduct", by.pseudonym)

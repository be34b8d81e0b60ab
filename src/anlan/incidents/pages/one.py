"""One report at the desk: what was said, who else said it, and the one next act: 核实."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from anlan.incidents import lifecycle, queries, services, terms
from anlan.incidents.models import Report
from anlan.incidents.pages import shared
from anlan.incidents.terms import Can, ReportState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.ledger import queries as ledger
from anlan.people import queries as people

TRAIL = 60
NEAR = 20  # open incidents offered to join


@require_GET
def report(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Show a report of the desk."""
    by = shared.actor_of(request, Can.SEE)
    return _page(request, queries.desk_report(report_id, by=by), by, {})


def _page(request: HttpRequest, found: Report, by: Actor, wrong: dict[str, str]) -> HttpResponse:
    may = authority.holds(by, Can.VERIFY, at=found.place_path)
    own = found.reporter is not None and found.reporter == by.pseudonym
    verbs = {str(v).rpartition("report-")[2] for v in lifecycle.REPORT.verbs(found.state, by=by, at=found.place_path)}
    waits = found.state in terms.OPEN
    folded = queries.folded_into(found.id)
    near = [one for one in queries.like(found) if _seen(one.report, by)] if waits else []
    alike = [row | {"away": one.away, "alike": one.likeness} for row, one in zip(
        shared.shown([one.report for one in near]), near, strict=True)]  # fmt: skip
    every = [found, *folded, *(one.report for one in near)]
    return render(
        request,
        "incidents/one.html",
        {
            "report": found, "row": shared.shown([found])[0], "may": may and not own, "own": own, "verbs": verbs,
            "waits": waits, "alike": alike, "folded": shared.shown(folded),
            "incidents": _joinable(found, by) if waits and may else [],
            "photos": shared.photos_by(every), "mine": shared.photos_by([found]).get(found.id, []),
            "coming": queries.coming(found.id),
            "facts": shared.facts_shown(queries.facts_of([found.id])), "who": _who(found, by, may=may),
            "elements": [(e, name, e in terms.COUNTED) for e, name in terms.ELEMENTS.items()], "may_add": may,
            "levels": terms.LEVEL_NAMES.items(),
            "trail": ledger.told(ledger.trail(subject_id=found.id, by=by, limit=TRAIL)),
            "title": shared.shown([found])[0]["where"] + str(terms.KIND_NAMES[found.kind]), "wrong": wrong,
            "said": request.POST if request.method == "POST" else {},
            "may_unfold": may and (found.state == ReportState.FOLDED or (found.state == ReportState.VERIFIED
                                                                      and found.lead_id is not None)),
        },
        status=422 if wrong else 200,
    )  # fmt: skip


def _seen(report: Report, by: Actor) -> bool:
    return authority.holds(by, Can.SEE, at=report.place_path)


def _joinable(found: Report, by: Actor) -> list[Any]:
    """Return the open incidents at the place and beside it, to join one that nobody's words resemble."""
    rows = queries.incidents(by, state="open", place=found.place_path[:-4] or found.place_path)
    return [one for one in rows[:NEAR] if one.exercise_id == found.exercise_id]


def _who(found: Report, by: Actor, *, may: bool) -> dict[str, str]:
    """Return who saw it and how to reach them: a colleague's masked number; who rang from outside for the verifier."""
    known = people.persons(by).filter(id=found.reporter_person).first() if found.reporter_person else None
    caller = people.decrypt(bytes(found.caller_cipher)) if found.caller_cipher and may else ""
    return {
        "name": found.reporter_name or (_("外面打来的") if found.how == terms.How.PHONE else _("不知道是谁")),
        "post": found.reporter_title,
        "phone": people.masked(known) if known else "",
        "href": f"/people/{known.id}" if known else "",
        "caller": caller,
        "entered": found.entered_by_name if found.reporter != found.entered_by else "",
    }


@require_POST
def act(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Do what the desk decided."""
    by = shared.actor_of(request, Can.SEE)
    found = queries.desk_report(report_id, by=by)
    post = request.POST
    opinion = post.get("opinion", "")
    into = post.get("into", "")
    acts: dict[str, Any] = {
        "take": lambda: services.take_up(report_id, by=by),
        "verify": lambda: services.verify(
            report_id, by=by, opinion=opinion, title=post.get("title", ""), level=post.get("level", "")
        ),
        "join": lambda: services.verify(report_id, by=by, opinion=opinion, into=shared.uuid_of(into, "into")),
        "fold": lambda: services.fold(report_id, shared.uuid_of(into, "into"), by=by),
        "not-so": lambda: services.not_so(report_id, opinion, by=by),
        "ask": lambda: services.ask_back(report_id, post.get("question", ""), by=by),
        "pass": lambda: services.pass_on(report_id, post.get("whom", ""), opinion, by=by),
        "reopen": lambda: services.reopen(report_id, opinion, by=by),
        "unfold": lambda: services.unfold(report_id, opinion, by=by),
        "add": lambda: services.complete(report_id, {str(e): post.get(e, "") for e in terms.ELEMENTS}, by=by),
        "photos": lambda: services.add_photos(report_id, shared.files_of(request), by=by),
        "move": lambda: services.move(report_id, post.get("place", "")[:40], by=by),
    }
    name = post.get("act", "")
    if name not in acts:
        raise Invalid({"act": _("不认识这个办法，回到上一页再点一次")})
    try:
        made = acts[name]()
    except Invalid as error:
        return _page(request, found, by, error.errors)
    except Conflict as error:
        return shared.failed(request, error, "incidents:report", report_id)
    if name in {"verify", "join"}:
        return shared.done(request, _("核实了，报告人会收到消息"), "incidents:incident", made.id)
    told = {"fold", "not-so", "ask", "pass", "unfold", "reopen"}
    words = _("记下了，报告人会收到消息") if name in told else _("记下了")
    if name == "move" and not authority.holds(by, Can.SEE, at=made.place_path):
        return shared.done(request, words, "incidents:index")
    return shared.done(request, words, "incidents:report", report_id)

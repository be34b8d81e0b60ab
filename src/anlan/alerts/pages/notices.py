"""Own internal risk notices: one form, the eight elements, and the page before it leaves."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.alerts import elements, guides, lifecycle, queries, terms
from anlan.alerts.models import Notice
from anlan.alerts.pages import send, telling
from anlan.alerts.services import notices
from anlan.callout.queries import affair, preview
from anlan.callout.services import policies, templates
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.clock import local, now
from anlan.people import queries as people
from anlan.places import queries as places

PAGE = 50


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List own notices."""
    by = telling.actor(request)
    view = "all" if request.GET.get("view") == "all" else "open"
    page = Paginator(queries.notices(by, view=view), PAGE).get_page(request.GET.get("page"))
    rows = [{"notice": n, "mark": telling.stated(n)[0], "says": telling.stated(n)[1]} for n in page.object_list]
    views = [("open", _("没办完的"), None), ("all", _("全部"), None)]
    may = authority.anywhere(by, [terms.Can.DRAFT])
    return render(
        request, "alerts/notices.html", {"rows": rows, "page": page, "view": view, "views": views, "may": may}
    )


def _draft(asked: QueryDict) -> notices.Draft:
    """Read the form. Raises Invalid for a time or a drawing that cannot be read."""
    wrong: dict[str, str] = {}
    times: dict[str, Any] = {}
    for name in ("starts_at", "expires_at"):
        try:
            times[name] = telling.instant(asked.get(name, ""))
        except ValueError:
            wrong[name] = _("时间写成 2026-07-18 02:05 这样")
            times[name] = None
    shape = None
    if drawn := asked.get("shape", "").strip():
        try:
            shape = json.loads(drawn)
        except (ValueError, RecursionError):
            wrong["shape"] = _("画的范围读不出来，请重画")
        else:
            shape = shape.get("geometry") if isinstance(shape, dict) and shape.get("type") == "Feature" else shape
            if shape is not None and not isinstance(shape, dict):
                wrong["shape"], shape = _("画的范围读不出来，请重画"), None
    if wrong:
        raise Invalid(wrong)
    return notices.Draft(
        hazard=asked.get("hazard", "")[:200],
        level=asked.get("level", ""),
        title=asked.get("title", ""),
        paths=asked.getlist("paths"),
        codes=asked.get("codes", "").replace(",", " ").replace("，", " ").split(),
        shape=shape,
        matters=asked.get("matters", ""),
        measures=asked.get("measures", ""),
        issuer=asked.get("issuer", ""),
        public=asked.get("public") == "on",
        calls=asked.get("calls") == "on",
        roles=tuple(asked.getlist("roles")),
        **times,
    )


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Draft a notice."""
    by = telling.actor(request)
    if not authority.anywhere(by, [terms.Can.DRAFT]):
        raise authority.Refused(terms.Can.DRAFT, "")
    wrong: Mapping[str, str] = {}
    if request.method == "POST" and "open" not in request.POST:
        try:
            made = notices.draft(_draft(request.POST), by=by)
        except Invalid as error:
            wrong = error.errors
        else:
            return redirect("alerts:notice", made.id)
    said = request.POST if request.method == "POST" else _suggested(by) | _linked(request.GET)
    return _form(request, by, said, wrong, None)


def _suggested(by: Actor) -> dict[str, Any]:
    """Return what the system knows already: from now on, for twelve hours, by whoever sits here."""
    start = local(now()).replace(second=0, microsecond=0)
    title = by.seats[0].title if by.seats else ""
    return {"starts_at": f"{start:%Y-%m-%dT%H:%M}", "issuer": title, "calls": "on"}


def _linked(asked: QueryDict) -> dict[str, Any]:
    """Return what the address fills in: another page (an incident's) links here with what it knows."""
    most = {"hazard": 200, "title": 120, "matters": 2000, "measures": 2000}
    known: dict[str, Any] = {name: asked[name][:length] for name, length in most.items() if asked.get(name)}
    return known | ({"paths": [path[:40] for path in asked.getlist("paths")[:20]]} if "paths" in asked else {})


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """Change a draft."""
    by = telling.actor(request)
    found = queries.notice(notice_id, by=by)
    wrong: Mapping[str, str] = {}
    if request.method == "POST" and "open" not in request.POST:
        try:
            notices.edit(notice_id, _draft(request.POST), by=by, revision=_number(request.POST.get("revision", "")))
        except Invalid as error:
            wrong = error.errors
        except Conflict as error:
            messages.error(request, str(error))
            return redirect("alerts:notice", notice_id)
        else:
            return redirect("alerts:notice", notice_id)
    said = request.POST if request.method == "POST" else _kept(found)
    return _form(request, by, said, wrong, found)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _kept(found: Notice) -> dict[str, Any]:
    stamp = "%Y-%m-%dT%H:%M"
    return {
        "hazard": found.hazard, "level": found.level, "title": found.title, "matters": found.matters,
        "measures": found.measures, "issuer": found.issuer, "public": "on" if found.public else "",
        "calls": "on" if found.calls else "", "paths": found.paths, "roles": found.roles,
        "starts_at": f"{local(found.starts_at):{stamp}}" if found.starts_at else "",
        "expires_at": f"{local(found.expires_at):{stamp}}" if found.expires_at else "",
        "shape": json.dumps(found.shape, ensure_ascii=False) if found.shape else "",
    }  # fmt: skip


def _form(request: HttpRequest, by: Actor, said: Any, wrong: Mapping[str, str], found: Notice | None) -> HttpResponse:
    ticked = said.getlist("paths") if isinstance(said, QueryDict) else said.get("paths", [])
    roles = said.getlist("roles") if isinstance(said, QueryDict) else said.get("roles", [])
    opened = _opened(by, said)
    tree = places.pick_tree(by, opened)
    return render(
        request,
        "alerts/notice_form.html",
        {
            "said": said,
            "ticked": set(ticked),
            "chosen": set(roles),
            "wrong": wrong,
            "notice": found,
            "levels": telling.LEVELS,
            "hazards": guides.hazards(),
            "tree": tree,
            "opened": opened,
            "elsewhere": places.ticked_elsewhere(by, ticked, tree),
            "roles": people.list_roles(),
        },
        status=422 if wrong else 200,
    )


def _opened(by: Actor, said: Any) -> list[str]:
    if not isinstance(said, QueryDict):
        return places.opened(by, None, "")
    return places.opened(by, said.getlist("opened"), said.get("open", ""))


@require_GET
def notice(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """Show a notice: its eight elements, what is still missing, whom it calls, and the one next act."""
    by = telling.actor(request)
    found = queries.notice(notice_id, by=by)
    return _page(request, found, by, {})


def _page(request: HttpRequest, found: Notice, by: Actor, wrong: Mapping[str, str]) -> HttpResponse:
    text = notices.text_of(found)
    open_ = found.state in {terms.NoticeState.DRAFT, terms.NoticeState.WAITING}
    missing = elements.wrong(text, now()) if open_ else {}
    verbs = lifecycle.NOTICE.verbs(found.state, by=by, at=found.place_path)
    mark, says = telling.stated(found)
    seen = None
    if open_ and found.calls and found.covers:
        where = notices.targeting_of(found)
        reached = people.preview(where)
        heading, body = found.title or elements.TITLE, notices.words_of(found) or "—"
        asked = notices.call_of(found)
        words = preview.sample(
            where, heading, body, seen=reached, drill=bool(found.exercise_id), policy=policies.likely(asked).body,
            role=request.GET.get("to", ""), instructions=templates.by_role(asked),
        )  # fmt: skip
        seen = {
            "preview": reached,
            "table": preview.table(reached),
            "sample": words,
            "copy": reached.persons > send.COPY_ABOVE,
        }
    mine = by.pseudonym is not None and by.pseudonym in {found.made_by, found.submitted_by}
    return render(
        request,
        "alerts/notice.html",
        {
            "notice": found,
            "mark": mark,
            "says": says,
            "elements": _elements(found, missing),
            "missing": missing,
            "open": open_,
            "verbs": {str(v).rpartition(".")[2] for v in verbs},
            "unreviewed": notices.unreviewed(found),
            "second": found.level in terms.NEEDS_SECOND,
            "mine": mine,
            "seen": seen,
            "calls": affair.of_chain(found.chain_id),
            "approvers": [
                t for t in people.holders(terms.Can.APPROVE, at=found.place_path) if t.pseudonym != by.pseudonym
            ][:3],
            "trail": telling.trail(found.id, by),
            "wrong": wrong,
            "said": request.POST if request.method == "POST" else {},
        },
        status=422 if wrong else 200,
    )


def _elements(found: Notice, missing: Mapping[str, str]) -> list[dict[str, Any]]:
    stamp = "%Y-%m-%d %H:%M"
    colour = terms.COLOUR[terms.Level(found.level)] if found.level else ""
    span = f"{local(found.starts_at):{stamp}}" if found.starts_at else ""
    if found.expires_at:
        span += _(" 到 ") + f"{local(found.expires_at):{stamp}}"
    values = {
        "hazard": found.hazard, "level": colour, "starts_at": span, "where": found.where, "matters": found.matters,
        "measures": found.measures, "issuer": found.issuer,
        "sent_at": f"{local(found.sent_at):%Y-%m-%d %H:%M:%S}" if found.sent_at else _("发出时自动填"),
    }  # fmt: skip
    return [
        {"label": label, "value": values[name], "wrong": missing.get(name, "")}
        for name, label in elements.ELEMENTS.items()
    ]


@require_POST
def act(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """Do the next act on a notice."""
    by = telling.actor(request)
    found = queries.notice(notice_id, by=by)
    asked = request.POST
    revision = _number(asked.get("revision", ""))
    reason = asked.get("reason", "")
    acts = {
        "submit": lambda: notices.submit(notice_id, by=by, revision=revision),
        "approve": lambda: notices.approve(notice_id, by=by, revision=revision),
        "return": lambda: notices.send_back(notice_id, reason, by=by),
        "send": lambda: notices.send(notice_id, by=by, revision=revision),
        "urgent": lambda: notices.send_urgent(notice_id, reason, by=by, revision=revision),
        "review": lambda: notices.review(notice_id, reason, by=by),
        "withdraw": lambda: notices.withdraw(notice_id, reason, by=by),
        "drop": lambda: notices.drop(notice_id, by=by),
    }
    name = asked.get("act", "")
    if name not in acts:
        messages.error(request, _("不认识这个办法"))
        return redirect("alerts:notice", notice_id)
    try:
        if name in {"approve", "send", "urgent"}:
            _copied(found, asked.get("count", ""))
        acts[name]()
    except Invalid as error:
        return _page(request, found, by, error.errors)
    except Conflict as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("办好了"))
    return redirect("alerts:notice", notice_id)


def _copied(found: Notice, written: str) -> None:
    """Ask for the number of persons, copied by hand, above a thousand."""
    if not found.calls or not found.covers:
        return
    persons = people.preview(notices.targeting_of(found)).persons
    if persons > send.COPY_ABOVE and written.replace(",", "").strip() != str(persons):
        said = written.strip() or _("空")
        raise Invalid({"count": _("你写的是 {written}，名单是 {persons}").format(written=said, persons=persons)})

"""重大隐患: the list, what stands above one hazard (知悉、督办、跟踪函、移送), and the letters on paper (HZD-11)."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from anlan.hazards import terms
from anlan.hazards.models import Hazard, MajorReport
from anlan.hazards.pages import oversight
from anlan.hazards.queries import oversight as queries
from anlan.hazards.queries import rights, scope
from anlan.hazards.queries import tips as named
from anlan.hazards.services import referring, supervising
from anlan.hazards.terms import Can
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid

PER_PAGE = 50
VIEWS = {
    "open": gettext_lazy("没销号的"),
    "unnoted": gettext_lazy("等上级知悉"),
    "supervised": gettext_lazy("挂牌督办中"),
    "closed": gettext_lazy("销号了的"),
}


@require_GET
def major(request: HttpRequest) -> HttpResponse:
    """List major hazards: days open, deadline, whether the level above knows, whether under supervision."""
    by = oversight.actor_of(request, Can.SEE)
    view = request.GET.get("view", "open") if request.GET.get("view", "open") in VIEWS else "open"
    page = Paginator(queries.major(by, view=view), PER_PAGE).get_page(request.GET.get("page"))
    counts = queries.counts(by)
    done, whole = counts["closed"], counts["closed"] + counts["open"]
    facts = {
        "page": page, "view": view, "views": [(k, n, counts[k]) for k, n in VIEWS.items()],
        "rows": rows_of(page.object_list), "late": counts["late"], "done": done, "whole": whole,
    }  # fmt: skip
    return render(request, "hazards/major.html", facts)


def rows_of(hazards: Any) -> list[dict[str, Any]]:
    """Return hazards as the lists of oversight draw them; one query for the places."""
    found = list(hazards)
    names = named.where_of({h.place_path for h in found})
    return [
        {"hazard": h, "where": names.get(h.place_path, ""), "state": terms.STATE_NAMES[terms.HazardState(h.state)],
         "days": queries.days_open(h), "upward": getattr(h, "upward", None)}
        for h in found
    ]  # fmt: skip


@require_GET
def file(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the list of major hazards."""
    by = oversight.actor_of(request, Can.SEE)
    header = [_("编号"), _("地方"), _("隐患"), _("现状"), _("开了几天"), _("期限"), _("上级知悉"), _("挂牌督办")]
    made = [
        (r["hazard"].number, r["where"], r["hazard"].text, str(r["state"][1]), r["days"],
         r["hazard"].due_at.astimezone().date().isoformat() if r["hazard"].due_at else "",
         r["upward"].taken_name if r["upward"] else "", _("是") if r["hazard"].supervised else "")
        for r in rows_of(queries.major(by, view=request.GET.get("view", "open"))[:50_000])
    ]  # fmt: skip
    return oversight.download(header, made, _("重大隐患"), kind)


@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, hazard_id: UUID) -> HttpResponse:
    """Show what stands above one hazard; POST does it."""
    by = oversight.actor_of(request)
    hazard = scope.hazard(hazard_id, by=by)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        try:
            messages.success(request, _act(request, hazard_id, by))
            return redirect("hazards:oversight", hazard_id)
        except Invalid as error:
            wrong = error.errors
        except Conflict as error:
            wrong = {"": str(error)}
        hazard = scope.hazard(hazard_id, by=by)
    return render(request, "hazards/oversight.html", _facts(request, hazard, by, wrong), status=422 if wrong else 200)


def _facts(request: HttpRequest, hazard: Hazard, by: Actor, wrong: dict[str, str]) -> dict[str, Any]:
    at, is_open = hazard.place_path, hazard.state in terms.OPEN
    upward = MajorReport.objects.filter(hazard=hazard).first()
    supervises = authority.holds(by, Can.SUPERVISE, at=at)
    refers = authority.holds(by, Can.REFER, at=at) and hazard.state in {*terms.OPEN, "closed"} - {"reported"}
    kinds = [
        {"row": r, "state": terms.REFERRAL_NAMES[terms.ReferralState(r.state)]}
        for r in hazard.referrals.order_by("-sent_at")
    ]
    return {
        "hazard": hazard, "where": named.where_of({at})[at],
        "state": terms.STATE_NAMES[terms.HazardState(hazard.state)],
        "grade": terms.GRADE_NAMES[terms.Grade(hazard.grade)], "days": queries.days_open(hazard), "wrong": wrong,
        "said": request.POST, "upward": upward, "supervises": supervises, "refers": refers, "referrals": kinds,
        "may_note": supervises and upward is not None and upward.taken_at is None
        and hazard.confirmed_by != by.pseudonym,
        "may_supervise": supervises and is_open and hazard.grade == "major" and not hazard.supervised,
        "supervisions": [
            {"row": s, "level": terms.LEVEL_NAMES[terms.SupervisionLevel(s.level)], "letters": list(s.letters.all())}
            for s in queries.supervisions(hazard)
        ],
        "levels": terms.LEVEL_NAMES.items(), "enforcers": queries.enforcers(hazard) if refers else [],
        "may_answer": rights.may_work(hazard, by),
        "may_obstacle": True, "obstacle_kinds": terms.OBSTACLE_NAMES.items(),
        "obstacles": [(o, terms.OBSTACLE_NAMES[terms.Obstacle(o.kind)]) for o in hazard.obstacles.order_by("-at")],
    }  # fmt: skip


def _act(request: HttpRequest, hazard_id: UUID, by: Actor) -> str:
    post = request.POST
    words = post.get("words", "")
    match post.get("act", ""):
        case "note":
            supervising.take_note(hazard_id, words, by=by)
            return _("记下了，上级已知悉")
        case "supervise":
            order = supervising.Order(
                level=post.get("level", ""), body=post.get("body", ""), letter=post.get("letter", ""),
                title=post.get("title", ""), demands=post.get("demands", ""), due_on=_day(post.get("due_on", "")),
            )  # fmt: skip
            supervising.supervise(hazard_id, order, by=by)
            return _("挂牌督办了，整改的人会收到消息；没解除不能销号")
        case "follow":
            supervising.follow_up(oversight.uuid_of(post.get("supervision", ""), "supervision"),
                                  post.get("letter", ""), words, by=by)  # fmt: skip
            return _("跟踪函发了，要他们回复")
        case "answer":
            supervising.answer(oversight.uuid_of(post.get("follow", ""), "follow"), words, by=by)
            return _("回复了")
        case "lift":
            supervising.lift(oversight.uuid_of(post.get("supervision", ""), "supervision"), words, by=by)
            return _("解除了挂牌督办")
        case "refer":
            case = referring.Case(
                organisation=oversight.uuid_of(post.get("organisation", ""), "organisation"),
                letter=post.get("letter", ""), who=post.get("who", ""), facts=post.get("facts", ""),
                basis=post.get("basis", ""), evidence=post.get("evidence", ""),
            )  # fmt: skip
            referring.refer(hazard_id, case, by=by)
            return _("移送了，等他们签回执")
        case _:
            raise Invalid({"act": _("不认识这个办法，回到上一页再点一次")})


def _day(text: str) -> dt.date | None:
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid({"due_on": _("日期写成 2026-07-18 这样")}) from None


@require_GET
def notice(request: HttpRequest, supervision_id: UUID) -> HttpResponse:
    """The 督办通知 on paper."""
    row = queries.supervision(supervision_id, by=oversight.actor_of(request))
    facts = {"row": row, "hazard": row.hazard, "where": named.where_of({row.place_path})[row.place_path],
             "level": terms.LEVEL_NAMES[terms.SupervisionLevel(row.level)]}  # fmt: skip
    return render(request, "hazards/letter_supervision.html", facts)


@require_GET
def letter(request: HttpRequest, follow_id: UUID) -> HttpResponse:
    """The 跟踪函 on paper."""
    row = queries.follow_up(follow_id, by=oversight.actor_of(request))
    path = row.supervision.place_path
    facts = {"row": row, "supervision": row.supervision, "hazard": row.supervision.hazard,
             "where": named.where_of({path})[path]}  # fmt: skip
    return render(request, "hazards/letter_follow_up.html", facts)

"""重大隐患: the list, what stands above one hazard (知悉、督办、跟踪函、移送), and the letters on paper (HZD-11)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from anlan.hazards import services, terms
from anlan.hazards.models import FollowUp, Hazard, Supervision
from anlan.hazards.pages import oversight
from anlan.hazards.pages import oversight_forms as forms
from anlan.hazards.queries import conduct, rights, scope
from anlan.hazards.queries import oversight as queries
from anlan.hazards.queries import tips as named
from anlan.hazards.services import duties, referring, supervising
from anlan.hazards.terms import Can
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.clock import local, now

PER_PAGE, CHUNK = 50, 2000
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
    view, text = _asked(request)
    page = Paginator(queries.major(by, view=view, text=text), PER_PAGE).get_page(request.GET.get("page"))
    counts = queries.counts(by)
    done, whole = counts["closed"], counts["closed"] + counts["open"]
    facts = {
        "page": page, "view": view, "views": [(k, n, counts[k]) for k, n in VIEWS.items()], "text": text,
        "rows": rows_of(page.object_list), "late": counts["late"], "done": done, "whole": whole,
    }  # fmt: skip
    return render(request, "hazards/major.html", facts)


def _asked(request: HttpRequest) -> tuple[str, str]:
    view = request.GET.get("view", "open")
    return view if view in VIEWS else "open", request.GET.get("q", "").replace("\x00", "").strip()[:60]


def rows_of(hazards: Iterable[Hazard]) -> list[dict[str, Any]]:
    """Return hazards as the lists of oversight draw them; one query for the places."""
    found = list(hazards)
    names = named.where_of({h.place_path for h in found})
    return [
        {"hazard": h, "where": names.get(h.place_path, ""), "state": terms.STATE_NAMES[terms.HazardState(h.state)],
         "days": queries.days_open(h), "upward": queries.report_of(h)}
        for h in found
    ]  # fmt: skip


@require_GET
def file(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the list of major hazards as it is narrowed, all of it; the export leaves an entry."""
    by = oversight.actor_of(request, Can.SEE)
    view, text = _asked(request)
    header = [
        _("编号"), _("地方"), _("具体位置"), _("隐患"), _("责任单位"), _("现状"), _("开了几天"), _("期限"),
        _("上级知悉"), _("知悉时间"), _("挂牌督办"), _("移送"),
    ]  # fmt: skip
    made: list[tuple[object, ...]] = []
    chunk: list[Hazard] = []
    for one in queries.major(by, view=view, text=text).iterator(chunk_size=CHUNK):
        chunk.append(one)
        if len(chunk) == CHUNK:
            made += [_line(r) for r in rows_of(chunk)]
            chunk = []
    made += [_line(r) for r in rows_of(chunk)]
    answer = oversight.download(header, made, _("重大隐患"), kind)
    services.note_export(len(made), by=by)
    return answer


def _line(row: dict[str, Any]) -> tuple[object, ...]:
    h, upward = row["hazard"], row["upward"]
    taken = upward.taken_at if upward else None
    return (
        h.number, row["where"], h.where, h.text, h.owner_name, str(row["state"][1]), row["days"],
        f"{local(h.due_at):%Y-%m-%d %H:%M}" if h.due_at else "", upward.taken_name if upward else "",
        f"{local(taken):%Y-%m-%d %H:%M}" if taken else "", _("是") if h.supervised else "",
        _("是") if h.referred else "",
    )  # fmt: skip


FORMS: dict[str, type[django_forms.Form]] = {
    "note": forms.Note, "supervise": forms.Supervise, "follow": forms.Follow, "answer": forms.Answer,
    "lift": forms.Lift, "refer": forms.Refer, "obstacle": forms.Obstacle,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tried:
    """What was sent and not taken: which act, on which letter or supervision, the form as it was typed."""

    act: str
    target: str
    form: django_forms.Form


@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, hazard_id: UUID) -> HttpResponse:
    """Show what stands above one hazard; POST does it, or says what was wrong and keeps what was typed."""
    by = oversight.actor_of(request)
    hazard = scope.hazard(hazard_id, by=by)
    if request.method == "GET":
        return page(request, hazard, by, None, 200)
    act, target = request.POST.get("act", ""), request.POST.get("target", "")
    if act not in FORMS or act == "obstacle":
        messages.error(request, _("不认识这个办法，回到上一页再点一次"))
        return page(request, hazard, by, None, 422)
    form = _form(act, target, hazard, request.POST)
    status = 422
    if form.is_valid():
        try:
            messages.success(request, _do(act, target, form.cleaned_data, hazard, by))
            return redirect("hazards:oversight", hazard_id)
        except Invalid as error:
            for name, text in error.errors.items():
                form.add_error(name if name in form.fields else None, text)
        except Conflict as error:
            form.add_error(None, str(error))
            status = 409
    return page(request, scope.hazard(hazard_id, by=by), by, Tried(act, target, form), status)


def _form(act: str, target: str, hazard: Hazard, data: Any = None) -> django_forms.Form:
    options: dict[str, Any] = {"auto_id": f"id_{act}{target[-6:]}_%s"}
    if act == "refer":
        options["enforcers"] = [(str(i), name) for i, name in queries.enforcers(hazard)]
        options["initial"] = {"who": hazard.owner_name, "facts": hazard.text, "basis": hazard.basis}
    return FORMS[act](data, **options)


def _do(act: str, target: str, said: dict[str, Any], hazard: Hazard, by: Actor) -> str:
    match act:
        case "note":
            supervising.take_note(hazard.id, said["words"], by=by)
            return _("记下了，上级已知悉")
        case "supervise":
            supervising.supervise(hazard.id, supervising.Order(**said), by=by)
            return _("挂牌督办了，整改的人会收到消息；没解除不能销号")
        case "follow":
            supervising.follow_up(oversight.uuid_of(target, ""), said["letter"], said["words"], by=by)
            return _("跟踪函发了，要他们回复")
        case "answer":
            supervising.answer(oversight.uuid_of(target, ""), said["words"], by=by)
            return _("回复了")
        case "lift":
            supervising.lift(oversight.uuid_of(target, ""), said["words"], by=by)
            return _("解除了挂牌督办，可以验收销号了")
        case _:
            case = referring.Case(**said | {"organisation": oversight.uuid_of(said["organisation"], "organisation")})
            referring.refer(hazard.id, case, by=by)
            return _("移送了，等他们签回执")


def page(request: HttpRequest, hazard: Hazard, by: Actor, tried: Tried | None, status: int) -> HttpResponse:
    """Draw the page of what stands above a hazard; `tried` is the form that was not taken."""
    at, is_open, standing = hazard.place_path, hazard.state in terms.OPEN, queries.standing(hazard)
    supervises = authority.holds(by, Can.SUPERVISE, at=at)
    refers = authority.holds(by, Can.REFER, at=at) and hazard.state in {*terms.OPEN, "closed"} - {"reported"}
    enforcers = queries.enforcers(hazard) if refers else []
    works, upward = rights.may_work(hazard, by), standing.upward

    drawn: list[str] = []

    def form(act: str, target: object = "") -> django_forms.Form:
        if tried is not None and (tried.act, tried.target) == (act, str(target)):
            drawn.append(act)
            return tried.form
        return _form(act, str(target), hazard)

    may = {
        "note": supervises and upward is not None and not upward.taken_at and duties.grader(hazard) != by.pseudonym,
        "supervise": supervises and is_open and hazard.grade == terms.Grade.MAJOR and not hazard.supervised,
        "refer": refers and bool(enforcers),
    }
    shown = [_supervision(row, hazard, by, form, supervises=supervises, works=works)
             for row in queries.supervisions(hazard)]  # fmt: skip
    facts = {
        "hazard": hazard, "where": named.where_of({at})[at], "standing": standing, "upward": upward,
        "state": terms.STATE_NAMES[terms.HazardState(hazard.state)], "may": may, "shown": shown, "refers": refers,
        "grade": terms.GRADE_NAMES[terms.Grade(hazard.grade)], "days": queries.days_open(hazard),
        "grader": duties.grader(hazard) == by.pseudonym and supervises,
        "forms": {act: form(act) for act, able in may.items() if able}, "tried": tried.form if tried else None,
        "referrals": [(r, terms.REFERRAL_NAMES[terms.ReferralState(r.state)]) for r in standing.referrals],
        "next": next_of(standing, may, shown), "may_publish": authority.holds(by, Can.PUBLISH, at=at),
        "obstacle": form("obstacle") if conduct.may_say(hazard, by=by) else None,
        "obstacles": [(o, terms.OBSTACLE_NAMES[terms.Obstacle(o.kind)]) for o in hazard.obstacles.order_by("-at")],
    }  # fmt: skip
    if tried is not None and not drawn:  # not this actor's to do any more: what was typed is not lost
        facts["unsent"] = [(one.label, one.value()) for one in tried.form if one.value()]
    return render(request, "hazards/oversight.html", facts, status=status)


def _supervision(
    row: Supervision, hazard: Hazard, by: Actor, form: Callable[..., Any], *, supervises: bool, works: bool
) -> dict[str, Any]:
    is_open, major_still = row.lifted_at is None, hazard.grade == terms.Grade.MAJOR
    ready = not major_still or hazard.state == terms.HazardState.RECTIFIED

    def asks(letter: FollowUp) -> bool:
        return is_open and major_still and letter.answered_at is None

    return {
        "row": row, "level": terms.LEVEL_NAMES[terms.SupervisionLevel(row.level)], "open": is_open,
        "letters": [
            {"row": one, "waits": asks(one),
             "form": form("answer", one.id) if asks(one) and works and one.by != by.pseudonym else None}
            for one in sorted(row.letters.all(), key=lambda one: one.at)
        ],
        "follow": form("follow", row.id) if supervises and is_open and major_still else None,
        "lift": form("lift", row.id)
        if supervises and is_open and ready and not rights.rectified_it(hazard, by) else None,
        "unready": is_open and not ready,
    }  # fmt: skip


def next_of(standing: queries.Standing, may: dict[str, bool], shown: list[dict[str, Any]]) -> tuple[str, str, str, str]:
    """Return the one next act as (what, why, where on the page, label); without a label it is another's to do."""
    upward = standing.upward
    unseen = upward is not None and not upward.taken_at
    lost = unseen and upward is not None and not upward.asked
    table: list[tuple[object, tuple[str, str, str, str]]] = [
        (may["note"], (
            _("你来看：重大隐患等上级知悉"), _("看过写一句意见。定级的人不能自己知悉。"), "#note", _("写知悉意见"))),
        (any(one["form"] for row in shown for one in row["letters"]), (
            _("有跟踪函等你回复"), _("发函的人不能自己回复；不回复会催，再往上报。"), "#answer", _("回复跟踪函"))),
        (any(row["lift"] for row in shown), (
            _("你来核查：能不能解除挂牌督办"), _("核查过就解除，解除以后才能销号。"), "#lift", _("写核查意见"))),
        (lost, (
            _("上级没有能知悉的人"), _("这里和上级都没有能挂牌督办的岗：先打电话报，再请管理员设岗。"), "", "")),
        (unseen, (_("等上级知悉"), _("到时间没看会催，再往上一级报。"), "", "")),
        (standing.unanswered, (_("等回复跟踪函"), _("到时间没回复会催，再往上一级报。"), "", "")),
        (standing.supervision, (
            _("挂牌督办中，等整改"), _("整改完报验收，督办单位核查、解除，再销号。"), "", "")),
        (any(row.state == terms.ReferralState.SENT for row in standing.referrals), (
            _("等执法部门签回执"), _("到时间没签会催他们，再告诉移送的人和上一级。"), "", "")),
        (may["supervise"], (
            _("要不要挂牌督办"), _("难改的、拖着的就挂：定期限、公开，没解除不能销号。"), "#supervision",
            _("挂牌督办"))),
    ]  # fmt: skip
    return next((said for holds, said in table if holds), (_("这里没有等人办的事"), "", "", ""))


@require_GET
def notice(request: HttpRequest, supervision_id: UUID) -> HttpResponse:
    """The 督办通知 on paper."""
    row = queries.supervision(supervision_id, by=oversight.actor_of(request))
    facts = {"row": row, "hazard": row.hazard, "where": named.where_of({row.place_path})[row.place_path],
             "level": terms.LEVEL_NAMES[terms.SupervisionLevel(row.level)], "now": now()}  # fmt: skip
    return render(request, "hazards/letter_supervision.html", facts)


@require_GET
def letter(request: HttpRequest, follow_id: UUID) -> HttpResponse:
    """The 跟踪函 on paper."""
    row = queries.follow_up(follow_id, by=oversight.actor_of(request))
    path = row.supervision.place_path
    facts = {"row": row, "supervision": row.supervision, "hazard": row.supervision.hazard,
             "where": named.where_of({path})[path], "now": now()}  # fmt: skip
    return render(request, "hazards/letter_follow_up.html", facts)

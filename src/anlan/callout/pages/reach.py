"""号码核验: how this quarter's check stands by place; start it, pause it, go on, stop it; its settings."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.callout import asking
from anlan.callout.models import Round
from anlan.callout.queries import checks as queries
from anlan.callout.services import asked, checking, checks
from anlan.callout.terms import Can
from anlan.kernel import authority, paths, tables
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused
from anlan.people import queries as people
from anlan.people.terms import Can as PeopleCan
from anlan.places import queries as places

STATES: dict[str, tuple[str, Any]] = {
    "running": ("doing", gettext_lazy("正在核")),
    "paused": ("wait", gettext_lazy("暂停着")),
    "done": ("done", gettext_lazy("核完了")),
    "stopped": ("wait", gettext_lazy("停掉了")),
}
NOW = "now"
FEW = 12
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LISTS = ("windows",)
WHOLE = ("days", "a_minute", "again_after", "mend_within", "filing_month", "filing_day", "filing_lead")


def actor_of(request: HttpRequest, *cans: str) -> Actor:
    """Return who asks. Raises Refused for whoever holds none of the permissions anywhere."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    if not authority.anywhere(by, cans):
        raise Refused(cans[0], "")
    return by


def here_of(request: HttpRequest, by: Actor, can: str = PeopleCan.READ) -> str:
    """Return the place that the address names, if the actor holds `can` there; else the first of their own.

    Raises Hidden for a place out of their scope.
    """
    scopes = [s for s in authority.scopes(by, can) if s] or people.roots()
    wanted = (request.POST.get("place") or request.GET.get("place", "")).replace("\x00", "")
    if not wanted:
        return scopes[0] if scopes else ""
    if not any(paths.contains(scope, wanted) for scope in scopes):
        raise Hidden(wanted)
    return wanted


@require_GET
def reach(request: HttpRequest) -> HttpResponse:
    """Show this quarter's check at a place and below."""
    by = actor_of(request, PeopleCan.READ)
    here = here_of(request, by)
    quarter = queries.this_quarter()
    whole, below = queries.figures(here, quarter)
    if request.GET.get("format") in {"csv", "xlsx"}:
        return _export(below, request.GET["format"])
    found = queries.covering(here, quarter)
    hushed = found is not None and any(
        paths.contains(hot, here) or paths.contains(here, hot) for hot in checking.hot_paths()
    )
    return render(request, "callout/reach.html", {
        "here": here, "quarter": said_quarter(quarter), "whole": whole, "below": below, "round": found,
        "state": STATES[found.state] if found else None, "hushed": hushed,
        "own": found is not None and found.place_path == here, "kpis": _kpis(whole),
        "mend": people.mend_counts(here, by=by), "rounds": _past(by, here, found),
        "may_check": authority.holds(by, Can.CHECK, at=here),
        "may_act": found is not None and authority.holds(by, Can.CHECK, at=found.place_path),
        "may_set": authority.anywhere(by, [Can.POLICY]), "settings": asked.settings(),
        "query": request.GET.urlencode(),
    })  # fmt: skip


def _past(by: Actor, here: str, but: Round | None) -> list[tuple[Round, str, str, str, Any]]:
    rows = [r for r in queries.rounds(by, here).order_by("-id")[:FEW] if but is None or r.id != but.id]
    names = places.names({r.place_path for r in rows})
    return [(r, said_quarter(r.quarter), names.get(r.place_path, ""), *STATES[r.state]) for r in rows]


def said_quarter(quarter: str) -> str:
    """Say "2026Q4" as people do."""
    year, _q, number = quarter.partition("Q")
    return _("%(year)s 年第 %(number)s 季度") % {"year": year, "number": number}


def _kpis(whole: queries.Figures) -> list[dict[str, Any]]:
    of = whole.of.get
    return [
        {"name": _("打得通"), "value": f"{whole.good:,}", "how": _("本人按了「是」，或者这季度用这个号码应过叫应")},
        {"name": _("打不通"), "value": f"{of('dead', 0):,}", "how": _("空号、停机；要改")},
        {"name": _("不是本人"), "value": f"{of('wrong', 0):,}", "how": _("接的人按了「不是」；要改")},
        {"name": _("没登记"), "value": f"{of('none', 0):,}", "how": _("在岗，但没有留号码；要补")},
        {"name": _("没人接"), "value": f"{of('silent', 0):,}", "how": _("几次都没回；一周后再问一次，不追究")},
        {"name": _("还没问完"), "value": f"{whole.left:,}", "how": _("还没轮到，或者问了还没回")},
    ]


def _export(rows: list[queries.Figures], kind: str) -> HttpResponse:
    header = [_("地方"), _("名册上"), _("打得通"), _("打不通"), _("不是本人"), _("没登记"), _("没人接"), _("还没问完")]
    lines = [
        [f.name, f.total, f.good, *(f.of.get(s, 0) for s in ("dead", "wrong", "none", "silent")), f.left] for f in rows
    ]
    made = tables.to_xlsx(header, lines, title=_("号码核验")) if kind == "xlsx" else tables.to_csv(header, lines)
    answer = HttpResponse(made, content_type=XLSX if kind == "xlsx" else "text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="reach.{kind}"'
    return answer


def back_to(here: str, name: str = "callout:reach") -> HttpResponse:
    """Go back to the page of a place."""
    answer = redirect(name)
    answer["Location"] += f"?{urlencode({'place': here})}"
    return answer


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Start this quarter's check of a place."""
    by = actor_of(request, Can.CHECK)
    here = here_of(request, by)
    try:
        checks.start(here, by=by)
    except Conflict as told:
        messages.error(request, str(told))
    else:
        messages.success(request, _("开始核了：只在上班时间问，每人只问一句"))
    return back_to(here)


@require_POST
def act(request: HttpRequest, round_id: UUID, verb: str) -> HttpResponse:
    """Pause a round, go on with it, or stop it."""
    by = actor_of(request, Can.CHECK, PeopleCan.READ)
    found = queries.one(round_id, by=by)
    try:
        if verb == "pause":
            checks.pause(round_id, by=by)
            messages.success(request, _("暂停了，谁也不问；已经回的都记着"))
        elif verb == "resume":
            checks.resume(round_id, by=by)
            messages.success(request, _("接着核了"))
        elif verb == "stop":
            checks.stop(round_id, request.POST.get("reason", ""), by=by)
            messages.success(request, _("停掉了，已经核到的都留着"))
        else:
            raise Hidden(verb)
    except Conflict as told:
        messages.error(request, str(told))
    except Invalid as wrong:
        messages.error(request, "；".join(wrong.errors.values()))
    return back_to(found.place_path)


@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Change when, how fast and how often numbers are checked, and when rosters are filed."""
    by = actor_of(request, Can.POLICY)
    kept, errors, status = asked.settings(), {}, 200
    form = {**kept, "windows": "，".join("-".join(w) for w in kept["windows"])}
    if request.method == "POST":
        form, body = _read(request, kept)
        try:
            asked.change(body, by=by, version=int(request.POST.get("version") or -1))
        except (Conflict, Invalid, ValueError) as wrong:
            errors, status = (wrong.errors if isinstance(wrong, Invalid) else {"": str(wrong)}), 422
        else:
            messages.success(request, _("存好了；正在核的那一批照原来的走，下一批起用新的"))
            return redirect("callout:asking")
    fields = [
        (name, title, form[name], errors.get(name, ""), hint)
        for name, title, hint in (
            ("windows", _("什么时候问（上班时间）"), _("几段之间用逗号隔开；周末、放假不问")),
            ("days", _("一批分几个工作日问完"), ""),
            ("a_minute", _("一分钟最多问几个人"), _("按网关能承受的填")),
            ("again_after", _("没回的，几天后再问一次"), _("再问一次还没回，只列出来")),
            ("mend_within", _("要改的号码，几天内改好"), _("到期没改，报给再上一级")),
            ("quiet_from", _("夜里从几点起一个也不问"), ""),
            ("quiet_until", _("到几点为止"), ""),
            ("filing_month", _("备案截止：几月"), ""),
            ("filing_day", _("备案截止：几日"), ""),
            ("filing_lead", _("提前几天开始备案"), ""),
        )
    ]
    return render(request, "callout/asking.html", {
        "fields": fields, "errors": errors, "version": asked.version(),
        "red": "red" in form["pause_levels"], "orange": "orange" in form["pause_levels"],
    }, status=status)  # fmt: skip


def _read(request: HttpRequest, kept: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the form as it was filled in, and the settings it means; what is no number stays text, to be refused."""
    post = request.POST
    form: dict[str, Any] = {name: post.get(name, "").strip()[:200] for name in asking.SETTINGS}
    levels = [level for level in ("red", "orange") if post.get(level)]
    form |= {"pause_levels": levels, "filing_levels": kept["filing_levels"]}
    spans = form["windows"].replace("，", ",").replace("、", ",").replace("—", "-").replace("–", "-").split(",")
    body = form | {"windows": [[end.strip().zfill(5) for end in span.split("-")] for span in spans if span.strip()]}
    for name in WHOLE:
        if form[name].isascii() and form[name].isdecimal() and len(form[name]) < 7:
            body[name] = int(form[name])
    return form, body

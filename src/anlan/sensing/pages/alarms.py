"""设备报警: what waits for a verdict, what is dealt with, what cried wolf; filters stand in the address."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from anlan.kernel import authority
from anlan.kernel.authority import Actor
from anlan.kernel.clock import local
from anlan.places import queries as places
from anlan.sensing.pages import alarm_shared as shared
from anlan.sensing.queries import alarm_rates as rates
from anlan.sensing.queries import alarms as queries
from anlan.sensing.queries.alarms import Filter
from anlan.sensing.services import verifying
from anlan.sensing.terms import COLOUR_NAMES, KIND_NAMES, VERDICT_NAMES, Can, ThingKind, Verdict

PER_PAGE = 50
EXPORT_MOST = 50_000
VIEWS = {
    "mine": gettext_lazy("等我核实"),
    "open": gettext_lazy("没了结的"),
    "real": gettext_lazy("属实"),
    "false": gettext_lazy("误报"),
    "all": gettext_lazy("全部"),
}
VERDICTS = ("none", Verdict.REAL, Verdict.FALSE, Verdict.UNSURE)


def filter_of(request: HttpRequest, by: Actor) -> Filter:
    """Read the address; what it does not know it leaves out."""
    get = request.GET
    place, view = get.get("place", "")[:40], get.get("view", "open")
    scopes = authority.scopes(by, Can.SEE)
    return Filter(
        view=view if view in VIEWS else "open",
        place=place if any(place.startswith(s) for s in scopes) else "",
        kind=get.get("kind", "") if get.get("kind", "") in set(ThingKind) else "",
        level=get.get("level", "") if get.get("level", "") in {"1", "2", "3", "4"} else "",
        verdict=get.get("verdict", "") if get.get("verdict", "") in VERDICTS else "",
        rule=_uuid(get.get("rule", "")), thing=_uuid(get.get("thing", "")),
        text=get.get("q", "").replace("\x00", "").strip()[:60],
        since=shared.day(get.get("since", "")), until=shared.day(get.get("until", ""), after=1),
        sort=get.get("sort", "") if get.get("sort", "") in queries.SORTS else "",
    )  # fmt: skip


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List the alarms of the actor's places."""
    by = shared.actor_of(request)
    what = filter_of(request, by)
    page = Paginator(queries.alarms(by, what), PER_PAGE).get_page(request.GET.get("page"))
    counts = queries.counts(by)
    kept = request.GET.copy()
    kept.pop("page", None)
    return render(
        request,
        "sensing/alarms.html",
        {
            "page": page, "rows": shared.shown(page.object_list), "what": what, "kept": kept.urlencode(),
            "views": [(key, name, counts[key]) for key, name in VIEWS.items()], "life": counts["life"],
            "kinds": KIND_NAMES.items(), "levels": [(str(int(k)), name) for k, name in COLOUR_NAMES.items()],
            "verdicts": [(v, VERDICT_NAMES[Verdict("" if v == "none" else v)]) for v in VERDICTS],
            "rules": queries.rules(by), "places": steps(by, what.place),
            "since": request.GET.get("since", ""), "until": request.GET.get("until", ""),
            "filtered": what != Filter(view=what.view, sort=what.sort),
        },
    )  # fmt: skip


def steps(by: Actor, here: str) -> list[tuple[str, str]]:
    """Return the places to narrow the list by: the actor's own, the chosen one, and those right below."""
    scopes = authority.scopes(by, Can.SEE)
    top = here or (scopes[0] if scopes else "")
    below = list(places.children(top).values_list("path", "name")) if scopes else []
    return sorted({*places.names([*scopes, here]).items(), *below})


def _header() -> list[str]:
    return [
        _("编号"), _("报警时间"), _("开始时间"), _("回落时间"), _("级别"), _("设备"), _("设备编号"), _("种类"),
        _("地方"), _("规则"), _("量到什么"), _("最严重的值"), _("涉及生命"), _("先派人的时间"), _("现状"), _("结论"),
        _("核实人"), _("核实时间"), _("看到了什么"), _("了结时间"), _("转成了什么"),
    ]  # fmt: skip


@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the list as it is narrowed, at most EXPORT_MOST rows; the export leaves an entry."""
    by = shared.actor_of(request)
    found = list(queries.alarms(by, filter_of(request, by))[:EXPORT_MOST])
    rows = [
        (
            a.number, _stamp(a.raised_at), _stamp(a.began_at), _stamp(a.ended_at), str(row["level"]), a.thing.name,
            a.thing.device or "", str(row["kind"]), row["where"], a.rule.name if a.rule else "", a.words,
            "" if a.peak is None else f"{a.peak:g}", _("是") if a.life_safety else "", _stamp(a.dispatched_at),
            str(row["says"]), str(row["verdict"]), a.verifier_name, _stamp(a.verified_at), a.opinion,
            _stamp(a.closed_at), a.event,
        )
        for row in shared.shown(found)
        for a in (row["alarm"],)
    ]  # fmt: skip
    answer = shared.download(_header(), rows, _("设备报警"), kind)
    verifying.note_export(len(rows), by=by)
    return answer


def _stamp(at: Any) -> str:
    return f"{local(at):%Y-%m-%d %H:%M:%S}" if at else ""


@require_GET
def false_rates(request: HttpRequest) -> HttpResponse:
    """Show how often devices and rules cried wolf, and which limit would have kept every real alarm."""
    by = shared.actor_of(request)
    place = request.GET.get("place", "")[:40]
    place = place if any(place.startswith(s) for s in authority.scopes(by, Can.SEE)) else ""
    months = int(request.GET["months"]) if request.GET.get("months") in {str(m) for m in rates.MONTHS} else 6
    by_rule = rates.by_rule(by, months, place)
    better = rates.suggestions([r.id for r in by_rule if r.id])
    monthly = rates.by_month(by, months, place)
    judged, false = sum(r.judged for r in monthly), sum(r.false for r in monthly)
    total = rates.Rate(None, "", "", sum(r.raised for r in monthly), judged, false)
    return render(
        request,
        "sensing/alarm_rates.html",
        {
            "things": rates.by_thing(by, months, place), "rules": [(r, better.get(r.id)) for r in by_rule if r.id],
            "monthly": monthly, "total": total, "months": months, "choices": rates.MONTHS, "place": place,
            "places": steps(by, place), "kinds": {str(k): name for k, name in KIND_NAMES.items()},
            "since": rates.since(months), "may_rule": authority.anywhere(by, [Can.RULES]),
            "least": settings.ALARM_VERDICTS_LEAST,
        },
    )  # fmt: skip

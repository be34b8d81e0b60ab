"""One stream: its curve with limits and alarms, doubtful readings, what is thought of a reading, files."""

import datetime as dt
from itertools import islice
from typing import Any, Literal, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from anlan.kernel import authority
from anlan.kernel.authority import Conflict, Hidden, Invalid
from anlan.kernel.clock import local, now
from anlan.sensing.models import Alarm, Datastream, Latest, Observation
from anlan.sensing.pages import alarm_shared as shared
from anlan.sensing.pages import charting
from anlan.sensing.queries import alarms as alarm_queries
from anlan.sensing.queries import readings, rulebook
from anlan.sensing.services import marking, verifying
from anlan.sensing.terms import KIND_NAMES, MARK_NAMES, Can, Mark, ThingKind, rule_words

RANGES: dict[str, tuple[Any, dt.timedelta, Literal["raw", "hour", "day"]]] = {
    "6h": (gettext_lazy("6 小时"), dt.timedelta(hours=6), "raw"),
    "24h": (gettext_lazy("24 小时"), dt.timedelta(days=1), "raw"),
    "7d": (gettext_lazy("7 天"), dt.timedelta(days=7), "hour"),
    "30d": (gettext_lazy("30 天"), dt.timedelta(days=30), "hour"),
    "365d": (gettext_lazy("一年"), dt.timedelta(days=365), "day"),
}
NEWEST, DOUBTED, TABLE = 12, 50, 60
EXPORT_MOST = 200_000
HOURLY_FROM, DAILY_FROM = dt.timedelta(days=2), dt.timedelta(days=62)


class Span:
    """The stretch that is looked at: one of RANGES, or two days of one's own (both included)."""

    def __init__(self, request: HttpRequest) -> None:
        get = request.GET
        first, last = shared.day(get.get("since", "")), shared.day(get.get("until", ""), after=1)
        self.key = get.get("range", "") if get.get("range", "") in RANGES else "24h"
        self.step: Literal["raw", "hour", "day"]
        if first and last and first < last:
            self.key, self.since, self.until = "", first, last
            long = last - first
            self.step = "raw" if long <= HOURLY_FROM else "hour" if long <= DAILY_FROM else "day"
            self.query = f"since={get['since']}&until={get['until']}"
        else:
            self.until = now()
            self.since, self.step = self.until - RANGES[self.key][1], RANGES[self.key][2]
            self.query = f"range={self.key}"


@require_GET
def stream(request: HttpRequest, stream_id: int) -> HttpResponse:
    """Show a stream over a stretch of time."""
    return _page(request, readings.visible(stream_id, by=shared.actor_of(request)), {})


def _page(request: HttpRequest, found: Datastream, wrong: dict[str, str]) -> HttpResponse:
    by, span = shared.actor_of(request), Span(request)
    over = rulebook.over(found)
    alarms = list(_alarms(found, span))
    points = charting.drawn(readings.series(found.id, span.since, span.until, span.step), found, span.step)
    lines = charting.limits(over)
    unit, what = charting.unit_of(found), found.property.name
    newest: Latest | None = getattr(found, "latest", None)
    return render(
        request,
        "sensing/stream.html",
        {
            "stream": found, "thing": found.thing, "unit": unit, "span": span, "newest": newest,
            "kind": KIND_NAMES[ThingKind(found.thing.kind)], "adds_up": charting.adds_up(found),
            "ranges": [(key, name) for key, (name, _long, _step) in RANGES.items()],
            "since": request.GET.get("since", ""), "until": request.GET.get("until", ""),
            "chart": charting.chart(found, points, span.step, lines, alarms), "rows": charting.rows(points, TABLE),
            "rules": [(v.rule, v, rule_words.sentences(v.spec, what=what, unit=unit)) for v in over],
            "alarms": shared.shown(alarms[::-1][:NEWEST]), "alarm_count": len(alarms),
            "doubted": _shown(_observations(found, span).filter(mark=Mark.QUARANTINED)[:DOUBTED]),
            "readings": _shown(_observations(found, span)[:NEWEST]),
            "may_mark": authority.holds(by, Can.MANAGE, at=found.place_path),
            "may_rule": authority.holds(by, Can.RULES, at=found.place_path),
            "delay": (newest.came - newest.at).total_seconds() if newest else None,
            "where": alarm_queries.where_of({found.place_path}).get(found.place_path, ""),
            "wrong": wrong, "said": request.POST,
        },
        status=422 if wrong else 200,
    )  # fmt: skip


def _alarms(found: Datastream, span: Span) -> QuerySet[Alarm]:
    rows = Alarm.objects.filter(stream=found, began_at__gte=span.since, began_at__lt=span.until)
    return rows.select_related("thing", "rule").order_by("began_at")[:500]


def _observations(found: Datastream, span: Span) -> QuerySet[Observation]:
    return Observation.objects.filter(stream=found.id, at__gte=span.since, at__lt=span.until).order_by("-at")


def _shown(rows: QuerySet[Observation]) -> list[dict[str, Any]]:
    return [
        {
            "at": row.at, "key": row.at.isoformat(), "value": row.value, "mark": MARK_NAMES[Mark(row.mark)],
            "doubted": row.mark == Mark.QUARANTINED, "delay": (row.came - row.at).total_seconds(), "other": row.other,
        }
        for row in rows
    ]  # fmt: skip


@require_POST
def mark(request: HttpRequest, stream_id: int) -> HttpResponse:
    """Believe a reading again, or no longer."""
    by = shared.actor_of(request)
    found = readings.visible(stream_id, by=by)
    authority.require(by, Can.MANAGE, at=found.place_path)
    try:
        at = parse_datetime(request.POST.get("at", ""))
    except ValueError:
        at = None
    verdict = {"good": Mark.GOOD, "doubt": Mark.QUARANTINED}.get(request.POST.get("mark", ""))
    if at is None or at.tzinfo is None:
        return _page(request, found, {"at": _("先选一条读数")})
    if verdict is None:
        return _page(request, found, {"mark": _("只能改成正常或存疑")})
    try:
        marking.remark(found.id, at, verdict, by=by, opinion=request.POST.get("opinion", ""))
    except (Invalid, Conflict) as error:
        return _page(request, found, error.errors if isinstance(error, Invalid) else {"": str(error)})
    messages.success(request, _("改好了，小时和天的合计也跟着改了"))
    return redirect(f"/sensing/streams/{found.id}?{Span(request).query}")


@require_GET
def export(request: HttpRequest, stream_id: int, kind: str) -> HttpResponse:
    """Export every reading of the stretch, doubtful ones with their mark; the export leaves an entry."""
    by = shared.actor_of(request)
    found, span = readings.visible(stream_id, by=by), Span(request)
    if kind not in shared.TYPES:
        raise Hidden
    unit = charting.unit_of(found)
    rows = [
        (f"{local(at):%Y-%m-%d %H:%M:%S}", "" if value is None else value, unit, str(MARK_NAMES[Mark(int(as_))]),
         "" if other is None else str(cast("dict[str, Any]", other).get("result", "")))
        for at, value, as_, other in islice(readings.export(found.id, span.since, span.until), EXPORT_MOST + 1)
    ]  # fmt: skip
    if len(rows) > EXPORT_MOST:
        raise Invalid({"range": _("这一段超过 %d 条读数，选短一点再导出") % EXPORT_MOST})
    header = [_("时间"), found.property.name, _("单位"), _("标记"), _("别的内容")]
    answer = shared.download(header, rows, f"{found.thing.name} {found.property.name}", kind)
    verifying.note_export(len(rows), by=by)
    return answer

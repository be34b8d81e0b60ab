"""What the pages of alarms share: the actor, how an alarm reads, files that were sent or are taken away."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from anlan.kernel import authority, tables
from anlan.kernel.authority import Actor, Hidden, Refused
from anlan.kernel.clock import CHINA
from anlan.sensing.models import Alarm
from anlan.sensing.queries import alarms as queries
from anlan.sensing.terms import (
    ALARM_NAMES,
    COLOUR_NAMES,
    KIND_NAMES,
    RULE_NAMES,
    VERDICT_NAMES,
    Can,
    Level,
    RuleKind,
    ThingKind,
    Verdict,
)
from anlan.sensing.terms import AlarmState as A

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
COLOUR = {Level.BLUE: "blue", Level.YELLOW: "yellow", Level.ORANGE: "orange", Level.RED: "red"}
MARK = {A.RAISED: "wait", A.UNSURE: "wait", A.CONFIRMED: "doing", A.CLOSED: "done"}
ICONS = {
    ThingKind.RAIN: "rain", ThingKind.RIVER: "water", ThingKind.WATERLOG: "water", ThingKind.SMOKE: "fire",
    ThingKind.GAS: "gas", ThingKind.SHED: "plug", ThingKind.LIFT: "lift", ThingKind.SLOPE: "slope",
    ThingKind.GATE: "door", ThingKind.VIDEO: "eye",
}  # fmt: skip


def actor_of(request: HttpRequest, *cans: str) -> Actor:
    """Return who asks, if they hold one of the permissions anywhere. What they see is narrowed by the queries."""
    by: Actor | None = getattr(request, "actor", None)
    if by is None or not authority.anywhere(by, cans or (Can.SEE,)):
        raise Refused((cans or (Can.SEE,))[0], "")
    return by


def anybody(request: HttpRequest) -> Actor:
    """Return who asks, with or without a post: whoever owes a verdict may hold no permission at all."""
    by: Actor | None = getattr(request, "actor", None)
    if by is None:
        raise Hidden
    return by


def says(alarm: Alarm) -> dict[str, Any]:
    """Return how an alarm reads: level, state, verdict, kind of thing and rule, in words and marks."""
    state, verdict = A(alarm.state), Verdict(alarm.verdict)
    word = VERDICT_NAMES[verdict] if state == A.CLOSED and verdict == Verdict.FALSE else ALARM_NAMES[state]
    return {
        "alarm": alarm, "peak": "" if alarm.peak is None else f"{alarm.peak:g}",
        "colour": COLOUR[Level(alarm.level)], "level": COLOUR_NAMES[Level(alarm.level)],
        "mark": MARK[state], "says": word, "verdict": VERDICT_NAMES[verdict], "icon": ICONS.get(
            ThingKind(alarm.thing.kind), "bolt"
        ), "kind": KIND_NAMES[ThingKind(alarm.thing.kind)], "waits": state in {A.RAISED, A.UNSURE},
        "rule_kind": RULE_NAMES[RuleKind(alarm.kind)] if alarm.kind in set(RuleKind) else "",
    }  # fmt: skip


def shown(alarms: Iterable[Alarm]) -> list[dict[str, Any]]:
    """Return alarms as a list draws them; one query for all their places."""
    rows = list(alarms)
    where = queries.where_of({a.place_path for a in rows})
    return [says(a) | {"where": where.get(a.place_path, "")} for a in rows]


def day(text: str, after: int = 0) -> dt.datetime | None:
    """Return the start of a day on China's wall clock, `after` days later; None for anything else."""
    try:
        found = dt.date.fromisoformat(text) + dt.timedelta(days=after)
    except (ValueError, OverflowError):
        return None
    return dt.datetime.combine(found, dt.time(), CHINA)


def files_of(request: HttpRequest, name: str = "photos") -> list[bytes]:
    """Return the files of a form, empty ones left out; no more than shows that there are too many, or one too large."""
    sent = [f for f in request.FILES.getlist(name) if f.size]
    return [f.read(settings.PHOTO_MB * 2**20 + 1) for f in sent[: settings.PHOTOS_MOST + 1]]


def download(header: Sequence[str], rows: Sequence[Sequence[object]], name: str, kind: str) -> HttpResponse:
    """Return rows as a CSV or XLSX file. Raises Hidden for any other kind."""
    if kind not in TYPES:
        raise Hidden
    made = tables.to_xlsx(header, rows, title=name) if kind == "xlsx" else tables.to_csv(header, rows)
    answer = HttpResponse(made, content_type=TYPES[kind])
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.{kind}"
    answer["Cache-Control"] = "no-store"
    return answer

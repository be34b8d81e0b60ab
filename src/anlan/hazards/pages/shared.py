"""What the pages of hazards share: the actor, how a hazard reads in a list, files that were sent or are taken away."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from anlan.hazards import queries, terms
from anlan.hazards.models import Hazard
from anlan.hazards.queries import library
from anlan.hazards.terms import Can, Grade, HazardState
from anlan.kernel import authority, tables
from anlan.kernel.authority import Actor, Hidden, Invalid, Refused
from anlan.kernel.clock import CHINA, now

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
DOERS = (Can.SEE, Can.REPORT, Can.RECTIFY)


def actor_of(request: HttpRequest, *cans: str) -> Actor:
    """Return who asks, if they hold one of the permissions anywhere. What they see is narrowed by the queries."""
    by: Actor | None = getattr(request, "actor", None)
    if by is None or not authority.anywhere(by, cans or DOERS):
        raise Refused((cans or DOERS)[0], "")
    return by


def anybody(request: HttpRequest) -> Actor:
    """Return who asks, with or without a post: a unit's worker who has to rectify may hold no permission at all."""
    by: Actor | None = getattr(request, "actor", None)
    if by is None:
        raise Hidden
    return by


def uuid_of(text: str, field: str) -> UUID:
    """Return a form's UUID. Raises Invalid."""
    try:
        return UUID(text)
    except ValueError:
        raise Invalid({field: _("这里少了东西，回到上一页再选一次")}) from None


def files_of(request: HttpRequest, name: str = "photos") -> list[bytes]:
    """Return the files of a form, empty ones left out; no more than shows that there are too many, or one too large."""
    sent = [f for f in request.FILES.getlist(name) if f.size]
    return [f.read(settings.PHOTO_MB * 2**20 + 1) for f in sent[: settings.PHOTOS_MOST + 1]]


def day(text: str, after: int = 0) -> dt.datetime | None:
    """Return the start of a day on China's wall clock, `after` days later; None for anything else."""
    try:
        found = dt.date.fromisoformat(text) + dt.timedelta(days=after)
    except (ValueError, OverflowError):
        return None
    return dt.datetime.combine(found, dt.time(), CHINA)


def says(hazard: Hazard) -> dict[str, Any]:
    """Return how one hazard's state reads: `mark` (the state's shape), `says`, and whether it is late."""
    mark, word = _state(hazard)
    running = hazard.state == HazardState.ASSIGNED and hazard.paused_at is None
    return {
        "hazard": hazard, "mark": mark, "says": word, "open": hazard.state in terms.OPEN,
        "grade": terms.GRADE_NAMES[Grade(hazard.grade)] if hazard.grade else "", "major": hazard.grade == Grade.MAJOR,
        "late": running and hazard.due_at is not None and hazard.due_at < now(), "running": running,
        "trade": terms.TRADE_NAMES.get(terms.Trade(hazard.trade), ""),
        "source": terms.SOURCE_NAMES.get(terms.Source(hazard.source), ""),
    }  # fmt: skip


def _state(hazard: Hazard) -> tuple[str, Any]:
    if hazard.state == HazardState.ASSIGNED and hazard.paused_at is not None:
        return "wait", _("暂停计时")
    return terms.STATE_NAMES[HazardState(hazard.state)]


def shown(hazards: Iterable[Hazard]) -> list[dict[str, Any]]:
    """Return hazards as a list draws them; one query for all places, one for all kinds."""
    rows = list(hazards)
    places = queries.where_of({h.place_path for h in rows})
    kinds = library.kind_names({h.kind for h in rows})
    return [
        says(h) | {"place": places.get(h.place_path, ""), "kind": kinds.get(h.kind, ""), "title": title(h, kinds)}
        for h in rows
    ]


def title(hazard: Hazard, kinds: dict[str, str]) -> str:
    """Return what a hazard is called: the first sentence that was said; the kind where nothing short was."""
    said = " ".join(hazard.text.split())
    first = said.split("。")[0]
    return first if len(first) <= 40 else kinds.get(hazard.kind) or first[:39] + "…"


def kind_choices() -> list[tuple[str, str]]:
    """Return the kinds in use as (code, name), those of one trade together."""
    order = {str(trade): n for n, trade in enumerate(terms.Trade)}
    return [(k.code, k.name) for k in sorted(library.kinds(), key=lambda k: order.get(k.trade, len(order)))]


def download(header: Sequence[str], rows: Sequence[Sequence[object]], name: str, kind: str) -> HttpResponse:
    """Return rows as a CSV or XLSX file. Raises Hidden for any other kind."""
    if kind not in TYPES:
        raise Hidden
    made = tables.to_xlsx(header, rows, title=name) if kind == "xlsx" else tables.to_csv(header, rows)
    return attached(made, TYPES[kind], f"{name}.{kind}")


def attached(body: bytes, kind: str, name: str) -> HttpResponse:
    """Return a file to keep, under a Chinese name."""
    answer = HttpResponse(body, content_type=kind)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    answer["Cache-Control"] = "no-store"
    return answer

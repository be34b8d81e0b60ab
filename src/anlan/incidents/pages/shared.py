"""What the pages of reports share: the actor, how a report reads, files that were sent."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from anlan.incidents import kinds, queries, terms
from anlan.incidents.models import Fact, Photo, Report
from anlan.kernel import authority, tables
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused
from anlan.kernel.clock import CHINA, local, now
from anlan.people import queries as people

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
AGO = (0, 5, 10, 30, 60, 120, 360, 720, 1440)  # minutes, as the form offers them


def actor_of(request: HttpRequest, can: str) -> Actor:
    """Return who asks, if they hold the permission anywhere. What they see is narrowed by the queries."""
    by: Actor | None = getattr(request, "actor", None)
    if by is None or not authority.anywhere(by, [can]):
        raise Refused(can, "")
    return by


def uuid_of(text: str, field: str) -> UUID:
    """Return a form's UUID. Raises Invalid."""
    try:
        return UUID(text)
    except ValueError:
        raise Invalid({field: _("这里少了东西，回到上一页再选一次")}) from None


def number_of(text: str) -> float | None:
    """Return a form's number, None for anything else: a position that fails is no reason to lose words."""
    try:
        return float(text) if text.strip() else None
    except ValueError:
        return None


def files_of(request: HttpRequest, name: str = "photos") -> list[bytes]:
    """Return the files of a form, empty ones left out.

    No more is read than shows that there are too many, or that one is too large: the service refuses those.
    """
    sent = [f for f in request.FILES.getlist(name) if f.size]
    return [f.read(settings.PHOTO_MB * 2**20 + 1) for f in sent[: settings.PHOTOS_MOST + 1]]


def happened(minutes: str) -> dt.datetime | None:
    """Return when it happened, from "so many minutes ago"; None for now."""
    plain = minutes.strip()
    if not (plain.isascii() and plain.isdecimal() and len(plain) < 6) or plain == "0":
        return None
    return now() - dt.timedelta(minutes=int(plain))


def instant(text: str) -> dt.datetime | None:
    """Read a datetime-local field on China's wall clock; None for an empty one. Raises Invalid."""
    if not text.strip():
        return None
    try:
        return dt.datetime.fromisoformat(text.strip()).replace(tzinfo=CHINA)
    except ValueError:
        raise Invalid({"happened_at": _("时间写成 2026-07-18 02:05 这样")}) from None


def shown(reports: Iterable[Report]) -> list[dict[str, Any]]:
    """Return reports as a list draws them; one query for all their places."""
    rows = list(reports)
    names = queries.where_of({r.place_path for r in rows})
    return [
        {
            "report": r,
            "where": names.get(r.place_path, ""),
            "kind": terms.KIND_NAMES.get(r.kind, r.kind),
            "icon": kinds.BY_CODE[r.kind].icon if r.kind in kinds.BY_CODE else "hazard",
            "mark": terms.STATE_NAMES[terms.ReportState(r.state)][0],
            "says": terms.STATE_NAMES[terms.ReportState(r.state)][1],
            "how": terms.HOWS.get(terms.How(r.how), r.how),
        }
        for r in rows
    ]


def photos_by(reports: Iterable[Report]) -> dict[UUID, list[Photo]]:
    """Return the photos of reports, by report."""
    found: dict[UUID, list[Photo]] = {}
    for photo in queries.photos_of([r.id for r in reports]):
        found.setdefault(photo.report_id, []).append(photo)
    return found


def facts_shown(facts: Iterable[Fact], names: dict[UUID, str] | None = None) -> list[dict[str, Any]]:
    """Return the last word of each source on each element, in the order of the elements; personal ones opened."""
    last = queries.latest(facts)
    order = {str(element): n for n, element in enumerate(terms.ELEMENTS)}
    rows = sorted(last.values(), key=lambda fact: (order[fact.element], fact.at))
    return [
        {
            "name": terms.ELEMENTS[terms.Element(fact.element)],
            "value": people.decrypt(bytes(fact.value_cipher)) if fact.value_cipher else fact.value,
            "by": fact.by_name,
            "at": fact.at,
            "source": (names or {}).get(fact.report_id, ""),
        }
        for fact in rows
    ]


def done(request: HttpRequest, said: str, to: str, *args: Any) -> HttpResponse:
    """Say that it is done, and go on."""
    messages.success(request, said)
    return redirect(to, *args)


def failed(request: HttpRequest, error: Invalid | Conflict, to: str, *args: Any) -> HttpResponse:
    """Say what was wrong, and go back."""
    for text in error.errors.values() if isinstance(error, Invalid) else [str(error)]:
        messages.error(request, text)
    return redirect(to, *args)


def local_time(at: dt.datetime) -> str:
    """Write 7-18 02:05 in China's wall clock."""
    there = local(at)
    return f"{there.month}-{there.day} {there:%H:%M}"


def download(header: Sequence[str], rows: Sequence[Sequence[object]], name: str, kind: str) -> HttpResponse:
    """Return rows as a CSV or XLSX file. Raises Hidden for any other kind."""
    if kind not in TYPES:
        raise Hidden
    made = tables.to_xlsx(header, rows, title=name) if kind == "xlsx" else tables.to_csv(header, rows)
    answer = HttpResponse(made, content_type=TYPES[kind])
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.{kind}"
    return answer

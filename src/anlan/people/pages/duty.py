"""Who is on duty, and my shifts; one rota's month as a calendar, on a phone as a list of days."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from anlan.kernel import authority, clock
from anlan.kernel.authority import Actor
from anlan.people import queries, terms
from anlan.people.duty_days import day_of, month_days
from anlan.people.models import RotaMonth, Shift, ShiftSeat
from anlan.people.pages import shared
from anlan.people.pages.shared import actor_of
from anlan.people.queries import OnDuty

MINE, GAPS, VERSIONS = 12, 8, 12


@require_GET
def duty(request: HttpRequest) -> HttpResponse:
    """Show who is on duty in my scope, what is not covered, and my own shifts."""
    by = actor_of(request)
    text, path = request.GET.get("q", ""), request.GET.get("place", "")
    page = shared.page_of(request, queries.rotas(by, path=path, text=text))
    there = queries.on_duty(rota_ids=[one.id for one in page], standby=True)
    names = shared.place_names({one.place_path for one in page})
    here = shared.scope_of(by, terms.Can.READ, path)
    gaps = list(queries.gaps(by)[: GAPS + 1])
    may_keep = authority.anywhere(by, [terms.Can.ROTA])
    return render(request, "people/duty.html", {
        "page": page, "q": text, "rows": [(one, names.get(one.place_path, ""), now_of(one.id, there)) for one in page],
        "gaps": [_gap(one) for one in gaps[:GAPS]], "more_gaps": len(gaps) > GAPS,
        "mine": list(queries.my_seats(by.person)[:MINE]) if by.person else [],
        "changes": list(queries.open_changes(by.person)) if by.person else [], "me": by.person,
        "feed": queries.my_feeds(by).get(None), "may_keep": may_keep, "place": path, "here": here,
        "steps": shared.steps(here, by) if here else [], "now": clock.now(),
    })  # fmt: skip


def now_of(rota_id: UUID, there: Iterable[OnDuty]) -> list[tuple[str, list[str], dt.datetime]]:
    """Return (position, names, until) of a rota's running shift."""
    found: dict[str, tuple[list[str], dt.datetime]] = {}
    for one in there:
        if one.rota_id == rota_id:
            names, until = found.setdefault(one.position, ([], one.ends_at))
            names.append(one.name)
            found[one.position] = (names, min(until, one.ends_at))
    order = [p for p in terms.Position if p in found]
    return [(str(p.label), found[p][0], found[p][1]) for p in order]


def _gap(one: Any) -> dict[str, Any]:
    return {
        "seat": one.seat, "rota": one.rota, "running": one.seat.starts_at <= clock.now(),
        "position": terms.Position(one.seat.position).label, "why": terms.GAP_NAMES[terms.GapReason(one.reason)],
    }  # fmt: skip


def month_from(text: str) -> dt.date:
    """Return the month that ?month=2026-11 names; this month for anything else."""
    try:
        return dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        return queries.month_start()


@require_GET
def rota(request: HttpRequest, rota_id: UUID) -> HttpResponse:
    """Show a month of a rota."""
    by = actor_of(request)
    one = queries.rota(rota_id, by=by)
    month = month_from(request.GET.get("month", ""))
    laid = queries.month_of(one, month)
    keeps = authority.holds(by, terms.Can.ROTA, at=one.place_path) and one.closed_at is None
    shifts = queries.shifts_of(laid) if laid and (keeps or laid.state == terms.MonthState.PUBLISHED) else []
    empty = sum(1 for shift in shifts for seat in shift.seats.all() if seat.person_id is None)
    return render(request, "people/rota.html", {
        "rota": one, "month": month, "before": (month - dt.timedelta(days=1)).replace(day=1),
        "after": (month + dt.timedelta(days=32)).replace(day=1), "laid": laid if shifts else None, "keeps": keeps,
        "days": days_of(month, shifts, by), "pads": range(month.weekday()), "empty": empty, "shifts": len(shifts),
        "weekdays": queries.WEEKDAYS,
        "draft": bool(laid and laid.state == terms.MonthState.DRAFT), "provisional": _provisional(laid, month),
        "now": now_of(one.id, queries.on_duty(rota_ids=[one.id], standby=True)),
        "gaps": [_gap(g) for g in queries.gaps(by).filter(rota=one)],
        "unseen": list(queries.unseen_changes(one)) if keeps else [], "may_note": queries.may_note(one, by),
        "place": shared.place_names([one.place_path]).get(one.place_path, ""),
        "feed": queries.my_feeds(by).get(one.id), "members": one.members.exists(),
        "versions": list(laid.versions.order_by("-number")[:VERSIONS]) if laid and shifts else [],
    })  # fmt: skip


def _provisional(laid: RotaMonth | None, month: dt.date) -> bool:
    return laid.provisional if laid else day_of(month).provisional


def days_of(month: dt.date, shifts: Sequence[Shift], by: Actor) -> list[dict[str, Any]]:
    """Return the days of a month with their shifts and seats, as the page draws them."""
    today, moment = clock.local(clock.now()).date(), clock.now()
    by_day: dict[dt.date, list[dict[str, Any]]] = {}
    for shift in shifts:
        by_day.setdefault(shift.day, []).append({
            "shift": shift, "span": queries.span(shift), "now": shift.starts_at <= moment < shift.ends_at,
            "over": shift.ends_at <= moment, "lines": _lines(shift.seats_now, by),  # type: ignore[attr-defined]
        })  # fmt: skip
    return [
        {
            "day": one, "weekday": queries.WEEKDAYS[one.date.weekday()], "today": one.date == today,
            "rest": one.kind != terms.DayKind.WORKDAY, "name": one.holiday or _extra(one.date, one.kind),
            "shifts": by_day.get(one.date, []),
        }
        for one in month_days(month)
    ]  # fmt: skip


def _extra(date: dt.date, kind: terms.DayKind) -> str:
    """Say what the weekday alone does not: a Saturday that is worked."""
    return _("调休上班") if kind == terms.DayKind.WORKDAY and date.weekday() > 4 else ""


def _lines(seats: Sequence[ShiftSeat], by: Actor) -> list[dict[str, Any]]:
    return [
        {
            "seat": seat, "position": terms.Position(seat.position).label,
            "name": seat.person.name if seat.person else "",
            "mine": by.person is not None and seat.person_id == by.person,
        }
        for seat in seats
    ]  # fmt: skip


@require_GET
def rota_file(request: HttpRequest, rota_id: UUID, kind: str) -> HttpResponse:
    """Take a month away as the table that offices keep: a row for each shift, a column for each position."""
    by = actor_of(request)
    one = queries.rota(rota_id, by=by)
    month = month_from(request.GET.get("month", ""))
    laid = queries.month_of(one, month)
    keeps = authority.holds(by, terms.Can.ROTA, at=one.place_path)
    shifts = queries.shifts_of(laid) if laid and (keeps or laid.state == terms.MonthState.PUBLISHED) else []
    name = f"{one.name}{month:%Y-%m}"
    return shared.download(queries.sheet_header(one), queries.sheet_rows(one, shifts), name, kind)

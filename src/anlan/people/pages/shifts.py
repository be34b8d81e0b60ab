"""One seat of a shift: put somebody else there, or ask a colleague to take it or to change with me."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from anlan.kernel import authority
from anlan.kernel.authority import Hidden, Invalid
from anlan.kernel.clock import now
from anlan.people import queries, services, terms
from anlan.people.models import Person, ShiftSeat
from anlan.people.pages import shared
from anlan.people.pages.shared import actor_of
from anlan.people.queries import PersonFilter

FOUND, AHEAD = 12, dt.timedelta(days=62)


@require_GET
def seat(request: HttpRequest, seat_id: UUID) -> HttpResponse:
    """Show a seat and what I may do about it."""
    return _page(request, seat_id, "")


def _page(request: HttpRequest, seat_id: UUID, error: str) -> HttpResponse:
    by = actor_of(request)
    one = queries.seat(seat_id, by=by)
    keeps = authority.holds(by, terms.Can.ROTA, at=one.place_path) and one.ends_at > now()
    mine = by.person is not None and one.person_id == by.person and one.published and one.starts_at > now()
    text = request.GET.get("q", "").strip()
    pool = {p.id: p for people in queries.members(one.rota).values() for p in people}
    found = list(queries.list_persons(PersonFilter(text=text), by=by)[:FOUND]) if keeps and text else []
    choices = {p.id: p for p in found} | pool if keeps or mine else {}
    why = services.fitness(one, list(choices))
    rows = [(p, why[p.id]) for p in choices.values() if p.id != one.person_id]
    rows.sort(key=lambda row: (bool(row[1]), row[0].id not in {p.id for p in found}, row[0].name))
    return render(request, "people/seat.html", {
        "seat": one, "span": queries.span(one.shift), "position": terms.Position(one.position).label, "keeps": keeps,
        "mine": mine, "rows": rows, "free": [p for p, said in rows if not said and p.id in pool], "q": text,
        "found": len(found), "others": _others(one) if mine else [], "error": error,
        "asked": one.changes.filter(state=terms.ChangeState.ASKED).select_related("taker").first(),
        "phone": shared.masked(one.person) if one.person else "",
        "weekday": queries.WEEKDAYS[one.shift.day.weekday()],
        "history": list(one.changes.exclude(state=terms.ChangeState.ASKED).select_related("asker", "taker")),
        "states": terms.CHANGE_STATE_NAMES,
    }, status=422 if error else 200)  # fmt: skip


def _others(one: ShiftSeat) -> list[dict[str, Any]]:
    """Return the coming seats of others in the same rota and position, to change with."""
    rows = (
        ShiftSeat.objects.filter(
            rota_id=one.rota_id, position=one.position, published=True, person__isnull=False, starts_at__gt=now(),
            starts_at__lt=now() + AHEAD,
        )
        .exclude(person=one.person).exclude(shift_id=one.shift_id)
        .select_related("shift", "person").order_by("starts_at")
    )  # fmt: skip
    return [{"id": s.id, "day": s.shift.day, "shift": s.shift.name, "name": s.person.name} for s in rows if s.person]


@require_POST
def put(request: HttpRequest, seat_id: UUID) -> HttpResponse:
    """Put a person into the seat, or empty it."""
    by, posted = actor_of(request), request.POST
    try:
        person = shared.uuid_of(posted["person"], "person") if posted.get("person") else None
        one = services.put(seat_id, person, by=by, reason=posted.get("reason", ""))
    except Invalid as error:
        return _page(request, seat_id, "；".join(error.errors.values()))
    messages.success(request, _("改好了"))
    return redirect(f"{reverse('people:rota', args=[one.rota_id])}?month={one.shift.day:%Y-%m}#d{one.shift.day:%d}")


@require_POST
def ask(request: HttpRequest, seat_id: UUID) -> HttpResponse:
    """Ask a colleague to take my shift, or to change with me."""
    by, posted = actor_of(request), request.POST
    try:
        taker = shared.uuid_of(posted["taker"], "taker") if posted.get("taker") else None
        other = shared.uuid_of(posted["other"], "other") if posted.get("other") else None
        made = services.ask_change(seat_id, taker=taker, other_seat=other, reason=posted.get("reason", ""), by=by)
    except Invalid as error:
        return _page(request, seat_id, "；".join(error.errors.values()))
    messages.success(request, _("问出去了，对方答应了才换"))
    return redirect("people:change", made.id)


@require_GET
def change(request: HttpRequest, change_id: UUID) -> HttpResponse:
    """Show a substitution or swap, and what I may answer."""
    return _change(request, change_id, "")


def _change(request: HttpRequest, change_id: UUID, error: str) -> HttpResponse:
    by = actor_of(request)
    one = queries.change(change_id, by=by)
    asked = one.state == terms.ChangeState.ASKED
    return render(request, "people/change.html", {
        "change": one, "span": queries.span(one.seat.shift),
        "other_span": queries.span(one.other_seat.shift) if one.other_seat else "",
        "state": terms.CHANGE_STATE_NAMES[terms.ChangeState(one.state)],
        "shape": {"asked": "wait", "done": "done"}.get(one.state, "late"),
        "answer": asked and one.taker_id == by.person, "withdraw": asked and one.asker_id == by.person,
        "see": one.state == terms.ChangeState.DONE and one.seen_at is None
        and authority.holds(by, terms.Can.ROTA, at=one.place_path), "error": error,
        "phones": [(p.name, shared.masked(p)) for p in (one.asker, one.taker) if _other(p, by.person)],
    }, status=422 if error else 200)  # fmt: skip


def _other(person: Person, me: UUID | None) -> bool:
    return person.id != me


@require_POST
def change_act(request: HttpRequest, change_id: UUID, verb: str) -> HttpResponse:
    """Agree, decline, withdraw, or note as seen."""
    by = actor_of(request)
    acts = {
        "agree": (services.agree_change, _("换好了，表已经改了")),
        "decline": (services.decline_change, _("告诉对方了，班没有动")),
        "withdraw": (services.withdraw_change, _("撤回了，班还是你的")),
        "see": (services.see_change, _("记下了")),
    }
    if verb not in acts:
        raise Hidden
    do, said = acts[verb]
    try:
        one = do(change_id, by=by)
    except Invalid as error:
        return _change(request, change_id, "；".join(error.errors.values()))
    messages.success(request, said)
    if verb == "see":
        return redirect("people:rota", one.rota_id)
    return redirect("people:change", change_id)

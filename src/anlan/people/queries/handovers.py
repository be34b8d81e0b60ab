"""Handover notes, open items and calls of a rota, as the actor may see them."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.kernel.clock import now
from anlan.people import secrecy, terms
from anlan.people.models import DutyCall, DutyItem, HandoverNote, Rota, Shift, ShiftSeat
from anlan.people.queries.duty import rota

BEFORE, AFTER = dt.timedelta(hours=2), dt.timedelta(hours=6)  # around a shift: to read oneself in, to finish the papers


def may_note(one: Rota, by: Actor) -> bool:
    """Say whether the actor writes on this watch now: on a shift of it about now, or holding people.rota there."""
    if authority.holds(by, terms.Can.ROTA, at=one.place_path):
        return True
    if by.person is None:
        return False
    moment = now()
    return ShiftSeat.objects.filter(
        rota=one, published=True, person_id=by.person, starts_at__lte=moment + BEFORE, ends_at__gt=moment - AFTER
    ).exists()


def published_shifts(one: Rota) -> QuerySet[Shift]:
    """Return the shifts of a rota's published months."""
    return one.shifts.filter(month__state=terms.MonthState.PUBLISHED)


def shift_now(one: Rota) -> Shift | None:
    """Return the shift that runs now: the one that began last."""
    moment = now()
    return published_shifts(one).filter(starts_at__lte=moment, ends_at__gt=moment).order_by("-starts_at").first()


def shift_to_hand_over(one: Rota) -> Shift | None:
    """Return the shift whose note is due: the last that has begun and is not handed over, for 12 hours after it ended;
    one that has only just begun waits for the one before it.
    """
    moment = now()
    begun = published_shifts(one).filter(starts_at__lte=moment, ends_at__gt=moment - dt.timedelta(hours=12))
    left = begun.filter(Q(note=None) | Q(note__state=terms.NoteState.DRAFT))
    if (given := notes_of(one).first()) is not None:  # what was forgotten before it stands on that note all the same
        left = left.filter(ends_at__gt=given.shift.ends_at)
    return left.order_by("ends_at").first()


def shift_after(shift: Shift) -> Shift | None:
    """Return the shift that takes over: the next to begin when this one ends, or later."""
    found = Shift.objects.filter(rota_id=shift.rota_id, month__state=terms.MonthState.PUBLISHED)
    return found.filter(ends_at__gt=shift.ends_at, starts_at__gte=shift.starts_at).exclude(id=shift.id).order_by(
        "starts_at"
    ).first()  # fmt: skip


def open_items(one: Rota) -> QuerySet[DutyItem]:
    """Return what is open, unfinished things first, in the order they were written."""
    return one.items.filter(closed_at=None).order_by("kind", "id")


def calls_of(one: Rota, *, text: str = "", topic: str = "", open_only: bool = False) -> QuerySet[DutyCall]:
    """Return the calls of a rota, newest first."""
    found = one.calls.all()
    if text.strip():
        words = text.strip()
        found = found.filter(Q(what__contains=words) | Q(caller__contains=words) | Q(spot__contains=words))
    if topic:
        found = found.filter(topic=topic)
    if open_only:
        found = found.filter(state=terms.DutyCallState.OPEN)
    return found.order_by("-at", "-id")


def duty_call(call_id: UUID, *, by: Actor) -> DutyCall:
    """Return a call of a rota the actor may see. Raises Hidden."""
    found = DutyCall.objects.select_related("rota", "shift").filter(id=call_id).first()
    if found is None:
        raise Hidden
    rota(found.rota_id, by=by)
    return found


def caller_masked(call: DutyCall) -> str:
    """Return the caller's masked number, "" where there is none."""
    return secrecy.mask_phone(secrecy.decrypt(bytes(call.phone_cipher))) if call.phone_cipher else ""


def notes_of(one: Rota) -> QuerySet[HandoverNote]:
    """Return the notes that were handed over, newest shift first."""
    return one.notes.exclude(state=terms.NoteState.DRAFT).select_related("shift").order_by("-shift__ends_at")


def note(note_id: UUID, *, by: Actor, lock: bool = False) -> HandoverNote:
    """Return a note of a rota the actor may see. Raises Hidden."""
    rows = HandoverNote.objects.select_for_update(of=("self",)) if lock else HandoverNote.objects
    found = rows.select_related("rota", "shift").filter(id=note_id).first()
    if found is None:
        raise Hidden
    rota(found.rota_id, by=by)
    return found


def may_take_over(one: HandoverNote, by: Actor) -> bool:
    """Say whether the actor is on the next shift, or keeps the rota (nobody is on it)."""
    if authority.holds(by, terms.Can.ROTA, at=one.place_path):
        return True
    following = shift_after(one.shift)
    if following is None or by.person is None:
        return False
    return ShiftSeat.objects.filter(shift=following, person_id=by.person).exists()


def crew(shift: Shift | None) -> list[tuple[str, str]]:
    """Return (position, name) of everybody on a shift."""
    if shift is None:
        return []
    order = list(terms.Position)
    rows = ShiftSeat.objects.filter(shift=shift, person__isnull=False).values_list("position", "person__name", "number")
    ranked = sorted(rows, key=lambda r: (order.index(terms.Position(r[0])), r[2]))
    return [(position, name) for position, name, _number in ranked]


def note_content(one: HandoverNote) -> dict[str, Any]:
    """Return what stands on a note: open items, what was closed and which calls came in its time, who was there."""
    start = one.shift.starts_at
    items = [
        {"kind": i.kind, "text": i.text, "by": i.opened_by, "at": i.opened_at.isoformat(), "old": i.opened_at < start}
        for i in open_items(one.rota)
    ]
    done = [
        {"text": i.text, "outcome": i.outcome, "by": i.closed_by}
        for i in one.rota.items.filter(closed_at__gte=start).order_by("closed_at")
    ]
    calls = [
        {
            "id": str(c.id), "at": c.at.isoformat(), "topic": c.topic, "what": c.what, "spot": c.spot,
            "caller": c.caller, "tail": c.phone_tail, "done": c.done, "open": c.state == terms.DutyCallState.OPEN,
        }
        for c in one.rota.calls.filter(Q(state=terms.DutyCallState.OPEN) | Q(at__gte=start)).order_by("at")
    ]  # fmt: skip
    return {
        "items": items, "done": done, "calls": calls, "from": crew(one.shift), "to": crew(shift_after(one.shift)),
    }  # fmt: skip


def need_note(one: Rota, by: Actor) -> None:
    """Refuse a page to whoever does not write on this watch."""
    if not may_note(one, by):
        raise authority.Refused(terms.Can.ROTA, one.place_path)

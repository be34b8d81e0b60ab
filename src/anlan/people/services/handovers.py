"""Handover notes (交接单), what stays open between shifts, calls received (来电要素卡)."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.people import lifecycle, queries, secrecy, terms
from anlan.people.models import DutyCall, DutyItem, HandoverNote, Rota, Shift
from anlan.people.services.shifts import when

TEXT, WORDS, SHORT, REASON_LEAST = 2000, 4000, 200, 2
COUNTS = ("dead", "missing", "hurt", "trapped")


@dataclass(frozen=True, slots=True)
class CallCard:
    """A call as it is noted. `phone` as heard; counts are None where nobody has said a number."""

    what: str
    topic: str = terms.CallTopic.OTHER
    at: dt.datetime | None = None
    caller: str = ""
    phone: str | None = ""
    spot: str = ""
    happened_at: dt.datetime | None = None
    dead: int | None = None
    missing: int | None = None
    hurt: int | None = None
    trapped: int | None = None
    done: str = ""


def _rota(rota_id: UUID, by: Actor) -> Rota:
    """Return an open rota on whose watch the actor writes: on a shift of it about now, or its keeper."""
    rota = queries.rota(rota_id, by=by)
    if rota.closed_at is not None:
        raise Conflict(_("这张值班表已经停用"))
    if not queries.may_note(rota, by):
        raise authority.Refused(terms.Can.ROTA, rota.place_path)
    return rota


# --- what stays open


@transaction.atomic
def open_item(rota_id: UUID, text: str, *, kind: str = terms.ItemKind.OPEN, by: Actor) -> DutyItem:
    """Write down what is open, or to be watched. Raises Hidden, Refused, Conflict, Invalid (text, kind)."""
    rota = _rota(rota_id, by)
    if kind not in set(terms.ItemKind):
        raise Invalid({"kind": _("只有没办完的和要盯的两种")})
    if not 1 <= len(text.strip()) <= TEXT:
        raise Invalid({"text": _("写上是什么事，最多 %d 字") % TEXT})
    made = DutyItem.objects.create(
        rota=rota, place_path=rota.place_path, kind=kind, text=text.strip(), opened_by=by.name
    )
    ledger.record(terms.Did.ITEM_OPENED, made, by=by, chain=made.id, kind=kind, private={"text": made.text})
    return made


@transaction.atomic
def close_item(item_id: UUID, outcome: str, *, by: Actor) -> DutyItem:
    """Say how it ended; until then it is on every handover note. Twice is once. Raises Hidden, Refused, Invalid."""
    found = DutyItem.objects.select_for_update().filter(id=item_id).first()
    if found is None:
        raise authority.Hidden
    _rota(found.rota_id, by)
    if found.closed_at is not None:
        return found
    if not outcome.strip():
        raise Invalid({"outcome": _("写一句怎么了结的，比如「水已退，路障撤了」")})
    found.closed_at, found.closed_by, found.outcome = now(), by.name, outcome.strip()[:SHORT]
    found.save(update_fields=["closed_at", "closed_by", "outcome"])
    ledger.record(terms.Did.ITEM_CLOSED, found, by=by, chain=found.id, private={"outcome": found.outcome})
    return found


# --- calls received


@transaction.atomic
def note_call(rota_id: UUID, card: CallCard, *, by: Actor) -> DutyCall:
    """Note a call received, on the shift that runs now. Raises Hidden, Refused, Conflict, Invalid (its fields)."""
    rota = _rota(rota_id, by)
    made = DutyCall(rota=rota, place_path=rota.place_path, taken_by=by.name, shift=queries.shift_now(rota))
    _write(made, card)
    made.save(force_insert=True)
    ledger.record(terms.Did.CALL_NOTED, made, by=by, chain=made.id, topic=made.topic, at=made.at)
    return made


@transaction.atomic
def change_call(call_id: UUID, card: CallCard, *, by: Actor) -> DutyCall:
    """Complete or correct a call; a `phone` of None leaves the number.

    Raises Hidden, Refused, Conflict (closed), Invalid (its fields).
    """
    found = _lock_call(call_id, by)
    if found.state != terms.DutyCallState.OPEN:
        raise Conflict(_("这个来电已经办结"))
    before = {name: getattr(found, name) for name in _FIELDS}
    _write(found, card)
    changed = sorted(name for name in _FIELDS if getattr(found, name) != before[name])
    if changed:
        found.save()
        old = {name: str(before[name]) for name in changed if name != "phone_cipher"}
        ledger.record(terms.Did.CALL_CHANGED, found, by=by, chain=found.id, fields=changed, private={"before": old})
    return found


@transaction.atomic
def close_call(call_id: UUID, *, by: Actor) -> DutyCall:
    """A call is dealt with. Twice is once. Raises Hidden, Refused, Invalid (done: nothing says what was done)."""
    found = _lock_call(call_id, by)
    if found.state == terms.DutyCallState.CLOSED:
        return found
    if not found.done.strip():
        raise Invalid({"done": _("先写怎么办的，再办结")})
    lifecycle.DUTY_CALL.move(found, terms.Did.CALL_CLOSED, by=by)
    found.closed_at = now()
    found.save(update_fields=["state", "closed_at"])
    ledger.record(terms.Did.CALL_CLOSED, found, by=by, chain=found.id)
    return found


@transaction.atomic
def show_caller(call_id: UUID, reason: str, *, by: Actor) -> str:
    """Return a caller's whole number, and record who looked and why. Raises Hidden, Refused, Invalid (reason)."""
    found = _lock_call(call_id, by)
    if len(reason.strip()) < REASON_LEAST:
        raise Invalid({"reason": _("写明为什么要看，至少 2 个字，比如「回电话核实」")})
    ledger.record(terms.Did.CALLER_SHOWN, found, by=by, chain=found.id, private={"reason": reason.strip()})
    return secrecy.decrypt(bytes(found.phone_cipher)) if found.phone_cipher else ""


def _lock_call(call_id: UUID, by: Actor) -> DutyCall:
    found = DutyCall.objects.select_for_update().filter(id=call_id).first()
    if found is None:
        raise authority.Hidden
    _rota(found.rota_id, by)
    return found


_FIELDS = ("what", "topic", "at", "caller", "phone_cipher", "spot", "happened_at", *COUNTS, "done")


def _faults(card: CallCard) -> dict[str, str]:
    errors: dict[str, str] = {}
    if not 1 <= len(card.what.strip()) <= TEXT:
        errors["what"] = _("写上什么事，最多 %d 字") % TEXT
    if card.topic not in set(terms.CallTopic):
        errors["topic"] = _("选一种：险情、事故、求助、上级通知、咨询、其他")
    moment = now()
    for name, at in (("at", card.at), ("happened_at", card.happened_at)):
        if at is not None and at > moment + dt.timedelta(minutes=5):
            errors[name] = _("时间在以后，看看是不是写错了")
    for name in COUNTS:
        number = getattr(card, name)
        if number is not None and not 0 <= number <= 100_000:
            errors[name] = _("人数是 0 到 100000 的整数；不知道就空着")
    return errors


def _write(one: DutyCall, card: CallCard) -> None:
    errors = _faults(card)
    phone = secrecy.phone_of(card.phone) if card.phone else ""
    if phone is None:
        errors["phone"] = _("不是电话号码：手机 11 位，座机带区号；没问到就空着")
    if errors:
        raise Invalid(errors)
    one.what, one.topic, one.at = card.what.strip(), card.topic, card.at or one.at
    one.caller, one.spot, one.happened_at = card.caller.strip()[:60], card.spot.strip()[:SHORT], card.happened_at
    one.done = card.done.strip()[:TEXT]
    for name in COUNTS:
        setattr(one, name, getattr(card, name))
    if card.phone is not None:
        one.phone_cipher = secrecy.encrypt(phone) if phone else None
        one.phone_tail = (phone or "")[-4:]


# --- the note itself


@transaction.atomic
def give_over(rota_id: UUID, words: str, *, by: Actor, shift_id: UUID | None = None) -> HandoverNote:
    """Hand a shift that runs or has ended over (None: the one that is due): the note is frozen. Twice is once.

    Raises Hidden, Refused, Conflict (no shift to hand over), Invalid (words).
    """
    rota = _rota(rota_id, by)
    Rota.objects.select_for_update().get(id=rota.id)
    shift = _to_hand_over(rota, shift_id)
    if len(words.strip()) > WORDS:
        raise Invalid({"words": _("最多 %d 字") % WORDS})
    note, _new = HandoverNote.objects.get_or_create(shift=shift, defaults={"rota": rota, "place_path": rota.place_path})
    if note.state != terms.NoteState.DRAFT:
        return note
    lifecycle.NOTE.move(note, terms.Did.HANDOVER_GIVEN, by=by)
    note.words, note.given_at, note.given_by = words.strip(), now(), by.name
    note.content = queries.note_content(note)
    note.save()
    following = queries.shift_after(shift)
    ledger.record(
        terms.Did.HANDOVER_GIVEN, note, by=by, chain=note.id, when=when(shift), shift=shift.name, shift_id=shift.id,
        next_id=following.id if following else None, open=len(note.content["items"]), calls=len(note.content["calls"]),
        private={"words": note.words} if note.words else None,
    )  # fmt: skip
    return note


def _to_hand_over(rota: Rota, shift_id: UUID | None) -> Shift:
    found = queries.shift_to_hand_over(rota)
    if shift_id is not None:  # the one that the page showed: a second click must not hand over the shift after it
        found = queries.published_shifts(rota).filter(id=shift_id, starts_at__lte=now()).first()
    if found is None:
        raise Conflict(_("现在没有要交的班：这张表上没有正在值或刚值完的班"))
    return found


@transaction.atomic
def keep_words(rota_id: UUID, words: str, *, by: Actor, shift_id: UUID | None = None) -> HandoverNote:
    """Keep the words of a note that is still being written. Raises Hidden, Refused, Conflict, Invalid."""
    rota = _rota(rota_id, by)
    shift = _to_hand_over(rota, shift_id)
    if len(words.strip()) > WORDS:
        raise Invalid({"words": _("最多 %d 字") % WORDS})
    note, _new = HandoverNote.objects.get_or_create(shift=shift, defaults={"rota": rota, "place_path": rota.place_path})
    if note.state == terms.NoteState.DRAFT:
        note.words = words.strip()
        note.save(update_fields=["words"])
    return note


@transaction.atomic
def take_over(note_id: UUID, *, by: Actor) -> HandoverNote:
    """Somebody of the next shift has read the note and takes over. Twice is once.

    Raises Hidden, Refused (not on the next shift, not the keeper), Conflict (not handed over yet).
    """
    note = queries.note(note_id, by=by, lock=True)
    if note.state == terms.NoteState.READ:
        return note
    if not queries.may_take_over(note, by):
        raise authority.Refused(terms.Can.ROTA, note.place_path)
    lifecycle.NOTE.move(note, terms.Did.HANDOVER_READ, by=by)
    note.read_at, note.read_by = now(), by.name
    note.save(update_fields=["state", "read_at", "read_by"])
    values: dict[str, Any] = {"shift_id": note.shift_id}
    ledger.record(terms.Did.HANDOVER_READ, note, by=by, chain=note.id, **values)
    return note

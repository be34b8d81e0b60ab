"""替班 and 换班: asked by one, agreed by the other, checked again, and seen by whoever keeps the rota."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.people import lifecycle, queries, terms
from anlan.people.models import Rota, ShiftChange, ShiftSeat
from anlan.people.services import shifts
from anlan.people.services.shifts import why_not


@transaction.atomic
def ask_change(
    seat_id: UUID, *, taker: UUID | None = None, other_seat: UUID | None = None, reason: str = "", by: Actor
) -> ShiftChange:
    """Ask another to take my shift (`taker`), or to change shifts with me (`other_seat`, theirs).

    Raises Hidden, Refused (not mine), Conflict (asked already, the shift has begun), Invalid (taker, other_seat).
    """
    mine = _lock_pair(seat_id, other_seat)[0]
    if by.person is None or mine.person_id != by.person:
        raise Hidden
    other = None
    if other_seat is not None:
        other = ShiftSeat.objects.select_related("shift", "rota", "person").get(id=other_seat)
        if other.rota_id != mine.rota_id or not other.published or other.person_id is None:
            raise Invalid({"other_seat": _("只能和同一张表上有人的班换")})
        taker = other.person_id
    if taker is None or taker == by.person:
        raise Invalid({"taker": _("选一个别人")})
    if taker not in set(queries.member_ids(mine.rota)) | ({other.person_id} if other else set()):
        raise Invalid({"taker": _("只能请这张表上的人")})
    if said := _wrong(mine, other, by.person, taker):
        raise Invalid({"taker": said})
    made = ShiftChange(
        rota=mine.rota, place_path=mine.place_path, seat=mine, other_seat=other, asker_id=by.person, taker_id=taker,
        kind=terms.ChangeKind.SWAP if other else terms.ChangeKind.SUBSTITUTE, reason=reason.strip()[:120],
    )  # fmt: skip
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        raise Conflict(_("这一班已经在问别人，先撤回再问")) from None
    _record(terms.Did.SHIFT_ASKED, made, by)
    return made


def _lock_pair(seat_id: UUID, other: UUID | None) -> tuple[ShiftSeat, ShiftSeat | None]:
    """Lock a rota and its seats, in one order everywhere. Raises Hidden, Conflict (begun, over, closed)."""
    found = ShiftSeat.objects.filter(id__in=[seat_id, other] if other else [seat_id], published=True)
    rotas = dict(found.values_list("id", "rota_id"))
    if seat_id not in rotas or (other and other not in rotas):
        raise Hidden
    Rota.objects.select_for_update().get(id=rotas[seat_id])
    pair = (shifts.relock(seat_id), shifts.relock(other) if other else None)
    if any(one and one.starts_at <= now() for one in pair):
        raise Conflict(_("这一班已经开始，要换人请管值班表的人改"))
    return pair


def _wrong(mine: ShiftSeat, other: ShiftSeat | None, asker: UUID, taker: UUID) -> str:
    """Say what a change would break: for the taker at my shift, and for me at theirs."""
    gone = [mine.id, *([other.id] if other else [])]
    if said := why_not(taker, mine, without=gone):
        return _("对方不能接：%s") % said
    if other is not None and (said := why_not(asker, other, without=gone)):
        return _("你不能接：%s") % said
    return ""


@transaction.atomic
def agree_change(change_id: UUID, *, by: Actor) -> ShiftChange:
    """The other agrees, and the seats change hands at once. Twice is once.

    Raises Hidden, Refused (not asked), Conflict (settled otherwise, begun), Invalid (taker: what it would break now).
    """
    found = _lock(change_id, by)
    if found.taker_id != by.person:
        raise authority.Refused(terms.Can.ROTA, found.place_path)
    if found.state == terms.ChangeState.DONE:
        return found
    lifecycle.CHANGE.move(found, terms.Did.SHIFT_CHANGED, by=by)
    mine, other = _lock_pair(found.seat_id, found.other_seat_id)
    shifts.lock_persons([found.asker_id, found.taker_id])
    if mine.person_id != found.asker_id or (other is not None and other.person_id != found.taker_id):
        raise Conflict(_("班上的人已经改过，这次不能再换，请重新说"))
    if said := _wrong(mine, other, found.asker_id, found.taker_id):
        raise Invalid({"taker": said})
    shifts.give(mine, found.taker_id)
    if other is not None:
        shifts.give(other, found.asker_id)
    _settle(found)
    what = _("换班") if other else _("替班")
    for month in {mine.shift.month_id: mine.shift.month} | ({other.shift.month_id: other.shift.month} if other else {}):
        shifts.keep_version((mine if mine.shift.month_id == month else other or mine).shift.month, what, by=by)
    _record(terms.Did.SHIFT_CHANGED, found, by)
    return found


@transaction.atomic
def decline_change(change_id: UUID, *, by: Actor) -> ShiftChange:
    """The other does not agree. Twice is once. Raises Hidden, Refused, Conflict."""
    return _end(change_id, terms.Did.SHIFT_DECLINED, lambda one: one.taker_id, by)


@transaction.atomic
def withdraw_change(change_id: UUID, *, by: Actor) -> ShiftChange:
    """Whoever asked takes it back. Twice is once. Raises Hidden, Refused, Conflict."""
    return _end(change_id, terms.Did.SHIFT_WITHDRAWN, lambda one: one.asker_id, by)


def _end(change_id: UUID, did: terms.Did, whose: Callable[[ShiftChange], UUID], by: Actor) -> ShiftChange:
    found = _lock(change_id, by)
    if whose(found) != by.person:
        raise authority.Refused(terms.Can.ROTA, found.place_path)
    step = next(one for one in lifecycle.CHANGE.steps if one.verb == did)
    if found.state == step.target:
        return found
    lifecycle.CHANGE.move(found, did, by=by)
    _settle(found)
    _record(did, found, by)
    return found


@transaction.atomic
def see_change(change_id: UUID, *, by: Actor) -> ShiftChange:
    """The keeper has seen it. Twice is once. Raises Hidden, Refused."""
    found = _lock(change_id, by)
    authority.require(by, terms.Can.ROTA, at=found.place_path)
    if found.seen_at is None:
        found.seen_at = now()
        found.save(update_fields=["seen_at"])
        ledger.record(terms.Did.SHIFT_SEEN, found, by=by, chain=found.id, swap=found.kind)
    return found


@transaction.atomic
def lapse_changes(*, by: Actor, limit: int = 200) -> int:
    """End what nobody answered before the shift began. For a job. Returns how many."""
    late = ShiftChange.objects.filter(state=terms.ChangeState.ASKED, seat__starts_at__lte=now()).order_by("id")
    rows = list(late.select_for_update(of=("self",), skip_locked=True).select_related("seat__shift")[:limit])
    for one in rows:
        lifecycle.CHANGE.move(one, terms.Did.SHIFT_LAPSED, by=by)
        one.settled_at = now()
    ShiftChange.objects.bulk_update(rows, ["state", "settled_at"])
    ledger.record_many(
        terms.Did.SHIFT_LAPSED,
        [
            ledger.Line("people.shiftchange", one.id, one.place_path, one.id, None, _values(one))
            for one in rows
        ],
        by=by,
    )  # fmt: skip
    return len(rows)


def _lock(change_id: UUID, by: Actor) -> ShiftChange:
    queries.change(change_id, by=by)
    rota_id = ShiftChange.objects.values_list("rota_id", flat=True).get(id=change_id)
    Rota.objects.select_for_update().get(id=rota_id)
    return (
        ShiftChange.objects.select_for_update(of=("self",))
        .select_related("seat__shift", "rota", "asker", "taker").get(id=change_id)
    )  # fmt: skip


def _settle(one: ShiftChange) -> None:
    one.settled_at = now()
    one.save(update_fields=["state", "settled_at"])


def _values(one: ShiftChange) -> dict[str, Any]:
    return {"swap": one.kind, "when": shifts.when(one.seat.shift), "shift": one.seat.shift.name, "seat": one.seat_id}


def _record(did: terms.Did, one: ShiftChange, by: Actor) -> None:
    private = {"reason": one.reason} if one.reason and did == terms.Did.SHIFT_ASKED else None
    ledger.record(
        did, one, by=by, chain=one.id, private=private, asker=one.asker.pseudonym, taker=one.taker.pseudonym,
        **_values(one),
    )  # fmt: skip

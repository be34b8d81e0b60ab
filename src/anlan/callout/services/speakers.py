"""Loudspeakers: told of a call once per place, stopped with it, their receipts taken in. Nobody counts as reached."""

import datetime as dt
import hashlib
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from anlan.callout import broadcasting, events, wire
from anlan.callout.models import Broadcast, Call, Carrier, PlayOrder, PlayReceipt, Speaker
from anlan.callout.services import channels, jobs_by_name, speaking
from anlan.callout.terms import CallState, Did, Genre
from anlan.kernel import authority
from anlan.kernel.clock import local, now
from anlan.ledger import services as ledger

NAME = "loudspeaker"
TRIES = 8  # times that one order is tried
PAUSE, LONGEST_PAUSE = 5, 120  # seconds between, doubled each time
LEASE = dt.timedelta(seconds=60)  # for which an order is in one worker's hands
BATCH = 20
LASTS = dt.timedelta(hours=6)  # after which an order is stale, where the call has no end of its own
PRIORITY = {"red": 1, "orange": 2, "yellow": 3}
RANK = {"waiting": 0, "accepted": 1, "playing": 2, "offline": 3, "failed": 3, "played": 4}


def named(call: Call) -> bool:
    """Say whether the policy that a call froze at its start names loudspeakers."""
    return any(NAME in group for group in call.policy.get("send", ()))


@transaction.atomic
def told(calls: Sequence[UUID], what: str) -> None:
    """Have loudspeakers say that calls started, or stop them. In the caller's transaction; the same twice is once."""
    if what != "started":
        _stop(calls, what)
        return
    if not Carrier.objects.filter(name=NAME, enabled=True).exists():
        return
    tuned = channels.tuned(NAME)
    running = Call.objects.filter(id__in=calls, drill=False, genre=Genre.CALL, state=CallState.RUNNING)
    for call in running.exclude(id__in=Broadcast.objects.filter(call_id__in=calls).values("call_id")):
        if named(call):
            _begin(call, tuned)


def _begin(call: Call, tuned: Mapping[str, Any]) -> None:
    held = broadcasting.silent_because(
        call.level, local(now()).hour, levels=str(tuned["levels"]).split(),
        night=(int(tuned["night_from"]), int(tuned["night_to"])),
    )  # fmt: skip
    by_place = defaultdict(list)
    for speaker in _covered(call):
        by_place[speaker.place_path].append(speaker)
    if not by_place:
        return
    said = Broadcast.objects.create(
        call_id=call.id, level=call.level, held=held, token=secrets.token_urlsafe(32),
        text=broadcasting.spoken(call.title, call.body, forwarded=call.alert_id is not None),
        until=call.valid_until or now() + LASTS,
    )  # fmt: skip
    by = authority.machine("callout.speakers", exercise=call.exercise_id)
    if held:
        ledger.record(Did.SPEAKERS_HELD, call, by=by, why=held)
        return
    orders = [PlayOrder(broadcast=said, place_path=path) for path in sorted(by_place)]
    PlayOrder.objects.bulk_create(orders)
    PlayReceipt.objects.bulk_create(
        PlayReceipt(order=order, code=one.code, name=one.name) for order in orders for one in by_place[order.place_path]
    )
    ledger.record(Did.SPEAKERS_TOLD, call, by=by, places=len(orders), terminals=sum(map(len, by_place.values())))
    jobs_by_name.later("callout.speakers", priority=40)


def _covered(call: Call) -> list[Speaker]:
    """Return the terminals at or under the places that a call names."""
    paths = call.targeting.get("paths") or ()
    under = Q(pk__in=[])
    for path in paths:
        under |= Q(place_path__startswith=path)
    return list(Speaker.objects.filter(under, enabled=True).order_by("place_path", "code"))


def _stop(calls: Sequence[UUID], what: str) -> None:
    """Stop what still plays: an order that has not left is dropped, one that has gets a stop order."""
    mine = Broadcast.objects.filter(call_id__in=calls, stopped="")
    ids = list(mine.values_list("call_id", flat=True))
    if not ids:
        return
    Broadcast.objects.filter(call_id__in=ids).update(stopped=what)
    orders = PlayOrder.objects.filter(broadcast_id__in=ids)
    orders.filter(state="queued", tries=0).update(state="dropped")
    # one that was tried may have arrived although nobody heard so: it is stopped, and not sent again
    left = orders.filter(state__in=["sent", "sending", "queued", "failed"])
    if left.update(stop="queued", tries=0, next_at=now()):
        jobs_by_name.later("callout.speakers", priority=40)


# --- sending


def say_due() -> int:
    """Send the orders and stop orders that are due; returns how many the gateway took. What fails is tried again."""
    moment = now()
    with transaction.atomic():
        due = Q(state__in=["queued", "sending"], stop="") | Q(stop__in=["queued", "sending"])
        ids = list(
            PlayOrder.objects.select_for_update(skip_locked=True)
            .filter(due, next_at__lte=moment).order_by("next_at", "id").values_list("id", flat=True)[:BATCH]
        )  # fmt: skip
        PlayOrder.objects.filter(id__in=ids, stop="").update(state="sending", next_at=moment + LEASE)
        PlayOrder.objects.filter(id__in=ids).exclude(stop="").update(stop="sending", next_at=moment + LEASE)
    waiting = PlayOrder.objects.filter(id__in=ids).select_related("broadcast").order_by("id")
    return sum(_send(order) for order in waiting)


def _send(order: PlayOrder) -> bool:
    tuned = channels.tuned(NAME)
    gateway = wire.Gateway(tuned["url"], tuned["key"], tuned["secret"])
    stopping = bool(order.stop)
    wrong, results = "", {}
    if not stopping and order.broadcast.until <= now():
        PlayOrder.objects.filter(id=order.id).update(state="failed", error=_("等到过期也没送到"))
        return False
    payload = {"order": str(order.id)} if stopping else play(order, tuned)
    try:
        said = gateway.post(
            "/stop" if stopping else "/orders", payload, idempotency=f"{order.id}{'-stop' if stopping else ''}",
            client=wire.shared(),
        )  # fmt: skip
        if not stopping:
            results = dict(wire.results(said, payload["terminals"]))
    except (wire.Down, wire.Rejected) as broken:
        wrong = broken.reason[:200]
        channels.failed(NAME, broken.reason)
    else:
        channels.worked(NAME)
    with transaction.atomic():
        _note(order, wrong, stopping=stopping)
        _accepted(order, results)
    return not wrong


def play(order: PlayOrder, tuned: Mapping[str, Any]) -> dict[str, Any]:
    """Return a play order as it goes over the line; the sound is made the first time and kept."""
    said = order.broadcast
    if said.audio is None and (made := speaking.aloud(said.text)) is not None:
        Broadcast.objects.filter(pk=said.pk, audio=None).update(audio=made)
        said.audio = made
    sound = bytes(said.audio) if said.audio is not None else b""
    audio = {
        "url": f"{settings.PUBLIC_URL}/gateway/loudspeaker/audio/{said.token}.wav", "type": "audio/wav",
        "sha256": hashlib.sha256(sound).hexdigest(), "bytes": len(sound),
    } if sound else None  # fmt: skip
    return {
        "order": str(order.id), "action": "play", "level": said.level, "priority": PRIORITY.get(said.level, 4),
        "text": said.text, "audio": audio, "volume": int(tuned["volume"]), "repeat": int(tuned["repeat"]),
        "gap": int(tuned["gap"]), "from": said.made_at.isoformat(), "until": said.until.isoformat(),
        "terminals": list(order.receipts.order_by("code").values_list("code", flat=True)),
    }  # fmt: skip


def _note(order: PlayOrder, wrong: str, *, stopping: bool) -> None:
    row = PlayOrder.objects.select_for_update().get(id=order.id)
    field = "stop" if stopping else "state"
    if getattr(row, field) != "sending":
        return  # stopped meanwhile, or another worker was first
    row.tries += 1
    if not wrong:
        setattr(row, field, "sent")
        row.sent_at, row.error = row.sent_at or now(), ""
    elif row.tries >= TRIES:
        setattr(row, field, "failed")
        row.error = wrong
        call = Call.objects.get(id=order.broadcast_id)
        by = authority.machine("callout.speakers", exercise=call.exercise_id)
        ledger.record(Did.SPEAKERS_FAILED, call, by=by, at_place=row.place_path, reason=wrong)
    else:
        setattr(row, field, "queued")
        row.error = wrong
        row.next_at = now() + dt.timedelta(seconds=min(PAUSE * 2 ** (row.tries - 1), LONGEST_PAUSE))
    row.save()


def _accepted(order: PlayOrder, results: Mapping[str, Mapping[str, Any]]) -> None:
    moment = now()
    good = [code for code, row in results.items() if row.get("status") == "accepted"]
    waiting = order.receipts.filter(state="waiting")
    waiting.filter(code__in=good).update(state="accepted", at=moment)
    for code, row in results.items():
        if row.get("status") == "rejected":
            reason = str(row.get("reason") or "rejected")[:80]
            state = "offline" if reason == "offline" else "failed"
            order.receipts.filter(code=code, state="waiting").update(state=state, reason=reason, at=moment)


# --- receipts


def report(payload: Any) -> tuple[int, int, list[tuple[int, str]]]:
    """Take in what the gateway tells of terminals: returns how many changed something, how many did not, the faults.

    A receipt never goes back: "accepted" that arrives after "played" changes nothing. Raises events.Unreadable.
    """
    listed = payload.get("events") if isinstance(payload, dict) else None
    if not isinstance(listed, list) or len(listed) > events.LARGEST:
        raise events.Unreadable(f"expected an object with a list «events» of at most {events.LARGEST}")
    faults: list[tuple[int, str]] = []
    changed = 0
    moment = now()
    codes = {one.get("terminal") for one in listed if isinstance(one, dict) and isinstance(one.get("terminal"), str)}
    known = {s.code: s for s in Speaker.objects.select_for_update().filter(code__in=codes).order_by("id")}
    wanted = {found for one in listed if (found := _order_of(one)) is not None}
    receipts = {
        (r.order_id, r.code): r
        for r in PlayReceipt.objects.select_for_update().filter(order_id__in=wanted, code__in=codes).order_by("id")
    }
    touched: dict[UUID, PlayReceipt] = {}
    for index, one in enumerate(listed):
        try:
            receipt, done = _one(one, known, receipts, moment)
        except ValueError as wrong:
            faults.append((index, str(wrong)))
            continue
        changed += done
        if receipt is not None and done:
            touched[receipt.id] = receipt
    PlayReceipt.objects.bulk_update(touched.values(), ["state", "times", "reason", "at"])
    Speaker.objects.bulk_update(known.values(), ["online", "online_since", "heard_at"])
    return changed, len(listed) - changed - len(faults), faults


def _order_of(one: Any) -> UUID | None:
    try:
        return UUID(one["order"]) if isinstance(one, dict) and isinstance(one.get("order"), str) else None
    except ValueError:
        return None


def _one(
    one: Any, known: Mapping[str, Speaker], receipts: Mapping[tuple[UUID, str], PlayReceipt], moment: dt.datetime
) -> tuple[PlayReceipt | None, bool]:
    """Return the receipt that an event is about (None for a heartbeat) and whether it changed. Raises ValueError."""
    if not isinstance(one, dict):
        raise ValueError("event: expected an object")  # noqa: TRY004 - one kind of fault
    kind, code = one.get("type"), one.get("terminal")
    if kind not in {"online", "offline", "accepted", "playing", "played", "failed"}:
        raise ValueError(f"type: «{str(kind)[:20]}» is none of accepted, playing, played, failed, online, offline")
    if not isinstance(code, str) or (code not in known and not any(c == code for _o, c in receipts)):
        raise ValueError(f"terminal: «{str(code)[:40]}» is not one of ours")
    if code in known:
        _heard(known[code], online=kind != "offline", moment=moment)
    if "order" not in one:
        if kind not in {"online", "offline"}:
            raise ValueError("order: is missing")
        return None, True
    receipt = receipts.get((order, code)) if (order := _order_of(one)) is not None else None
    if receipt is None or kind == "online":
        raise ValueError("order: is not one of ours, or not for this terminal")
    times = one.get("times", 1 if kind == "played" else 0)
    if isinstance(times, bool) or not isinstance(times, int) or not 0 <= times <= 1000:
        raise ValueError("times: expected a number from 0")
    if RANK[kind] < RANK[receipt.state] or (kind == receipt.state and times <= receipt.times):
        return receipt, False
    receipt.state, receipt.times, receipt.at = kind, max(times, receipt.times), moment
    receipt.reason = str(one.get("reason") or "").replace("\x00", "")[:80] if kind in {"failed", "offline"} else ""
    return receipt, True


def _heard(speaker: Speaker, *, online: bool, moment: dt.datetime) -> None:
    if speaker.online != online:
        speaker.online, speaker.online_since = online, moment
    speaker.heard_at = moment

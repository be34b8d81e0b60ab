"""Relays' work that nobody asks for: posting to those that are posted to, and every minute what became stuck."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import httpx
import orjson
from django.conf import settings
from django.db import transaction

from anlan.callout import sealing, wire
from anlan.callout.models import Relay, RelayHeard, RelayText
from anlan.callout.services import relaying, relays
from anlan.kernel.clock import now

PATIENCE = 8.0  # seconds for a push relay to answer
KEEP = dt.timedelta(days=7)  # for which a text that is over is shown
FIRST_PAUSE, LONGEST_PAUSE = 10, 300  # seconds for which a push relay that fails is left alone


def push_due() -> int:
    """Post to every push relay what it may send now; returns how many were taken. Each relay in one worker's hands."""
    due = Relay.objects.filter(mode="push", enabled=True, texts__state="queued").distinct().values_list("id", flat=True)
    return sum(_push(relay_id) for relay_id in list(due))


def _push(relay_id: UUID) -> int:
    with transaction.atomic():
        relay = Relay.objects.select_for_update(skip_locked=True).filter(id=relay_id).first()
        texts = relaying.lease(relay, relaying.BATCH) if relay is not None and relays.alive(relay) else []
    if relay is None or not texts:
        return 0
    try:
        rows = dict(wire.results(_posted(relay, texts), [t["id"] for t in texts]))
    except wire.Down as down:
        _stumbled(relay_id, down.reason)
        return 0
    with transaction.atomic():
        return _took(relay_id, rows)


def _posted(relay: Relay, texts: Sequence[Mapping[str, str]]) -> Any:
    """Return what a push relay answers. Raises wire.Down, whose reason holds no token."""
    token = sealing.unseal(relay.token, settings.FIELD_KEY)
    try:
        answer = wire.shared().post(
            f"{relay.url}/messages", json={"messages": list(texts)}, timeout=PATIENCE,
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip
    except httpx.HTTPError as broken:
        raise wire.Down(f"{type(broken).__name__}: {broken}"[:160]) from broken
    if not answer.is_success:
        raise wire.Down(f"HTTP {answer.status_code}: {' '.join(answer.text.split())[:120]}")
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError as broken:
        raise wire.Down(f"answered no JSON: {answer.text[:60]!r}") from broken


def _stumbled(relay_id: UUID, reason: str) -> None:
    """Note that a push relay failed. What it had stays leased: nobody knows what it took, the same ids go again."""
    with transaction.atomic():
        relay = Relay.objects.select_for_update().get(id=relay_id)
        relay.failures = min(relay.failures + 1, 100)
        pause = min(FIRST_PAUSE * 2 ** min(relay.failures - 1, 10), LONGEST_PAUSE)
        relay.retry_at, relay.last_error = now() + dt.timedelta(seconds=pause), reason[:200]
        relay.save(update_fields=["failures", "retry_at", "last_error"])


def _took(relay_id: UUID, rows: Mapping[str, Mapping[str, Any]]) -> int:
    Relay.objects.filter(id=relay_id).update(
        failures=0, retry_at=None, last_error="", seen_at=now(), last_ok_at=now()
    )  # fmt: skip
    good = [UUID(key) for key, row in rows.items() if row.get("status") == "accepted"]
    bad = {UUID(key): str(row.get("reason") or "rejected") for key, row in rows.items()
           if row.get("status") == "rejected"}  # fmt: skip
    relaying.over(good, "sent")
    relaying.give_up(bad)
    return len(good)  # throttled and silent ones stay leased and come again


# --- every minute


def tick(tuned: Mapping[str, Any]) -> int:
    """Take back leases that ran out, move what waits for a relay that is gone, give up what nobody can send in time.

    Returns how many texts were moved or given up.
    """
    moment = now()
    with transaction.atomic():
        every = list(Relay.objects.select_for_update().order_by("id"))
        RelayText.objects.filter(state="leased", until__lt=moment, tries__lt=relaying.TRIES).update(
            state="queued", until=None
        )
        lost = RelayText.objects.filter(state="leased", until__lt=moment).values_list("id", flat=True)
        bad = dict.fromkeys(lost, "relay_lost")
        living = [r for r in every if relays.alive(r)]
        room = relaying.room_of(living, float(tuned["wait"])) if living else {}
        done = {r.id for r in living if relays.used_today(r) < r.daily}
        too_old = moment - dt.timedelta(minutes=float(tuned["wait"]) + 10)
        stuck = RelayText.objects.filter(state="queued").exclude(relay_id__in=done) | RelayText.objects.filter(
            state="queued", made_at__lt=too_old
        )
        moved: list[RelayText] = []
        for row in stuck.select_related("relay").order_by("urgency", "made_at", "id")[:2000]:
            other = [r for r in living if r.id != row.relay_id and r.id in done]
            found, _why = relaying.choose(other, room, row.relay.place_path, row.segments)
            if row.trial or found is None or row.made_at < too_old:
                bad[row.id] = "relay_silent" if row.relay_id not in room else "daily_limit"
                continue
            room[found.id][0] -= row.segments
            room[found.id][1] -= 1
            row.relay = found
            moved.append(row)
        RelayText.objects.bulk_update(moved, ["relay"])
        relaying.give_up(bad)
        RelayText.objects.filter(done_at__lt=moment - KEEP).delete()
        RelayHeard.objects.filter(at__lt=moment - KEEP).delete()
    return len(moved) + len(bad)

"""Texts on their way through relays: queued in order, leased at the SIM's pace, reported, moved when a relay is gone.

A lease that nobody reports on runs out, and the text waits again under the same id: a relay that died loses nothing,
and one that lives knows the id and does not send it twice.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Sum

from anlan.callout import events, sealing, wording
from anlan.callout.carriers import GatewayDown, Handed, Message
from anlan.callout.models import Relay, RelayText
from anlan.callout.services import gateways, receipts, relays
from anlan.callout.services.gateways import Taken
from anlan.callout.terms import ReceiptState, Report
from anlan.kernel.clock import local, now

NAME = "sms_relay"
BATCH = 20  # texts in one lease
AHEAD = 60.0  # seconds of a SIM's pace that one lease may hold
GRACE = 120  # seconds beyond its pace that a lease lasts
TRIES = 4  # leases of one text, after which it is given up
URGENCY = {"red": 0, "orange": 1, "yellow": 2}
_WAITING = ("queued", "leased")


def enqueue(batch: Sequence[Message], tuned: Mapping[str, Any]) -> list[Handed]:
    """Give each text to a relay of its place, the nearest first. One that has no room is refused, not hidden.

    Raises GatewayDown where no relay lives at all.
    """
    with transaction.atomic():
        living = [r for r in Relay.objects.select_for_update().order_by("id") if relays.alive(r)]
        if not living:
            raise GatewayDown("没有一部短信手机在线")
        wait = float(tuned["wait"])
        room = room_of(living, wait)
        said, made = [], []
        there = set(RelayText.objects.filter(id__in=[m.key for m in batch]).values_list("id", flat=True))
        for m in batch:
            if m.key in there:
                said.append(Handed(m.key, ok=True, ref="queued"))
                continue
            text = _text(m, tuned)
            relay, reason = choose(living, room, m.place_path, text.segments)
            if relay is None:
                said.append(Handed(m.key, ok=False, reason=reason))
                continue
            room[relay.id][0] -= text.segments
            room[relay.id][1] -= 1
            made.append(_row(m, relay, text.text, text.segments))
            said.append(Handed(m.key, ok=True, ref="queued"))
        RelayText.objects.bulk_create(made)
    return said


def _text(m: Message, tuned: Mapping[str, Any]) -> Any:
    return wording.sms(
        m.title, m.body, link=m.link if tuned["with_link"] else "", signature=tuned["signature"] or "",
        needs_answer=m.needs_answer, drill=m.drill, genre=m.genre, asks_result=m.asks_result,
    )  # fmt: skip


def _row(m: Message, relay: Relay, text: str, segments: int, *, trial: bool = False) -> RelayText:
    return RelayText(
        id=m.key, relay=relay, urgency=9 if m.genre else URGENCY.get(m.level, 3), segments=segments, trial=trial,
        to=sealing.seal(m.address, settings.FIELD_KEY), text=sealing.seal(text, settings.FIELD_KEY),
    )  # fmt: skip


def room_of(living: Sequence[Relay], wait: float) -> dict[UUID, list[int]]:
    """Return, by relay, [segments left today, texts that could still leave within `wait` minutes]."""
    rows = RelayText.objects.filter(relay__in=living, state__in=_WAITING).values("relay_id")
    load = {r["relay_id"]: r for r in rows.annotate(n=Count("id"), s=Sum("segments"))}
    made = {}
    for relay in living:
        mine = load.get(relay.id, {"n": 0, "s": 0})
        made[relay.id] = [relay.daily - relays.used_today(relay) - mine["s"], int(relay.rate * wait) - mine["n"]]
    return made


def choose(
    living: Sequence[Relay], room: Mapping[UUID, Sequence[int]], path: str, segments: int
) -> tuple[Relay | None, str]:
    """Return the nearest relay at or above a place with room, the emptiest of several there; else why there is none.

    Which reason: none for this place, none with a text left today, none soon enough.
    """
    mine = [r for r in living if path.startswith(r.place_path)]
    if not mine:
        return None, "no_relay"
    today = [r for r in mine if room[r.id][0] >= segments]
    if not today:
        return None, "daily_limit"
    soon = [r for r in today if room[r.id][1] > 0]
    if not soon:
        return None, "queue_full"
    return max(soon, key=lambda r: (len(r.place_path), room[r.id][1] / r.rate)), ""


@transaction.atomic
def trial(relay: Relay, m: Message) -> None:
    """Queue one text of a test for a relay; it leaves before all others."""
    row = _row(m, relay, wording.sms(m.title, m.body, needs_answer=False).text, 1, trial=True)
    row.urgency = 0
    row.save(force_insert=True)


# --- leasing

_STILL = """
SELECT t.id FROM callout_relay_text t
LEFT JOIN callout_receipt r ON r.id = t.id
LEFT JOIN callout_obligation o ON o.id = r.obligation_id
LEFT JOIN callout_call c ON c.id = r.call_id
WHERE t.id = ANY(%s) AND (t.trial OR (r.state IN ('handing', 'handed', 'queued') AND o.state IN ('open', 'told')
  AND (c.id IS NULL OR c.state = 'running')))"""


def lease(relay: Relay, most: int) -> list[dict[str, str]]:
    """Take what a relay may send now, in order: at its pace, within its day. In the caller's transaction, under lock.

    A text whose person has answered, or whose call is over, is let go instead.
    """
    moment = now()
    spacing = dt.timedelta(seconds=60.0 / relay.rate)
    begin = max(relay.next_at, moment)
    free = int((moment + dt.timedelta(seconds=AHEAD) - begin) / spacing)
    if free < 1 and relay.next_at <= moment:
        free = 1
    left = relay.daily - relays.used_today(relay)
    wanted = min(most, free, BATCH)
    taken: list[RelayText] = []
    while len(taken) < wanted:
        rows = list(
            relay.texts.filter(state="queued").order_by("urgency", "made_at", "id")[: max(wanted - len(taken), 10)]
        )
        if not rows:
            break
        with connection.cursor() as cursor:
            cursor.execute(_STILL, [[r.id for r in rows]])
            good = {row[0] for row in cursor.fetchall()}
        over([r.id for r in rows if r.id not in good], "void", "not_needed")
        fit = [r for r in rows if r.id in good]
        if not fit:
            continue
        for row in fit[: wanted - len(taken)]:
            if row.segments > left and not row.trial:
                wanted = len(taken)  # the day is over for this SIM: what waits is moved or given up by tick
                break
            left -= row.segments
            row.state, row.tries = "leased", row.tries + 1
            taken.append(row)
        RelayText.objects.bulk_update(taken, ["state", "tries"])
    if not taken:
        return []
    until = moment + len(taken) * spacing + dt.timedelta(seconds=GRACE)
    RelayText.objects.filter(id__in=[t.id for t in taken]).update(until=until)
    relay.used = relays.used_today(relay) + sum(t.segments for t in taken)
    relay.day, relay.next_at = local(moment).date(), begin + len(taken) * spacing
    relay.save(update_fields=["used", "day", "next_at"])
    return [
        {
            "id": str(t.id), "to": sealing.unseal(t.to, settings.FIELD_KEY),
            "text": sealing.unseal(t.text, settings.FIELD_KEY),
        }
        for t in taken
    ]  # fmt: skip


def over(ids: Sequence[UUID], state: str, reason: str = "") -> None:
    """Note what became of texts; number and words are wiped: nothing of a person stays behind."""
    if ids:
        RelayText.objects.filter(id__in=ids).update(
            state=state, reason=reason[:80], done_at=now(), until=None, to="", text=""
        )


@transaction.atomic
def pull(token: str, body: Any) -> dict[str, Any]:
    """Answer a relay that asks: texts, how far apart to send them, how long they are its own. Raises Hidden."""
    relay = relays.known(token)
    said = body if isinstance(body, dict) else {}
    relays.saw(relay, said.get("status"))
    most = said.get("most", BATCH)
    most = most if isinstance(most, int) and not isinstance(most, bool) and 1 <= most <= BATCH else BATCH
    texts = lease(relay, most)
    pace = 60.0 / relay.rate
    return {"messages": texts, "pace": round(pace, 1), "lease": int(len(texts) * pace) + GRACE}


# --- what a relay reports


@transaction.atomic
def report(token: str, payload: Any) -> Taken:
    """Take in what a relay tells: sent, delivered, failed, replies. Raises Hidden, events.Unreadable.

    The same event again is repeated and changes nothing. A text of another relay is none of this one's.
    """
    relay = relays.known(token)
    relays.saw(relay, payload.get("status") if isinstance(payload, dict) else None)
    listed = payload.get("events", []) if isinstance(payload, dict) else None
    if not isinstance(listed, list):
        raise events.Unreadable("expected an object with a list «events»")
    fresh, repeated = _fresh(relay, listed)
    own = _own(relay, fresh)
    through = [one for one in fresh if not _own_affair(one, own)]
    for kind in ("sent", "delivered", "failed"):
        for reason, ids in _by_reason(fresh, own, kind).items():
            over(ids, kind, reason)
    if any(isinstance(one, dict) and one.get("type") in {"sent", "delivered"} for one in fresh):
        Relay.objects.filter(id=relay.id).update(last_ok_at=now(), last_error="", failures=0, retry_at=None)
    named = [{**one, "event": f"{relay.id.hex[-8:]}-{one['event']}"[:64]} if _named(one) else one for one in through]
    taken = gateways.take(NAME, {"events": named}, proof=None)
    silent = len(fresh) - len(through)
    return Taken(taken.accepted + silent, taken.repeated + repeated, taken.unplaced, taken.faults, taken.words)


def _named(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("event"), str) and bool(one["event"])


def _fresh(relay: Relay, listed: Sequence[Any]) -> tuple[list[Any], int]:
    """Return the events that are new, in order, and how many are not. One without an id of its own is a fault later."""
    if len(listed) > events.LARGEST:
        raise events.Unreadable(f"{len(listed)} events; at most {events.LARGEST} in one request")
    ids = [one["event"][:64] for one in listed if _named(one) and "\x00" not in one["event"]]
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO callout_relay_heard (id, relay_id, event, at)
               SELECT gen_random_uuid(), %s, e, %s FROM (SELECT DISTINCT unnest(%s::text[]) AS e) n
               ON CONFLICT (relay_id, event) DO NOTHING RETURNING event""",
            [relay.id, now(), ids],
        )
        new = {row[0] for row in cursor.fetchall()}
    fresh, repeated = [], 0
    for one in listed:
        if not _named(one) or "\x00" in one["event"]:
            fresh.append(one)
        elif one["event"][:64] in new:
            new.discard(one["event"][:64])
            fresh.append(one)
        else:
            repeated += 1
    return fresh, repeated


def _id_of(one: Any) -> UUID | None:
    try:
        return UUID(one["id"]) if isinstance(one, dict) and isinstance(one.get("id"), str) else None
    except ValueError:
        return None


def _own(relay: Relay, fresh: Sequence[Any]) -> dict[UUID, bool]:
    """Return which of the ids named are this relay's texts, and whether each is a trial."""
    ids = {found for one in fresh if (found := _id_of(one)) is not None}
    return dict(relay.texts.filter(id__in=ids).values_list("id", "trial"))


def _own_affair(one: Any, own: Mapping[UUID, bool]) -> bool:
    """Say whether an event tells only us: that it left, or anything about a trial."""
    key = _id_of(one)
    return key is not None and key in own and (one.get("type") == "sent" or own[key])


def _by_reason(fresh: Sequence[Any], own: Mapping[UUID, bool], kind: str) -> dict[str, list[UUID]]:
    made: dict[str, list[UUID]] = defaultdict(list)
    for one in fresh:
        key = _id_of(one)
        if key is not None and key in own and one.get("type") == kind:
            made[str(one.get("reason") or "") if kind == "failed" else ""].append(key)
    return made


def give_up(reasons: Mapping[UUID, str]) -> None:
    """Give texts up; the next carrier of the policy takes over, and a dead number goes up the ladder at once."""
    if not reasons:
        return
    for reason in set(reasons.values()):
        over([key for key, why in reasons.items() if why == reason], "failed", reason)
    receipts.report_many([
        Report(key, ReceiptState.FAILED, now(), reason=events.dead_reason(reason) or reason[:80],
               dead=bool(events.dead_reason(reason)), ref="")
        for key, reason in reasons.items()
    ])  # fmt: skip

"""What a duty officer does from the board: send again to those not reached (补发), call higher now (升级)."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from anlan.callout import ladder
from anlan.callout.ladder import Step
from anlan.callout.models import Call
from anlan.callout.queries import board
from anlan.callout.services import channels, jobs_by_name
from anlan.callout.terms import Act, CallState, Can, Did, Rung
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger

PAUSE = 60  # seconds after an attempt before the same person is sent to again
NEXT = {Rung.SELF: Act.DEPUTY, Rung.DEPUTY: Act.SUPERIOR, Rung.SUPERIOR: Act.DOOR}
AFTER = "["  # see queries.board
HAND = 2_500

# Nobody's telephone says that it has come, nobody has answered, the number is not dead, and nothing is under way.
NOT_REACHED = """o.call_id = %(call)s AND o.place_path >= %(low)s AND o.place_path < %(high)s
  AND o.part IN ('self', 'copy') AND o.state IN ('open', 'told') AND o.reached_at IS NULL AND o.known_at IS NULL
  AND NOT o.dead AND NOT EXISTS (SELECT FROM callout_receipt r WHERE (r.id = o.id OR r.obligation_id = o.id)
    AND (r.state IN ('queued', 'handing') OR r.made_at > %(since)s))"""

_SEND = f"""
WITH due AS (SELECT o.id FROM callout_obligation o WHERE {NOT_REACHED} ORDER BY o.id FOR UPDATE),
  up AS (
  UPDATE callout_obligation o SET tries = o.tries + 1, receipt_id = n.id
  FROM (SELECT due.id AS oid, callout_uuid7(%(ms)s, (%(base)s + row_number() OVER ())::int) AS id FROM due) n
  WHERE o.id = n.oid
  RETURNING o.id, o.call_id, o.place_path, o.exercise_id, o.drill, o.tries, n.id AS receipt)
INSERT INTO callout_receipt (id, obligation_id, call_id, place_path, exercise_id, drill, carrier, fallback, attempt,
  state, made_at, tries, reason, ref)
SELECT up.receipt, up.id, up.call_id, up.place_path, up.exercise_id, up.drill, %(carrier)s, %(fallback)s, up.tries,
  'queued', %(now)s, 0, '', '' FROM up
RETURNING id"""


def _running(call_id: UUID, at: str, by: Actor) -> Call:
    call, top = board.visible(call_id, by)
    board.within(call, at or top, by)
    authority.require(by, Can.START, at=at or top)
    call = Call.objects.select_for_update(of=("self",), no_key=True).get(id=call_id)
    if call.state != CallState.RUNNING:
        raise Conflict(_("这次叫应已经结束，不再发了"))
    return call


def count_not_reached(call: Call, at: str) -> int:
    """Return to how many 补发 would go."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM callout_obligation o WHERE {NOT_REACHED}", _where(call, at))
        return int(cursor.fetchone()[0])


def _where(call: Call, at: str) -> dict[str, Any]:
    moment = now()
    since = moment - dt.timedelta(seconds=PAUSE)
    return {"call": call.id, "low": at, "high": at + AFTER, "since": since, "now": moment}


@transaction.atomic
def send_again(call_id: UUID, *, by: Actor, at: str) -> int:
    """Send once more to everybody at a place and below whom nothing has reached. Returns to how many.

    By the strongest carriers of the policy: the last group that its ladder or its first round names. Raises Hidden,
    Refused, Conflict. Twice within a minute sends once.
    """
    call = _running(call_id, at, by)
    sends = channels.rounds(_strongest(call), drill=call.drill)
    if not sends:
        raise Conflict(_("没有开着的通道，补发不了"))
    ms, base = int(now().timestamp() * 1000), uuid7().int & 0xF00000
    with connection.cursor() as cursor:
        cursor.execute(
            _SEND,
            _where(call, at) | {"ms": ms, "base": base, "carrier": sends[0][0], "fallback": ",".join(sends[0][1:])},
        )
        ids = sorted(row[0] for row in cursor.fetchall())
    if ids:
        jobs_by_name.many(
            "callout.hand-later",
            [{"low": str(p[0]), "high": str(p[-1])} for p in (ids[i : i + HAND] for i in range(0, len(ids), HAND))],
            priority=25,
        )
        ledger.record(Did.SENT_AGAIN, call, by=by, count=len(ids), at_place=at, carrier=sends[0][0])
    return len(ids)


def _strongest(call: Call) -> list[tuple[str, ...]]:
    """Return the carriers to send again by: those of the last repeat; without one, the first round's."""
    repeats = [s.send for s in ladder.steps(call.policy.get("ladder")) if s.act == Act.AGAIN and s.send]
    last = repeats[-1] if repeats else ladder.groups(call.policy["send"])
    return list(last[-1:])


def higher(call: Call) -> list[tuple[Rung, int, Step]]:
    """Return, for each rung from which one can go higher now, which step of the ladder comes next."""
    steps = ladder.steps(call.policy.get("ladder"))
    found = []
    for rung in NEXT:
        above = [a for a in Act if list(Act).index(a) > list(Rung).index(rung)]
        ahead = next(((i, s) for i, s in enumerate(steps) if s.act in above), None)
        if ahead is not None:
            found.append((rung, *ahead))
    return found


@transaction.atomic
def raise_now(call_id: UUID, *, by: Actor, at: str) -> int:
    """Call higher at once for everybody who is silent at a place and below: each one rung up. Returns for how many.

    The ladder's own step is made due now; the climber takes it within a second. Raises Hidden, Refused, Conflict.
    """
    call = _running(call_id, at, by)
    total = 0
    for rung, number, step in reversed(higher(call)):
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE callout_obligation o SET step = %s, next_at = %s
                   FROM (SELECT id FROM callout_obligation WHERE call_id = %s AND place_path >= %s AND place_path < %s
                           AND part = 'self' AND state = 'open' AND rung = %s AND (step <= %s OR next_at IS NULL)
                         ORDER BY id FOR UPDATE) x WHERE o.id = x.id""",
                [number, now(), call.id, at, at + AFTER, rung, number],
            )
            count = cursor.rowcount
        if count:
            ledger.record(Did.RAISED, call, by=by, count=count, rung=ladder.RUNG[step.act], at_place=at)
        total += count
    if total:
        jobs_by_name.later("callout.climb", priority=100)
    return total

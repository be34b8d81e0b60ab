"""The ladder: whoever has not answered in time is called again, then their B岗, then their superior, then the door.

One engine for every obligation. A step locks its rows (skipping what another climber holds), looks whether the call
still runs and the answer has not come, acts, and sets the next step's time, in one transaction.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from anlan.callout import ladder
from anlan.callout.ladder import Step
from anlan.callout.models import Call
from anlan.callout.services import channels, jobs_by_name, obligations, standing, tallies
from anlan.callout.services.standing import Silent
from anlan.callout.services.undone import begun_again
from anlan.callout.terms import RESULT, Act, CallState, Did, Part, Rung
from anlan.kernel import authority
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger

CHUNK = 10_000  # obligations per transaction
HAND = 2_500  # receipts per hand-over job
GAP = 60  # least seconds between two steps of one obligation when a ladder catches up after a stop


@dataclass(frozen=True, slots=True)
class Due:
    """Obligations of one call (or one generic obligation) that are due the same step."""

    call: UUID | None
    did: str
    step: int
    ids: list[UUID]


def climb(limit: int = 40) -> int:
    """Take every overdue obligation one step up, chunk by chunk. Returns how many were taken."""
    total = 0
    for _ in range(limit):
        taken = climb_chunk()
        total += taken
        if taken < CHUNK:
            break
    return total


@begun_again
@transaction.atomic
def climb_chunk(size: int = CHUNK) -> int:
    """Take up to `size` overdue obligations one step. Returns how many; 0 when nobody is overdue."""
    moment = now()
    groups = _due(moment, size)
    if not groups:
        return 0
    calls = Call.objects.in_bulk({g.call for g in groups if g.call is not None})
    changes = []
    for group in groups:
        if group.call is None:
            obligations.climb(group.ids, moment)
            continue
        call = calls.get(group.call)
        if call is None or call.state != CallState.RUNNING:
            _park(group.ids)
            continue
        steps = ladder.steps(call.policy.get("result_ladder" if group.did == RESULT else "ladder"))
        if group.step >= len(steps):
            _park(group.ids)
            continue
        changes.append(_step(call, steps, group, moment))
    tallies.add(tallies.merge(*changes))
    return sum(len(g.ids) for g in groups)


def _due(moment: dt.datetime, size: int) -> list[Due]:
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH due AS MATERIALIZED (
                 SELECT id, call_id, did, step FROM callout_obligation WHERE state = 'open' AND next_at <= %s
                 ORDER BY next_at LIMIT %s FOR UPDATE SKIP LOCKED)
               SELECT call_id, did, step, array_agg(id ORDER BY id) FROM due GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
            [moment, size],
        )
        return [Due(*row) for row in cursor.fetchall()]


def _park(ids: Sequence[UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE callout_obligation SET next_at = NULL WHERE id = ANY(%s)", [list(ids)])


def _step(call: Call, steps: Sequence[Step], group: Due, moment: dt.datetime) -> Any:
    """Act one step for the obligations of a call; returns what changes in its counters."""
    step = steps[group.step]
    following = steps[group.step + 1] if group.step + 1 < len(steps) else None
    gap = min(GAP, following.at - step.at) if following else 0
    params = {
        "ids": group.ids,
        "now": moment,
        "after": following.at if following else None,
        "gap": gap,
        "rung": ladder.RUNG[step.act],
        "again": int(step.act == Act.AGAIN),
    }
    about_result = group.did == RESULT
    following_at = _NEXT.format(since="due_at" if about_result else "began_at")
    if step.act == Act.AGAIN:
        _again(call, step, params, moment, following_at)
        changes = tallies.merge()
    else:
        silent, changes = _rise(call, params, following_at, Part.RESULT if about_result else Part.SELF)
        if step.act == Act.DEPUTY:
            skipped = standing.call_deputies(call, silent, moment, did=group.did)
            _hurry(skipped, moment)
        elif step.act == Act.SUPERIOR:
            standing.call_superiors(call, silent, moment, did=group.did)
    _enter(call, step, group)
    return changes


_NEXT = """step = o.step + 1, next_at = CASE WHEN %(after)s::int IS NULL THEN NULL
  ELSE greatest(o.{since} + make_interval(secs => %(after)s), %(now)s + make_interval(secs => %(gap)s)) END"""


def _again(call: Call, step: Step, params: dict[str, Any], moment: dt.datetime, following_at: str) -> None:
    """Call the persons again: one receipt each for every group of carriers of the step."""
    sends = channels.rounds(step.send, drill=call.drill)
    with connection.cursor() as cursor:
        if not sends:
            cursor.execute(
                f"UPDATE callout_obligation o SET tries = o.tries + 1, {following_at} WHERE o.id = ANY(%(ids)s)", params
            )
            return
        ms = int(moment.timestamp() * 1000)
        salt = uuid7().int & 0xFFFFFF  # two climbers in one millisecond keep their ranges mostly apart
        base = salt & 0xF00000
        cursor.execute(
            f"""WITH up AS (
                  UPDATE callout_obligation o SET tries = o.tries + 1, receipt_id = n.id, {following_at}
                  FROM (SELECT i AS oid, callout_uuid7(%(ms)s, (%(base)s + row_number() OVER ())::int) AS id
                        FROM unnest(%(ids)s::uuid[]) i) n
                  WHERE o.id = n.oid
                  RETURNING o.id, o.call_id, o.place_path, o.exercise_id, o.drill, o.tries, o.dead, n.id AS receipt)
                INSERT INTO callout_receipt (id, obligation_id, call_id, place_path, exercise_id, drill, carrier,
                  fallback, attempt, state, made_at, tries, reason, ref)
                SELECT CASE WHEN s.k = 0 THEN up.receipt
                         ELSE overlay(up.receipt::text PLACING substr('89ab', s.k + 1, 1) FROM 20 FOR 1)::uuid END,
                  up.id, up.call_id, up.place_path, up.exercise_id, up.drill, s.carrier, s.fallback, up.tries, 'queued',
                  %(now)s, 0, '', ''
                FROM up, unnest(%(k)s::int[], %(carriers)s::text[], %(fallbacks)s::text[]) AS s (k, carrier, fallback)
                WHERE NOT up.dead""",
            params
            | {
                "ms": ms,
                "base": base,
                "k": list(range(len(sends))),
                "carriers": [s[0] for s in sends],
                "fallbacks": [",".join(s[1:]) for s in sends],
            },
        )
    _defer(ms, base, len(params["ids"]))


def _defer(ms: int, base: int, count: int) -> None:
    def bound(n: int, digit: str, tail: str) -> str:
        return str(UUID(f"{ms:012x}7{n >> 12:03x}{digit}{n & 4095:03x}{tail * 12}"))

    jobs_by_name.many(
        "callout.hand-later",
        [
            {"low": bound(base + at + 1, "8", "0"), "high": bound(base + min(at + HAND, count), "b", "f")}
            for at in range(0, count, HAND)
        ],
        priority=25,
    )


def _rise(call: Call, params: dict[str, Any], following_at: str, whose: str) -> tuple[list[Silent], Any]:
    """Move obligations to the step's rung; returns whom that concerns and what changes in the counters."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE callout_obligation o SET rung = %(rung)s, {following_at}
                FROM (SELECT id, rung FROM callout_obligation WHERE id = ANY(%(ids)s)) old
                WHERE o.id = old.id
                RETURNING o.id, o.place_path, old.rung, o.part, o.deputy_id, o.superior_id, o.post, o.post_title,
                  o.role, o.rank""",
            params,
        )
        rows = cursor.fetchall()
    changes = tallies.merge()
    for _, path, old, part, *_rest in rows:
        if part != "self" or old == params["rung"]:
            continue
        if old != Rung.SELF:
            changes[call.id, path][f"at_{old}"] -= 1
        changes[call.id, path][f"at_{params['rung']}"] += 1
    return [Silent(r[0], r[1], *r[4:]) for r in rows if r[3] == whose], changes


def _hurry(ids: Sequence[UUID], moment: dt.datetime) -> None:
    """Do not wait for a B岗 that does not exist: the next step is due at once."""
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE callout_obligation SET next_at = %s WHERE id = ANY(%s) AND next_at IS NOT NULL",
                [moment, list(ids)],
            )


def _enter(call: Call, step: Step, group: Due) -> None:
    digest = hashlib.sha256(b"".join(i.bytes for i in group.ids)).hexdigest()
    by = authority.machine("callout.climb", exercise=call.exercise_id)
    did = Did.CALLED_AGAIN if step.act == Act.AGAIN else Did.CLIMBED
    ledger.record(
        did, call, by=by, wanted=group.did, rung=ladder.RUNG[step.act], act=step.act, step=group.step + 1,
        count=len(group.ids), obligations=digest,
    )  # fmt: skip


def tick() -> int:
    """What happens every second: climb, and send what live screens were not told yet."""
    taken = climb()
    tallies.pulse()
    return taken

"""Obligations that need no answer any more: taken over by a newer call, called off, or left open at the end.

A call's ladder stops the moment its state changes, for all at once: the climber and the carriers look at it. What
follows here only settles the rows, in chunks.
"""

from typing import Any
from uuid import UUID

from django.db import connection, transaction

from anlan.callout import counting
from anlan.callout.models import Call
from anlan.callout.services import jobs_by_name, statistics, tallies
from anlan.callout.terms import CallState, Did, ObligationState, Part
from anlan.kernel import authority
from anlan.ledger import services as ledger

CHUNK = 5_000

_CLOSE = """
WITH gone AS (
  UPDATE callout_obligation o SET state = %(state)s, next_at = NULL
  FROM ({which}) w WHERE o.id = w.id AND o.state = 'open'
  RETURNING o.call_id, o.place_path, o.part, o.rung, o.dead, o.reached_at IS NOT NULL AS reached,
    o.finish = 'refused' AS refused
)
SELECT call_id, place_path, part, rung, dead, reached, refused, count(*) FROM gone GROUP BY 1, 2, 3, 4, 5, 6, 7"""


def close(which: str, params: dict[str, Any], state: ObligationState) -> tuple[counting.Deltas, int]:
    """Close the open obligations whose ids a SELECT gives; returns the counters' changes, and how many persons."""
    made = counting.deltas()
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE.format(which=which), params | {"state": state})
        rows = cursor.fetchall()
    closed = 0
    for call, path, part, rung, dead, reached, refused, n in rows:
        if part == Part.RESULT:
            row = made[call, path]
            row["undone"] -= n
            row["refused"] -= n * refused
            row["tasks"] -= n * (state == ObligationState.VOID)
        if part != Part.SELF or call is None:
            continue
        closed += n
        row = made[call, path]
        row[str(state)] += n
        row["silent"] -= n
        row["silent_dead"] -= n * dead
        row["silent_reached"] -= n * (reached and not dead)
        if rung != "self":
            row[f"at_{rung}"] -= n
    return made, closed


def taken_over(call: Call, low: UUID, high: UUID) -> counting.Deltas:
    """Void what the persons just laid on (ids low … below high) still owed to the older call."""
    made, _ = close(
        """SELECT old.id FROM callout_obligation new JOIN callout_obligation old ON old.call_id = %(old)s
             AND old.person_id = new.person_id AND old.state = 'open'
           WHERE new.call_id = %(new)s AND new.id >= %(low)s AND new.id < %(high)s ORDER BY old.id FOR UPDATE OF old""",
        {"old": call.supersedes, "new": call.id, "low": low, "high": high},
        ObligationState.VOID,
    )
    return made


def sweep(call_id: UUID) -> int:
    """Settle what is still open of a call that runs no more, chunk by chunk; safe to run again. Returns how many."""
    total = 0
    while True:
        with transaction.atomic():
            call = Call.objects.select_for_update(of=("self",), no_key=True).get(id=call_id)
            if call.state == CallState.RUNNING:
                return total
            state = ObligationState.LAPSED if call.state == CallState.ENDED else ObligationState.VOID
            made, closed, seen = _sweep_chunk(call, state)
            total += closed
            if closed:
                did = Did.LAPSED if state == ObligationState.LAPSED else Did.VOIDED
                by = authority.machine("callout.sweep", exercise=call.exercise_id)
                ledger.record(did, call, by=by, count=closed, reason=str(call.state))
            tallies.add(made)
        if seen < CHUNK:
            statistics.count(call_id)
            return total


def _sweep_chunk(call: Call, state: ObligationState) -> tuple[counting.Deltas, int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id FROM callout_obligation WHERE call_id = %s AND state = 'open'
               ORDER BY place_path, id LIMIT %s""",
            [call.id, CHUNK],
        )
        ids = sorted(row[0] for row in cursor.fetchall())
    made, closed = close("SELECT unnest(%(ids)s::uuid[]) AS id", {"ids": ids}, state)
    return made, closed, len(ids)


def later(call: Call) -> None:
    """Defer the sweep of a call that has just stopped."""
    jobs_by_name.later("callout.sweep", priority=20, call=str(call.id))

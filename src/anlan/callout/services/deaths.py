"""Numbers that can never be reached: counted apart, not tried again, and the ladder goes on at once."""

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.db import connection

from anlan.callout import counting
from anlan.callout.terms import Did, Part
from anlan.kernel import authority
from anlan.ledger import services as ledger
from anlan.people import services as people


def note(obligations: Collection[UUID], moment: dt.datetime, leaves: counting.Deltas) -> int:
    """Mark whose number is dead; in the caller's transaction, before the counters. Returns how many were new.

    A drill's invented dead numbers teach the roster nothing.
    """
    if not obligations:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH held AS (SELECT id FROM callout_obligation WHERE id = ANY(%s) AND NOT dead ORDER BY id FOR UPDATE)
               UPDATE callout_obligation o SET dead = true,
                 next_at = CASE WHEN o.state = 'open' AND o.next_at IS NOT NULL THEN least(o.next_at, %s) END
               FROM held WHERE o.id = held.id
               RETURNING o.id, o.call_id, o.place_path, o.part, o.state, o.reached_at IS NOT NULL, o.person_id,
                 o.pseudonym, o.chain_id, o.exercise_id, o.drill, o.post, o.post_title""",
            [sorted(obligations), moment],
        )
        rows = cursor.fetchall()
    for _, call, path, part, state, reached, *_rest in rows:
        if call is None or part != Part.SELF:
            continue
        row = leaves[call, path]
        row["dead"] += 1
        if state == "open":
            row["silent_dead"] += 1
            row["silent_reached"] -= reached
    machine = authority.machine("callout.hand")
    ledger.record_many(
        Did.NUMBER_DEAD,
        [
            ledger.Line("callout.obligation", r[0], r[2], r[8], r[9], {"pseudonym": r[7]}, post=r[11], post_title=r[12])
            for r in rows
        ],
        by=machine,
    )
    real = [r[6] for r in rows if not r[10]]
    if real:
        people.mark_reach(real, reach="dead", by=machine)
    return len(rows)

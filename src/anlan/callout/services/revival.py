"""A mended number takes effect at once: whoever a running call still waits for is called by the new one."""

from collections.abc import Collection
from uuid import UUID

from django.db import connection, transaction

from anlan.callout import counting
from anlan.callout.models import Call
from anlan.callout.services import channels, settling, tallies
from anlan.callout.services.undone import begun_again
from anlan.callout.terms import Part
from anlan.kernel.clock import now


@begun_again
@transaction.atomic
def revive(persons: Collection[UUID]) -> int:
    """Take the mark of a dead number off what the persons still owe to running calls, and call them again.

    A drill's marks stay: its numbers are invented. Returns how many obligations.
    """
    if not persons:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE callout_obligation o SET dead = false, tries = o.tries + 1
               FROM (SELECT o.id FROM callout_obligation o JOIN callout_call c ON c.id = o.call_id
                     WHERE o.person_id = ANY(%s) AND o.state = 'open' AND o.dead AND NOT o.drill
                       AND c.state = 'running' AND c.genre = '' ORDER BY o.id FOR NO KEY UPDATE OF o) x
               WHERE o.id = x.id
               RETURNING o.id, o.call_id, o.place_path, o.part, o.reached_at IS NOT NULL, o.tries""",
            [sorted(persons)],
        )
        rows = cursor.fetchall()
    if not rows:
        return 0
    sends = {
        call.id: channels.rounds(call.policy["send"], drill=False)
        for call in Call.objects.filter(id__in={r[1] for r in rows})
    }
    leaves, queued = counting.deltas(), []
    for identifier, call, path, part, reached, tries in rows:
        queued += [(identifier, names[0], ",".join(names[1:]), tries) for names in sends[call]]
        if part == Part.SELF:
            leaves[call, path]["dead"] -= 1
            leaves[call, path]["silent_dead"] -= 1
            leaves[call, path]["silent_reached"] += reached
    settling.queue(queued, now())
    tallies.add(leaves)
    return len(rows)

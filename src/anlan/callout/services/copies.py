"""Straight down with copies: whoever leads between the sender and those who are told directly hears of it too (WRN-04).

Once per person, owing nothing, after the fan-out and set-based: a city that sends to 176,000 grid workers copies some
thousand posts in one statement.
"""

from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from anlan.callout.models import Call
from anlan.callout.services import channels, settling, tallies
from anlan.callout.services.undone import begun_again
from anlan.callout.terms import ANSWER, CallState, Did, Part
from anlan.kernel import authority
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.people.terms import Targeting
from anlan.places import queries as places

HAND = 2_500  # receipts queued at once
NAMED = 3  # places that the words name

_INSERT = """
WITH led AS MATERIALIZED ({led}), made AS (
  INSERT INTO callout_obligation (id, subject_type, subject_id, call_id, did, part, person_id, pseudonym, post,
    post_title, role, rank, place_path, why, link, weight, began_at, step, rung, tries, state, dead, met_how, met_part,
    declined, chain_id, exercise_id, drill, directive)
  SELECT callout_uuid7(%(ms)s, (row_number() OVER ())::int), 'callout.call', %(call)s, %(call)s, %(did)s, %(part)s,
    l.person_id, l.pseudonym, l.post_id, l.post_title, l.role_code, l.rank, l.place_path, %(why)s, '', 0, %(now)s, 0,
    'self', 1, 'told', l.reach = 'dead', '', '', false, %(chain)s, %(exercise)s, %(drill)s, %(directive)s
  FROM led l WHERE NOT EXISTS (SELECT FROM callout_obligation o WHERE o.call_id = %(call)s
    AND o.part IN ('self', 'copy') AND o.person_id = l.person_id)
  RETURNING id, place_path)
SELECT id, place_path FROM made"""


def words(call: Call) -> str:
    """Return what stands before a copy: 已直接发到…，抄送你."""
    reached = list(call.targeting["paths"])
    known = places.names(reached[:NAMED])
    said = "、".join(known.get(path, "") for path in reached[:NAMED])
    if len(reached) > NAMED:
        said = _("{places}等 {n} 处").format(places=said, n=len(reached))
    return _("已直接发到{places}，抄送你。").format(places=said)


@begun_again
@transaction.atomic
def lay(call_id: UUID) -> int:
    """Copy a running call to the leading posts between its sender and its targets; safe to run again.

    Returns how many were copied. Whoever is told directly, or was copied already, is left out.
    """
    call = Call.objects.select_for_update(of=("self",), no_key=True).get(id=call_id)
    if not call.copies or call.state != CallState.RUNNING:
        return 0
    sql, params = people.leading_between(Targeting.from_json(call.targeting), call.sender_path)
    moment = now()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")  # see fanout
        cursor.execute(_INSERT.format(led=sql), params | _values(call, moment))
        rows = cursor.fetchall()
    if not rows:
        return 0
    ids = sorted(row[0] for row in rows)
    for usable in channels.rounds(call.policy["send"], drill=call.drill)[:1]:
        for at in range(0, len(ids), HAND):
            settling.queue([(i, usable[0], ",".join(usable[1:]), 1) for i in ids[at : at + HAND]], moment)
    by = authority.machine("callout.fan", exercise=call.exercise_id)
    ledger.record(Did.COPIED, call, by=by, count=len(rows))
    tallies.add(tallies.leaf_counts(call.id, [(path, 1) for _id, path in rows], copied=1))
    return len(rows)


def _values(call: Call, moment: Any) -> dict[str, Any]:
    return {
        "ms": int(moment.timestamp() * 1000), "call": call.id, "did": ANSWER, "part": Part.COPY.value,
        "why": words(call), "now": moment, "chain": call.chain_id, "exercise": call.exercise_id, "drill": call.drill,
        "directive": call.directive,
    }  # fmt: skip

"""Plays what invented telephones have to say when it is due, through the same door as a gateway's word."""

import datetime as dt

import orjson
from django.db import connection, transaction

from anlan.callout import events
from anlan.callout.models import SimulatedEvent
from anlan.callout.services import gateways
from anlan.kernel import clock

BATCH = 2_000
_DUE = """
DELETE FROM callout_simulated_event WHERE id IN (
  SELECT id FROM callout_simulated_event WHERE due_at <= %s ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED
) RETURNING due_at, event::text"""


@transaction.atomic
def play(limit: int = BATCH) -> int:
    """Take what is due now, soonest first, and let it happen; both or neither. Returns how many events."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [clock.now(), min(limit, events.LARGEST)])
        rows = sorted(cursor.fetchall(), key=lambda row: row[0])
    if rows:
        gateways.take("simulated", {"events": [orjson.loads(event) for _due, event in rows]}, proof=None)
    return len(rows)


def next_due() -> dt.datetime | None:
    """Return when the next event is due, None while nothing waits."""
    return SimulatedEvent.objects.order_by("due_at").values_list("due_at", flat=True).first()

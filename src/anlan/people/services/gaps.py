"""Holes in the shifts of the next hours: found by the clock, told once, closed when they are filled."""

import datetime as dt

from django.conf import settings
from django.db import connection, transaction

from anlan.kernel.authority import Actor
from anlan.kernel.clock import local, now
from anlan.ledger import services as ledger
from anlan.people import terms
from anlan.people.models import ShiftGap

# A seat is empty; or its holder has no post at the rota's place, above or below it any more; is on leave at some time
# of what is left of the shift; or has no number, or one that failed its last check.
_HOLES = """
SELECT s.id, CASE
    WHEN s.person_id IS NULL THEN 'empty'
    WHEN NOT EXISTS (SELECT 1 FROM people_holding h WHERE h.person_id = s.person_id AND h.until IS NULL
                     AND (starts_with(h.place_path, s.place_path) OR starts_with(s.place_path, h.place_path)))
      THEN 'left'
    WHEN EXISTS (SELECT 1 FROM people_holding h WHERE h.person_id = s.person_id AND h.until IS NULL
                 AND h.away_until > GREATEST(s.starts_at, %(now)s)
                 AND (h.away_since IS NULL OR h.away_since < s.ends_at)) THEN 'away'
    WHEN n.reach = 'dead' OR n.phone_cipher IS NULL THEN 'number' END AS reason
FROM people_shiftseat s LEFT JOIN people_person n ON n.id = s.person_id
WHERE s.published AND s.ends_at > %(now)s AND s.ends_at <= %(end)s + interval '1 day' AND s.starts_at <= %(end)s"""


@transaction.atomic
def watch_gaps(*, by: Actor) -> tuple[int, int]:
    """Open the gaps that are new and close those that are filled or over: two statements. Returns (opened, closed)."""
    moment = now()
    params = {"now": moment, "end": moment + dt.timedelta(hours=settings.DUTY_GAP_HOURS)}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE people_shiftgap g SET closed_at = %(now)s
WHERE g.closed_at IS NULL AND NOT EXISTS (
  SELECT 1 FROM ({_HOLES}) q WHERE q.id = g.seat_id AND q.reason = g.reason) RETURNING g.id""",
            params,
        )
        closed = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            f"""INSERT INTO people_shiftgap (id, seat_id, rota_id, place_path, reason, opened_at)
SELECT gen_random_uuid(), s.id, s.rota_id, s.place_path, q.reason, %(now)s
FROM ({_HOLES}) q JOIN people_shiftseat s ON s.id = q.id WHERE q.reason IS NOT NULL
ON CONFLICT (seat_id, reason) WHERE closed_at IS NULL DO NOTHING RETURNING id""",
            params,
        )
        opened = [row[0] for row in cursor.fetchall()]
    for did, ids in ((terms.Did.GAP_OPENED, opened), (terms.Did.GAP_CLOSED, closed)):
        rows = ShiftGap.objects.filter(id__in=ids).select_related("seat__shift").order_by("id")
        ledger.record_many(did, [_line(one) for one in rows], by=by)
    return len(opened), len(closed)


def _line(one: ShiftGap) -> ledger.Line:
    shift = one.seat.shift
    start = f"{local(shift.starts_at):%m-%d %H:%M}"
    values = {"when": start, "shift": shift.name, "position": one.seat.position, "gap": one.reason, "rota": one.rota_id}
    return ledger.Line("people.shiftgap", one.id, one.place_path, one.id, None, values)

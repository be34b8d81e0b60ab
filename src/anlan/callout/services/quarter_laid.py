"""A quarter's check laid down as finished, for an invented city: what months of asking would have left."""

from uuid import UUID

from django.db import connection, transaction

from anlan.callout import hours
from anlan.callout.models import Check, Round
from anlan.callout.services import asked, found_out
from anlan.callout.terms import RoundState
from anlan.kernel.authority import Actor
from anlan.kernel.clock import local, now
from anlan.people import queries as people
from anlan.people import services as people_services
from anlan.people.terms import Targeting

# Of a thousand: one per cent somebody else's, one per cent silent; the dead and the missing are the roster's own.
_LAY = """
INSERT INTO callout_check (id, round_id, quarter, person_id, place_path, superior_id, state, tries, hurry, at)
SELECT callout_uuid7(%(ms)s, (row_number() OVER ())::int), %(round)s, %(quarter)s, t.person_id, t.place_path,
  t.superior_post_id, CASE WHEN NOT n.has THEN 'none' WHEN n.reach = 'dead' THEN 'dead' WHEN l.luck < 10 THEN 'wrong'
    WHEN l.luck < 20 THEN 'silent' WHEN l.luck < 300 THEN 'proven' ELSE 'ok' END, 2, false, %(now)s
FROM ({targets}) t JOIN ({numbers}) n ON n.person_id = t.person_id,
  LATERAL (SELECT abs(hashtext(t.person_id::text)::bigint) %% 1000 AS luck) l
RETURNING person_id, state"""


@transaction.atomic
def lay_finished(place_path: str, *, by: Actor) -> UUID:
    """Write this quarter's check of a place as done, and bundle what is to be mended. Returns the round's id."""
    moment = now()
    today = local(moment).date()
    made = Round.objects.create(
        place_path=place_path, quarter=hours.quarter(today), settings=asked.settings(), last_day=today,
        state=RoundState.DONE, laid_at=moment, ended_at=moment, started_by=by.pseudonym,
    )  # fmt: skip
    sql, params = people.targets(Targeting((place_path,)), ordered=False)
    with connection.cursor() as cursor:
        cursor.execute(
            _LAY.format(targets=sql, numbers=people.numbers()),
            params | {"ms": int(moment.timestamp() * 1000), "round": made.id, "quarter": made.quarter, "now": moment},
        )
        found = {row[0]: row[1] for row in cursor.fetchall() if row[1] in {"wrong", "silent"}}
    people_services.mark_reach(found, by=by)
    made.total = Check.objects.filter(round=made).count()
    made.save(update_fields=["total"])
    while found_out.lay_duties():
        pass
    return made.id

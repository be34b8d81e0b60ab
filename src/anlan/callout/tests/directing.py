"""An instruction that runs, in the cast's town: prepared, started, everybody laid, copies too."""

import datetime as dt

from anlan.callout.models import Obligation
from anlan.callout.services import calls, fanout, instructions
from anlan.callout.terms import WORK, Draft
from anlan.kernel import clock
from anlan.people.terms import Targeting


def draft(cast, directive, *, paths=None, roles=("grid_worker",), due=4, **more):
    """Return an instruction to the grid workers of the cast's grid, due in so many hours where a result is owed."""
    where = paths or (cast.places.grid.path,)
    words = {"title": "查看低洼院子", "body": "今晚有大雨，看一看低处。", "hazard": "暴雨", **more}
    result_due = clock.now() + dt.timedelta(hours=due) if directive in WORK else None
    return Draft(
        targeting=Targeting(tuple(where), roles=tuple(roles)), directive=directive, result_due=result_due, **words
    )


def send(cast, directive, *, by=None, **more):
    """Prepare and start an instruction as the district's duty officer; the fan-out is done."""
    by = by or cast.district.actor
    made = instructions.prepare(draft(cast, directive, **more), by=by)
    call = calls.start(made.id, by=by)
    fanout.spread(call.id)
    call.refresh_from_db()
    return call


def own(call, member):
    """Return a person's own row."""
    return Obligation.objects.get(call_id=call.id, person_id=member.person.id, part="self")


def result(call, member):
    """Return the row of the result that a person owes."""
    return Obligation.objects.get(call_id=call.id, person_id=member.person.id, part="result")

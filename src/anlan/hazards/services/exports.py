"""Tables that leave the house: each leaves an entry."""

from django.db import transaction

from anlan.hazards.terms import Did
from anlan.kernel.authority import Actor
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.people.queries import Rooted


@transaction.atomic
def note_export(count: int, *, by: Actor) -> None:
    """Record that somebody took a table of objects, tasks, visits or risk points along."""
    path = min((seat.path for seat in by.seats), key=len, default="")
    ledger.record(Did.OBJECTS_EXPORTED, Rooted(uuid7(), "hazards.objects", path), by=by, count=count)

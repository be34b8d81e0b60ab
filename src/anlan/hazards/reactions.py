"""What hazards do about what happens below: a corrected calendar moves the ends that lie over it."""

from collections.abc import Sequence

from procrastinate.contrib.django import app

from anlan.ledger import services as ledger
from anlan.people.terms import Did as People


@ledger.reaction("hazards.calendar", kinds=(People.CALENDAR_CORRECTED,), batch=20)
def calendar_corrected(batch: Sequence[ledger.EntryRow]) -> None:
    """Have the ends that lie over corrected days reckoned anew by a job: they may be thousands."""
    first = min(entry.values["first"] for entry in batch)
    last = max(entry.values["last"] for entry in batch)
    app.configure_task("hazards.reckon").defer(first=first, last=last)

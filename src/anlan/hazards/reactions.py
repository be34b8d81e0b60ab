"""What hazards do about what happened: a corrected calendar moves ends, a major hazard is reported upward."""

from collections.abc import Sequence

from procrastinate.contrib.django import app

from anlan.hazards.services import supervising
from anlan.hazards.terms import Did, Grade
from anlan.kernel.authority import machine
from anlan.ledger import services as ledger
from anlan.people.terms import Did as People


@ledger.reaction("hazards.calendar", kinds=(People.CALENDAR_CORRECTED,), batch=20)
def calendar_corrected(batch: Sequence[ledger.EntryRow]) -> None:
    """Have the ends that lie over corrected days reckoned anew by a job: they may be thousands."""
    first = min(entry.values["first"] for entry in batch)
    last = max(entry.values["last"] for entry in batch)
    app.configure_task("hazards.reckon").defer(first=first, last=last)


@ledger.reaction("hazards.major", kinds=(Did.CONFIRMED, Did.REGRADED, Did.REOPENED), batch=200)
def graded_major(batch: Sequence[ledger.EntryRow]) -> None:
    """Report upward what was graded major, or came back and is major (HZD-11)."""
    ids = {e.subject_id for e in batch if e.did == Did.REOPENED or e.values.get("grade") == Grade.MAJOR}
    supervising.report_up(ids, by=machine("hazards.major"))

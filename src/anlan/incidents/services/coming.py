"""Photos that come after the words: a phone's report was taken in, its pictures follow when the line allows."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from anlan.fieldwork.queries import uploads
from anlan.incidents.models import Coming, Report
from anlan.incidents.services import photos
from anlan.incidents.terms import Did
from anlan.kernel.authority import Actor, machine
from anlan.ledger import services as ledger

AT_ONCE = 20  # photos hung in one transaction


def expect(report: UUID, named: Iterable[UUID], *, by: Actor) -> None:
    """Remember the files that a record on the report names and that are not here yet. Twice is once."""
    if by.pseudonym is not None:
        rows = [Coming(report_id=report, upload=one, owner=by.pseudonym) for one in dict.fromkeys(named)]
        Coming.objects.bulk_create(rows, ignore_conflicts=True)


def attach() -> int:
    """Hang what has come on its report; returns how many. What is no photo is marked, and its report says so."""
    done = 0
    while some := _some():
        done += some
    return done


@transaction.atomic
def _some() -> int:
    """Take a few in: drawn already (fieldwork.redraw), so nothing is decoded here."""
    waits = Coming.objects.filter(wrong="")
    here = uploads.drawn(waits.values("upload"), most=AT_ONCE)
    rows = list(waits.filter(upload__in=list(here)).select_for_update(skip_locked=True).order_by("report_id", "id"))
    hung: dict[tuple[UUID, UUID], int] = {}
    for row in rows:
        file = here[row.upload]
        row.wrong = "" if file.owner == row.owner else "owner"
        row.wrong = row.wrong or (file.reason or "broken" if file.state == "refused" else "")
        if not row.wrong:
            count = photos.hang(row.report_id, file, by=row.owner)
            row.wrong = "" if count is not None else "many"
            hung[row.report_id, row.owner] = hung.get((row.report_id, row.owner), 0) + (count or 0)
    Coming.objects.bulk_update([r for r in rows if r.wrong], ["wrong"])
    Coming.objects.filter(id__in=[r.id for r in rows if not r.wrong]).delete()
    _record(hung)
    return len(rows)


def _record(hung: dict[tuple[UUID, UUID], int]) -> None:
    reports = {r.id: r for r in Report.objects.filter(id__in=[report for report, _owner in hung])}
    lines = [
        ledger.Line(
            "incidents.report", report, reports[report].place_path, reports[report].chain_id,
            reports[report].exercise_id, {"count": count}, pseudonym=owner,
        )
        for (report, owner), count in hung.items() if count
    ]  # fmt: skip
    ledger.record_many(Did.PHOTO_ADDED, lines, by=machine("incidents.coming"))

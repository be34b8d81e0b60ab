"""What an invented city did on quiet days: a quarter's check of numbers, a filing under way, one test call."""

from dataclasses import replace

from anlan.callout.queries import filings as filed
from anlan.callout.services import channels, filings, probes, quarter_laid
from anlan.kernel.authority import Actor
from anlan.kernel.clock import local, now
from anlan.people import queries as people
from anlan.people.terms import Targeting

SAMPLE = 120


def days(root: str, *, by: Actor) -> None:
    """Lay the check and the filing down, two lists of three confirmed; ring a sample, by invented telephones only."""
    quarter_laid.lay_finished(root, by=by)
    year = local(now()).year + 1
    filings.open_year(year)
    rows = [row for n, row in enumerate(filed.under(root, year)[:200]) if n % 3]
    keepers = people.keepers([(row.place_path, None) for row in rows])
    for row in rows:
        keeper = keepers.get((row.place_path, None))
        if keeper is not None:
            roll = people.roll(row.place_path, filings.subunits(row.place_path))
            whoever = replace(by, name=keeper.name, pseudonym=keeper.pseudonym, person=keeper.person_id)
            filings.file(row.id, filings.digest_of(roll), by=whoever)
    channels.change("simulated", by=by, enabled=True)
    probes.start(Targeting((root,), on_duty=True), SAMPLE, by=by)

"""A roster of holders of posts: every row matched with who and what is there, written by a few statements."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor
from anlan.people import queries, rosters, secrecy, terms
from anlan.people.models import Import
from anlan.people.ports import address_kinds
from anlan.people.roster_plan import Made, Planner
from anlan.people.services import roster_store

DEFAULTS = frozenset({"role", "fill_down", "shared_phones"})
take_back = roster_store.take_back


class Plan:
    """Every row understood and matched with what is there."""

    WRITES = (terms.RowState.NEW, terms.RowState.UPDATE)

    def __init__(self, batch: Import, rows: Sequence[tuple[int, list[str]]], by: Actor) -> None:
        places = roster_store.gazetteer(batch.place_path)
        titles = roster_store.titles()
        reader = rosters.Reader(batch.mapping, batch.defaults, places, titles, address_kinds.all())
        self.lines = [reader.read(number, cells) for number, cells in rows]
        strong = roster_store.strong_roles()
        for line in self.lines:
            if strong.intersection(line.roles) and not authority.holds(by, terms.Can.ACCOUNTS, at=line.path):
                line.faults["role"] = (_("这个岗位能批准或管账号"), _("要由能管账号的人来任命"))
        self.planner = Planner(
            roster_store.snapshot(batch.place_path, self.lines),
            digest=secrecy.digest,
            address_digest=queries.digest,
            title_of=lambda path, role: f"{places.names.get(path, '')}{titles.names.get(role, role)}"[:80],
            shared_phones=bool(batch.defaults.get("shared_phones")),
        )
        self.made: list[Made] = [self.planner.plan(line) for line in self.lines]

    def write(self) -> dict[UUID, dict[str, str]]:
        """Write what the rows make; returns what was before of every person changed, to undo it."""
        return roster_store.write(self.planner, self.made)

    def told(self) -> dict[str, int]:
        """Return what the ledger keeps of the import beside the rows' states."""
        planner = self.planner
        return {
            "persons": len(planner.persons), "posts": len(planner.posts), "holdings": len(planner.holdings),
        }  # fmt: skip

"""A list of people who check in (双报到) on its way in: matched with who is there, written to be confirmed."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from anlan.kernel import paths
from anlan.kernel.authority import Actor, Conflict
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.people import queries, secrecy, terms
from anlan.people.checkin_rows import CheckinLine, CheckinReader
from anlan.people.models import Checkin, Import, Organisation
from anlan.people.roster_plan import Known, Made, Planner, Snapshot
from anlan.people.services import roster_store
from anlan.people.services.copying import PersonSeed, copy_persons
from anlan.places import queries as places
from anlan.places.terms import Level

DEFAULTS = frozenset({"fill_down", "shared_phones"})
OPEN = (terms.CheckinState.REGISTERED, terms.CheckinState.LISTED)


class _Planner(Planner):
    """Plans registrations, one that is open per person.

    `open_at`: {person: community}; `people`: {registration: person}.
    """

    open_at: dict[UUID, str]
    people: dict[UUID, UUID]

    def check_in(self, line: CheckinLine) -> Made:
        """Return what the line writes; a fault found here is added to the line."""
        made = Made()
        who = None if line.faults else self._who(line, line.name, line.phone, "", "phone")
        there = self.open_at.get(who.id) if who else None
        if there is not None and there != line.path:
            line.faults["community"] = (_("这个人已经在别的社区报到"), _("先在那里退出，再报到这里"))
        if line.faults or who is None:
            made.state = terms.RowState.FAULT
            return made
        if there is not None:
            made.state = terms.RowState.SAME
            return made
        self._enrol(who, line, made)
        made.state = terms.RowState.NEW
        made.checkins.append(uuid7())
        self.open_at[who.id] = line.path
        self.people[made.checkins[0]] = who.id
        return made


class Plan:
    """Every row understood and matched. An employer's list reaches any community; a community's only its own."""

    WRITES = (terms.RowState.NEW,)

    def __init__(self, batch: Import, rows: Sequence[tuple[int, list[str]]], by: Actor) -> None:
        self.batch, self.by = batch, by
        root = batch.place_path[: paths.WIDTH] if batch.organisation_id else batch.place_path
        open_places = places.visible(roster_store.MACHINE).filter(places.under([root]), until=None)
        communities = open_places.filter(level=Level.COMMUNITY).values_list("path", flat=True)
        reader = CheckinReader(
            batch.mapping, batch.defaults, roster_store.gazetteer(root), roster_store.titles(),
            communities=frozenset(communities), known=tuple(queries.skills()),
        )  # fmt: skip
        self.lines = [line for number, cells in rows if isinstance(line := reader.read(number, cells), CheckinLine)]
        known = _known(self.lines)
        self.planner = _Planner(
            Snapshot(known, {}), digest=secrecy.digest, title_of=lambda _path, _role: "",
            shared_phones=bool(batch.defaults.get("shared_phones")),
        )  # fmt: skip
        there = Checkin.objects.filter(person__in=[one.id for one in known], state__in=OPEN)
        self.planner.open_at = dict(there.values_list("person_id", "place_path"))
        self.planner.people = {}
        self.made = [self.planner.check_in(line) for line in self.lines]

    def write(self) -> dict[UUID, dict[str, str]]:
        """Write the new persons, at no place, and their registrations; each waits for its community."""
        copy_persons([
            PersonSeed(one.id, one.name, "", one.phone, "", terms.Reach.UNCHECKED, "") for one in self.planner.persons
        ])  # fmt: skip
        good = [(line, one.checkins[0]) for line, one in zip(self.lines, self.made, strict=True) if one.checkins]
        bodies = self._bodies({line.employer for line, _key in good if line.employer})
        employer = bool(self.batch.organisation_id)
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY people_checkin (id, person_id, place_path, spot_path, estate, building, unit, organisation_id, "
                "employer, skills, times, state, source, led, since, confirmed_by, reason) FROM STDIN"
            ) as copy,
        ):
            for line, key in good:
                body = self.batch.organisation_id or bodies.get(line.employer)
                copy.write_row((
                    key, self.planner.people[key], line.path, "", line.estate, line.building, line.unit, body,
                    line.employer, list(line.skills), list(line.times), "registered",
                    "employer" if employer else "desk", 0, now(), "", "",
                ))  # fmt: skip
        self._record([key for _line, key in good])
        return {}

    def told(self) -> dict[str, int]:
        """Return what the ledger keeps of the import beside the rows' states."""
        return {"persons": len(self.planner.persons)}

    def _bodies(self, names: set[str]) -> dict[str, UUID]:
        near = Q(place_path__in=paths.ancestors(self.batch.place_path))
        return dict(Organisation.objects.filter(near, name__in=names).values_list("name", "id"))

    def _record(self, keys: list[UUID]) -> None:
        rows = Checkin.objects.filter(id__in=keys).values_list("id", "place_path", "person__pseudonym", "source")
        ledger.record_many(terms.Did.CHECKED_IN, [
            ledger.Line(
                subject_type="people.checkin", subject_id=key, place_path=path, chain=key, exercise=self.by.exercise,
                values={"pseudonym": alias, "source": source},
            )
            for key, path, alias, source in rows
        ], by=self.by)  # fmt: skip


def take_back(batch: Import) -> int:
    """Undo the registrations that still wait. Raises Conflict once a community confirmed one of them."""
    made = batch.rows.exclude(made__isnull=True).values_list("made", flat=True)
    keys = [key for one in made for key in (one or {}).get("checkins", ())]
    settled = Checkin.objects.filter(id__in=keys).exclude(state=terms.CheckinState.REGISTERED).count()
    if settled:
        raise Conflict(_("社区已经处理了其中 %d 人，不能整批撤销；请他们逐个退出") % settled)
    return roster_store.take_back(batch)


def _known(lines: Sequence[CheckinLine]) -> list[Known]:
    marks = [secrecy.digest(line.phone) for line in lines if line.phone]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, name, phone_digest FROM people_person WHERE phone_digest = ANY(%s) ORDER BY id", [marks]
        )
        return [Known(key, name, bytes(mark)) for key, name, mark in cursor.fetchall()]

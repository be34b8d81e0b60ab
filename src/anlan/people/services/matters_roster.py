"""A duty list on its way in: every row compared with the version in force, all of them written as a new draft."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext as _

from anlan.kernel.authority import Actor, Conflict
from anlan.ledger import services as ledger
from anlan.people import matters, queries, terms
from anlan.people.models import DutyList, Import, Matter, Organisation
from anlan.people.names import spelling
from anlan.people.roster_plan import Made

DEFAULTS: frozenset[str] = frozenset()


class Plan:
    """Every row understood, and whether it is new, changed or the same as in the version it would replace.

    Rows that are the same are written too: a version is whole.
    """

    WRITES = (terms.RowState.NEW, terms.RowState.UPDATE, terms.RowState.SAME)

    def __init__(self, batch: Import, rows: Sequence[tuple[int, list[str]]], by: Actor) -> None:
        self.batch, self.by = batch, by
        reader = matters.Reader(batch.mapping)
        self.lines = [reader.read(number, cells) for number, cells in rows]
        self.draft = DutyList.objects.filter(batch=batch.id).first()
        taken = set(self.draft.matters.values_list("code", flat=True)) if self.draft else set()
        before = queries.matter_values(queries.latest_list(batch.place_path))
        self.made: list[Made] = []
        for line in self.lines:
            if line.code in taken:
                line.faults["code"] = (f"事项码「{line.code}」这一版里已经有了", "一件事一个码，改一个")
            self.made.append(Made(_state(line, before.get(line.code))))

    def write(self) -> dict[UUID, dict[str, str]]:
        """Write the good rows as a draft, or into the draft that this import made before. Raises Conflict."""
        if self.draft is not None and self.draft.state != terms.ListState.DRAFT:
            raise Conflict(_("这一版已经发布，后改好的行请随下一版导入"))
        number = (DutyList.objects.filter(place_path=self.batch.place_path).aggregate(n=Max("number"))["n"] or 0) + 1
        draft = self.draft or DutyList.objects.create(
            place_path=self.batch.place_path, number=number, batch=self.batch.id, filename=self.batch.filename,
            by_name=self.by.name,
        )  # fmt: skip
        good = [line for line in self.lines if not line.faults]
        named = {line.lead_name for line in good if line.street_part != terms.Part.LEAD}  # a street leads by its place
        leads = _organisations(self.batch.place_path, named)
        Matter.objects.bulk_create(
            Matter(
                duty_list=draft, lead_id=leads.get(line.lead_name), **line.values(),
                pinyin=" ".join(spelling(word) for word in (line.name, *line.keywords))[:400],
            )
            for line in good
        )  # fmt: skip
        ledger.record(terms.Did.MATTERS_DRAFTED, draft, by=self.by, number=draft.number, count=draft.matters.count())
        return {}

    def told(self) -> dict[str, int]:
        """Return what the ledger keeps of the import beside the rows' states."""
        return {}


def take_back(batch: Import) -> int:
    """Throw the draft away. Raises Conflict once it is published."""
    draft = DutyList.objects.filter(batch=batch.id).first()
    if draft is None:
        return 0
    if draft.state != terms.ListState.DRAFT:
        raise Conflict(_("这一版已经发布，不能撤销；要改，导入新的一版"))
    count = draft.matters.count()
    draft.delete()
    return count


def _state(line: matters.MatterLine, old: dict[str, object] | None) -> str:
    if line.faults:
        return terms.RowState.FAULT
    if old is None:
        return terms.RowState.NEW
    return terms.RowState.UPDATE if matters.changed(old, line.values()) else terms.RowState.SAME


def _organisations(path: str, names: set[str]) -> dict[str, UUID]:
    """Return the leading bodies by name: the nearest one registered at the place or above, else a new one there."""
    known = Organisation.objects.filter(queries.around(path), name__in=names).order_by("place_path")
    found: dict[str, UUID] = dict(known.values_list("name", "id"))
    fresh = [
        Organisation(name=name, place_path=path, kind=terms.OrganisationKind.DEPARTMENT)
        for name in sorted(names - set(found))
    ]
    Organisation.objects.bulk_create(fresh)
    return found | {one.name: one.id for one in fresh}

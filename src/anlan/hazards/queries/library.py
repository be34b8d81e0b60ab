"""The library of typical hazards and the checklists, read: what is published, kept in the process until it changes."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from anlan.hazards import guessing, kind_rows, starting_library, terms
from anlan.hazards.kind_rows import FIELDS
from anlan.hazards.models import ChecklistVersion, Item, KindRow
from anlan.kernel.authority import Hidden

TILES = 8
_ORDER = [str(trade) for trade in terms.Trade]
_STAMP = """
SELECT count(*), count(retired_at), max(published_at), max(retired_at), max(id::text) FROM hazards_kind
WHERE published_at IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile of the field page: `code` of the library ("" for none), its words, its icon.

    `door` is the kind of record it makes: "hazards.report", or "incidents.report" for what is happening right now.
    """

    code: str
    name: Any
    icon: str
    door: str = "hazards.report"


HAPPENING = (  # (where it stands, what): what burns or bleeds is no hazard but an incident
    (5, Tile("", _("人被困、受伤"), "person", "incidents.report")),
    (6, Tile("", _("起火、冒烟"), "fire", "incidents.report")),
)
ELSE = Tile("keypoint-other", _("别的"), "dots")


@dataclass(slots=True)
class _Kept:
    """What a process remembers of the library; `stamp` says of which state of which database."""

    stamp: tuple[Any, ...] = ()
    latest: tuple[KindRow, ...] = ()


_kept = _Kept()


def _latest() -> tuple[KindRow, ...]:
    """Return the newest published version of every kind, retired ones too, those of a trade together.

    One small query asks whether anything changed; the rows are read anew only then.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STAMP)
        stamp = (connection.settings_dict["NAME"], *cursor.fetchone())
    if stamp != _kept.stamp:
        rows = KindRow.objects.exclude(published_at=None).order_by("code", "-version").distinct("code")
        _kept.latest, _kept.stamp = tuple(sorted(rows, key=_place)), stamp
    return _kept.latest


def _place(one: KindRow) -> tuple[int, int, str]:
    ours = starting_library.order()
    return _ORDER.index(one.trade), ours.get(one.code, len(ours)), one.code


def kinds(*, words: str = "", trade: str = "") -> list[KindRow]:
    """Return the kinds in use; with `words` those that fit them, the best first."""
    found = [one for one in _latest() if one.retired_at is None and trade in {"", one.trade}]
    return guessing.best(words, found) if words.strip() else found


def kind(code: str, version: int | None = None) -> KindRow | None:
    """Return the newest published version of a kind (a retired one too: old hazards still name it), or a given one."""
    if version is not None:
        return KindRow.objects.filter(code=code, version=version).exclude(published_at=None).first()
    return next((one for one in _latest() if one.code == code), None)


def kind_names(codes: Collection[str]) -> dict[str, str]:
    """Return the names of kinds by their codes, for lists: never a query per row."""
    return {one.code: one.name for one in _latest() if one.code in codes}


def guess(text: str) -> str:
    """Return the code of the kind that some words speak of, "" where none does."""
    return next((one.code for one in kinds(words=text)), "") if guessing.plain(text) else ""


def quick() -> list[Tile]:
    """Return the eight tiles of the field page, in order; the last one is 别的."""
    placed = {one.quick: Tile(one.code, one.tile or one.name, one.icon) for one in kinds() if one.quick}
    for at, tile in HAPPENING:
        placed.setdefault(at, tile)
    return [*[placed[at] for at in sorted(placed)][: TILES - 1], ELSE]


# --- checklists


def _published() -> QuerySet[ChecklistVersion]:
    newest = (
        ChecklistVersion.objects.filter(checklist=OuterRef("checklist"))
        .exclude(published_at=None)
        .order_by("-number")
        .values("id")[:1]
    )
    return ChecklistVersion.objects.filter(id=Subquery(newest)).select_related("checklist")


def checklist_for(object_kind: str, *, line: str = "", own: bool = False) -> list[ChecklistVersion]:
    """Return the published versions to check an object of a kind against; with `line`, of a department's line alone.

    `own`: for a self-check by link, those that lay people may fill in.
    """
    fits = Q(checklist__object_kinds__contains=[object_kind]) | Q(checklist__object_kinds=[])
    found = _published().filter(fits, checklist__retired_at=None)
    if own:
        found = found.filter(checklist__for_self=True)
    lists = found.order_by("checklist__code")
    return [one for one in lists if not line or not one.checklist.line or line in one.checklist.line.split("、")]


def for_kinds(kinds_of: Iterable[str]) -> dict[str, list[str]]:
    """Return the ids of the published versions to check objects of some kinds against, in one query."""
    lists = checklists()
    return {
        kind: [str(v.id) for v in lists if not v.checklist.object_kinds or kind in v.checklist.object_kinds]
        for kind in kinds_of
    }


def checklists(*, retired: bool = False) -> list[ChecklistVersion]:
    """Return the newest published version of every checklist in use (or of every one)."""
    found = _published() if retired else _published().filter(checklist__retired_at=None)
    return list(found.order_by("checklist__code"))


def items(version_ids: Iterable[UUID]) -> list[Item]:
    """Return the items of versions, in the order of each."""
    return list(Item.objects.filter(version__in=list(version_ids)).order_by("version", "position"))


def version(version_id: UUID) -> ChecklistVersion:
    """Return one version with its checklist. Raises Hidden."""
    found = ChecklistVersion.objects.select_related("checklist").filter(id=version_id).first()
    if found is None:
        raise Hidden(str(version_id))
    return found


# --- for a phone without a network

PACKED = ("code", "version", "name", "trade", "words", "signs", "advice", "control", "grade", "limit", "icon",
          "professional", "aliases")  # fmt: skip
PACKED_ITEM = ("section", "code", "question", "how", "basis", "advice", "kind", "grade", "limit", "professional")


def for_pack(_paths: Sequence[str] = ()) -> dict[str, Any]:
    """Return what a phone keeps of the library: kinds, tiles, checklists with their items.

    Shape: {"kinds": [{code, version, name, …}], "quick": [{code, name, icon, door}], "checklists": [{id, checklist,
    code, name, number, standard, line, object_kinds, items: [{id, …}]}]}. The library is the city's: it is the same
    at every path. Empty values are left out.
    """
    lists = checklists()
    by_version: dict[UUID, list[dict[str, Any]]] = {}
    for one in items(v.id for v in lists):
        row = {name: value for name in PACKED_ITEM if (value := getattr(one, name))}
        by_version.setdefault(one.version_id, []).append({"id": str(one.id), **row})
    return {
        "kinds": [{name: value for name in PACKED if (value := getattr(one, name))} for one in kinds()],
        "quick": [{"code": t.code, "name": str(t.name), "icon": t.icon, "door": t.door} for t in quick()],
        "checklists": [
            {
                "id": str(v.id), "checklist": str(v.checklist_id), "code": v.checklist.code, "name": v.checklist.name,
                "number": v.number, "standard": v.standard, "line": v.checklist.line,
                "object_kinds": list(v.checklist.object_kinds), "items": by_version.get(v.id, []),
            }
            for v in lists
        ],
    }  # fmt: skip


def values(one: KindRow) -> dict[str, Any]:
    """Return a kind's fields, as the table of the library names them."""
    return {name: getattr(one, name) for name in FIELDS}


def kind_cells(one: KindRow) -> list[str]:
    """Return a kind as the table of the library writes it."""
    return kind_rows.cells(values(one))


def known() -> dict[str, dict[str, Any]]:
    """Return the values of the kinds in use by code and by name: what an item's kind may be written as."""
    found = [(one, values(one)) for one in kinds()]
    return {one.name: row for one, row in found} | {one.code: row for one, row in found}

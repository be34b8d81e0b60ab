"""Masses whose paths are known already: an invented city, or another system's tree."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority, clock, paths
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.ids import uuid7s
from anlan.ledger import services as ledger
from anlan.places import codes, names, terms
from anlan.places.models import PATH_LENGTH, Place, Tree
from anlan.places.services import bulk
from anlan.places.services.tree import bump


class LoadRow(Protocol):
    """A place as a generator makes it: path, level, name, code, and what is known besides. `shape` is WKB, WGS-84."""

    path: str
    level: str
    name: str
    code: str
    lon: float
    lat: float
    shape: bytes
    population: int
    households: int
    urban_class: str


@transaction.atomic
def load_many(rows: Iterable[LoadRow], *, by: Actor, source: str = "", scheme: str = "") -> int:
    """COPY whole trees in. Rows may stand below places that exist; a path or code taken already raises Conflict.

    Returns how many places were loaded. A city of 200,000 takes some ten seconds, most of it the search index.
    """
    made = sorted(rows, key=lambda r: r.path)
    authority.require(by, terms.Can.IMPORT, at="")
    if not made:
        return 0
    ids = dict(zip((r.path for r in made), uuid7s(len(made)), strict=True))
    if len(ids) != len(made):
        raise Invalid({"path": _("有重复的路径")})
    bulk.one_at_a_time()
    above = _above(made, ids)
    last: dict[str, int] = {}
    for row in made:
        up = paths.parent(row.path)
        last[up] = max(last.get(up, 0), paths.number(row.path))
    now = clock.now()
    kept = [(row, *_code(row, scheme)) for row in made]

    def line(row: LoadRow, kind: str, code: str) -> Sequence[Any]:
        up = paths.parent(row.path)
        return (
            ids[row.path], row.path, ids.get(up) or above.get(up), last.get(row.path, 0), str(row.level), row.name,
            names.initials(row.name), [], names.grams(row.name), kind, code, None, None, row.urban_class,
            row.population, row.households, 1 if row.level == terms.Level.GRID else None, [], row.lon, row.lat,
            row.shape, source, 1, now,
        )  # fmt: skip

    bulk.copy("places_place", bulk.PLACE, (line(*one) for one in kept))
    held = [(row, kind, code) for row, kind, code in kept if code]
    keys = uuid7s(len(held))
    bulk.copy(
        "places_code",
        bulk.CODE,
        ((key, ids[r.path], kind, code, None, None) for key, (r, kind, code) in zip(keys, held, strict=True)),
    )
    _raise_counters(last, above)
    top = Place.objects.get(path=made[0].path)
    ledger.record(terms.Did.LOADED, top, by=by, places=len(made), source=source)
    bump(shapes=True)
    return len(made)


def _code(row: LoadRow, scheme: str) -> tuple[str, str]:
    if not row.code:
        return "", ""
    kind = scheme or codes.guess_scheme(row.code)
    return str(kind), codes.check(row.code, kind)


def _above(made: Sequence[LoadRow], ids: dict[str, Any]) -> dict[str, Any]:
    """Return the ids of parents outside the load. Raises Conflict for taken paths, Invalid for missing parents."""
    if any(len(r.path) > PATH_LENGTH or len(r.path) % paths.WIDTH for r in made):
        raise Invalid({"path": _("路径应是每级 4 位、最多 %(n)d 位") % {"n": PATH_LENGTH}})
    outside = {paths.parent(r.path) for r in made} - ids.keys() - {""}
    known = dict(Place.objects.filter(path__in=outside).values_list("path", "id"))
    if missing := sorted(outside - known.keys()):
        raise Invalid({"path": _("上级 %(path)s 不存在") % {"path": missing[0]}})
    tops = [r.path for r in made if paths.parent(r.path) not in ids]
    if taken := Place.objects.filter(path__in=tops).values_list("path", flat=True).first():
        raise Conflict(_("路径 %(path)s 已被占用") % {"path": taken})
    return known


def _raise_counters(last: dict[str, int], above: dict[str, Any]) -> None:
    """Let the next child come after those loaded, below places that were there before."""
    before = dict(Place.objects.filter(path__in=above).values_list("path", "last_child"))
    rows = [{"id": above[path], "last_child": max(count, last[path])} for path, count in before.items()]
    bulk.update(rows, ["last_child"], at=None)
    if "" in last:
        Tree.objects.filter(pk=1, last_root__lt=last[""]).update(last_root=last[""])

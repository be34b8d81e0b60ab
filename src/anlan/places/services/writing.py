"""Writes a plan: paths given out under locked parents, rows by COPY, and what it takes to undo it."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from anlan.kernel import clock, paths
from anlan.kernel.authority import Actor
from anlan.kernel.ids import uuid7s
from anlan.ledger import services as ledger
from anlan.places import names, terms
from anlan.places.models import Import, Place, Tree
from anlan.places.services import bulk
from anlan.places.services.planning import VALUES, Plan, Step

COLUMNS = ("name", "pinyin", "aliases", "grams", *VALUES, "revision")


def row_of(place: Place) -> dict[str, Any]:
    """Return a place as `bulk.update` takes it, its search columns made anew."""
    place.pinyin, place.grams = names.initials(place.name), names.grams(place.name, place.aliases)
    return {"id": str(place.pk)} | {c: getattr(place, c) for c in COLUMNS}


def write(batch: Import, plan: Plan, *, by: Actor, since: dt.date | None) -> None:
    """Make and change the plan's places, and record each."""
    source = batch.options.get("source") or batch.file_name
    _number(plan.creates)
    _make(plan.creates, source=source, since=since)
    before = _change(plan.changes)
    rows: list[tuple[Any, ...]] = [(s.id, 1, None, None) for s in plan.creates]
    rows += [(s.old.pk, s.old.revision, *was) for s, was in zip(plan.changes, before, strict=True) if s.old]
    keys = uuid7s(len(rows))
    bulk.copy("places_change", bulk.CHANGE, ((key, batch.pk, *row) for key, row in zip(keys, rows, strict=True)))
    _record(batch, plan, by)


def _number(creates: Sequence[Step]) -> None:
    """Give every new place its path: parents come first, children in the order of the plan."""
    wanted = Counter(s.up.old.pk for s in creates if s.up and s.up.old)
    parents = {p.pk: p for p in Place.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("path")}
    last = {p.path: p.last_child for p in parents.values()}
    roots = sum(1 for s in creates if s.up is None)
    if roots:
        tree = Tree.objects.select_for_update().get(pk=1)
        last[""] = tree.last_root
        Tree.objects.filter(pk=1).update(last_root=tree.last_root + roots)
    for step, key in zip(creates, uuid7s(len(creates)), strict=True):
        above = "" if step.up is None else step.up.old.path if step.up.old else step.up.path
        last[above] = last.get(above, 0) + 1
        step.id, step.path = key, paths.child(above, last[above])
    bulk.update([{"id": str(p.pk), "last_child": last[p.path]} for p in parents.values()], ["last_child"], at=None)


def _make(creates: Sequence[Step], *, source: str, since: dt.date | None) -> None:
    now = clock.now()
    children = Counter(s.path[: -paths.WIDTH] for s in creates)

    def line(step: Step) -> Sequence[Any]:
        d = step.draft
        up = None if step.up is None else step.up.old.pk if step.up.old else step.up.id
        return (
            step.id, step.path, up, children[step.path], str(d.level), d.name, names.initials(d.name), d.aliases,
            names.grams(d.name, d.aliases), str(d.scheme), d.code, since, None, d.urban_class, d.population,
            d.households, d.grid_level, d.lines, d.lon, d.lat, step.wkb, source[:200], 1, now,
        )  # fmt: skip

    bulk.copy("places_place", bulk.PLACE, (line(s) for s in creates))
    coded = [s for s in creates if s.draft.code]
    bulk.copy(
        "places_code",
        bulk.CODE,
        (
            (key, s.id, str(s.draft.scheme), s.draft.code, since, None)
            for key, s in zip(uuid7s(len(coded)), coded, strict=True)
        ),
    )


def _change(changes: Sequence[Step]) -> list[tuple[str, bytes | None]]:
    """Change places and return what each was before: (values as JSON, shape)."""
    shaped = [s.old.pk for s in changes if s.old and s.wkb]
    shapes = dict(Place.whole.filter(pk__in=shaped).values_list("pk", "shape"))
    before: list[tuple[str, bytes | None]] = []
    rows, drawn = [], []
    for step in changes:
        place = step.old
        if place is None:
            continue
        was = {key: getattr(place, key) for key in step.now}
        if step.wkb:
            was["shape"] = None if shapes.get(place.pk) is None else True
            drawn.append({"id": str(place.pk), "shape": step.wkb})
        before.append((json.dumps(was), bytes(old) if (old := shapes.get(place.pk)) else None))
        for key, value in step.now.items():
            setattr(place, key, value)
        place.revision += 1
        rows.append(row_of(place))
    bulk.update(rows, COLUMNS, at=clock.now())
    bulk.update(drawn, ["shape"], at=None)
    return before


def _record(batch: Import, plan: Plan, by: Actor) -> None:
    kind = "places.place"
    made = [
        ledger.Line(
            kind, s.id, s.path, batch.pk,
            values={"name": s.draft.name, "level": str(s.draft.level), "scheme": s.draft.scheme, "code": s.draft.code},
        )
        for s in plan.creates if s.id
    ]  # fmt: skip
    changed = [
        ledger.Line(kind, s.old.pk, s.old.path, batch.pk, values={"now": s.now, "shape": s.wkb is not None})
        for s in plan.changes
        if s.old
    ]
    ledger.record_many(terms.Did.ADDED, made, by=by)
    ledger.record_many(terms.Did.CHANGED, changed, by=by)

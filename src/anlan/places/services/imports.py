"""Files come in: checked, stored whole or in part, and taken back. Rows that fit nowhere wait where they are seen."""

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import shapely
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority, clock, paths
from anlan.kernel.authority import Actor, Conflict, Invalid, Refused
from anlan.kernel.ids import uuid7s
from anlan.ledger import services as ledger
from anlan.places import divisions, geojson, local, ports, queries, terms
from anlan.places.drafts import Finding
from anlan.places.models import Change, Import, Place, Reject
from anlan.places.services import bulk, writing
from anlan.places.services.planning import Plan, plan_boundaries, plan_divisions
from anlan.places.services.planning_local import plan_local
from anlan.places.services.tree import bump, set_shape

SHOWN = 100


def _home(by: Actor) -> str:
    """Return where an import that touches nothing belongs: the place from which the actor may import."""
    scopes = authority.scopes(by, terms.Can.IMPORT)
    if not scopes:
        raise Refused(terms.Can.IMPORT, "")
    return scopes[0]


def _plan(kind: str, content: bytes, name: str, options: dict[str, Any]) -> Plan:
    """Read a file and compare it with the tree. Raises Invalid for the file as a whole."""
    match kind:
        case terms.ImportKind.DIVISIONS:
            drafts, findings, _table = divisions.read(content, name)
            return plan_divisions(drafts, findings)
        case terms.ImportKind.BOUNDARIES:
            return plan_boundaries(*geojson.read(content, options.get("crs", "")))
        case terms.ImportKind.LOCAL:
            crs, level = options.get("crs", ""), options.get("level", "")
            return plan_local(*local.read(content, name, crs=crs, level=level), under=options.get("under", ""))
    raise Invalid({"kind": _("导入种类应为 %(all)s 之一") % {"all": "、".join(terms.ImportKind)}})


def _may(plan: Plan, by: Actor) -> str:
    """Refuse a plan that reaches outside the actor's authority; return the path that holds all of it."""
    tops = plan.tops()
    for top in tops:
        authority.require(by, terms.Can.IMPORT, at=top)
    if not tops:
        return _home(by)
    first, last = paths.ancestors(tops[0]), paths.ancestors(tops[-1])
    common = [a for a, b in zip(first, last, strict=False) if a == b]
    return common[-1] if common else ""


def _begin(kind: str, content: bytes, name: str, options: dict[str, Any], by: Actor) -> tuple[Import, Plan]:
    home = _home(by)
    if options.get("under"):
        authority.require(by, terms.Can.IMPORT, at=options["under"])
    elif kind == terms.ImportKind.LOCAL:
        options = options | {"under": home}
    since = options.get("since")
    if since and not isinstance(since, str):
        options = options | {"since": since.isoformat()}
    plan = _plan(kind, content, name, options)
    batch = Import(
        kind=kind,
        file_name=name[-200:],
        digest=hashlib.sha256(content).hexdigest(),
        options={k: v for k, v in options.items() if v},
        place_path=_may(plan, by),
        report=plan.report(),
        by_name=by.name,
        by_person=by.person,
    )
    return batch, plan


@transaction.atomic
def check(kind: str, content: bytes, name: str, *, by: Actor, **options: Any) -> Import:
    """Read a file and say what it would do, and keep it so that `store` can do it. Nothing in the tree changes."""
    batch, _plan_now = _begin(kind, content, name, options, by)
    batch.content = content
    batch.save(force_insert=True)
    ledger.record(terms.Did.CHECKED, batch, by=by, chain=batch.pk, kind=kind, file=batch.file_name, digest=batch.digest)
    return batch


@transaction.atomic
def store(import_id: UUID, *, by: Actor, mode: str = terms.Mode.ALL) -> Import:
    """Bring a checked file in. `all`: one bad row refuses it; `good`: bad rows are set aside as rejects.

    The file is compared with the tree again, for it may have changed since. Raises Hidden, Refused, Conflict, Invalid.
    """
    bulk.one_at_a_time()
    batch = queries.get_import(import_id, by, locked=True)
    if batch.state != terms.ImportState.CHECKED or batch.content is None:
        raise Conflict(_("「%(file)s」已经处理过，不能再导入一次") % {"file": batch.file_name})
    plan = _plan(batch.kind, bytes(batch.content), batch.file_name, batch.options)
    batch.place_path = _may(plan, by)
    _store(batch, plan, by=by, mode=mode)
    batch.save()
    return batch


def _store(batch: Import, plan: Plan, *, by: Actor, mode: str) -> None:
    if mode not in set(terms.Mode):
        raise Invalid({"mode": _("应为 %(all)s 之一") % {"all": "、".join(terms.Mode)}})
    if mode == terms.Mode.ALL and plan.findings:
        raise Invalid(
            {"file": _("有 %(n)d 行有错，一行也没有导入；首处：%(first)s") % {
                "n": len(plan.findings), "first": _said(plan.findings[0])}}
        )  # fmt: skip
    since = batch.options.get("since")
    batch.report = plan.report()
    batch.content = None
    batch.state = terms.ImportState.STORED
    batch.stored_at = clock.now()
    batch.save()
    writing.write(batch, plan, by=by, since=dt.date.fromisoformat(since) if since else None)
    _set_aside(batch, plan.findings)
    counts = {"created": batch.report["created"], "changed": len(plan.changes), "rejected": len(plan.findings)}
    ledger.record(
        terms.Did.IMPORTED,
        batch,
        by=by,
        chain=batch.pk,
        kind=batch.kind,
        file=batch.file_name,
        digest=batch.digest,
        **counts,
    )
    bump(shapes=any(s.wkb for s in (*plan.creates, *plan.changes)))


def _said(finding: Finding) -> str:
    return f"第 {finding.row} 行 {finding.field}「{finding.value}」：{finding.expected}"


def _set_aside(batch: Import, findings: Sequence[Finding]) -> None:
    rows = (
        (key, batch.pk, batch.place_path, f.row, f.field[:60], f.value, f.expected, json.dumps(f.raw), "", "")
        for key, f in zip(uuid7s(len(findings)), findings, strict=True)
    )
    bulk.copy("places_reject", bulk.REJECT, rows)


def _import(kind: str, content: bytes, name: str, *, by: Actor, dry_run: bool, mode: str, **options: Any) -> Import:
    with transaction.atomic():
        if not dry_run:
            bulk.one_at_a_time()
        batch, plan = _begin(kind, content, name, options, by)
        if dry_run:
            return batch
        _store(batch, plan, by=by, mode=mode)
        return batch


def import_divisions(
    content: bytes, name: str = "", *, by: Actor, dry_run: bool = False, mode: str = terms.Mode.ALL,
    since: dt.date | None = None, source: str = "",
) -> Import:  # fmt: skip
    """Bring in a table of statistical divisions. `since` is the day from which new codes hold (the table's vintage).

    A dry run returns an unsaved Import with its report. Raises Invalid, Refused.
    """
    return _import("divisions", content, name, by=by, dry_run=dry_run, mode=mode, since=since, source=source)


def import_boundaries(
    content: bytes, name: str = "", *, crs: str, by: Actor, dry_run: bool = False, mode: str = terms.Mode.ALL,
    source: str = "",
) -> Import:  # fmt: skip
    """Give places their shapes from GeoJSON in a declared coordinate system. Raises Invalid, Refused."""
    return _import("boundaries", content, name, by=by, dry_run=dry_run, mode=mode, crs=crs, source=source)


def import_local(
    content: bytes, name: str = "", *, crs: str, by: Actor, dry_run: bool = False, mode: str = terms.Mode.ALL,
    under: str = "", level: str = "", source: str = "",
) -> Import:  # fmt: skip
    """Bring in grids, estates and buildings below `under` from CSV, XLSX or GeoJSON. Raises Invalid, Refused."""
    return _import(
        "local", content, name, by=by, dry_run=dry_run, mode=mode, crs=crs, under=under, level=level, source=source
    )


@transaction.atomic
def undo(import_id: UUID, *, by: Actor, reason: str) -> Import:
    """Take an import back: what it made is removed, what it changed is as before.

    Raises Conflict, naming the places, where somebody changed or used them since: nothing is taken back then.
    """
    bulk.one_at_a_time()
    batch = queries.get_import(import_id, by, locked=True)
    authority.require(by, terms.Can.IMPORT, at=batch.place_path)
    if batch.state != terms.ImportState.STORED:
        raise Conflict(_("「%(file)s」没有导入，或已经撤回") % {"file": batch.file_name})
    if not reason.strip():
        raise Invalid({"reason": _("请写明撤回的原因")})
    changes = list(Change.objects.filter(batch=batch))
    held = {p.pk: p for p in Place.whole.select_for_update(of=("self",)).filter(pk__in=[c.place_id for c in changes])}
    _unmoved(changes, held)
    made = [held[c.place_id] for c in changes if c.was is None]
    _unused(made)
    _restore([c for c in changes if c.was is not None], held)
    _remove(made)
    batch.state, batch.undone_at = terms.ImportState.UNDONE, clock.now()
    batch.save(update_fields=["state", "undone_at"])
    batch.rejects.filter(settled_at__isnull=True).update(
        settled_at=clock.now(), settled_by=by.name, note=_("整次导入已撤回")
    )
    lines = [
        ledger.Line("places.place", c.place_id, held[c.place_id].path, batch.pk, values={"import": str(batch.pk)})
        for c in changes
    ]
    ledger.record_many(terms.Did.REMOVED, [x for x, c in zip(lines, changes, strict=True) if c.was is None], by=by)
    ledger.record_many(terms.Did.CHANGED, [x for x, c in zip(lines, changes, strict=True) if c.was is not None], by=by)
    ledger.record(terms.Did.UNDONE, batch, by=by, chain=batch.pk, reason=reason.strip(), places=len(changes))
    bump(shapes=True)
    return batch


def _unmoved(changes: Sequence[Change], held: dict[UUID, Place]) -> None:
    moved = [c for c in changes if c.place_id not in held or held[c.place_id].revision != c.revision]
    if moved:
        known = [held[c.place_id].name for c in moved if c.place_id in held][:5]
        raise Conflict(
            _("导入之后有 %(n)d 个地方又改过（%(names)s），不能整次撤回") % {"n": len(moved), "names": "、".join(known)}
        )


def _unused(made: Sequence[Place]) -> None:
    ids = [p.pk for p in made]
    guests = Place.objects.filter(parent_id__in=ids).exclude(pk__in=ids)[:5]
    if guests:
        raise Conflict(_("其下已新设「%(name)s」等地方，不能整次撤回") % {"name": guests[0].name})
    if used := ports.in_use([p.path for p in made]):
        path, what = next(iter(used.items()))
        name = next(p.name for p in made if p.path == path)
        raise Conflict(_("「%(name)s」已有%(what)s，不能整次撤回") % {"name": name, "what": what})


def _restore(changes: Sequence[Change], held: dict[UUID, Place]) -> None:
    rows, shapes = [], []
    for change in changes:
        place = held[change.place_id]
        for key, value in (change.was or {}).items():
            if key != "shape":
                setattr(place, key, value)
        place.revision += 1
        rows.append(writing.row_of(place))
        if "shape" in (change.was or {}):
            shapes.append({"id": str(place.pk), "shape": change.shape_was})
    bulk.update(rows, writing.COLUMNS, at=clock.now())
    bulk.update(shapes, ["shape"], at=None)


def _remove(made: Sequence[Place]) -> None:
    try:
        with transaction.atomic():
            bulk.delete([p.pk for p in made])
    except IntegrityError as error:
        raise Conflict(_("这次导入的地方已有岗位或其他记录，不能整次撤回")) from error


@transaction.atomic
def settle(reject_id: UUID, *, by: Actor, note: str, place: UUID | None = None) -> Reject:
    """Settle a row set aside: with a place, a boundary is given to it; without, the note says why it is let go."""
    row = queries.get_reject(reject_id, by)
    authority.require(by, terms.Can.IMPORT, at=row.place_path)
    if row.settled_at is not None:
        raise Conflict(_("这一行已由%(who)s处理") % {"who": row.settled_by})
    if not note.strip():
        raise Invalid({"note": _("请写明怎样处理的")})
    if place is not None:
        if "wkb" not in row.raw:
            raise Invalid({"place": _("这一行没有图形，不能直接归到某个地方；请修正文件后重新导入")})
        set_shape(place, shapely.from_wkb(bytes.fromhex(row.raw["wkb"])), crs=terms.Crs.WGS84, by=by)
    row.settled_at, row.settled_by, row.note = clock.now(), by.name, note.strip()[:400]
    row.save(update_fields=["settled_at", "settled_by", "note"])
    ledger.record(terms.Did.SETTLED, row, by=by, chain=row.batch_id, row=row.row, note=row.note, place=place)
    return row

"""Rosters on their way in: read, mapped, mended, imported, undone. What could not go in waits in the database."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO
from uuid import UUID

import orjson
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from anlan.kernel import tables
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7s
from anlan.ledger import services as ledger
from anlan.people import queries, rosters, secrecy, terms
from anlan.people.models import Import, ImportRow
from anlan.people.services import checkins_roster, matters_roster, posts_roster, roster_store
from anlan.people.services.copying import analyse

MANY = 1_000
KINDS = {
    terms.RosterKind.POSTS: posts_roster,
    terms.RosterKind.MATTERS: matters_roster,
    terms.RosterKind.CHECKINS: checkins_roster,
}


@transaction.atomic
def read_roster(
    source: bytes | BinaryIO,
    filename: str,
    *,
    place_path: str,
    by: Actor,
    kind: str = terms.RosterKind.POSTS,
    organisation: UUID | None = None,
) -> Import:
    """Take a file in and say of every row what it would do; nothing is written but the rows themselves.

    `kind` says what the rows are (terms.RosterKind); `organisation` is the employer whose own people they are.
    Raises Refused, Invalid (file: why it cannot be read).
    """
    queries.require_import(kind, place_path, organisation, by=by)
    words = queries.roster_fields(kind)
    table = tables.read_table(source, filename, known={word for known in words.values() for word in known})
    if not table.rows:
        raise Invalid({"file": _("表头下面一行也没有")})
    batch = Import.objects.create(
        place_path=place_path,
        kind=kind,
        organisation_id=organisation,
        filename=filename[-200:],
        header=list(table.header),
        mapping=rosters.guess(table.header, words),
        by_name=by.name,
    )
    _plan_and_keep(batch, [(row.number, list(row.cells)) for row in table.rows], by)
    ledger.record(terms.Did.ROSTER_READ, batch, by=by, rows=len(table.rows), counts=batch.counts)
    return batch


@transaction.atomic
def remap(import_id: UUID, mapping: Mapping[str, int], defaults: Mapping[str, str], *, by: Actor) -> Import:
    """Say which column is which, and look at every row again. Raises Hidden, Refused, Conflict, Invalid (mapping)."""
    batch = queries.lock_import(import_id, by)
    _open(batch, terms.ImportState.CHECKED)
    fields = queries.roster_fields(batch.kind)
    wrong = [name for name, column in mapping.items() if name not in fields or not 0 <= column < len(batch.header)]
    if wrong:
        raise Invalid({"mapping": _("没有这些列：%s") % "、".join(wrong)})
    if len(set(mapping.values())) != len(mapping):
        raise Invalid({"mapping": _("一列只能当一样用，有两样选了同一列")})
    batch.mapping = dict(mapping)
    batch.defaults = {k: v for k, v in defaults.items() if k in _kind(batch).DEFAULTS and v}
    rows = roster_store.cells_of(batch)
    batch.rows.all().delete()
    _plan_and_keep(batch, rows, by)
    return batch


@transaction.atomic
def mend(import_id: UUID, number: int, cells: Mapping[int, str], *, by: Actor) -> ImportRow:
    """Change cells (by column) of one row and look at it again. Raises Hidden, Refused, Conflict, Invalid (number)."""
    batch = queries.lock_import(import_id, by)
    _open(batch, terms.ImportState.CHECKED, terms.ImportState.IMPORTED)
    row = batch.rows.filter(number=number, made__isnull=True).first()
    if row is None or row.cells_cipher is None:
        raise Invalid({"number": _("没有这一行，或者它已经导入")})
    kept = orjson.loads(secrecy.decrypt(bytes(row.cells_cipher)))
    for column, text in cells.items():
        if not 0 <= column < len(batch.header):
            raise Invalid({"number": _("没有这一列")})
        kept[column] = " ".join(text.split())
    plan = _kind(batch).Plan(batch, [(number, kept)], by)
    made = plan.made[0]
    row.state, row.faults = made.state, plan.lines[0].faults or None
    row.cells_cipher = secrecy.encrypt(orjson.dumps(kept).decode())
    row.save()
    _count(batch)
    return row


@transaction.atomic
def import_roster(import_id: UUID, *, by: Actor, mode: str = "good") -> Import:
    """Write the good rows; faulty ones stay in the queue, to be mended and imported later. Twice is once.

    `mode`: "good", or "all" (nothing goes in while one row is faulty). One transaction, about 20 s for 176,000 rows.
    Raises Hidden, Refused, Conflict, Invalid.
    """
    batch = queries.lock_import(import_id, by)
    _open(batch, terms.ImportState.CHECKED, terms.ImportState.IMPORTED)
    plan = _kind(batch).Plan(batch, roster_store.cells_of(batch), by)
    count = {str(state): sum(1 for one in plan.made if one.state == state) for state in terms.RowState}
    if mode == "all" and count["fault"]:
        raise Invalid({"mode": _("还有 %d 行有错，改好再全部导入；或者只导入没有错的行") % count["fault"]})
    written = sum(count[state] for state in plan.WRITES)
    if not written:
        return batch
    befores = plan.write()
    roster_store.settle(batch, plan.lines, plan.made, befores)
    if written >= MANY:
        analyse()
    batch.state, batch.done_at = terms.ImportState.IMPORTED, now()
    _count(batch)
    told: dict[str, Any] = {"new": count["new"], "update": count["update"], "fault": count["fault"], **plan.told()}
    ledger.record(terms.Did.ROSTER_IMPORTED, batch, by=by, **told)
    return batch


@transaction.atomic
def undo_roster(import_id: UUID, *, by: Actor) -> Import:
    """Take back everything an import wrote. Twice is once.

    Raises Hidden, Refused, Conflict where something made by it is in use since (an account, a call, another holder).
    """
    batch = queries.lock_import(import_id, by)
    if batch.state == terms.ImportState.UNDONE:
        return batch
    _open(batch, terms.ImportState.IMPORTED)
    try:
        with transaction.atomic():
            count = _kind(batch).take_back(batch)
    except IntegrityError as error:
        raise Conflict(
            _("导入的人或岗位已经有别的记录在用（账号、叫应或新的任命），不能整批撤销，请逐个卸任")
        ) from error
    batch.state = terms.ImportState.UNDONE
    batch.save(update_fields=["state"])
    ledger.record(terms.Did.ROSTER_UNDONE, batch, by=by, count=count)
    return batch


@transaction.atomic
def drop_roster(import_id: UUID, *, by: Actor) -> None:
    """Throw away a roster that was not imported, its rows with it; of an imported one, the faulty rows."""
    batch = queries.lock_import(import_id, by)
    if batch.state == terms.ImportState.IMPORTED:
        batch.rows.filter(made__isnull=True).delete()
        _count(batch)
        return
    batch.rows.all().delete()
    batch.state = terms.ImportState.DROPPED
    batch.save(update_fields=["state"])


def _kind(batch: Import) -> Any:
    """Return the module that plans and writes this kind of roster: DEFAULTS, Plan(batch, rows, by), take_back."""
    return KINDS[terms.RosterKind(batch.kind)]


def _plan_and_keep(batch: Import, rows: Sequence[tuple[int, list[str]]], by: Actor) -> None:
    plan = _kind(batch).Plan(batch, rows, by)
    sealed = secrecy.encrypt_many([orjson.dumps(cells).decode() for _number, cells in rows])
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY people_import_row (id, batch_id, number, state, cells_cipher, faults) FROM STDIN (FORMAT BINARY)"
        ) as copy,
    ):
        copy.set_types(["uuid", "uuid", "int4", "varchar", "bytea", "jsonb"])
        for key, line, made, cells in zip(uuid7s(len(rows)), plan.lines, plan.made, sealed, strict=True):
            copy.write_row((key, batch.id, line.number, str(made.state), cells, roster_store.json_of(line.faults)))
    batch.state = terms.ImportState.CHECKED
    _count(batch)


def _count(batch: Import) -> None:
    batch.counts = queries.count_rows(batch)
    batch.save()


def _open(batch: Import, *states: str) -> None:
    if batch.state not in states:
        raise Conflict(_("这份花名册已经导入、撤销或丢弃，不能再这样改"))


def rows_as_report(batch: Import) -> Iterable[list[Any]]:
    """Yield the faulty rows as a table: number, what is wrong, what was expected, then the cells as they came."""
    for row in batch.rows.filter(state=terms.RowState.FAULT).order_by("number"):
        cells = orjson.loads(secrecy.decrypt(bytes(row.cells_cipher))) if row.cells_cipher else []
        faults = row.faults or {}
        yield [row.number, "；".join(f[0] for f in faults.values()), "；".join(f[1] for f in faults.values()), *cells]

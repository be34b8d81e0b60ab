"""A month's table on its way in: read, previewed, mended, applied. A row with a fault waits; nothing is lost."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import BinaryIO
from uuid import UUID

import orjson
from django.db import transaction
from django.utils.translation import gettext as _

from anlan.kernel import tables
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.ledger import services as ledger
from anlan.people import duty_sheet, queries, secrecy, terms
from anlan.people.models import RotaMonth, ShiftSheet
from anlan.people.services import shifts

MOST_ROWS = 400


@transaction.atomic
def read_sheet(rota_id: UUID, month: dt.date, source: bytes | BinaryIO, filename: str, *, by: Actor) -> ShiftSheet:
    """Take a month's table in and change nothing yet; a month with nothing laid gets its empty shifts as a draft.

    Raises Hidden, Refused, Conflict, Invalid (file: why it cannot be read).
    """
    rota = queries.lock_rota(rota_id, by)
    month = month.replace(day=1)
    table = tables.read_table(source, filename, known=duty_sheet.KNOWN)
    if not table.rows:
        raise Invalid({"file": _("表头下面一行也没有")})
    if len(table.rows) > MOST_ROWS:
        raise Invalid({"file": _("一个月最多 %d 行，这份有 %d 行") % (MOST_ROWS, len(table.rows))})
    columns, _phones = duty_sheet.columns(table.header)
    positions = [p for p in terms.Position if p in columns]
    if "day" not in columns or not positions:
        raise Invalid({"file": _("表头里要有「日期」，还要有「带班领导、值班长、值班员、备班」里的一样")})
    laid, _new = RotaMonth.objects.get_or_create(rota=rota, month=month, defaults={"place_path": rota.place_path})
    if not laid.shifts.exists():
        shifts.lay_shifts(rota, laid)
    made = ShiftSheet(
        rota=rota, place_path=rota.place_path, month=month, filename=filename[-200:], header=list(table.header),
        by_name=by.name,
    )  # fmt: skip
    _keep(made, [(row.number, list(row.cells)) for row in table.rows])
    made.save(force_insert=True)
    return made


def _keep(sheet: ShiftSheet, rows: Sequence[tuple[int, Sequence[str]]]) -> None:
    sheet.cells_cipher = secrecy.encrypt(orjson.dumps(rows).decode()) if rows else None


def _open(sheet_id: UUID, by: Actor) -> tuple[ShiftSheet, RotaMonth]:
    sheet = queries.sheet(sheet_id, by=by)
    queries.lock_rota(sheet.rota_id, by)
    sheet = queries.sheet(sheet_id, by=by, lock=True)
    if sheet.state != terms.SheetState.CHECKED:
        raise Conflict(_("这份表已经用完或丢弃了"))
    return sheet, RotaMonth.objects.select_for_update().get(rota=sheet.rota, month=sheet.month)


@transaction.atomic
def mend_sheet(sheet_id: UUID, number: int, cells: Mapping[int, str], *, by: Actor) -> ShiftSheet:
    """Change cells (by column) of one row. Raises Hidden, Refused, Conflict, Invalid (number)."""
    sheet, _month = _open(sheet_id, by)
    rows = queries.rows_of(sheet)
    row = next((kept for at, kept in rows if at == number), None)
    if row is None or any(not 0 <= column < len(row) for column in cells):
        raise Invalid({"number": _("没有这一行或这一列")})
    for column, text in cells.items():
        row[column] = " ".join(text.split())[:200]
    _keep(sheet, rows)
    sheet.save(update_fields=["cells_cipher"])
    return sheet


@transaction.atomic
def apply_sheet(sheet_id: UUID, *, by: Actor) -> tuple[int, int]:
    """Write the rows without a fault; the others stay in the sheet. Returns (seats changed, rows left).

    Raises Hidden, Refused, Conflict.
    """
    sheet, month = _open(sheet_id, by)
    plan = queries.plan_sheet(sheet, month)
    shifts.lock_persons({who for who in plan.changes.values() if who})
    shifts.give_many(plan.changes)
    _keep(sheet, [(line.number, line.cells) for line in plan.faulty])
    if not plan.faulty:
        sheet.state = terms.SheetState.APPLIED
    sheet.save(update_fields=["cells_cipher", "state"])
    if plan.changes:
        if month.state == terms.MonthState.PUBLISHED:
            shifts.keep_version(month, _("按表格改"), by=by)
        ledger.record(
            terms.Did.ROTA_SHEET, sheet.rota, by=by, month=f"{month.month:%Y-%m}", count=len(plan.changes),
            published=month.state == terms.MonthState.PUBLISHED, seats=list(plan.changes),
        )  # fmt: skip
    return len(plan.changes), len(plan.faulty)


@transaction.atomic
def drop_sheet(sheet_id: UUID, *, by: Actor) -> ShiftSheet:
    """Throw away what is left of a sheet. Raises Hidden, Refused, Conflict."""
    sheet, _month = _open(sheet_id, by)
    sheet.state, sheet.cells_cipher = terms.SheetState.DROPPED, None
    sheet.save(update_fields=["state", "cells_cipher"])
    return sheet

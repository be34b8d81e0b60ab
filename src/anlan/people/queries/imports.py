"""Rosters on their way in, as the pages show them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Count, Q, QuerySet

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.people import checkin_rows, matters, rosters, secrecy, terms
from anlan.people.models import DutyList, Import, ImportRow
from anlan.people.ports import address_kinds
from anlan.people.queries.checkins import employers_of
from anlan.people.queries.scope import within

CAN = {
    terms.RosterKind.POSTS: terms.Can.IMPORT,
    terms.RosterKind.MATTERS: terms.Can.MATTERS,
    terms.RosterKind.CHECKINS: terms.Can.CHECKINS,
}
FIELDS = {
    terms.RosterKind.POSTS: rosters.SYNONYMS,
    terms.RosterKind.MATTERS: matters.SYNONYMS,
    terms.RosterKind.CHECKINS: checkin_rows.SYNONYMS,
}


def require_import(kind: str, place_path: str, organisation: UUID | None, *, by: Actor) -> None:
    """Raise Refused unless the actor may import this kind at a place, or for a body whose people they report."""
    if organisation is None:
        authority.require(by, CAN[terms.RosterKind(kind)], at=place_path)
    elif kind != terms.RosterKind.CHECKINS or not employers_of(by).filter(id=organisation).exists():
        raise authority.Refused(terms.Can.EMPLOYER, place_path)


def list_imports(*, by: Actor, kind: str = "") -> QuerySet[Import]:
    """Return the rosters the actor may import, newest first, of one kind or all."""
    kinds = [terms.RosterKind(kind)] if kind else list(CAN)
    mine = Q(pk__in=[])
    for one in kinds:
        mine |= Q(within(by, CAN[one]), kind=one, organisation_id=None)
    if terms.RosterKind.CHECKINS in kinds:
        mine |= Q(kind=terms.RosterKind.CHECKINS, organisation_id__in=employers_of(by).values("id"))
    return Import.objects.filter(mine).order_by("-id")


def roster(import_id: UUID, *, by: Actor) -> Import:
    """Return a roster. Raises Hidden."""
    found = list_imports(by=by).filter(id=import_id).first()
    if found is None:
        raise Hidden
    return found


def draft_of(batch: Import) -> UUID | None:
    """Return the version of the duty list that an import became, None for another kind or before it is in."""
    if batch.kind != terms.RosterKind.MATTERS:
        return None
    return DutyList.objects.filter(batch=batch.id).values_list("id", flat=True).first()


def lock_import(import_id: UUID, by: Actor) -> Import:
    """Lock a roster for a change. Raises Hidden, Refused."""
    found = Import.objects.select_for_update().filter(id=import_id).first()
    if found is None or not list_imports(by=by).filter(id=import_id).exists():
        raise Hidden
    return found


def list_rows(batch: Import, state: str = "") -> QuerySet[ImportRow]:
    """Return the rows of a roster in the file's order, of one state or all."""
    found = batch.rows.order_by("number")
    return found.filter(state=state) if state else found


def count_rows(batch: Import) -> dict[str, int]:
    """Return how many rows there are of each state."""
    found = dict(batch.rows.values_list("state").annotate(n=Count("id")).order_by())
    return {str(state): found.get(str(state), 0) for state in terms.RowState}


def show_cells(batch: Import, row: ImportRow) -> list[dict[str, Any]]:
    """Return the cells of a row: column, title, the field it is read as, text (numbers masked), fault.

    Empty for a row that is in: its cells are wiped.
    """
    if row.cells_cipher is None:
        return []
    fields = {column: name for name, column in batch.mapping.items()}
    faults = row.faults or {}
    found = []
    for column, text in enumerate(orjson.loads(secrecy.decrypt(bytes(row.cells_cipher)))):
        name = fields.get(column, "")
        fault = faults.get(name)
        found.append(
            {
                "column": column,
                "title": batch.header[column] if column < len(batch.header) else "",
                "field": name,
                "text": text if fault else _masked(name, text),
                "fault": fault,
            }
        )
    return found


def _masked(name: str, text: str) -> str:
    if name in {"phone", "deputy_phone"}:
        phone = secrecy.phone_of(text)
        return secrecy.mask_phone(phone) if phone else text
    if name == "identity":
        return secrecy.mask_identity(text)
    return secrecy.mask_account(text) if name.startswith(terms.FIELD) else text


def roster_fields(kind: str = terms.RosterKind.POSTS) -> dict[str, Sequence[str]]:
    """Return {field: the heads that offices give it} of what a column of this kind of roster may be read as."""
    fields: dict[str, Sequence[str]] = dict(FIELDS[terms.RosterKind(kind)])
    if kind == terms.RosterKind.POSTS:
        fields |= {one.field: one.columns for one in address_kinds.all().values()}
    return fields

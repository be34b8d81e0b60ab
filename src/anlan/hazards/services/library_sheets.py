"""Files of kinds and checklists: read and kept until somebody has looked at them, then made into drafts."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import transaction

from anlan.fieldwork.services import forms
from anlan.hazards import checklist_rows, form_list, kind_rows, terms
from anlan.hazards.models import Checklist, LibrarySheet
from anlan.hazards.queries import library, sheets
from anlan.hazards.services import checklists
from anlan.hazards.services import library as kinds
from anlan.kernel import clock
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.tables import Limits, read_table
from anlan.people import queries as people

LIMITS = Limits(file=8 * 2**20, rows=5_000, columns=60, cell=5_000)


@transaction.atomic
def read_kinds(content: bytes, filename: str, *, by: Actor) -> LibrarySheet:
    """Read a CSV or XLSX file of kinds; nothing changes before `apply`. Raises Refused, Invalid (the whole file)."""
    people.require_roots(by, terms.Can.LIBRARY)
    table = read_table(content, filename, known=kind_rows.KNOWN, limits=LIMITS)
    found = kind_rows.mapping(table.header, kind_rows.TITLES, kind_rows.SYNONYMS)
    _columns(found, ("code", "name", "words"), kind_rows.TITLES)
    lines = kind_rows.read(table, sheets.icons())
    now = {one.code: library.values(one) for one in library.kinds()}
    rows = [[line.number, line.values, line.faults, _state(line, now)] for line in lines]
    return _keep("kinds", filename, {"lines": rows, "unknown": _unknown(table.header, kind_rows.KNOWN)}, by)


def _state(line: kind_rows.Line, now: Mapping[str, Mapping[str, Any]]) -> str:
    if line.faults:
        return "fault"
    old = now.get(line.values["code"])
    if old is None:
        return "new"
    return "changed" if kind_rows.changed(old, line.values) else "same"


@transaction.atomic
def read_lists(content: bytes, filename: str, *, by: Actor) -> LibrarySheet:
    """Read a CSV or XLSX file of checklists; nothing changes before `apply`. Raises Refused, Invalid."""
    people.require_roots(by, terms.Can.LIBRARY)
    table = read_table(content, filename, known=checklist_rows.KNOWN, limits=LIMITS)
    found = kind_rows.mapping(table.header, checklist_rows.TITLES, checklist_rows.SYNONYMS)
    _columns(found, ("list", "title", "question"), checklist_rows.TITLES)
    lists = checklist_rows.read(table, library.known())
    body = {"lists": [listed_json(one) for one in lists], "unknown": _unknown(table.header, checklist_rows.KNOWN)}
    return _keep("lists", filename, body, by)


def is_form(content: bytes) -> bool:
    """Say whether a file is a workbook with a sheet `survey`: an XLSForm."""
    return content.startswith(b"PK") and "survey" in read_table(content, limits=LIMITS).sheets


@transaction.atomic
def read_form(
    content: bytes, filename: str, *, chosen: Mapping[str, Mapping[str, str]] | None = None, by: Actor
) -> LibrarySheet:
    """Read an XLSForm as a checklist. Raises Refused, Invalid (what stops the form, row by row).

    `chosen` says what choices mean, {list: {choice: "pass" | "fail" | "na"}}, where their names do not.
    """
    people.require_roots(by, terms.Can.LIBRARY)
    sheet = _keep("form", filename, _form_body(content, chosen or {}), by)
    sheet.content = content
    sheet.save(update_fields=["content"])
    return sheet


@transaction.atomic
def read_again(sheet_id: UUID, chosen: Mapping[str, Mapping[str, str]], *, by: Actor) -> LibrarySheet:
    """Read a waiting XLSForm again, with what its choices mean. Raises Refused, Hidden, Conflict (made into drafts)."""
    people.require_roots(by, terms.Can.LIBRARY)
    sheet = sheets.lock(sheet_id)
    if sheet.what != "form" or sheet.content is None:
        raise Conflict
    sheet.body = _form_body(bytes(sheet.content), chosen)
    sheet.save(update_fields=["body"])
    return sheet


def _form_body(content: bytes, chosen: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    form, stops, left = forms.compiled(content)
    if form is None:
        raise Invalid({str(n): text for n, text in enumerate(stops)})
    survey = read_table(content, sheet="survey", known=("type", "name", "label"), limits=LIMITS)
    columns = kind_rows.mapping(survey.header, checklist_rows.TITLES, checklist_rows.SYNONYMS | form_list.COLUMNS)
    rows = {
        row.number: {name: row.cells[at].strip() for name, at in columns.items() if name in form_list.EXTRA}
        for row in survey.rows
    }
    made = form_list.read(form, rows, library.known(), chosen)
    return {"lists": [listed_json(made.listed)], "left": [*left, *made.left], "wants": made.wants}


def listed_json(one: checklist_rows.Listed) -> dict[str, Any]:
    """Return a checklist that was read as JSON, with what it would change."""
    items = [line.values for line in one.items]
    kept = {k: v for k, v in asdict(one).items() if k not in {"items", "faults"}}
    faults = [[row, fault] for row, fault in sorted(one.faults.items())]
    return kept | {"items": items, "faults": faults, "state": sheets.state_of(one.code, items, faults)}


@transaction.atomic
def apply(sheet_id: UUID, *, by: Actor) -> LibrarySheet:
    """Make drafts of the sound rows of a file that was looked at. Twice is once.

    A checklist with a fault stays out whole; what is the same as published makes no draft. Raises Refused, Hidden.
    """
    people.require_roots(by, terms.Can.LIBRARY)
    sheet = sheets.lock(sheet_id)
    if sheet.done_at is not None:
        return sheet
    counts = _apply_kinds(sheet, by) if sheet.what == "kinds" else _apply_lists(sheet, by)
    sheet.done_at, sheet.counts, sheet.content = clock.now(), counts, None
    sheet.save(update_fields=["done_at", "counts", "content"])
    return sheet


def _apply_kinds(sheet: LibrarySheet, by: Actor) -> dict[str, int]:
    going = [values for _row, values, _faults, state in sheet.body["lines"] if state in {"new", "changed"}]
    for values in going:
        kinds.draft_kind(values, by=by)
    return {"made": len(going)}


def _apply_lists(sheet: LibrarySheet, by: Actor) -> dict[str, int]:
    made = 0
    for one in sheet.body["lists"]:
        if one["state"] not in {"new", "changed"}:
            continue
        known = Checklist.objects.filter(code=one["code"]).first()
        head = {name: one[name] for name in ("code", "name", "trade", "line", "objects", "own", "standard")}
        if known is None:
            version = checklists.found_checklist(head, by=by)
        else:
            version = checklists.draft_checklist(known.id, by=by)
            if sheet.what != "form":  # a form says nothing of trade, objects, standard: they stay
                checklists.describe(version.id, head, by=by)
        checklists.replace_items(version.id, one["items"], form=one.get("form"), by=by)
        made += 1
    return {"made": made}


@transaction.atomic
def drop(sheet_id: UUID, *, by: Actor) -> None:
    """Throw a file away that was not made into drafts. Raises Refused, Hidden, Conflict."""
    people.require_roots(by, terms.Can.LIBRARY)
    sheet = sheets.lock(sheet_id)
    if sheet.done_at is not None:
        raise Conflict
    sheet.delete()


def _keep(what: str, filename: str, body: dict[str, Any], by: Actor) -> LibrarySheet:
    return LibrarySheet.objects.create(
        what=what, filename=filename[-200:], body=body, by_person=by.person, by_name=by.name
    )


def _columns(found: Mapping[str, int], needed: tuple[str, ...], titles: Mapping[str, str]) -> None:
    missing = [titles[name] for name in needed if name not in found]
    if missing:
        raise Invalid({"file": f"缺少这几列：{'、'.join(missing)}。第一行写列名，最好用模板"})


def _unknown(header: tuple[str, ...], known: frozenset[str]) -> list[str]:
    plain = {kind_rows.squeeze(word) for word in known}
    return [name for name in header if name and kind_rows.squeeze(name) not in plain]

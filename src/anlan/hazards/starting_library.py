"""The library that a new city starts with: two files of the project, in the form in which the pages export. Pure."""

from functools import cache
from pathlib import Path
from typing import Any

from anlan.hazards import checklist_rows, kind_rows
from anlan.kernel.tables import read_table

HERE = Path(__file__).parent
KINDS, LISTS = HERE / "starting_kinds.csv", HERE / "starting_checklists.csv"


def kinds() -> list[dict[str, Any]]:
    """Return the values of every kind. Raises ValueError where a row of ours has a fault."""
    lines = kind_rows.read(read_table(KINDS.read_bytes(), KINDS.name, known=kind_rows.KNOWN))
    if wrong := {line.number: line.faults for line in lines if line.faults}:
        raise ValueError(wrong)
    return [line.values for line in lines]


@cache
def order() -> dict[str, int]:
    """Return where each of our kinds stands: the commonest of a trade first."""
    return {one["code"]: n for n, one in enumerate(kinds())}


def checklists(known: list[dict[str, Any]]) -> list[checklist_rows.Listed]:
    """Return every checklist. Raises ValueError where a row of ours has a fault."""
    table = read_table(LISTS.read_bytes(), LISTS.name, known=checklist_rows.KNOWN)
    found = checklist_rows.read(table, {one["code"]: one for one in known})
    if wrong := {one.code: one.faults for one in found if not one.sound}:
        raise ValueError(wrong)
    return found

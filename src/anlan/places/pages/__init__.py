"""Desk pages of places."""

from anlan.places.pages.adjusting import adjustment_add, adjustment_apply, adjustment_line, adjustment_undo
from anlan.places.pages.adjustments import (
    adjustment,
    adjustment_accept,
    adjustment_drop,
    adjustment_file,
    adjustment_new,
    adjustments,
)
from anlan.places.pages.history import history
from anlan.places.pages.imports import (
    findings_file,
    import_page,
    imports,
    rejects,
    settle,
    store,
    undo,
    upload,
)
from anlan.places.pages.tree import by_id, children_file, index, map_of, map_of_all, place
from anlan.places.pages.writing import add, close, edit, recode, reopen

__all__ = [
    "add",
    "adjustment",
    "adjustment_accept",
    "adjustment_add",
    "adjustment_apply",
    "adjustment_drop",
    "adjustment_file",
    "adjustment_line",
    "adjustment_new",
    "adjustment_undo",
    "adjustments",
    "by_id",
    "children_file",
    "close",
    "edit",
    "findings_file",
    "history",
    "import_page",
    "imports",
    "index",
    "map_of",
    "map_of_all",
    "place",
    "recode",
    "rejects",
    "reopen",
    "settle",
    "store",
    "undo",
    "upload",
]

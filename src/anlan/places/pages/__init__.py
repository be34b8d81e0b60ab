"""Desk pages of places."""

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
    "by_id",
    "children_file",
    "close",
    "edit",
    "findings_file",
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

"""Writes of the tree: founding, adding, changing, closing, importing, and loading masses."""

from anlan.places.services.imports import (
    check,
    import_boundaries,
    import_divisions,
    import_local,
    settle,
    store,
    undo,
)
from anlan.places.services.load import LoadRow, load_many
from anlan.places.services.scenery import load_scenery
from anlan.places.services.tree import add, change, close, found_root, recode, reopen, set_shape

__all__ = [
    "LoadRow",
    "add",
    "change",
    "check",
    "close",
    "found_root",
    "import_boundaries",
    "import_divisions",
    "import_local",
    "load_many",
    "load_scenery",
    "recode",
    "reopen",
    "set_shape",
    "settle",
    "store",
    "undo",
]

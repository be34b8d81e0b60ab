"""Writes of the tree: founding, adding, changing, closing, importing, and loading masses."""

from anlan.places.services.adjusting import Decision, Draft, accept, compared, correct, drop, even, plan, split_off
from anlan.places.services.applying import Weight, apply, weigh
from anlan.places.services.following import follow
from anlan.places.services.imports import (
    check,
    import_boundaries,
    import_divisions,
    import_local,
    settle,
    store,
    undo,
)
from anlan.places.services.lines import add_fresh, add_line, remove_line
from anlan.places.services.load import LoadRow, load_many
from anlan.places.services.scenery import load_scenery
from anlan.places.services.tree import add, change, close, found_root, recode, reopen, set_shape
from anlan.places.services.undoing import undo_adjustment

__all__ = [
    "Decision",
    "Draft",
    "LoadRow",
    "Weight",
    "accept",
    "add",
    "add_fresh",
    "add_line",
    "apply",
    "change",
    "check",
    "close",
    "compared",
    "correct",
    "drop",
    "even",
    "follow",
    "found_root",
    "import_boundaries",
    "import_divisions",
    "import_local",
    "load_many",
    "load_scenery",
    "plan",
    "recode",
    "remove_line",
    "reopen",
    "set_shape",
    "settle",
    "split_off",
    "store",
    "undo",
    "undo_adjustment",
    "weigh",
]

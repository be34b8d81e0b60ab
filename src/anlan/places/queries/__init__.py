"""Reads of the tree. With `by` they are narrowed to the actor's scope; without, they serve other contexts' services."""

from anlan.places.queries.ground import atlas, features, locate, locate_many, touched, touched_circle
from anlan.places.queries.imports import get_import, get_reject, imports, open_rejects, rejects
from anlan.places.queries.scenery import around
from anlan.places.queries.search import search
from anlan.places.queries.tree import (
    below,
    breadcrumb,
    by_code,
    by_path,
    child_levels,
    children,
    children_page,
    codes_of,
    get,
    lock,
    names,
    paths_for_codes,
    roots,
    scoped,
    under,
    visible,
)

__all__ = [
    "around",
    "atlas",
    "below",
    "breadcrumb",
    "by_code",
    "by_path",
    "child_levels",
    "children",
    "children_page",
    "codes_of",
    "features",
    "get",
    "get_import",
    "get_reject",
    "imports",
    "locate",
    "locate_many",
    "lock",
    "names",
    "open_rejects",
    "paths_for_codes",
    "rejects",
    "roots",
    "scoped",
    "search",
    "touched",
    "touched_circle",
    "under",
    "visible",
]

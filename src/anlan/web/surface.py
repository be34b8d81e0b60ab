"""A lower context's queries by name, or None while it has none."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any


@cache
def queries(context: str) -> Any:
    """Return `anlan.<context>.queries`, or None while the context has none."""
    name = f"anlan.{context}.queries"
    return import_module(name) if find_spec(name) else None

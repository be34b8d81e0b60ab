"""Names for people of what the code calls by code: permissions, gathered from every context's `terms.Can`."""

from enum import EnumType
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

CONTEXTS = (
    "ledger", "places", "people", "callout", "fieldwork", "sensing", "hazards", "alerts", "incidents", "analytics",
)  # fmt: skip


@cache
def _labels() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in CONTEXTS:
        can = getattr(import_module(f"anlan.{name}.terms"), "Can", None) if find_spec(f"anlan.{name}.terms") else None
        if isinstance(can, EnumType):
            members: list[Any] = list(can)
            found |= {str(m.value): str(getattr(m, "label", m.value)) for m in members}
    return found


def permissions() -> dict[str, str]:
    """Return every permission with its plain name, in the order of the contexts."""
    return dict(_labels())


def permission_label(can: str) -> str:
    """Return what a permission is called on a page, or its code where it has no other name."""
    return _labels().get(str(can), str(can))

"""Sources of warnings, each a folder found by discovery: `source.py` with a class `Source`, `README.md`, `tests/`.

Adding one edits no list: put a folder here whose `source.py` keeps the `Source` protocol.
"""

import importlib
import pkgutil
from functools import cache
from typing import Protocol, runtime_checkable

from anlan.alerts.reading import Reading, Unreadable


@runtime_checkable
class Adapter(Protocol):
    """One layout in which warnings arrive."""

    name: str  # the folder's, kept in the database
    label: str  # what people call it

    def suits(self, raw: bytes) -> bool:
        """Say whether the bytes look like this layout: cheap, by their first part."""
        ...

    def read(self, raw: bytes) -> list[Reading]:
        """Return every warning in the bytes. Raises Unreadable with the reason."""
        ...


@cache
def found() -> dict[str, Adapter]:
    """Return every source by name, as the folders beside this file hold them."""
    sources: dict[str, Adapter] = {}
    for module in pkgutil.iter_modules(__path__):
        if not module.ispkg:
            continue
        adapter = importlib.import_module(f"{__name__}.{module.name}.source").Source()
        if not isinstance(adapter, Adapter) or adapter.name != module.name:
            raise TypeError(f"alerts/sources/{module.name}: Source needs name = {module.name!r}, label, suits, read")
        sources[adapter.name] = adapter
    return sources


def read(raw: bytes, name: str = "") -> tuple[str, list[Reading]]:
    """Read bytes by the named source, or by the first that they suit. Raises Unreadable."""
    known = found()
    if name:
        if name not in known:
            raise Unreadable("source.unknown", f"没有叫「{name}」的来源，有：{'、'.join(known)}")
        return name, known[name].read(raw)
    for adapter in known.values():
        if adapter.suits(raw):
            return adapter.name, adapter.read(raw)
    raise Unreadable("source.none", "认不出是哪种格式：不是 XML，也不是已知的 JSON 列表")

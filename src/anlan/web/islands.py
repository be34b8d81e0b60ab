"""Where Vite put each island: read once from its manifest."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

log = logging.getLogger(__name__)
DIST = Path(__file__).parent / "static" / "dist"


@dataclass(frozen=True, slots=True)
class Files:
    """An island's script and styles, relative to static/dist; no script means it was never built."""

    script: str = ""
    styles: tuple[str, ...] = ()


@cache
def _manifest(_stamp: float) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((DIST / "manifest.json").read_text())
    return found


def files(name: str) -> Files:
    """Return an island's files; the page still works without, so a missing build is a logged warning."""
    path = DIST / "manifest.json"
    if not path.is_file():
        log.warning("the islands are not built: run `make frontend` (%s is missing)", path)
        return Files()
    found = _manifest(path.stat().st_mtime if settings.DEBUG else 0)
    entry = found.get(f"src/{name}.ts")
    if entry is None:
        raise LookupError(f"no island is called {name!r}: frontend/src/{name}.ts is not among Vite's inputs")
    return Files(str(entry["file"]), tuple(dict.fromkeys(_styles(found, entry))))


def _styles(found: dict[str, dict[str, Any]], entry: dict[str, Any]) -> Iterator[str]:
    """Yield the styles of a chunk and of every chunk it imports."""
    for name in entry.get("imports", ()):
        yield from _styles(found, found[name])
    yield from entry.get("css", ())


def whole(name: str) -> list[str]:
    """Return every file that an island loads at its start, relative to static/dist; none if it was never built.

    What it loads later by itself (dynamic imports) is not among them.
    """
    if not (DIST / "manifest.json").is_file():
        return []
    found = _manifest((DIST / "manifest.json").stat().st_mtime if settings.DEBUG else 0)
    return list(dict.fromkeys(_files(found, found[f"src/{name}.ts"])))


def _files(found: dict[str, dict[str, Any]], entry: dict[str, Any]) -> Iterator[str]:
    """Yield the files of a chunk and of every chunk it imports."""
    yield str(entry["file"])
    yield from entry.get("css", ())
    yield from entry.get("assets", ())
    for name in entry.get("imports", ()):
        yield from _files(found, found[name])

"""Where Vite put each island: read once from its manifest."""

import json
import logging
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

log = logging.getLogger(__name__)
DIST = Path(__file__).parent / "static" / "dist"


@dataclass(frozen=True, slots=True)
class Files:
    """An island's script and styles, relative to static/dist; no script means it was never built."""

    script: str = ""
    styles: tuple[str, ...] = ()


@cache
def _manifest(stamp: float) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads((DIST / "manifest.json").read_text())
    return found


def files(name: str) -> Files:
    """Return an island's files; the page still works without, so a missing build is a logged warning."""
    path = DIST / "manifest.json"
    if not path.is_file():
        log.warning("the islands are not built: run `make frontend` (%s is missing)", path)
        return Files()
    entry = _manifest(path.stat().st_mtime if settings.DEBUG else 0).get(f"src/{name}.ts")
    if entry is None:
        raise LookupError(f"no island is called {name!r}: frontend/src/{name}.ts is not among Vite's inputs")
    styles = entry.get("css", [])
    return Files(str(entry["file"]), tuple(str(s) for s in styles) if isinstance(styles, list) else ())

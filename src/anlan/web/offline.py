"""The field page /field: an empty shell that a phone keeps, the worker that keeps it, and what makes it installable.

Nothing personal is in any of these files: they are the same for everybody, so a phone may keep them across accounts.
What belongs to a person comes by /field/pack and lives in the phone's own store.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from anlan.web import islands

PAGE, MANIFEST = "/field", "/field/manifest.webmanifest"
ICONS = (("web/icon-192.png", "192x192", "any"), ("web/icon-512.png", "512x512", "any"),
         ("web/icon-maskable-512.png", "512x512", "maskable"))  # fmt: skip
THEME = "#0b5c58"  # --accent


def kept() -> list[str]:
    """Return every address that the field page needs to start without a network; none while unbuilt."""
    files = islands.whole("field")
    return [PAGE, MANIFEST, *(static(f"dist/{name}") for name in files), static(ICONS[0][0])] if files else []


@cache
def _digest(names: tuple[str, ...], _stamp: float) -> str:
    whole = hashlib.sha256("\n".join(names).encode())
    for source in (Path(__file__), Path(__file__).parent / "templates" / "shell" / "offline.html", _worker_file()):
        whole.update(source.read_bytes())
    return whole.hexdigest()[:12]


def version() -> str:
    """Return a name that changes whenever anything of the shell does: the files are named by their content."""
    stamp = _worker_file().stat().st_mtime if settings.DEBUG else 0
    return _digest(tuple(kept()), stamp)


def _worker_file() -> Path:
    found = finders.find("web/sw.js")
    if not found:
        raise LookupError("web/sw.js is missing from the static files")
    return Path(str(found))


@ensure_csrf_cookie  # what the phone sends later carries it
@login_not_required
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Show the field page: a shell that the island fills from what the phone keeps."""
    answer = render(request, "shell/offline.html", {"version": version(), "theme_colour": THEME})
    answer["Cache-Control"] = "no-cache"
    return answer


@login_not_required
@require_GET
def worker(_request: HttpRequest) -> HttpResponse:
    """Give the service worker from the root, so that it may serve every page of ours."""
    facts = json.dumps({"version": version(), "page": PAGE, "kept": kept()}, ensure_ascii=False)
    script = f'"use strict";\nself.ANLAN = {facts};\n{_worker_file().read_text(encoding="utf-8")}'
    answer = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    answer["Service-Worker-Allowed"] = "/"
    answer["Cache-Control"] = "no-cache"
    return answer


@login_not_required
@require_GET
def manifest(_request: HttpRequest) -> HttpResponse:
    """Say what an installed field page is called and how it opens."""
    answer = JsonResponse(
        {
            "id": PAGE, "start_url": PAGE, "scope": "/", "display": "standalone", "orientation": "portrait",
            "name": _("安澜现场"), "short_name": _("安澜"), "lang": "zh-CN", "dir": "ltr",
            "description": _("接预警、报险情、查隐患，没网也能用。"),
            "theme_color": THEME, "background_color": "#ffffff", "categories": ["government", "utilities"],
            "icons": [
                {"src": static(name), "sizes": size, "type": "image/png", "purpose": purpose}
                for name, size, purpose in ICONS
            ],
            "shortcuts": [{"name": _("报险情、隐患"), "url": f"{PAGE}#/report"}],
        },
        content_type="application/manifest+json",
    )  # fmt: skip
    answer["Cache-Control"] = "no-cache"
    return answer

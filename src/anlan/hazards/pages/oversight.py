"""What the pages of tips, supervision, referrals, conduct and the public list share."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

import qrcode
import qrcode.image.svg
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from anlan.kernel import authority, tables
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused
from anlan.ledger import queries as ledger

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
TRAIL = 50


def actor_of(request: HttpRequest, *cans: str) -> Actor:
    """Return who asks, if they hold one of the permissions anywhere; without any named, whoever is signed in."""
    by: Actor | None = getattr(request, "actor", None)
    if by is None or (cans and not authority.anywhere(by, cans)):
        raise Refused(cans[0] if cans else "", "")
    return by


def uuid_of(text: str, field: str) -> UUID:
    """Return a form's UUID. Raises Invalid."""
    try:
        return UUID(text)
    except ValueError:
        raise Invalid({field: _("这里少了东西，回到上一页再选一次")}) from None


def whole(text: str, field: str) -> int:
    """Return a form's whole number. Raises Invalid."""
    plain = text.strip()
    if not (plain.isascii() and plain.isdecimal() and len(plain) < 6):
        raise Invalid({field: _("写一个整数")})
    return int(plain)


def failed(request: HttpRequest, error: Invalid | Conflict, to: str, *args: Any) -> HttpResponse:
    """Say what was wrong, and go back."""
    for text in error.errors.values() if isinstance(error, Invalid) else [str(error)]:
        messages.error(request, text)
    return redirect(to, *args)


def trail(subject: UUID, *, by: Actor) -> list[dict[str, Any]]:
    """Return the entries on a thing as a timeline draws them, the latest first."""
    return ledger.told(ledger.trail(subject_id=subject, by=by, limit=TRAIL))


def jpeg(content: bytes | None) -> HttpResponse:
    """Serve a redrawn picture, inert. Raises Hidden where there is none."""
    if content is None:
        raise Hidden
    answer = HttpResponse(content, content_type="image/jpeg")
    answer["Content-Disposition"] = "inline; filename=photo.jpg"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, max-age=86400, immutable"
    return answer


def svg(address: str) -> HttpResponse:
    """Return an address as a code to scan."""
    made = qrcode.make(address, image_factory=qrcode.image.svg.SvgPathImage, box_size=16)
    return HttpResponse(made.to_string(), content_type="image/svg+xml")


def download(header: Sequence[str], rows: Sequence[Sequence[object]], name: str, kind: str) -> HttpResponse:
    """Return rows as a CSV or XLSX file. Raises Hidden for any other kind."""
    if kind not in TYPES:
        raise Hidden
    made = tables.to_xlsx(header, rows, title=name) if kind == "xlsx" else tables.to_csv(header, rows)
    answer = HttpResponse(made, content_type=TYPES[kind])
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.{kind}"
    return answer

"""Visitors without an account: who counts as one sender, what of their form is read."""

import math
import uuid

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from anlan.hazards.services import informants
from anlan.hazards.terms import Sender

COOKIE = "anlan_visitor"
YEAR = 365 * 86400


def device(request: HttpRequest) -> str:
    """Return the random mark of this browser, a new one where it has none: it names nobody."""
    try:
        return str(signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE))
    except signing.BadSignature:
        return ""


def remember(answer: HttpResponse, known: str) -> HttpResponse:
    """Let the browser keep its mark."""
    if not known:
        answer.set_cookie(
            COOKIE, signing.dumps(uuid.uuid4().hex, salt=COOKIE), max_age=YEAR, httponly=True, samesite="Lax",
            secure=settings.SECURE,
        )  # fmt: skip
    return answer


def address(request: HttpRequest) -> str:
    """Return the visitor's network address; behind our own proxy the one that it saw last."""
    if settings.SECURE_PROXY_SSL_HEADER:
        last = request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip()
        if last:
            return last
    return str(request.META.get("REMOTE_ADDR", ""))


def sender(request: HttpRequest, mark: str) -> Sender:
    """Return the keyed hashes by which a sender is counted."""
    return Sender(network=informants.network(address(request)), device=informants.mark("device", mark) if mark else b"")


def number(text: str) -> float | None:
    """Return a form's number, None for anything else: a position that fails is no reason to lose words."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def photos(request: HttpRequest) -> list[bytes]:
    """Return the photos of a form; no more is read than shows that there are too many, or that one is too large."""
    sent = [f for f in request.FILES.getlist("photos") if f.size]
    return [f.read(settings.PHOTO_MB * 2**20 + 1) for f in sent[: settings.PHOTOS_MOST + 1]]


def too_many() -> str:
    """Say what to do where one network sends more than anybody could look at."""
    return _("从这个网络今天报得太多，先收不下了。写的字还在这一页。急的请直接打电话给社区或者 12345。")

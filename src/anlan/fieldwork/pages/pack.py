"""GET /field/pack: what a phone keeps to work without a network."""

import datetime as dt
import hashlib

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.http import require_GET

from anlan.fieldwork import ports
from anlan.fieldwork.queries import packs
from anlan.kernel import clock
from anlan.kernel.authority import Actor, Hidden

OVERLAP = dt.timedelta(seconds=30)  # what was being written while the last pack was read comes again


@require_GET
def pack(request: HttpRequest) -> HttpResponse:
    """Return {"token", "as_of", "whole", "csrf", "me", "packs"}; with ?since=<token> what changed after it.

    A token of another person, of other posts or of another set of packs is answered with the whole.
    """
    by: Actor = request.actor  # type: ignore[attr-defined]
    if by.person is None:
        raise Hidden("an account without a person keeps nothing")
    as_of, mark = clock.now(), _mark(by)
    since = _since(request.GET.get("since", ""), mark)
    answer = JsonResponse(
        {
            "token": f"{int(as_of.timestamp() * 1000)}.{mark}", "as_of": as_of, "whole": since is None,
            "csrf": get_token(request), "me": packs.me(by),
            "packs": {name: dict(one.of(by, since)) for name, one in ports.packs.items()},
        }
    )  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


def _mark(by: Actor) -> str:
    held = sorted(f"{s.post}{s.seat}{s.path}" for s in by.seats)
    can = sorted(f"{g.can}{g.path}" for g in by.grants)
    return hashlib.sha256("|".join([str(by.person), *sorted(ports.packs), *held, *can]).encode()).hexdigest()[:16]


def _since(token: str, mark: str) -> dt.datetime | None:
    at, _dot, whose = token.partition(".")
    if whose != mark or not at.isascii() or not at.isdigit() or len(at) > 14:
        return None
    return dt.datetime.fromtimestamp(int(at) / 1000, dt.UTC) - OVERLAP

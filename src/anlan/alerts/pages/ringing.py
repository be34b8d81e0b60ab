"""Doors by which a resident's browser asks to ring for a place, and no more. No account, no cookie."""

import contextlib
import time
from collections import deque
from typing import Any

import orjson
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from anlan.alerts import queries
from anlan.alerts.services import bulletins
from anlan.callout.services import pushing
from anlan.kernel.authority import Invalid

BODY = 8_000
MOST, WITHIN = 300, 60  # wishes that one process takes, in so many seconds
_taken: deque[float] = deque(maxlen=MOST)


@csrf_exempt  # no session is touched: a browser speaks for itself
@login_not_required
@require_POST
def ring(request: HttpRequest, where: str) -> HttpResponse:
    """Take in {"subscription", "least": 1 … 4, "lang"}: 201, or 404, 409, 422, 429 with words."""
    given = _body(request)
    lang = str(given.get("lang", ""))
    with translation.override("en" if lang.startswith("en") else "zh-hans"):
        place = queries.place_named(where[:40])
        if place is None:
            return JsonResponse({"error": _("没有找到这个地方")}, status=404)
        if not pushing.ready():
            return JsonResponse({"error": _("这里还没有开通提醒")}, status=409)
        moment = time.monotonic()
        if len(_taken) == MOST and moment - _taken[0] < WITHIN:
            return JsonResponse({"error": _("现在开提醒的人太多，过一分钟再试")}, status=429)
        try:
            least = int(given.get("least") or 1)
            bulletins.listen(place[0], given.get("subscription") or {}, least=least, in_english=lang.startswith("en"))
        except Invalid as wrong:
            return JsonResponse({"error": "".join(wrong.errors.values())}, status=422)
        except (TypeError, ValueError):
            return JsonResponse({"error": _("要哪几级，没有写对")}, status=422)
        _taken.append(moment)
    return HttpResponse(status=201)


@csrf_exempt  # as above; only who knows the browser's secret address can ask this
@login_not_required
@require_POST
def unring(request: HttpRequest, where: str) -> HttpResponse:
    """Forget a browser's wish: {"endpoint"}. 204, also where there was none."""
    place = queries.place_named(where[:40])
    endpoint = _body(request).get("endpoint")
    if place is not None and isinstance(endpoint, str):
        bulletins.stop_listening(place[0], endpoint)
    return HttpResponse(status=204)


def _body(request: HttpRequest) -> dict[str, Any]:
    given = None
    if request.content_type == "application/json" and len(request.body) <= BODY:
        with contextlib.suppress(orjson.JSONDecodeError):
            given = orjson.loads(request.body)
    if not isinstance(given, dict):
        raise Invalid({"": _("送来的不是一份 JSON")})
    return given

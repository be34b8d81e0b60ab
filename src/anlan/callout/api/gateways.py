"""/gateway/<carrier>/events: where gateways report, signed as we do, or in the service's own form."""

import orjson
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from anlan.callout import signing
from anlan.callout.carriers import Callback, Forged
from anlan.callout.events import Unreadable
from anlan.callout.services import gateways
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden


def _said(status: int, error: str) -> HttpResponse:
    return JsonResponse({"error": error}, status=status)


@csrf_exempt  # a gateway has no session: it proves itself by signature
@login_not_required
@require_http_methods(["GET", "POST"])
def events(request: HttpRequest, carrier: str) -> HttpResponse:
    """Take a gateway's events. 401 unsigned, old or wrong; 404 no such gateway; 409 the signature was used; 422 unread.

    200 says of how many something came: {"accepted", "repeated", "unplaced", "faults": [{"index", "wrong"}]}; a service
    that has a form of its own is answered in it.
    """
    if gateways.hears(carrier):
        return _own_form(request, carrier)
    return _signed(request, carrier) if request.method == "POST" else HttpResponseNotAllowed(["POST"])


def _signed(request: HttpRequest, carrier: str) -> HttpResponse:
    try:
        secret = gateways.secret_of(carrier)
        proof = signing.check(
            request.headers, secret, "POST", request.get_full_path(), request.body, at=clock.now().timestamp()
        )
        taken = gateways.take(carrier, orjson.loads(request.body), proof=proof)
    except Hidden:
        return _said(404, "no such gateway")
    except signing.Unsigned as unsigned:
        return _said(401, f"signature {unsigned.reason}")
    except Conflict:
        return _said(409, "this signature was used before; sign again")
    except (orjson.JSONDecodeError, Unreadable) as unread:
        return _said(422, str(unread))
    return JsonResponse(
        {
            "accepted": taken.accepted,
            "repeated": taken.repeated,
            "unplaced": taken.unplaced,
            "faults": [{"index": index, "wrong": wrong} for index, wrong in taken.faults],
        }
    )


def _own_form(request: HttpRequest, carrier: str) -> HttpResponse:
    callback = Callback(
        request.method or "", request.GET.dict(), request.headers, request.body, clock.now().timestamp()
    )  # fmt: skip
    try:
        reply = gateways.hear(carrier, callback)
    except Hidden:
        return _said(404, "no such gateway")
    except Forged as forged:
        return _said(401, f"wrong {forged.reason}")
    except Unreadable as unread:
        return _said(422, str(unread))
    return HttpResponse(reply.body, content_type=reply.content_type)

"""POST /gateway/<carrier>/events: where gateways report, signed, many events at once."""

import orjson
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from anlan.callout import signing
from anlan.callout.events import Unreadable
from anlan.callout.services import gateways
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden


def _said(status: int, error: str) -> HttpResponse:
    return JsonResponse({"error": error}, status=status)


@csrf_exempt  # a gateway has no session: it proves itself by signature
@login_not_required
@require_POST
def events(request: HttpRequest, carrier: str) -> HttpResponse:
    """Take a gateway's events. 401 unsigned, old or wrong; 404 no such gateway; 409 the signature was used; 422 unread.

    200 says of how many something came: {"accepted", "repeated", "unplaced", "faults": [{"index", "wrong"}]}.
    """
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

"""/gateway/sms_relay/…: where a phone with a SIM asks for its texts and tells what became of them, by its token.

Asking may wait up to 25 seconds for a text, so that door is bare ASGI beside Django: a hundred phones that wait hold
no thread. Telling is an ordinary request.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import orjson
from django.contrib.auth.decorators import login_not_required
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, JsonResponse, RawPostDataException
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from anlan.callout.events import Unreadable
from anlan.callout.services import relaying
from anlan.kernel.authority import Hidden

PULL = "/gateway/sms_relay/pull"
LONGEST = 25.0  # seconds for which an asking relay may wait
LOOK = 2.0  # seconds between two looks
BODY = 16_384  # most bytes of a question
_BEARER = re.compile(r"^Bearer ([\x21-\x7e]{16,200})$")
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def _token(header: str) -> str:
    found = _BEARER.match(header)
    return found.group(1) if found else ""


@csrf_exempt  # a phone has no session: it proves itself by its token
@login_not_required
@require_POST
def events(request: HttpRequest) -> HttpResponse:
    """Take what a relay tells. 401 a wrong token, 422 unread; 200 as /gateway/<carrier>/events answers."""
    token = _token(request.headers.get("Authorization", ""))
    if not token:
        return JsonResponse({"error": "wrong token"}, status=401)
    try:
        taken = relaying.report(token, orjson.loads(request.body))
    except Hidden:
        return JsonResponse({"error": "wrong token"}, status=401)
    except (orjson.JSONDecodeError, RawPostDataException, Unreadable) as unread:
        return JsonResponse({"error": str(unread)}, status=422)
    return JsonResponse({
        "accepted": taken.accepted, "repeated": taken.repeated, "unplaced": taken.unplaced,
        "faults": [{"index": index, "wrong": wrong} for index, wrong in taken.faults],
    })  # fmt: skip


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(4, thread_name_prefix="relays")


def _ask(token: str, body: Mapping[str, Any]) -> dict[str, Any]:
    close_old_connections()
    try:
        return relaying.pull(token, body)
    finally:
        close_old_connections()


async def door(scope: Scope, receive: Receive, send: Send) -> None:
    """Give a relay its texts; with `wait`, as soon as there are any. 401 a wrong token, 413, 422, 503 no store."""
    heads = {k: v.decode("latin-1") for k, v in scope["headers"]}
    raw = await _body(receive)
    if raw is None:
        return await _say(send, 413, {"error": "too long"})
    try:
        said = orjson.loads(raw) if raw.strip() else {}
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict):
        return await _say(send, 422, {"error": "expected a JSON object"})
    wait = said.get("wait", 0)
    wait = float(wait) if isinstance(wait, int | float) and not isinstance(wait, bool) else 0.0
    until = time.monotonic() + min(max(wait, 0.0), LONGEST)
    loop, token = asyncio.get_running_loop(), _token(heads.get(b"authorization", ""))
    while True:
        try:
            given = await loop.run_in_executor(_pool(), _ask, token, said)
        except Hidden:
            return await _say(send, 401, {"error": "wrong token"})
        except Exception:  # noqa: BLE001 - the relay must know that it was not heard, and asks again
            return await _say(send, 503, {"error": "not now; ask again in a few seconds"})
        if given["messages"] or time.monotonic() + LOOK > until:
            return await _say(send, 200, given)
        await asyncio.sleep(LOOK)
        said.pop("status", None)


async def _body(receive: Receive) -> bytes | None:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False) and message["type"] == "http.request"
        if len(body) > BODY:
            return None
    return body


async def _say(send: Send, status: int, payload: Mapping[str, Any]) -> None:
    content = orjson.dumps(payload)
    headers = [
        (b"content-type", b"application/json"), (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})

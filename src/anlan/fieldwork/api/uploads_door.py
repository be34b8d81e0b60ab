"""/field/uploads/<uuid>: files over a bad line, bare ASGI. PUT adds bytes, GET and HEAD say how many there are.

A PUT without Content-Range brings the file; `Content-Range: bytes 0-65535/180000` brings a piece. 202 {"have": n}:
go on there; 200: it is whole. Of a piece whose line broke, what came is kept.
"""

import logging
import re
import time
from typing import Any
from uuid import UUID

from django.conf import settings

from anlan.fieldwork.api import bodies
from anlan.fieldwork.api.bodies import Receive, Send, say
from anlan.fieldwork.api.entering import Scope, Unentered, enter
from anlan.fieldwork.api.gathering import Gathered, ask
from anlan.fieldwork.services import receiving
from anlan.fieldwork.services.receiving import File, Held
from anlan.kernel.authority import Actor, Hidden

log = logging.getLogger(__name__)
PREFIX = "/field/uploads/"
MOST = 40  # files in one batch
FULL = 2_000  # files waiting, above which the door asks to come again
TRUSTED = 10.0  # seconds for which a session that was asked for is trusted: a phone sends twenty files in a row
KEPT = 5_000  # sessions remembered
RANGE = re.compile(r"bytes (\d{1,10})-(\d{1,10})/(\d{1,10})$", re.ASCII)
_trusted: dict[tuple[str, str, str], tuple[float, Actor]] = {}


gathered: Gathered[File, Held] = Gathered(receiving.receive_many, most=MOST, full=FULL)


class Wrong(ValueError):  # noqa: N818 - a sentence: the request is wrong
    """The request makes no sense; its text says what was expected."""


async def door(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve PUT, GET, HEAD: 200, 202, 401, 403, 404 (somebody else's), 409 (a gap), 413, 415 (no photo), 422, 503."""
    try:
        status, said = await _answer(scope, receive)
    except bodies.Cut:
        return
    except Exception as error:  # noqa: BLE001 - told to the device, and logged where nobody expected it
        status, said = _told(error)
    have = str(said.get("have", 0)).encode()
    await say(send, status, said, (b"x-anlan-have", have), empty=scope["method"] == "HEAD")


async def _answer(scope: Scope, receive: Receive) -> tuple[int, dict[str, Any]]:
    try:
        upload = UUID(scope["path"][len(PREFIX) :])
    except ValueError:
        return 404, {"error": "expected /field/uploads/<uuid>"}
    if scope["method"] in {"GET", "HEAD"}:
        by = (await ask(lambda: enter(scope, writes=False))).by
        return _state(await ask(lambda: receiving.held(upload, by=by)))
    if scope["method"] != "PUT":
        return 405, {"error": "PUT, GET or HEAD"}
    return await _put(upload, scope, receive)


async def _put(upload: UUID, scope: Scope, receive: Receive) -> tuple[int, dict[str, Any]]:
    most, headers = settings.PHOTO_MB * 2**20, bodies.heads(scope)
    async with bodies.room(2 * bodies.length(headers, most)):
        by = await _who(scope, headers)
        start, end, total = _range(headers.get("content-range", ""))
        try:
            data = await bodies.body(receive, most)
        except bodies.Cut as cut:
            if cut.part and total is not None:
                await gathered.ask(File(upload, by, cut.part[: end - start], start, total))
            raise
        if total is None:
            total = len(data)
        elif len(data) != end - start:
            raise Wrong(f"content-range names {end - start} bytes, {len(data)} came")
        if not data:
            raise Wrong("expected bytes")
        held = await gathered.ask(File(upload, by, data, start, total))
    if held.state == "awaited" and held.have < start:
        return 409, {"have": held.have, "error": "a piece before this one is missing"}
    return _state(held)


async def _who(scope: Scope, headers: dict[str, str]) -> Actor:
    key = (headers.get("cookie", ""), headers.get("x-csrftoken", ""), headers.get("origin", ""))
    found = _trusted.get(key)
    if found is not None and found[0] > time.monotonic():
        return found[1]
    by = (await ask(enter, scope)).by
    if len(_trusted) >= KEPT:
        _trusted.clear()
    _trusted[key] = (time.monotonic() + TRUSTED, by)
    return by


def _range(said: str) -> tuple[int, int, int | None]:
    """Return (start, end, total) of a Content-Range, end exclusive; total None where there is none. Raises Wrong."""
    if not said:
        return 0, 0, None
    found = RANGE.match(said)
    if found is None:
        raise Wrong("content-range: expected bytes <first>-<last>/<total>")
    first, last, total = map(int, found.groups())
    if not first <= last < total:
        raise Wrong("content-range: expected first ≤ last < total")
    return first, last + 1, total


def _state(held: Held) -> tuple[int, dict[str, Any]]:
    said = {"have": held.have, "state": held.state, "reason": held.reason}
    if held.state == "refused":
        return {"kind": 415, "size": 413}.get(held.reason, 422), said
    return 202 if held.state == "awaited" else 200, said


def _told(error: Exception) -> tuple[int, dict[str, Any]]:
    match error:
        case Unentered():
            return error.status, {"error": error.error}
        case Hidden():
            return 404, {"error": "no such file of yours"}
        case Wrong():
            return 422, {"error": str(error)}
        case bodies.TooMuch():
            return 413, {"error": f"at most {settings.PHOTO_MB} MB"}
        case bodies.Full():
            return 503, {"error": "too many at once; send it again in a few seconds"}
    log.error("a file was not kept; its device was told to send it again", exc_info=error)
    return 503, {"error": "not kept; send it again in a few seconds"}

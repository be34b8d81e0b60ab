"""POST /sensing/batch (NDJSON, line protocol) and /sensing/influx/… (as Telegraf posts): bare ASGI beside Django.

A batch is answered once it is committed; whoever hears no answer sends it again, and nothing is doubled.
"""

import asyncio
import base64
import binascii
import logging
import time
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.db import close_old_connections
from django.utils.translation import gettext as _
from django.utils.translation import override

from anlan.kernel import bodies
from anlan.kernel.bodies import Receive, Send, say
from anlan.kernel.clock import now
from anlan.sensing import payloads
from anlan.sensing.models import Feed
from anlan.sensing.services import addressing, doors
from anlan.sensing.services.addressing import Accepted
from anlan.sensing.services.observing import Taken

log = logging.getLogger("anlan.sensing")
Scope = MutableMapping[str, Any]
PATH, INFLUX = "/sensing/batch", "/sensing/influx"
JSON = {"", "application/json", "application/x-ndjson", "application/ndjson"}
LINES = {"text/plain", "application/vnd.influxdb.line-protocol", "application/influx"}
LANES = 2  # batches under way at once: one is read while the other commits
SHOWN = 100  # bad lines named in an answer
TOKEN_S = 5.0  # seconds for which a token is believed without asking the database
COST = 4  # bytes that a byte of a body costs while it is worked on
room = bodies.Room(lambda: float(settings.SENSING_INFLIGHT_MB))
_feeds: dict[str, tuple[float, Feed]] = {}


class Unknown(PermissionError):  # noqa: N818 - a sentence: the token is unknown
    """No open door has that token."""


class TooMany(ValueError):  # noqa: N818 - a sentence: there are too many
    """More readings than one request may bring."""


@cache
def _lanes() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(LANES, thread_name_prefix="readings")


async def door(scope: Scope, receive: Receive, send: Send) -> None:
    """Take one batch: 200 with what became of it, 401, 413, 415, 422 (nothing could be kept), 503 (come again)."""
    influx, headers = scope["path"].startswith(INFLUX), bodies.heads(scope)
    try:
        accepted = await _accepted(scope, receive, headers, influx=influx)
    except bodies.Cut:
        return  # nobody is there to hear; nothing was kept, and they send it again
    except Exception as error:  # noqa: BLE001 - told to the sender, and logged where nobody expected it
        status, words = _told(error)
        await say(send, status, {"error": words, "code": "invalid", "message": words})
        return
    if influx and not accepted.bad:
        await send({"type": "http.response.start", "status": 204, "headers": [(b"cache-control", b"no-store")]})
        await send({"type": "http.response.body", "body": b""})
        return
    nothing = accepted.bad and not accepted.unknown and accepted.taken == Taken(refused=accepted.taken.refused)
    status = (400 if influx else 422) if nothing else 200
    await say(send, status, _answer(accepted, headers.get("accept-language", "")))


async def _accepted(scope: Scope, receive: Receive, headers: dict[str, str], *, influx: bool) -> Accepted:
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    most = int(settings.SENSING_BATCH_MB * 2**20)
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    lines = influx or kind in LINES
    if not lines and kind not in JSON:
        raise bodies.Unfit(f"content-type {kind}")
    precision = asked.get("precision", ["ns"])[0]
    if precision not in payloads.PRECISIONS:
        raise payloads.Wrong("precision", ", ".join(payloads.PRECISIONS))
    packed = headers.get("content-encoding", "").strip().lower() not in {"", "identity"}
    async with room(COST * (most if packed else bodies.length(headers, most))):
        raw = await bodies.body(receive, most)
        whole = asked.get("all", [""])[0] in {"1", "true"}
        work = _Work(raw, headers, most, precision if lines else "", whole)
        return await asyncio.get_running_loop().run_in_executor(_lanes(), work)


class _Work:
    """What a thread does of one request."""

    def __init__(self, raw: bytes, headers: dict[str, str], most: int, precision: str, whole: bool) -> None:  # noqa: FBT001
        self.raw, self.headers, self.most, self.precision, self.whole = raw, headers, most, precision, whole

    def __call__(self) -> Accepted:
        close_old_connections()
        feed = entered(self.headers)
        raw = bodies.unpacked(self.raw, self.headers.get("content-encoding", "").strip().lower(), self.most)
        came = now()
        sink = addressing.sink(came)
        read = payloads.lines(raw, sink, self.precision) if self.precision else payloads.ndjson(raw, sink)
        if read.count + len(read.bad) > settings.SENSING_BATCH_MOST:
            raise TooMany
        return addressing.accept(read, feed=feed, door="batch", came=came, whole=self.whole)


def entered(headers: dict[str, str]) -> Feed:
    """Return the door whose token came as Bearer, as InfluxDB's Token or as the password of Basic. Raises Unknown."""
    token = _token(headers.get("authorization", ""))
    kept = _feeds.get(token)
    if kept is not None and time.monotonic() - kept[0] < TOKEN_S:
        return kept[1]
    feed = doors.by_token(token)
    if feed is None:
        _feeds.pop(token, None)
        raise Unknown
    if len(_feeds) > 1000:
        _feeds.clear()
    _feeds[token] = (time.monotonic(), feed)
    return feed


def _token(header: str) -> str:
    scheme, _space, said = header.partition(" ")
    if scheme.lower() in {"bearer", "token"}:
        return said.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(said, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _told(error: Exception) -> tuple[int, str]:
    megabytes = f"{settings.SENSING_BATCH_MB:g}"
    with override("zh-hans"):
        match error:
            case Unknown():
                return 401, _("令牌不对，或这个来源停用了")
            case bodies.TooMuch():
                return 413, _("一次最多 {most} MB（解压后），请分开送").format(most=megabytes)
            case TooMany():
                return 413, _("一次最多 {most} 条读数，请分开送").format(most=settings.SENSING_BATCH_MOST)
            case bodies.Unfit():
                return 415, _("要 NDJSON 或 InfluxDB 行协议，可以用 gzip 压缩：{why}").format(why=error)
            case payloads.Wrong():
                return 422, _("{name}：要 {choices}").format(name=error.name, choices=error.reason)
        if not isinstance(error, bodies.Full):
            log.error("a batch of readings was not kept; its sender was told to send it again", exc_info=error)
        return 503, _("现在收不下，请过几秒再送一次")


def _answer(accepted: Accepted, language: str) -> dict[str, Any]:
    taken = accepted.taken
    with override("en" if language.lower().startswith("en") else "zh-hans"):
        shown = [{"line": b.line, "field": b.field, "reason": _(b.reason)} for b in accepted.bad[:SHOWN]]
    answer = {
        "taken": taken.new, "same": taken.same, "changed": taken.changed, "unknown": accepted.unknown,
        "rejected": shown, "rejected_count": len(accepted.bad),
    }  # fmt: skip
    if accepted.bad:
        answer |= {"code": "invalid", "message": f"{len(accepted.bad)}: {shown[0]['reason']}"}
    return answer

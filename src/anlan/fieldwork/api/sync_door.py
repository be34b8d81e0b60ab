"""POST /field/sync: the mass door of records made offline, bare ASGI beside Django.

Parcels that arrive together are written together, as the answers of a call are (callout.api.answers_door). A parcel is
answered once it is committed; whoever hears no answer sends it again, and nothing is doubled.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

from django.conf import settings
from django.db import close_old_connections

from anlan.fieldwork import parcels
from anlan.fieldwork.api import bodies
from anlan.fieldwork.api.bodies import Receive, Send, say
from anlan.fieldwork.api.entering import Scope, Unentered, enter
from anlan.fieldwork.parcels import Parcel
from anlan.fieldwork.services import syncing
from anlan.fieldwork.services.syncing import Reply
from anlan.kernel.clock import now

log = logging.getLogger(__name__)
T = TypeVar("T")
PATH = "/field/sync"
GATHER = 0.01  # seconds to wait for company
MOST = 40  # parcels in one batch
LANES = 2  # batches under way at once
FULL = 2_000  # parcels waiting, above which the door asks to come again


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(3, thread_name_prefix="field")


async def ask(question: Callable[..., T], *args: Any) -> T:
    """Ask the database in one of a few threads, each with a connection that is checked when it is old."""

    def asked() -> T:
        close_old_connections()
        return question(*args)

    return await asyncio.get_running_loop().run_in_executor(_threads(), asked)


class Gatherer:
    """Collects parcels and has them taken in together. Belongs to one event loop."""

    def __init__(self, take: Callable[[Sequence[Parcel]], list[Reply | Exception]]) -> None:
        self._take = take
        self._waiting: list[tuple[Parcel, asyncio.Future[Reply]]] = []
        self._lanes = asyncio.Semaphore(LANES)
        self._pool = ThreadPoolExecutor(LANES, thread_name_prefix="sync")
        self._pump: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def ask(self, one: Parcel) -> Reply:
        """Return the reply to a parcel once it is committed. Raises Full, or what the database raised."""
        if len(self._waiting) >= FULL:
            raise bodies.Full
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, future))
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        while self._waiting:
            await asyncio.sleep(GATHER)
            await self._lanes.acquire()
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            task = asyncio.create_task(self._write(batch))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _write(self, batch: list[tuple[Parcel, "asyncio.Future[Reply]"]]) -> None:
        try:
            loop = asyncio.get_running_loop()
            replies = await loop.run_in_executor(self._pool, self._commit, [one for one, _future in batch])
        except Exception as broken:  # noqa: BLE001 - each waiter is told, nothing is swallowed
            replies = [broken] * len(batch)
        finally:
            self._lanes.release()
        for (_one, future), reply in zip(batch, replies, strict=True):
            if future.done():
                continue
            if isinstance(reply, Exception):
                future.set_exception(reply)
            else:
                future.set_result(reply)

    def _commit(self, batch: list[Parcel]) -> list[Reply | Exception]:
        close_old_connections()
        return self._take(batch)


_gatherers: dict[int, tuple[asyncio.AbstractEventLoop, Gatherer]] = {}


def _gatherer() -> Gatherer:
    loop = asyncio.get_running_loop()
    kept = _gatherers.get(id(loop))
    if kept is None or kept[0] is not loop:
        kept = _gatherers[id(loop)] = (loop, Gatherer(syncing.take))
    return kept[1]


async def door(scope: Scope, receive: Receive, send: Send) -> None:
    """Take one parcel: 200 with its results, 401, 403, 413, 422 (with the record at fault), 503 (send it again)."""
    try:
        reply = await _taken(scope, receive)
    except bodies.Cut:
        return  # nobody is there to hear; nothing was kept, and they send it again
    except Exception as error:  # noqa: BLE001 - told to the device, and logged where nobody expected it
        status, said = _told(error)
        await say(send, status, said)
        return
    await say(send, 200, _said(reply))


async def _taken(scope: Scope, receive: Receive) -> Reply:
    most, headers = settings.FIELD_SYNC_KB * 1024, bodies.heads(scope)
    async with bodies.room(2 * bodies.length(headers, most)):
        entered = await ask(enter, scope)
        raw = await bodies.body(receive, most)
        arrived_at = now()
        raw = bodies.unpacked(raw, headers.get("content-encoding", "").strip().lower(), most)
        device, sent_at, records = parcels.read(raw, _limits())
        off = parcels.ahead(sent_at, arrived_at)
        return await _gatherer().ask(Parcel(device, records, entered.by, arrived_at, off, entered.language))


def _told(error: Exception) -> tuple[int, dict[str, Any]]:
    match error:
        case Unentered():
            return error.status, {"error": error.error}
        case parcels.Unreadable():
            return error.status, {"error": error.why, "record": error.record}
        case bodies.TooMuch():
            return 413, {"error": f"at most {settings.FIELD_SYNC_KB} KB at a time", "record": None}
        case bodies.Unfit():
            return 422, {"error": str(error), "record": None}
        case bodies.Full():
            return 503, {"error": "too many at once; send it again in a few seconds"}
    log.error("a parcel was not kept; its device was told to send it again", exc_info=error)
    return 503, {"error": "not kept; send it again in a few seconds"}


def _limits() -> parcels.Limits:
    return parcels.Limits(settings.FIELD_RECORDS_MOST, settings.FIELD_RECORD_KB * 1024)


def _said(reply: Reply) -> dict[str, Any]:
    results = [
        {"id": r.id, "state": r.state, "message": r.message, "subject": r.subject, "href": r.href, "now": r.now}
        for r in reply.results
    ]
    return {"server_at": now(), "results": results, "upto": reply.upto}

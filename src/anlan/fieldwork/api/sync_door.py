"""POST /field/sync: the mass door of records made offline, bare ASGI beside Django.

Parcels that arrive together are written together, as the answers of a call are (callout.api.answers_door). A parcel is
answered once it is committed; whoever hears no answer sends it again, and nothing is doubled.
"""

import logging
from collections.abc import Sequence
from typing import Any

from django.conf import settings

from anlan.fieldwork import parcels
from anlan.fieldwork.api import bodies
from anlan.fieldwork.api.bodies import Receive, Send, say
from anlan.fieldwork.api.entering import Scope, Unentered, enter
from anlan.fieldwork.api.gathering import Gathered, ask
from anlan.fieldwork.parcels import Parcel
from anlan.fieldwork.services import syncing
from anlan.fieldwork.services.syncing import Reply
from anlan.kernel.clock import now

log = logging.getLogger(__name__)
PATH = "/field/sync"
MOST = 40  # parcels in one batch
FULL = 2_000  # parcels waiting, above which the door asks to come again


def _take(parcels: Sequence[Parcel]) -> Sequence[Reply | Exception]:
    return syncing.take(parcels)


gathered = Gathered(_take, most=MOST, full=FULL)


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
        return await gathered.ask(Parcel(device, records, entered.by, arrived_at, off, entered.language))


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

"""The front door: the few mass doors and the live stream as bare ASGI, everything else Django under WSGI.

A Django view gathering writes reached 300–900 answers/s on two cores, a bare ASGI function 5,000–13,000
(architecture §6); so the doors named in DOORS never touch Django's request cycle.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from a2wsgi import WSGIMiddleware

from anlan.web.wsgi import application as django

from anlan.callout.api import answers_door, relays  # isort: skip  # after Django is set up by wsgi
from anlan.fieldwork.api import sync_door, uploads_door  # isort: skip
from anlan.sensing.api import batch_door  # isort: skip
from anlan.web import health, live  # isort: skip

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Door = Callable[[Scope, Receive, Send], Awaitable[None]]

DOORS: tuple[tuple[str, Door], ...] = (
    ("/healthz", health.alive),
    ("/live", live.door),
    (uploads_door.PREFIX, uploads_door.door),
)
POSTED: tuple[tuple[str, Door], ...] = (  # their GET is Django's
    (answers_door.PREFIX, answers_door.door),
    (relays.PULL, relays.door),
    (sync_door.PATH, sync_door.door),
    (batch_door.PATH, batch_door.door),
    (batch_door.INFLUX, batch_door.door),
)
pages: Door = WSGIMiddleware(django, workers=12)  # type: ignore[arg-type,assignment]  # its types are narrower


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one connection."""
    if scope["type"] == "http":
        for prefix, door in DOORS:
            if scope["path"].startswith(prefix):
                return await door(scope, receive, send)
        for prefix, door in POSTED if scope["method"] == "POST" else ():
            if scope["path"].startswith(prefix):
                return await door(scope, receive, send)
    return await pages(scope, receive, send)

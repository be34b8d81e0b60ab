"""The live stream: server-sent events that say "this changed", never what; the page then asks for what it may see.

One LISTEN connection a process wakes one question a second about everything that is watched, and each watcher holds a
version only, so a slow line skips steps instead of piling them up, and a thousand watchers cost no thread each. A page
names what it shows (`?topic=call:<id>&since=<version>`); a broken line resumes by Last-Event-ID. Who may watch is asked
when the line opens and once a minute after, with the session of that moment.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any, TypeVar
from urllib.parse import parse_qs
from uuid import UUID

import psycopg
from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections, connection
from django.http import HttpRequest

from anlan.callout.queries import watch
from anlan.kernel.authority import Actor, Hidden, Refused
from anlan.people import queries as people

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
T = TypeVar("T")

CHANNELS = ("anlan_ledger", "anlan_live")
PACE = 1.0  # seconds between two looks while something moves
UNHEARD = 5.0  # seconds after which we look even if nobody rang: a NOTIFY may be lost with its connection
BEAT = 10.0  # seconds between heartbeats
RECHECK = 60.0  # seconds a permission is trusted
MOST = 5_000  # watchers in one process

readers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="live")
sessions = import_module(settings.SESSION_ENGINE)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of topic: may an actor watch one (raises Hidden or Refused), and which version is each at now."""

    admit: Callable[[Actor, UUID], None]
    versions: Callable[[Iterable[UUID]], Mapping[UUID, str]]


KINDS: dict[str, Kind] = {
    "call": Kind(watch.admit_call, watch.call_versions),
    "inbox": Kind(watch.admit_inbox, watch.inbox_versions),
}


@dataclass(eq=False, slots=True)
class Topic:
    """One thing that somebody watches."""

    kind: str
    id: UUID
    version: str = ""
    watchers: int = 0
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    def move(self, version: str) -> None:
        """Wake everybody who waits if the version is another one."""
        if version != self.version:
            self.version = version
            self.moved.set()
            self.moved = asyncio.Event()


class Hub:
    """Everything watched in this process, and the one task that looks after it while anybody watches."""

    def __init__(self) -> None:
        self.topics: dict[tuple[str, UUID], Topic] = {}
        self.watching = 0
        self.rung = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    @contextlib.asynccontextmanager
    async def watch(self, kind: str, ident: UUID) -> Any:
        """Hold a topic for one watcher; the last one to leave stops the looking."""
        topic = self.topics.setdefault((kind, ident), Topic(kind, ident))
        topic.watchers += 1
        self.watching += 1
        try:
            if not topic.version:
                topic.move((await ask(look, [(kind, ident)])).get((kind, ident), "-"))
            if not self.tasks:
                self.tasks = [asyncio.create_task(self.look_on()), asyncio.create_task(self.listen())]
            yield topic
        finally:
            topic.watchers -= 1
            self.watching -= 1
            if not topic.watchers:
                self.topics.pop((kind, ident), None)
            if not self.watching:
                for task in self.tasks:
                    task.cancel()
                self.tasks = []

    async def look_on(self) -> None:
        """Look once a second at most while something moves, every five seconds otherwise."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.rung.wait(), UNHEARD)
            self.rung.clear()
            began = time.monotonic()
            try:
                for key, version in (await ask(look, list(self.topics))).items():
                    if topic := self.topics.get(key):
                        topic.move(version)
            except Exception:
                log.exception("the live stream could not look; it tries again")
            await asyncio.sleep(max(0.0, PACE - (time.monotonic() - began)))

    async def listen(self) -> None:
        """Keep one LISTEN connection; after a broken one, look at once: what rang meanwhile was not heard."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**parameters(), autocommit=True) as line:
                    for channel in CHANNELS:
                        await line.execute(f"LISTEN {channel}")
                    self.rung.set()
                    async for _ in line.notifies():
                        self.rung.set()
            except psycopg.Error as error:
                log.warning("the live stream lost its LISTEN connection: %s", error)
            await asyncio.sleep(PACE)


def parameters() -> dict[str, Any]:
    """Return what psycopg needs to reach the database Django uses."""
    found = connection.get_connection_params()
    return {k: v for k, v in found.items() if k in {"dbname", "user", "password", "host", "port", "options"}}


async def ask(question: Callable[..., T], *args: Any) -> T:
    """Ask the database in one of a few threads of our own, each with a connection that is checked when it is old."""

    def asked() -> T:
        close_old_connections()
        return question(*args)

    return await asyncio.get_running_loop().run_in_executor(readers, asked)


def look(keys: Iterable[tuple[str, UUID]]) -> dict[tuple[str, UUID], str]:
    """Return the version of each thing, one question for each kind."""
    asked: dict[str, list[UUID]] = {}
    for kind, ident in keys:
        asked.setdefault(kind, []).append(ident)
    return {(kind, i): version for kind, ids in asked.items() for i, version in KINDS[kind].versions(ids).items()}


def admit(cookies: str, kind: str, ident: UUID) -> int:
    """Return 200 if the session in these cookies may watch the topic, else 401 or 404."""
    request = HttpRequest()
    try:
        key = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return 401
    request.session = sessions.SessionStore(key.value if key else None)
    user = get_user(request)
    if not user.is_authenticated:
        return 401
    try:
        KINDS[kind].admit(people.actor_for(user), ident)
    except (Hidden, Refused, LookupError):
        return 404
    return 200


hub = Hub()


async def door(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve GET /live?topic=<kind>:<id>&since=<version> as text/event-stream: events `changed` and `beat`."""
    headers = {k.decode().lower(): v.decode("latin-1") for k, v in scope["headers"]}
    query = parse_qs(scope["query_string"].decode("latin-1"))
    kind, _, text = query.get("topic", [""])[0].partition(":")
    try:
        ident = UUID(text)
    except ValueError:
        return await refuse(send, 404)
    if kind not in KINDS:
        return await refuse(send, 404)
    if hub.watching >= MOST:
        return await refuse(send, 503, (b"retry-after", b"10"))
    cookies = headers.get("cookie", "")
    status = await ask(admit, cookies, kind, ident)
    if status != 200:
        return await refuse(send, status)
    since = headers.get("last-event-id") or query.get("since", [""])[0]
    async with hub.watch(kind, ident) as topic:
        talk = asyncio.create_task(tell(topic, since, lambda: ask(admit, cookies, kind, ident), send))
        leave = asyncio.create_task(gone(receive))
        try:
            await asyncio.wait({talk, leave}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (talk, leave):
                task.cancel()
            await asyncio.gather(talk, leave, return_exceptions=True)
    return None


async def refuse(send: Send, status: int, *more: tuple[bytes, bytes]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0"), *more]})
    await send({"type": "http.response.body", "body": b""})


async def gone(receive: Receive) -> None:
    """Return when the watcher has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def tell(topic: Topic, since: str, still: Callable[[], Awaitable[int]], send: Send) -> None:
    """Send what changed and that we are there, until the watcher leaves or may no longer watch."""
    await send({"type": "http.response.start", "status": 200, "headers": STREAM})
    await write(send, "retry: 3000\n\nevent: beat\ndata:\n\n")
    seen, checked = since, time.monotonic()
    while True:
        moved = topic.moved
        if topic.version != seen:
            seen = topic.version
            await write(send, f"id: {seen}\nevent: changed\ndata:\n\n")
            continue
        try:
            await asyncio.wait_for(moved.wait(), BEAT)
        except TimeoutError:
            await write(send, "event: beat\ndata:\n\n")
        if time.monotonic() - checked > RECHECK:
            if await still() != 200:
                return await write(send, "event: over\ndata:\n\n", more=False)
            checked = time.monotonic()


STREAM = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


async def write(send: Send, text: str, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": more})

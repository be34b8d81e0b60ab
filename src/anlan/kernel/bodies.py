"""Bodies of bare doors: read with a bound, unpacked with a bound, and all that is under way with a bound."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
STALL = 60.0  # seconds without a byte after which a line is given up


class TooMuch(ValueError):  # noqa: N818 - a sentence: it is too much
    """A body is larger than the door takes."""


class Unfit(ValueError):  # noqa: N818 - a sentence: the body is unfit
    """A body cannot be unpacked; its text says what was expected."""


class Full(RuntimeError):  # noqa: N818 - a sentence: the door is full
    """More is under way in this process than it may hold: come again in a few seconds."""


class Cut(ConnectionError):  # noqa: N818 - a sentence: the line was cut
    """The line broke before the body was whole; `part` is what came."""

    def __init__(self, part: bytes) -> None:
        super().__init__(f"cut after {len(part)} bytes")
        self.part = part


class Room:
    """What a process may hold of bodies that are under way; `limit` says how many MB, whenever it is asked."""

    def __init__(self, limit: Callable[[], float]) -> None:
        self._limit, self._held = limit, 0

    @asynccontextmanager
    async def __call__(self, size: int) -> AsyncIterator[None]:
        """Hold room for a body of `size` bytes while it is worked on. Raises Full."""
        if self._held + size > self._limit() * 2**20:
            raise Full
        self._held += size
        try:
            yield
        finally:
            self._held -= size


def heads(scope: MutableMapping[str, Any]) -> dict[str, str]:
    """Return the headers by lower-case name."""
    return {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}


def length(headers: Mapping[str, str], most: int) -> int:
    """Return how many bytes a body may bring: what it says, or `most` where it says nothing. Raises TooMuch."""
    said = headers.get("content-length", "")
    size = int(said) if said.isascii() and said.isdigit() and len(said) < 12 else most
    if size > most:
        raise TooMuch
    return size


async def body(receive: Receive, most: int) -> bytes:
    """Read a body. Raises TooMuch, or Cut where the sender went away."""
    parts: list[bytes] = []
    size = 0
    while True:
        try:
            message = await asyncio.wait_for(receive(), STALL)
        except TimeoutError:
            raise Cut(b"".join(parts)) from None
        if message["type"] != "http.request":
            raise Cut(b"".join(parts))
        if part := message.get("body", b""):
            parts.append(part)
            size += len(part)
        if size > most:
            raise TooMuch
        if not message.get("more_body", False):
            return b"".join(parts)


def unpacked(raw: bytes, encoding: str, most: int) -> bytes:
    """Undo gzip, as far as `most` bytes. Raises TooMuch; Unfit for what is not gzip or is another encoding."""
    if encoding in {"", "identity"}:
        return raw
    if encoding != "gzip":
        raise Unfit("content-encoding: gzip or nothing is expected")
    loose = zlib.decompressobj(wbits=31)
    try:
        whole = loose.decompress(raw, most + 1)
    except zlib.error as error:
        raise Unfit("the body is not gzip") from error
    if len(whole) > most or loose.unconsumed_tail:
        raise TooMuch
    if not loose.eof:
        raise Unfit("the gzip body ends halfway")
    return whole


async def say(send: Send, status: int, payload: Any, *more: tuple[bytes, bytes], empty: bool = False) -> None:
    """Answer with JSON, or with its headers alone."""
    content = orjson.dumps(payload)
    headers: Sequence[tuple[bytes, bytes]] = (
        (b"content-type", b"application/json"), (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"), *more,
        *(((b"retry-after", b"5"),) if status == 503 else ()),
    )  # fmt: skip
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": b"" if empty else content})

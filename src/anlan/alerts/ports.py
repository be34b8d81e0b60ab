"""What can be put in place of the network: tests answer here, the house asks over HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import httpx

MAX_BYTES = 4 * 1024 * 1024
CONNECT_S, TOTAL_S = 5.0, 15.0
REDIRECTS = 3


class Unreachable(RuntimeError):  # noqa: N818 - a sentence: the address is unreachable
    """The address gave no usable answer; the message says what happened, for people."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address answered: 304 has no body. `final` is where redirects led."""

    status: int
    body: bytes = b""
    etag: str = ""
    modified: str = ""
    final: str = ""


class Fetch(Protocol):
    """Gets one address. Raises Unreachable."""

    def __call__(self, url: str, *, etag: str = "", modified: str = "") -> Answer:
        """Return the answer, at most 4 MB of it."""
        ...


def fetch(url: str, *, etag: str = "", modified: str = "") -> Answer:
    """Get an address over http(s): at most 4 MB, 15 seconds, three redirects, no cookies, no credentials."""
    headers = {
        "Accept": "application/cap+xml, application/atom+xml, application/rss+xml, application/xml, application/json"
    }
    headers |= {"If-None-Match": etag} if etag else {}
    headers |= {"If-Modified-Since": modified} if modified else {}
    timeout = httpx.Timeout(TOTAL_S, connect=CONNECT_S)
    try:
        with (
            httpx.Client(timeout=timeout, follow_redirects=True, max_redirects=REDIRECTS, trust_env=False) as client,
            client.stream("GET", url, headers=headers) as answer,
        ):
            if answer.status_code == httpx.codes.NOT_MODIFIED:
                return Answer(304, etag=etag, modified=modified, final=str(answer.url))
            if answer.status_code != httpx.codes.OK:
                raise Unreachable(f"对方回答 {answer.status_code}")
            body = bytearray()
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > MAX_BYTES:
                    raise Unreachable(f"内容超过 {MAX_BYTES:,} 字节")
            tags = answer.headers
            return Answer(
                200, bytes(body), tags.get("etag", "")[:200], tags.get("last-modified", "")[:80], str(answer.url)
            )
    except (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, ValueError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}"[:300]) from error


_fetch: list[Fetch] = [fetch]


def current() -> Fetch:
    """Return the way addresses are fetched now."""
    return _fetch[-1]


def answering(other: Fetch) -> Callable[[], None]:
    """Put another way of fetching in place and return how to take it out again: for tests and rehearsals."""
    _fetch.append(other)
    return _fetch.pop  # type: ignore[return-value]  # the popped value is of no interest

"""POST /a/<token>: the mass door of answers, bare ASGI beside Django.

Answers that arrive within five milliseconds, and all that arrive while the last batch is being committed, are written
in one transaction. The page comes from here too, rendered once and filled in, since a redirect would cost a Django
request for each answer. A GET is none of this door's: Django shows the page, and showing never answers.
"""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from html import escape
from typing import Any
from urllib.parse import parse_qs

import orjson
from django.db import close_old_connections
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from anlan.callout.services import answers
from anlan.callout.terms import Answer, How, Outcome, Result
from anlan.kernel import clock

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PREFIX = "/a/"
GATHER = 0.005  # seconds to wait for company
MOST = 600  # answers in one transaction
LANES = 2  # batches under way at once: one is judged while the other commits
FULL = 20_000  # answers waiting, above which the door asks to come again
BODY = 4_096  # most bytes of a body
STATUS = {Result.UNKNOWN: 404, Result.LATE: 410, Result.SUPERSEDED: 409, Result.NOT_AN_ANSWER: 422}
GOOD = {Result.FIRST, Result.REPEAT}


class Full(RuntimeError):  # noqa: N818 - a sentence: the door is full
    """More answers wait than can be taken soon."""


class Gatherer:
    """Collects answers and has them written together. Belongs to one event loop."""

    def __init__(self, take: Callable[[Sequence[Answer]], list[Outcome]]) -> None:
        self._take = take
        self._waiting: list[tuple[Answer, asyncio.Future[Outcome]]] = []
        self._lanes = asyncio.Semaphore(LANES)
        self._pool = ThreadPoolExecutor(LANES, thread_name_prefix="answers")
        self._pump: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def ask(self, one: Answer) -> Outcome:
        """Return the outcome of an answer once it is committed. Raises Full, or what the database raised."""
        if len(self._waiting) >= FULL:
            raise Full
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
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

    async def _write(self, batch: list[tuple[Answer, "asyncio.Future[Outcome]"]]) -> None:
        try:
            loop = asyncio.get_running_loop()
            outcomes = await loop.run_in_executor(self._pool, self._commit, [one for one, _future in batch])
        except Exception as broken:  # noqa: BLE001 - each waiter is told, nothing is swallowed
            for _one, future in batch:
                if not future.done():
                    future.set_exception(broken)
        else:
            for (_one, future), outcome in zip(batch, outcomes, strict=True):
                if not future.done():
                    future.set_result(outcome)
        finally:
            self._lanes.release()

    def _commit(self, batch: list[Answer]) -> list[Outcome]:
        close_old_connections()
        return self._take(batch)


_gatherers: dict[int, tuple[asyncio.AbstractEventLoop, Gatherer]] = {}


def _gatherer() -> Gatherer:
    loop = asyncio.get_running_loop()
    kept = _gatherers.get(id(loop))
    if kept is None or kept[0] is not loop:
        kept = _gatherers[id(loop)] = (loop, Gatherer(answers.answer_many))
    return kept[1]


async def door(scope: Scope, receive: Receive, send: Send) -> None:
    """Take one POST. A form answers with a page, JSON with JSON: {"result", "words", "title", "met_at", "met_how"}."""
    token = scope["path"][len(PREFIX) :].rstrip("/")
    heads = {k: v.decode("latin-1") for k, v in scope["headers"] if k in {b"content-type", b"accept"}}
    as_json = "json" in heads.get(b"content-type", "") or heads.get(b"accept", "").startswith("application/json")
    body = await _body(receive)
    if body is None:
        return await _say(send, 413, as_json, None, token, _("内容太长"))
    declined = _declined(body, heads.get(b"content-type", ""))
    if declined is None:
        return await _say(send, 422, as_json, None, token, _("读不懂：要表单或 JSON 对象"))
    try:
        outcome = await _gatherer().ask(Answer(How.LINK, token=token, declined=declined, at=clock.now()))
    except Full:
        return await _say(send, 503, as_json, None, token, _("现在人太多，请过几秒再点一次"))
    except Exception:  # noqa: BLE001 - the answer was not kept, and whoever gave it must know
        return await _say(send, 503, as_json, None, token, _("没有记上，请再点一次；也可以回短信 1"))
    return await _say(send, STATUS.get(outcome.result, 200), as_json, outcome, token, outcome.words)


async def _body(receive: Receive) -> bytes | None:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False) and message["type"] == "http.request"
        if len(body) > BODY:
            return None
    return body


def _declined(body: bytes, content_type: str) -> bool | None:
    """Return whether a body says "I cannot go"; None for a body that cannot be read."""
    if not body.strip():
        return False
    if "json" in content_type:
        try:
            said = orjson.loads(body)
        except orjson.JSONDecodeError:
            return None
        return bool(said.get("declined")) if isinstance(said, dict) else None
    try:
        return "declined" in parse_qs(body.decode(), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        return None


async def _say(send: Send, status: int, as_json: bool, outcome: Outcome | None, token: str, words: str) -> None:  # noqa: FBT001
    if as_json:
        content, kind = _json(outcome, words), b"application/json"
    else:
        content, kind = _page(outcome, token, words), b"text/html; charset=utf-8"
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
        (b"referrer-policy", b"no-referrer"),
        (b"x-robots-tag", b"noindex"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (
            b"content-security-policy",
            b"default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'",
        ),
    ]
    if status == 503:
        headers.append((b"retry-after", b"3"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _json(outcome: Outcome | None, words: str) -> bytes:
    if outcome is None:
        return orjson.dumps({"result": "failed", "words": words})
    return orjson.dumps(
        {
            "result": outcome.result.value,
            "words": words,
            "title": outcome.title,
            "met_at": outcome.met_at.astimezone(dt.UTC).isoformat() if outcome.met_at else None,
            "met_how": str(outcome.met_how),
        }
    )


def _page(outcome: Outcome | None, token: str, words: str) -> bytes:
    good = outcome is not None and outcome.result in GOOD
    if outcome is None:
        heading = _("没有记上")
    elif outcome.result is Result.UNKNOWN:
        heading = _("这个链接打不开")
    else:
        heading = _("应答了") if good else _("没有算应")
    filled = _skeleton(good=good)
    for mark, text in (
        ("@@HEADING@@", heading), ("@@WORDS@@", words), ("@@TITLE@@", outcome.title if outcome else ""),
        ("@@LINK@@", f"{PREFIX}{token}"),
    ):  # fmt: skip
        filled = filled.replace(mark, escape(text))
    return filled.encode()


@cache
def _skeleton(*, good: bool) -> str:
    with override("zh-hans"):
        return render_to_string("callout/answer_done.html", {"good": good})

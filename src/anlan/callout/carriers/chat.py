"""What the carriers over a messenger's open platform share: a kept token, patience, lanes, and cutting to bytes.

A platform answers HTTP 200 with a code of its own, or 4xx with one; both are read here into (status, payload), and each
carrier judges the code. Tokens are kept in the process until shortly before they expire, and renewed once when the
platform says that one is no longer good (another process may have fetched a newer one).
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import orjson

from anlan.callout import wire
from anlan.callout.carriers import GatewayDown, Handed, Message

LANES = 8  # messages of one batch under way at once
EARLY = 120.0  # seconds before its end at which a token is renewed
Token = tuple[str, float]  # the token, and for how many seconds it is good

_tokens: dict[tuple[str, ...], tuple[str, float]] = {}
_lock = threading.Lock()


def token(key: tuple[str, ...], fetch: Callable[[], Token], *, not_this: str = "") -> str:
    """Return the token kept under a key, or a fresh one; `not_this` is one that the platform has just refused.

    One thread fetches while the others of a batch wait for it. Raises what `fetch` raises.
    """
    with _lock:
        kept, until = _tokens.get(key, ("", 0.0))
        if kept and kept != not_this and time.monotonic() < until:
            return kept
        fresh, seconds = fetch()
        _tokens[key] = (fresh, time.monotonic() + max(seconds - EARLY, seconds / 2))
        return fresh


def forget() -> None:
    """Drop every token of this process."""
    _tokens.clear()


def ask(
    method: str,
    url: str,
    *,
    json: Mapping[str, Any] | None = None,
    params: Mapping[str, str] | None = None,
    bearer: str = "",
) -> tuple[int, dict[str, Any]]:
    """Ask once, and again while the platform stumbles; return the HTTP status and the object it answered.

    Raises wire.Down when it does not answer, stumbles on (5xx) or answers something else than an object. 429 and other
    4xx are returned: the platform's own code says more. The address never goes into a reason: it may hold a token.
    """
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    began, reason = time.monotonic(), "not tried"
    for attempt in range(wire.TRIES):
        if attempt and not wire.rest(attempt, until=began + wire.BUDGET):
            break
        try:
            answer = wire.shared().request(
                method, url, json=json, params=params, headers=headers, timeout=wire.PATIENCE
            )  # fmt: skip
        except httpx.HTTPError as broken:
            reason = type(broken).__name__
            continue
        if answer.status_code in wire.STUMBLES - {429}:
            reason = f"HTTP {answer.status_code}"
            continue
        try:
            said = orjson.loads(answer.content)
        except orjson.JSONDecodeError:
            said = None
        if not isinstance(said, dict):
            raise wire.Down(f"HTTP {answer.status_code}, answered no JSON object")
        return answer.status_code, said
    raise wire.Down(reason)


def groups(batch: Sequence[Message], words: Callable[[Message], str], *, most: int) -> list[list[Message]]:
    """Return the messages together that have no personal link and say the same, at most `most` in one."""
    alike: dict[tuple[str, str], list[Message]] = {}
    for m in batch:
        alike.setdefault((words(m), str(m.key) if m.link else ""), []).append(m)
    return [same[at : at + most] for same in alike.values() for at in range(0, len(same), most)]


def send(parts: Sequence[Sequence[Message]], one: Callable[[Sequence[Message]], Sequence[Handed]]) -> list[Handed]:
    """Send the parts of a batch over several lanes; a part whose line broke is to be tried again by the same keys.

    Raises GatewayDown when nothing got through, or when the platform refuses us as a whole (a setting is wrong).
    """
    down: list[str] = []
    wrong: list[str] = []

    def lane(part: Sequence[Message]) -> Sequence[Handed]:
        if not down and not wrong:
            try:
                return one(part)
            except wire.Down as broken:
                down.append(broken.reason)
            except wire.Rejected as refused:
                wrong.append(refused.reason)
        return [Handed(m.key, ok=False, reason=(wrong or down)[0][:80], again=True) for m in part]

    with ThreadPoolExecutor(min(LANES, max(len(parts), 1))) as pool:
        made = [handed for part in pool.map(lane, parts) for handed in part]
    if (down or wrong) and not any(h.ok for h in made):
        raise GatewayDown((wrong or down)[0])
    return made


def cut(text: str, most: int) -> str:
    """Return the text within `most` bytes of UTF-8, an ellipsis where something is left out."""
    raw = text.encode()
    if len(raw) <= most:
        return text
    return raw[: most - 3].decode(errors="ignore") + "…"


def again(m: Message) -> str:
    """Return what a repeated call begins with: platforms drop a message that is the same as one before."""
    return f"第 {m.attempt} 次叫您：" if m.attempt > 1 else ""

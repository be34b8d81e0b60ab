"""Speaking to a gateway over HTTP: signed, repeated with the same keys while it stumbles, given up in seconds.

A batch may be sent again after a time-out without harm: each message carries an idempotency key, and so does the batch.
"""

import atexit
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from anlan.callout import signing

LANES = 16  # connections of one process, to all gateways
TRIES = 3
BACK_OFF = 0.4  # seconds, doubled each time, ± half
PATIENCE = 3.0  # seconds for one try to answer
BUDGET = 8.0  # seconds for all tries of one batch: the next carrier must have begun within 15
STUMBLES = frozenset({408, 425, 429, 500, 502, 503, 504})


class Down(ConnectionError):  # noqa: N818 - a sentence: the gateway is down
    """The gateway took nothing, as far as is known. `reason` is for a person to read."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Rejected(ValueError):  # noqa: N818 - a sentence: the gateway rejected the batch
    """The gateway understood and will not take the batch, now or later (401, 403, 422 …): a setting is wrong."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where a gateway is and how we prove ourselves. `url` without a slash at its end; `key` names us as a customer."""

    url: str
    key: str
    secret: str
    patience: float = PATIENCE
    budget: float = BUDGET
    tries: int = TRIES

    def post(self, path: str, payload: Mapping[str, Any], *, idempotency: str, client: httpx.Client) -> Any:
        """Send one signed request, and again while it stumbles. Raises Down or Rejected; returns the JSON answered.

        Each try has a new nonce and time and the same idempotency key.
        """
        body = orjson.dumps(payload)
        url = f"{self.url}{path}"
        parts = urlsplit(url)
        signed_path = parts.path + (f"?{parts.query}" if parts.query else "")
        began, reason = time.monotonic(), "not tried"
        for attempt in range(self.tries):
            if attempt and not rest(attempt, until=began + self.budget):
                break
            head = signing.headers(self.secret, "POST", signed_path, body, at=time.time(), key=self.key)
            head |= {"Content-Type": "application/json", "Idempotency-Key": idempotency}
            try:
                answer = client.post(url, content=body, headers=head, timeout=self.patience)
            except httpx.HTTPError as broken:
                reason = f"{type(broken).__name__}: {broken}"[:200]
                continue
            if answer.status_code in STUMBLES:
                reason = f"HTTP {answer.status_code}: {answer.text[:160]}"
                continue
            return _read(answer)
        raise Down(reason)


def rest(attempt: int, *, until: float) -> bool:
    """Wait before another try; False where no time is left for one."""
    pause = BACK_OFF * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311 - spreads retries, guards nothing
    if time.monotonic() + pause >= until:
        return False
    time.sleep(pause)
    return True


def _read(answer: httpx.Response) -> Any:
    if not answer.is_success:
        raise Rejected(f"HTTP {answer.status_code}: {answer.text[:160]}")
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError as broken:
        raise Down(f"answered no JSON: {answer.text[:80]!r}") from broken


def results(payload: Any, keys: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (key, what the gateway said) for every key that was sent; {} where it said nothing about one.

    Raises Down where the answer has another shape: nothing may be believed of it.
    """
    rows = payload.get("results") if isinstance(payload, dict) else None
    if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise Down("the answer has no list «results»")
    said = {str(r.get("id")): r for r in rows}
    for key in keys:
        yield key, said.get(key, {})


def client(*, lanes: int = LANES) -> httpx.Client:
    """Return a pooled client. It trusts no proxy of the environment: a gateway is reached as configured."""
    limits = httpx.Limits(max_connections=lanes, max_keepalive_connections=lanes)
    return httpx.Client(limits=limits, trust_env=False, follow_redirects=False)


@cache
def shared() -> httpx.Client:
    """Return the process's own client, whose connections are kept from batch to batch."""
    made = client()
    atexit.register(made.close)
    return made

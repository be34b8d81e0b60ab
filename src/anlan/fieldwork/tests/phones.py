"""A phone, as far as the doors know it: a signed-in session, a device, a clock, bare ASGI requests."""

import asyncio
import datetime as dt
from uuid import UUID, uuid4

import orjson

from anlan.fieldwork.api import sync_door
from anlan.kernel import clock
from anlan.kernel.ids import uuid7

HOST = [(b"host", b"testserver")]


async def call(door, method, path, body=b"", headers=(), pieces=None, cut=False):
    """Speak to a bare door; returns (status, JSON, headers). `cut`: the line breaks after the pieces."""
    sent = []
    parts = list(pieces if pieces is not None else [body])
    given = [{"type": "http.request", "body": p, "more_body": cut or i < len(parts) - 1} for i, p in enumerate(parts)]
    if cut:
        given.append({"type": "http.disconnect"})

    async def receive():
        return given.pop(0)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": method, "path": path, "scheme": "http", "server": ("testserver", 80),
        "headers": [*HOST, *headers], "query_string": b"",
    }  # fmt: skip
    await door(scope, receive, send)
    if not sent:
        return None, None, {}
    raw = b"".join(m.get("body", b"") for m in sent[1:])
    return sent[0]["status"], orjson.loads(raw) if raw else None, dict(sent[0]["headers"])


def run(what):
    """Run one coroutine on a loop of its own."""
    return asyncio.run(what)


class Phone:
    """One device with somebody signed in."""

    def __init__(self, client, *, ahead=dt.timedelta()):
        self.device, self.seq, self.ahead = uuid4(), 0, ahead
        self.session = client.cookies["sessionid"].value
        self.token = "t" * 32

    def headers(self, *more, token=True, field=True):
        found = [(b"cookie", f"sessionid={self.session}; csrftoken={self.token}".encode()), *more]
        found += [(b"x-csrftoken", self.token.encode())] if token else []
        return found + ([(b"x-anlan-field", b"1")] if field else [])

    def clock(self):
        return clock.now() + self.ahead

    def record(self, kind="test.note", body=None, **more):
        self.seq += 1
        made = {
            "id": str(uuid7()), "seq": self.seq, "kind": kind, "body": {"text": "一"} if body is None else body,
            "at": self.clock().isoformat(), "offline": True, "base": None, "uploads": [],
        }  # fmt: skip
        return made | more

    def parcel(self, *records, **more):
        said = {"device": str(self.device), "sent_at": self.clock().isoformat(), "records": list(records)} | more
        return orjson.dumps(said)

    async def send(self, *records, raw=None, headers=None, **more):
        body = self.parcel(*records) if raw is None else raw
        return await call(sync_door.door, "POST", "/field/sync", body, headers or self.headers(), **more)

    def sync(self, *records, **more):
        """Send records and return (status, JSON)."""
        return run(self.send(*records, **more))[:2]


def result(answer, record):
    """Return what the answer says of one record."""
    return next(r for r in answer["results"] if UUID(r["id"]) == UUID(record["id"]))

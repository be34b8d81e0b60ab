"""HZD-02: thousands of phones come back to a network at once, each with twenty records and a photo for each.

A web process on loopback serves the doors; the phones run in a process of their own, a cookie and a device each. Five
of a hundred requests are cut: half of those in the middle of the body, half after it, before the answer. A cut request
is sent again. Afterwards the database is counted. ANLAN_BENCH_SCALE (1 = 5,000 phones) makes it smaller.
"""

import asyncio
import datetime as dt
import io
import multiprocessing
import os
import random
import socket
import time
from importlib import import_module
from uuid import uuid4

import orjson
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection
from PIL import Image

from anlan.callout.tests import mass, scene
from anlan.fieldwork.services import forms
from anlan.fieldwork.tests.workbooks import SETTINGS, book
from anlan.kernel.authority import machine
from anlan.kernel.ids import uuid7
from anlan.people.models import Account
from anlan.people.tests.cast import BACKEND
from bench import callout
from bench.callout import one, running

PHONES, RECORDS, LANES = 5_000, 20, 48
CUT = 0.05
PHOTO = 30_000  # bytes: what the field page's own shrinking to 1,280 pixels leaves of a phone's photo
TOKEN = "t" * 32
QUESTIONS = [
    {"type": "text", "name": "what", "label": "看到了什么", "required": "yes", "constraint": "string-length(.) < 200"},
    {"type": "integer", "name": "count", "label": "几处", "constraint": ". >= 0"},
    {"type": "image", "name": "photo", "label": "照片"},
    {"type": "calculate", "name": "double", "calculation": "${count} * 2"},
]


def photo():
    """Return a real JPEG of about 30 KB."""
    for side in range(100, 400, 4):
        made = io.BytesIO()
        Image.frombytes("RGB", (side, side), random.Random(1).randbytes(side * side * 3)).save(made, "JPEG", quality=80)
        if len(made.getvalue()) >= PHOTO:
            return made.getvalue()
    raise AssertionError


def sessions(workers):
    """Open an account and a session for each person; return the session keys."""
    accounts = [Account(person_id=w, username=f"p{i}", password="!x") for i, w in enumerate(workers)]
    Account.objects.bulk_create(accounts, batch_size=1000)
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    until = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    rows = [
        Session(session_key=f"bench{i:027d}", expire_date=until, session_data=store.encode({
            SESSION_KEY: str(a.pk), BACKEND_SESSION_KEY: BACKEND, HASH_SESSION_KEY: a.get_session_auth_hash()}))
        for i, a in enumerate(accounts)
    ]  # fmt: skip
    Session.objects.bulk_create(rows, batch_size=1000)
    return [row.session_key for row in rows]


class Phone:
    """One device: keeps its records until they are answered."""

    def __init__(self, port, session, form, dice, cut):
        self.port, self.session, self.form, self.dice, self.cut = port, session, form, dice, cut
        self.device, self.line, self.times, self.cuts, self.answers = str(uuid4()), None, [], 0, []

    def record(self, seq, upload):
        at = dt.datetime.now(dt.UTC).isoformat()
        body = {"form": self.form, "number": 1, "answers": {"what": "楼道里堆满纸箱", "count": seq, "photo": upload}}
        return {"id": str(uuid7()), "seq": seq, "kind": "fieldwork.form", "at": at, "offline": True, "base": None,
                "body": body, "uploads": [upload] if upload else []}  # fmt: skip

    async def ask(self, method, path, body, kind="application/json"):
        """Send a request until it is answered 2xx; a cut one, and one that was told to wait, is sent again."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nX-Anlan-Field: 1\r\n"
            f"Cookie: sessionid={self.session}; csrftoken={TOKEN}\r\nX-CSRFToken: {TOKEN}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        began = time.perf_counter()
        while True:
            if self.line is None:
                self.line = await asyncio.open_connection("127.0.0.1", self.port)
            reader, writer = self.line
            if self.dice.random() < self.cut:
                self.cuts += 1
                writer.write(head + (body[: len(body) // 2] if self.dice.random() < 0.5 else body))
                await writer.drain()
                writer.close()
                self.line = None
                continue
            writer.write(head + body)
            try:
                said = await reader.readuntil(b"\r\n\r\n")
                length = int(said.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                answer = await reader.readexactly(length)
            except (asyncio.IncompleteReadError, ConnectionError):
                self.line = None
                continue
            status = said.split(b" ", 2)[1]
            if status == b"503":
                await asyncio.sleep(1)
                continue
            assert status in {b"200", b"202"}, (said, answer)
            self.times.append(time.perf_counter() - began)
            return orjson.loads(answer)

    async def sync(self, records):
        sent = dt.datetime.now(dt.UTC).isoformat()
        body = orjson.dumps({"device": self.device, "sent_at": sent, "records": records})
        said = await self.ask("POST", "/field/sync", body)
        self.answers += [r["state"] for r in said["results"]]

    async def come_back(self, image, each):
        """Send photos, then records: all in one request, or (`each`) one request for each."""
        records = []
        for seq in range(1, RECORDS + 1):
            upload = str(uuid4()) if image else ""
            if image:
                await self.ask("PUT", f"/field/uploads/{upload}", image, "image/jpeg")
            records.append(self.record(seq, upload))
        for few in [[r] for r in records] if each else [records]:
            await self.sync(few)
        if self.line:
            self.line[1].close()


async def crowd(port, keys, form, image, each, cut):
    """Let all phones come back, some lanes at once; returns (seconds of each request, cuts, states)."""
    left, phones = iter(enumerate(keys)), []

    async def lane():
        for n, key in left:
            phone = Phone(port, key, form, random.Random(n), cut)
            phones.append(phone)
            await phone.come_back(image, each)

    await asyncio.gather(*(lane() for _ in range(LANES)))
    return [t for p in phones for t in p.times], sum(p.cuts for p in phones), [s for p in phones for s in p.answers]


def apart(*args):
    """Run the crowd in a process of its own; returns what `crowd` returns and the seconds it took."""
    mine, theirs = multiprocessing.Pipe(duplex=False)

    def send():
        began = time.perf_counter()
        made = asyncio.run(crowd(*args))
        theirs.send((*made, time.perf_counter() - began))

    connection.close()
    child = multiprocessing.get_context("fork").Process(target=send)
    child.start()
    theirs.close()
    made = mine.recv()
    child.join()
    return made


def counted():
    """Return how many records, submissions and whole photos there are."""
    return (
        one("SELECT count(*) FROM fieldwork_record WHERE state = 'done'"),
        one("SELECT count(*) FROM fieldwork_submission"),
        one("SELECT count(*) FROM fieldwork_upload WHERE state IN ('raw', 'ready')"),
        one("SELECT count(*) FROM ledger_entry WHERE did = 'fieldwork.submitted'"),
    )


def run(report):
    scale = float(os.environ.get("ANLAN_BENCH_SCALE", "0.04" if report.quick else "1"))
    count, sample = max(int(PHONES * scale), 20), max(int(200 * scale), 10)
    scene.rows = lambda: callout.places((4, 5, 6, 5))
    loaded = mass.load(count + 2 * sample)
    keys = sessions(loaded.workers)
    by = machine("bench")
    form = forms.import_form(book(QUESTIONS, settings=SETTINGS), place=mass.ROOT, by=by)
    forms.publish(form.id, reason="measured", by=by)
    image, form_id = photo(), str(form.id)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with running("web", "--port", str(port)):
        listening(port)
        _t, _c, states, each = apart(port, keys[:sample], form_id, b"", True, 0)
        assert set(states) == {"done"}, states
        _t, _c, states, batch = apart(port, keys[sample : 2 * sample], form_id, b"", False, 0)
        assert set(states) == {"done"}, states
        records = sample * RECORDS
        row = callout.Row(f"{records:,} records, {RECORDS} in a request", f"{records / batch:,.0f}/s")
        row.baseline = f"one request for each record: {records / each:,.0f}/s"
        row.ratio = f"{each / batch:.1f}"
        report.add(row)
        times, cuts, states, took = apart(port, keys[2 * sample :], form_id, image, False, CUT)
    due, found = count * RECORDS, counted()
    name = f"{count:,} phones × {RECORDS} records, each with a photo of {len(image) / 1000:.0f} KB"
    full = took * PHONES / count
    said = f"{took:.0f} s ({due / took:,.0f} records and photos/s)"
    said += "" if count == PHONES else f"; at that pace 5,000 phones take {full:.0f} s"
    report.note(name, said, target="5,000 phones ≤ 300 s", ok=full <= 300)
    report.latency("one request, cuts and repeats included", times)
    expected = (due + 2 * records, due + 2 * records, due, due + 2 * records)
    wrong = [b - a for a, b in zip(expected, found, strict=True)]
    report.note(
        f"{cuts:,} requests cut; records, submissions, photos, entries lost or doubled",
        ", ".join(str(w) for w in wrong), target="0", ok=not any(wrong) and len(states) == due,
    )  # fmt: skip


def listening(port):
    """Wait until the web process listens."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return

"""WRN-03: the live stream tells whoever may see it that something changed, resumes, and costs no thread each."""

import asyncio
import contextlib

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.test import Client

from anlan.callout.tests import scene
from anlan.kernel.authority import machine
from anlan.people import services as people
from anlan.people.models import Account
from anlan.places import services as places
from anlan.web import live

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class Watcher:
    """One open stream: what came so far, and a hand to close it."""

    def __init__(self, query: str, session: str = "", last: str = "") -> None:
        headers = [(b"cookie", f"{settings.SESSION_COOKIE_NAME}={session}".encode())] if session else []
        headers += [(b"last-event-id", last.encode())] if last else []
        self.scope = {"type": "http", "path": "/live", "query_string": query.encode(), "headers": headers}
        self.status, self.text, self.left = 0, "", asyncio.Event()
        self.task = asyncio.create_task(live.door(self.scope, self.receive, self.send))

    async def receive(self):
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.status = message.get("status", self.status)
        self.text += message.get("body", b"").decode()

    async def until(self, words: str, times: int = 1, within: float = 8):
        async with asyncio.timeout(within):
            while self.text.count(words) < times:  # noqa: ASYNC110 - the text grows in another task
                await asyncio.sleep(0.02)

    async def close(self):
        self.left.set()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


@pytest.fixture
def laid(live_db):
    found = scene.lay(each=1)
    live.hub = live.Hub()
    yield found
    live.readers.submit(connections.close_all).result()
    for _ in range(8):
        live.readers.submit(connections.close_all)


def session_of(username: str) -> str:
    client = Client()
    client.force_login(Account.objects.get(username=username), backend=BACKEND)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def run(story):
    async def whole():
        try:
            await story
        finally:
            for task in live.hub.tasks:
                task.cancel()
            await asyncio.gather(*live.hub.tasks, return_exceptions=True)
            await asyncio.gather(*(live.ask(connections.close_all) for _ in range(8)))

    asyncio.run(whole())


def touch(call):
    """Change the call's counters from another connection, as a worker would, and ring."""
    with psycopg.connect(**live.parameters(), autocommit=True) as other:
        other.execute("UPDATE callout_tally SET answered = answered + 1 WHERE call_id = %s", [call])
        other.execute("SELECT pg_notify('anlan_live', '{}')")


def test_a_change_is_told_within_two_seconds_and_a_missed_one_on_return(laid):
    session = session_of("duty")

    async def story():
        first = Watcher(f"topic=call:{laid.call}", session)
        await first.until("event: changed")
        assert first.status == 200
        seen = first.text.split("id: ")[1].split("\n")[0]
        await asyncio.sleep(1.2)  # the listening line is up
        await asyncio.to_thread(touch, laid.call)
        await first.until("event: changed", 2, within=3)
        await first.close()
        again = Watcher(f"topic=call:{laid.call}", session, last=seen)
        await again.until("event: changed")
        await again.close()
        assert live.hub.watching == 0
        assert live.hub.topics == {}

    run(story())


def test_who_has_seen_it_all_is_not_told_again(laid):
    session = session_of("duty")
    from_page = live.look([("call", laid.call)])[("call", laid.call)]

    async def story():
        watcher = Watcher(f"topic=call:{laid.call}&since={from_page}", session)
        await watcher.until("event: beat")
        await asyncio.sleep(0.3)
        assert "changed" not in watcher.text
        await watcher.close()

    run(story())


def test_hidden_equals_absent_and_a_stranger_is_turned_away(laid):
    by = machine("test")
    far = places.found_root("别的市", "city", "990000", by)
    people.found_administrator(
        "stranger", "外人", place_path=far.path, by=by, password=scene.PASSWORD, role="city_duty"
    )
    stranger, duty = session_of("stranger"), session_of("duty")

    async def answer(query, session=""):
        watcher = Watcher(query, session)
        await watcher.task
        return watcher.status

    async def story():
        assert await answer(f"topic=call:{laid.call}") == 401
        assert await answer(f"topic=call:{laid.call}", "made-up") == 401
        assert await answer(f"topic=call:{laid.call}", stranger) == 404
        assert await answer("topic=call:00000000-0000-7000-8000-000000000000", duty) == 404
        assert await answer("topic=call:nonsense", duty) == 404
        assert await answer("topic=secrets:00000000-0000-7000-8000-000000000000", duty) == 404
        assert await answer("", duty) == 404

    run(story())


def test_who_may_no_longer_watch_is_let_go(laid, monkeypatch):
    monkeypatch.setattr(live, "RECHECK", 0.0)
    monkeypatch.setattr(live, "BEAT", 0.1)
    session = session_of("duty")

    async def story():
        watcher = Watcher(f"topic=call:{laid.call}", session)
        await watcher.until("event: beat", 2)
        await asyncio.to_thread(end_sessions)
        await watcher.until("event: over")
        await watcher.task

    def end_sessions():
        with psycopg.connect(**live.parameters(), autocommit=True) as other:
            other.execute("DELETE FROM django_session")

    run(story())


def test_a_thousand_watchers_share_one_question_and_no_thread(laid, monkeypatch):
    monkeypatch.setattr(live, "admit", lambda *_: 200)
    asked = []
    real = live.look
    monkeypatch.setattr(live, "look", lambda keys: asked.append(len(list(keys))) or real(keys))

    async def story():
        watchers = [Watcher(f"topic=call:{laid.call}") for _ in range(1000)]
        for watcher in watchers:
            await watcher.until("event: changed", within=20)
        before = len(asked)
        await asyncio.sleep(1.2)
        await asyncio.to_thread(touch, laid.call)
        for watcher in watchers:
            await watcher.until("event: changed", 2, within=10)
        assert len(asked) - before <= 5
        assert all(n == 1 for n in asked)
        await asyncio.gather(*(w.close() for w in watchers))

    run(story())


def test_no_more_than_the_process_bears(laid, monkeypatch):
    monkeypatch.setattr(live, "MOST", 0)

    async def story():
        watcher = Watcher(f"topic=call:{laid.call}", "x")
        await watcher.task
        assert watcher.status == 503

    run(story())

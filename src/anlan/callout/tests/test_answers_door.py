"""WRN-03: the answer door takes a form or JSON without sign-in, gathers a crowd into few transactions, loses nobody."""

import asyncio

import orjson
import pytest
from django.db import connections

from anlan.callout.api import answers_door
from anlan.callout.models import Obligation
from anlan.callout.services import answers, tallies
from anlan.callout.terms import Outcome, Result
from anlan.callout.tests import mass
from anlan.callout.tests.test_calling import begin, token


async def post(path, body=b"", kind=b"application/x-www-form-urlencoded"):
    sent, given = [], [{"type": "http.request", "body": body, "more_body": False}]

    async def receive():
        return given.pop()

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": [(b"content-type", kind)]}
    await answers_door.door(scope, receive, send)
    return sent[0]["status"], sent[1]["body"]


def test_a_crowd_is_taken_in_few_transactions_and_everybody_is_told(live_db, monkeypatch):
    mass.load(300)
    mass.install(monkeypatch, mass.Gateway("sms_http"))
    call = begin()
    tokens = [token(o) for o in Obligation.objects.filter(call_id=call.id)]
    batches = []

    def take(batch):
        batches.append(len(batch))
        return answers.answer_many(batch)

    async def crowd():
        gatherer = answers_door.Gatherer(take)
        monkeypatch.setattr(answers_door, "_gatherer", lambda: gatherer)
        got = await asyncio.gather(*(post(f"/a/{t}", b"{}", b"application/json") for t in tokens + tokens[:50]))
        await asyncio.get_running_loop().run_in_executor(gatherer._pool, answers_door.close_old_connections)
        gatherer._pool.submit(connections.close_all)
        gatherer._pool.shutdown()
        return got

    got = asyncio.run(crowd())
    results = [orjson.loads(body)["result"] for _status, body in got]
    assert {status for status, _ in got} == {200}
    assert sorted(results).count("first") == 300
    assert sorted(results).count("repeat") == 50
    assert len(batches) <= 4
    assert tallies.check(call.id) == {}
    assert tallies.total(call.id)["answered"] == 300


@pytest.mark.parametrize(
    ("outcome", "status", "words"),
    [
        (Outcome(Result.FIRST, "记下了", title="<b>暴雨</b>"), 200, "应答了"),
        (Outcome(Result.UNKNOWN, "这个链接不对"), 404, "打不开"),
        (Outcome(Result.LATE, "叫应已经结束"), 410, "没有算应"),
    ],
)
def test_a_form_gets_a_page_that_works_without_script(monkeypatch, outcome, status, words):
    async def run():
        gatherer = answers_door.Gatherer(lambda batch: [outcome for _ in batch])
        monkeypatch.setattr(answers_door, "_gatherer", lambda: gatherer)
        return await post("/a/whatever")

    code, page = asyncio.run(run())
    assert code == status
    assert words in page.decode()
    assert "<b>暴雨" not in page.decode()
    assert "<script" not in page.decode()


def test_bad_bodies_are_named_and_nothing_is_taken(monkeypatch):
    async def run():
        gatherer = answers_door.Gatherer(lambda batch: pytest.fail("nothing may be taken"))
        monkeypatch.setattr(answers_door, "_gatherer", lambda: gatherer)
        return [
            (await post("/a/x", b"{", b"application/json"))[0],
            (await post("/a/x", b"[1]", b"application/json"))[0],
            (await post("/a/x", b"a" * 5000))[0],
            (await post("/a/x", b"\xff\xfe=1"))[0],
        ]

    assert asyncio.run(run()) == [422, 422, 413, 422]


def test_a_broken_store_is_told_and_not_swallowed(monkeypatch):
    def broken(batch):
        raise ConnectionError("the store is away")

    async def run():
        gatherer = answers_door.Gatherer(broken)
        monkeypatch.setattr(answers_door, "_gatherer", lambda: gatherer)
        return await post("/a/x")

    status, page = asyncio.run(run())
    assert status == 503
    assert "没有记上" in page.decode()

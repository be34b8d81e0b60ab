"""HZD-02: what was written down without a network arrives once, in order, and nothing of it is lost."""

import asyncio
import datetime as dt
import gzip
from uuid import uuid4

import pytest
from django.db import connections

from anlan.fieldwork import parcels, ports
from anlan.fieldwork.api import gathering, sync_door
from anlan.fieldwork.models import Record, Upload
from anlan.fieldwork.services import syncing
from anlan.fieldwork.tests.phones import Phone, result, run
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.ledger.models import Entry

DONE, WAITING, REFUSED, CONFLICT = "done", "waiting", "refused", "conflict"


class Taker:
    """A handler that keeps what it was given, and does what a record asks for."""

    def __init__(self):
        self.runs = []

    def apply(self, records, *, by):
        self.runs.append([r.body.get("text") for r in records])
        for r in records:
            match r.body.get("text"):
                case "invalid":
                    raise Invalid({"where": "地点要写"})
                case "refused":
                    raise Refused("fieldwork.queue", "")
                case "hidden":
                    raise Hidden("x")
                case "conflict":
                    raise Conflict("已经有人先办了")
                case "broken":
                    raise KeyError("bug")
        return [ports.Outcome(subject=r.id, message=str(r.at)) for r in records]

    def tell(self, record):
        return {"说的": record.body["text"]}


@pytest.fixture
def taker(monkeypatch):
    taker = Taker()
    monkeypatch.setitem(ports.handlers, "test.note", taker)
    return taker


@pytest.fixture
def door(db, cast, taker, inline):
    """A town, a handler, and a door that works inside the test's transaction."""
    return taker


@pytest.fixture
def threaded(live_db, cast, taker):
    """The same with the door's own threads, whose commits are real."""
    yield taker
    for pool in (gathering.threads(), gathering.lanes()):
        for _thread in range(3):
            pool.submit(connections.close_all).result()
    connections.close_all()


@pytest.fixture
def phone(door, cast):
    return Phone(cast.client("grid"))


def test_records_arrive_once_in_order_whatever_is_repeated(door, phone):
    """HZD-02: a repeat is answered with what became of the first, and reaches nobody a second time."""
    a, b, c = (phone.record(body={"text": t}) for t in "abc")
    status, answer = phone.sync(b, a)
    assert (status, [r["state"] for r in answer["results"]]) == (200, [DONE, DONE])
    assert door.runs == [["a", "b"]]
    assert answer["upto"] == 2
    again = phone.sync(a, b, c)[1]
    assert result(again, a) == result(answer, a)
    assert door.runs == [["a", "b"], ["c"]]
    assert Record.objects.filter(state="done").count() == 3


def test_one_bad_record_takes_nobody_along_and_lies_in_the_queue(door, phone, cast):
    bad = {k: phone.record(body={"text": k}) for k in ("invalid", "refused", "hidden", "conflict", "broken")}
    good = phone.record(body={"text": "good"})
    answer = phone.sync(*bad.values(), good)[1]
    assert {k: result(answer, r)["state"] for k, r in bad.items()} == {
        "invalid": REFUSED, "refused": REFUSED, "hidden": REFUSED, "conflict": CONFLICT, "broken": WAITING,
    }  # fmt: skip
    assert result(answer, bad["invalid"])["message"] == "地点要写"
    assert "处理没收进来的手机记录" in result(answer, bad["refused"])["message"]
    assert result(answer, good)["state"] == DONE
    kept = Record.objects.get(id=bad["conflict"]["id"])
    assert (kept.mine, kept.place_path) == ({"说的": "conflict"}, cast.places.grid.path)
    assert Entry.objects.filter(did="fieldwork.conflict-kept").count() == 1


def test_what_nobody_handles_and_what_cannot_be_read_is_kept(door, phone):
    unknown = phone.record(kind="moon.landing")
    body = phone.record(body=["no", "object"])
    when = phone.record(at="yesterday")
    other = phone.record(made_by=str(uuid4()))
    answer = phone.sync(unknown, body, when, other)[1]
    assert [r["state"] for r in answer["results"]] == [WAITING] * 4
    assert all(r["message"] for r in answer["results"])
    assert Record.objects.get(id=when["id"]).body["_at"] == "yesterday"
    assert not door.runs


@pytest.mark.parametrize("ahead", [dt.timedelta(days=3), dt.timedelta(days=-400), dt.timedelta()])
def test_a_clock_wrong_by_days_is_set_right(door, cast, ahead):
    phone = Phone(cast.client("grid"), ahead=ahead)
    record = phone.record()
    record["at"] = (clock.now() - dt.timedelta(hours=5) + ahead).isoformat()
    phone.sync(record)
    kept = Record.objects.get(id=record["id"])
    assert abs(kept.at - (clock.now() - dt.timedelta(hours=5))) < dt.timedelta(minutes=1)
    assert kept.said_at == dt.datetime.fromisoformat(record["at"])
    assert abs(kept.ahead - ahead.total_seconds()) < 60


def test_who_may_enter(door, phone, cast):
    """No session 401 (the phone keeps everything); no header, no token or a wrong one 403; signed out meanwhile 401."""
    record = phone.record()
    assert phone.sync(record, headers=[(b"x-anlan-field", b"1")])[0] == 401
    assert phone.sync(record, headers=phone.headers(token=False))[0] == 403
    assert phone.sync(record, headers=phone.headers(field=False))[0] == 403
    wrong = [*phone.headers(token=False), (b"x-csrftoken", b"z" * 32)]
    assert phone.sync(record, headers=wrong)[0] == 403
    foreign = phone.headers((b"origin", b"https://evil.example"))
    assert phone.sync(record, headers=foreign)[0] == 403
    client = cast.client("grid")
    other = Phone(client)
    client.session.flush()
    assert other.sync(record)[0] == 401
    assert not Record.objects.exists()
    assert phone.sync(record)[0] == 200


def test_somebody_elses_record_is_neither_told_nor_applied(door, phone, cast):
    record = phone.record()
    phone.sync(record)
    thief = Phone(cast.client("street"))
    answer = thief.sync(record)[1]
    assert (answer["results"][0]["state"], answer["results"][0]["subject"]) == (REFUSED, None)
    assert len(door.runs) == 1


def test_bad_envelopes_say_what_is_wrong(door, phone, settings):
    settings.FIELD_RECORDS_MOST, settings.FIELD_RECORD_KB, settings.FIELD_SYNC_KB = 2, 1, 8
    ok = phone.record()
    for raw, status, record in (
        (b"{", 422, None),
        (b"[]", 422, None),
        (phone.parcel(ok, device="x"), 422, None),
        (phone.parcel(ok, sent_at="2026-11-25T10:00:00"), 422, None),
        (phone.parcel(ok, ok | {"id": "no"}), 422, 1),
        (phone.parcel(ok, ok | {"seq": -1}), 422, 1),
        (phone.parcel(ok, ok | {"body": {"t": "x" * 1100}}), 413, 1),
        (phone.parcel(ok, ok, ok), 413, None),
        (phone.parcel(ok | {"body": {"t": "x" * 9000}}), 413, None),
        (phone.parcel(ok | {"body": deep(60)}), 422, 0),
    ):
        got, said = phone.sync(raw=raw)
        assert (got, said.get("record")) == (status, record), (raw[:80], said)
        assert said["error"]
    assert not Record.objects.exists()


def deep(levels):
    body = {}
    for _ in range(levels):
        body = {"x": body}
    return body


def test_gzip_is_taken_and_a_bomb_is_not(door, phone):
    record = phone.record()
    headers = phone.headers((b"content-encoding", b"gzip"))
    assert phone.sync(raw=gzip.compress(phone.parcel(record)), headers=headers)[0] == 200
    assert phone.sync(raw=gzip.compress(b" " * 50_000_000), headers=headers)[0] == 413
    assert phone.sync(raw=gzip.compress(phone.parcel(record))[:-9], headers=headers)[0] == 422
    assert phone.sync(raw=b"no gzip", headers=headers)[0] == 422


def test_a_line_cut_halfway_keeps_nothing_and_the_repeat_is_taken(door, phone):
    record = phone.record()
    raw = phone.parcel(record)
    assert run(phone.send(pieces=[raw[:40]], cut=True))[0] is None
    assert not Record.objects.exists()
    assert phone.sync(raw=raw)[1]["results"][0]["state"] == DONE


def test_words_do_not_wait_for_photos(door, phone):
    photo = uuid4()
    phone.sync(phone.record(uploads=[str(photo)]))
    assert Upload.objects.get(id=photo).state == "awaited"


def test_a_crowd_is_taken_together(threaded, cast, monkeypatch):
    """Several devices share a transaction, also where one request repeats another's record at the same moment."""
    phones = [Phone(cast.client(who)) for who in ("grid", "community", "street", "district")]
    sizes = []

    def take(parcels):
        sizes.append(len(parcels))
        return syncing.take(parcels)

    record = phones[0].record()

    monkeypatch.setattr(sync_door, "gathered", gathering.Gathered(take, most=40, full=100))

    async def crowd():
        calls = [p.send(p.record(), p.record()) for p in phones] + [phones[0].send(record) for _ in range(3)]
        return await asyncio.gather(*calls)

    got = run(crowd())
    assert {status for status, _said, _h in got} == {200}
    assert {r["state"] for _s, said, _h in got for r in said["results"]} == {DONE}
    assert Record.objects.count() == 9
    assert len(sizes) < 7
    assert [len(r) for r in threaded.runs].count(1) == 1, "the repeated record was applied once"


def test_a_kill_between_two_transactions_loses_nothing(door, phone, cast, monkeypatch):
    """The server dies after the first transaction of a batch: the second parcel is sent again and taken then."""
    a, b = phone.record(), phone.record()
    monkeypatch.setattr(syncing._pace, "records", 1.0)
    real, calls = syncing._some, []

    def dying(some):
        calls.append(some)
        if len(calls) > 1:
            raise SystemExit
        return real(some)

    monkeypatch.setattr(syncing, "_some", dying)
    ones = [parcels.read(phone.parcel(r), parcels.Limits())[2] for r in (a, b)]
    with pytest.raises(SystemExit):
        syncing.take([parcels.Parcel(phone.device, one, cast.grid.actor, clock.now()) for one in ones])
    monkeypatch.setattr(syncing, "_some", real)
    assert [r["state"] for r in phone.sync(a, b)[1]["results"]] == [DONE, DONE]
    assert door.runs == [["一"], ["一"]]

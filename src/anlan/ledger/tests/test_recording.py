"""HZD-07: an entry says who, by which post, what, where, when, in which exercise; a person only as a pseudonym."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from uuid import uuid4

import pytest
from django.db import connection, transaction

from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused, machine
from anlan.ledger import queries
from anlan.ledger import services as ledger
from anlan.ledger.tests.conftest import Thing


class Way(StrEnum):
    KEY = "key"


def test_who_by_which_post_what_where_when(db, officer):
    thing = Thing(place_path="00010002")
    at = dt.datetime(2026, 7, 1, 8, tzinfo=dt.UTC)
    entry = queries.entries([ledger.record("test.done", thing, by=officer, at=at, n=1)])[0]
    assert (entry.pseudonym, entry.actor) == (officer.pseudonym, "")
    assert (entry.post, entry.post_title) == (officer.seats[0].post, "区值班员")
    assert (entry.did, entry.subject_type, entry.subject_id) == ("test.done", "test.thing", thing.id)
    assert (entry.place_path, entry.chain, entry.exercise, entry.at) == ("00010002", thing.id, None, at)
    assert entry.values == {"n": 1}


def test_a_machine_by_its_name_and_nobody_not_at_all(db, thing):
    entry = queries.entries([ledger.record("test.done", thing, by=machine("ladder"))])[0]
    assert (entry.pseudonym, entry.actor) == (None, "ladder")
    with pytest.raises(ValueError, match="pseudonym"):
        ledger.record("test.done", thing, by=Actor(name="谁"))


def test_values_keep_their_meaning_as_json(db, thing, robot):
    value, at = uuid4(), dt.datetime(2026, 7, 1, 8, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    entry = ledger.record(
        "test.done", thing, by=robot, a=value, b=at, c=Decimal("1.50"), d=Way.KEY, e={"王": [None, True]}
    )
    assert queries.entries([entry])[0].values == {
        "a": str(value),
        "b": "2026-07-01T08:00:00+08:00",
        "c": "1.50",
        "d": "key",
        "e": {"王": [None, True]},
    }
    with pytest.raises(TypeError, match="JSON"):
        ledger.record("test.done", thing, by=robot, a=object())


def test_an_exercise_rides_on_every_entry(db, officer, thing):
    drill = ledger.open_exercise("汛前演练", place_path="0001", by=officer)
    mine = ledger.record("test.done", thing, by=officer.drilling(drill.id))
    its = ledger.record("test.done", Thing(exercise_id=drill.id), by=officer)
    many = ledger.record_many(
        "test.done", [ledger.Line("test.thing", uuid4(), "", uuid4())], by=officer.drilling(drill.id)
    )
    assert {e.exercise for e in queries.entries([mine, its, *many])} == {drill.id}
    assert queries.exercise(drill.id) == drill
    ledger.close_exercise(drill.id, by=officer)
    assert queries.exercise(drill.id) is None
    with pytest.raises(Conflict):
        ledger.close_exercise(drill.id, by=officer)
    with pytest.raises(Hidden):
        ledger.close_exercise(uuid4(), by=officer)
    with pytest.raises(Invalid):
        ledger.open_exercise(" ", place_path="0001", by=officer)
    with pytest.raises(Refused):
        ledger.open_exercise("别处", place_path="0002", by=officer)
    dids = [e.did for e in queries.trail(subject_id=drill.id, by=officer)]
    assert dids == ["ledger.exercise-closed", "ledger.exercise-opened"]


def test_a_mass_keeps_its_order_and_every_character(db, robot):
    person = uuid4()
    texts = ["a\tb", "c\\N", "\\", '"', "换行\n", "\r", "", "\u2028", "😀"]
    lines = [
        ledger.Line("test.thing", uuid4(), "0001", uuid4(), values={"t": t}, post_title=t, pseudonym=person)
        for t in texts
    ]
    ids = ledger.record_many("test.done", lines, by=robot)
    rows = queries.entries(ids)
    assert [e.id for e in rows] == ids
    assert [(e.values["t"], e.post_title) for e in rows] == [(t, t) for t in texts]
    assert {(e.pseudonym, e.actor) for e in rows} == {(person, "")}
    assert ledger.record_many("test.done", [], by=robot) == []


def test_what_one_transaction_records_stands_in_that_order(db, robot, thing):
    ids = [ledger.record("test.done", thing, by=robot, n=n) for n in range(300)]
    ids += ledger.record_many("test.done", [ledger.Line("t", uuid4(), "", uuid4()) for _ in range(50)], by=robot)
    ids.append(ledger.record("test.done", thing, by=robot))
    assert [e.id for e in queries.entries(ids)] == ids


def test_a_select_is_recorded_whole(db, robot):
    chain = uuid4()
    made = ledger.record_from(
        "test.done",
        "SELECT 'test.thing', gen_random_uuid(), '0001', %s::uuid, NULL::uuid, jsonb_build_object('n', n) "
        "FROM generate_series(1, 200) AS n ORDER BY n",
        [chain],
        by=robot,
    )
    assert made == 200
    assert sorted(e.values["n"] for e in queries.trail(chain=chain, by=robot, limit=500)) == list(range(1, 201))


def test_what_is_rolled_back_was_never_recorded(live_db, robot, thing):
    def half():
        ledger.record("test.done", thing, by=robot)
        raise ValueError

    with pytest.raises(ValueError), transaction.atomic():
        half()
    assert queries.trail(subject_id=thing.id, by=robot) == []


def test_a_trail_shows_what_the_actor_may_see(db, officer, robot):
    other = Actor(name="李", pseudonym=uuid4())
    chain = uuid4()
    here, there = Thing("00010001", chain), Thing("0002", chain)
    mine = ledger.record("test.done", there, by=officer)
    near = ledger.record("test.done", here, by=robot)
    ledger.record("test.done", there, by=other)
    assert [e.id for e in queries.trail(chain=chain, by=officer)] == [near, mine]
    assert len(queries.trail(chain=chain, by=robot)) == 3
    assert [e.pseudonym for e in queries.trail(chain=chain, by=other)] == [other.pseudonym]
    assert queries.trail(chain=chain, by=Actor(name="客", pseudonym=uuid4())) == []
    assert [e.id for e in queries.trail(pseudonym=officer.pseudonym, by=officer)] == [mine]


def test_a_trail_turns_its_pages_by_key(db, robot, thing):
    ids = [ledger.record("test.done", thing, by=robot, n=n) for n in range(25)][::-1]
    first = queries.trail(subject_id=thing.id, by=robot, limit=10)
    second = queries.trail(subject_id=thing.id, by=robot, limit=10, where=queries.Filter(before=first[-1].id))
    assert [e.id for e in first + second] == ids[:20]
    back = queries.trail(subject_id=thing.id, by=robot, limit=10, where=queries.Filter(after=second[0].id))
    assert [e.id for e in back] == ids[:10]


def test_partitions_hold_what_their_month_says(db, robot, thing):
    ledger.record("test.done", thing, by=robot)
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tableoid::regclass::text FROM ledger_entry")
        assert [r[0] for r in cursor.fetchall()] == [f"ledger_entry_{dt.datetime.now(dt.UTC):%Y_%m}"]

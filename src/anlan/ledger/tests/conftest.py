"""What the ledger's tests share: a thing to record about, and the owner's own connection to the test's database."""

from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from anlan.kernel.authority import Actor, Grant, Seat, machine
from anlan.ledger import services as ledger


class Thing:
    ledger_type = "test.thing"

    def __init__(self, place_path="0001", chain_id=None, exercise_id=None):
        self.id, self.place_path = uuid4(), place_path
        self.chain_id, self.exercise_id = chain_id or self.id, exercise_id


@pytest.fixture
def thing():
    return Thing()


@pytest.fixture
def robot():
    return machine("test")


@pytest.fixture
def officer():
    """A person with a post at 0001 who may do everything with the ledger there."""
    post = uuid4()
    cans = ("ledger.read", "ledger.read-private", "ledger.destroy-key", "ledger.verify", "ledger.exercise")
    return Actor(
        name="王敏",
        person=uuid4(),
        pseudonym=uuid4(),
        seats=(Seat(post, "区值班员", "duty", "0001"),),
        grants=frozenset(Grant(can, "0001", post) for can in cans),
    )


def open_as_owner(name):
    known = connection.settings_dict
    parts = {"user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return psycopg.connect(dbname=name, autocommit=True, **{k: known[v] for k, v in parts.items() if known[v]})


@pytest.fixture
def owner(live_db):
    """The owner's connection to the test's own database: it may switch triggers off, as an intruder would."""
    with open_as_owner(live_db) as conn:
        yield conn


@pytest.fixture
def sealed(live_db, robot):
    """2,500 entries in three blocks; returns their ids in order."""
    lines = [
        ledger.Line("test.thing", uuid4(), "0001", uuid4(), values={"n": n, "text": '引号 " 反斜杠 \\ 换行 \n'})
        for n in range(2500)
    ]
    ids = ledger.record_many("test.done", lines, by=robot)
    assert ledger.seal_all() == len(ids)
    return ids

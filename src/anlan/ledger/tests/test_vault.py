"""PLT-04: private text is encrypted per affair, who looks is on record, and a destroyed key breaks no seal."""

from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection

from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused
from anlan.ledger import queries
from anlan.ledger import services as ledger
from anlan.ledger.services.vault import Unreadable
from anlan.ledger.terms import Did


@pytest.fixture
def secret(live_db, thing, officer):
    entry = ledger.record("test.done", thing, by=officer, private={"name": "赵大妈", "phone": "13712340418"})
    ledger.seal_all()
    return UUID(queries.entries([entry])[0].values["private"]["secret"])


def test_only_whoever_may_reads_it_and_the_reading_is_recorded(secret, officer, thing):
    assert ledger.take(secret, by=officer, reason="上门核实") == {"name": "赵大妈", "phone": "13712340418"}
    looked = [e for e in queries.trail(chain=thing.id, by=officer) if e.did == Did.PRIVATE_READ]
    assert [(e.pseudonym, e.values["reason"]) for e in looked] == [(officer.pseudonym, "上门核实")]
    with pytest.raises(Hidden):
        ledger.take(secret, by=Actor(name="李", pseudonym=uuid4()), reason="好奇")
    with pytest.raises(Hidden):
        ledger.take(uuid4(), by=officer, reason="上门核实")
    with pytest.raises(Invalid):
        ledger.take(secret, by=officer, reason=" ")


def test_nothing_personal_stands_in_the_clear(secret, owner):
    dump = str(owner.execute("SELECT array_agg(e::text) FROM ledger_entry e").fetchone())
    dump += str(owner.execute("SELECT array_agg(encode(ciphertext, 'escape')) FROM ledger_secret").fetchone())
    assert "13712340418" not in dump
    assert "赵大妈" not in dump


def test_the_same_text_twice_shows_no_sameness(live_db, thing, officer):
    made = [ledger.record("test.done", thing, by=officer, private={"name": "赵"}) for _ in range(2)]
    first, second = [e.values["private"]["digest"] for e in queries.entries(made)]
    assert first != second


def test_destroying_the_key_ends_reading_and_keeps_every_seal(secret, officer, thing, owner):
    with pytest.raises(Invalid):
        ledger.destroy_key(thing.id, by=officer, reason="")
    with pytest.raises(Refused):
        ledger.destroy_key(thing.id, by=Actor(name="李", pseudonym=uuid4()), reason="事项已结束")
    entry = ledger.destroy_key(thing.id, by=officer, reason="事项已结束")
    assert queries.entries([entry])[0].did == Did.KEY_DESTROYED
    with pytest.raises(Unreadable):
        ledger.take(secret, by=officer, reason="上门核实")
    assert owner.execute("SELECT wrapped_key FROM ledger_vault_key WHERE chain = %s", [thing.id]).fetchone() == (None,)
    ledger.seal_all()
    assert ledger.verify().ok
    with pytest.raises(Conflict):
        ledger.destroy_key(thing.id, by=officer, reason="再一次")
    with pytest.raises(Hidden):
        ledger.destroy_key(uuid4(), by=officer, reason="没有这个")
    with pytest.raises(Unreadable):
        ledger.record("test.done", thing, by=officer, private={"name": "新的"})


def test_a_destroyed_key_cannot_come_back(secret, officer, thing):
    ledger.destroy_key(thing.id, by=officer, reason="事项已结束")
    with pytest.raises(Exception, match="append-only"), connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_vault_key SET wrapped_key = 'x', destroyed_at = NULL")


def test_a_key_is_gone_or_kept_never_both(secret):
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_vault_key SET destroyed_at = now()")


def test_another_field_key_opens_nothing(secret, officer, settings):
    settings.FIELD_KEY = "0" * 64
    with pytest.raises(Unreadable):
        ledger.take(secret, by=officer, reason="上门核实")


def test_a_text_moved_from_another_entry_does_not_open(secret, officer, thing, owner):
    other = ledger.record("test.done", thing, by=officer, private={"name": "钱"})
    moved = queries.entries([other])[0].values["private"]["secret"]
    owner.execute("SET session_replication_role = replica")
    owner.execute(
        "UPDATE ledger_secret SET ciphertext = (SELECT ciphertext FROM ledger_secret WHERE id = %s) WHERE id = %s",
        [moved, secret],
    )
    with pytest.raises(Unreadable):
        ledger.take(secret, by=officer, reason="上门核实")

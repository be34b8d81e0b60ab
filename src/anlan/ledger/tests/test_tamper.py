"""HZD-07: verify names the first entry that was altered, removed, inserted or reordered."""

from uuid import UUID

import pytest
from django.db import connection

from anlan.ledger import queries
from anlan.ledger import services as ledger
from anlan.ledger.terms import Finding


@pytest.fixture
def intruder(owner, sealed):
    """The owner with every trigger off: what a break-in at the database could do."""
    owner.execute("SET session_replication_role = replica")
    return owner


def faults():
    return [(f.finding, f.entry) for f in ledger.verify().faults]


def test_an_untouched_ledger_verifies(sealed):
    verdict = ledger.verify()
    assert verdict.ok
    assert (verdict.blocks, verdict.entries, verdict.unsealed) == (3, 2500, 0)


def test_altered_whatever_column_it_is(intruder, sealed):
    changes = (
        "did = 'test.undone'",
        "values = values || '{\"n\": -1}'",
        "at = at + interval '1 microsecond'",
        "recorded_at = recorded_at - interval '1 microsecond'",
        "place_path = '0002'",
        "pseudonym = gen_random_uuid()",
        "actor = actor || ' '",
        "post = gen_random_uuid()",
        "post_title = ','",
        "subject_type = 'test.other'",
        "subject_id = gen_random_uuid()",
        "exercise = gen_random_uuid()",
        "chain = gen_random_uuid()",
    )
    victims = sealed[995 : 995 + len(changes)]  # across the edge of a block
    for victim, change in zip(victims, changes, strict=True):
        intruder.execute(f"UPDATE ledger_entry SET {change} WHERE id = %s", [victim])
    assert faults() == [(Finding.ALTERED, victim) for victim in victims]


def test_removed(intruder, sealed):
    victim = sealed[999]  # the last of its block
    intruder.execute("DELETE FROM ledger_entry WHERE id = %s", [victim])
    assert faults() == [(Finding.REMOVED, victim)]


def test_removed_the_very_first_and_last(intruder, sealed):
    intruder.execute("DELETE FROM ledger_entry WHERE id = ANY(%s)", [[sealed[0], sealed[-1]]])
    assert faults() == [(Finding.REMOVED, sealed[0]), (Finding.REMOVED, sealed[-1])]


def test_inserted(intruder, sealed):
    new = UUID(int=sealed[1500].int + 1)
    intruder.execute(
        "INSERT INTO ledger_entry (id, era, xid, at, did, actor, subject_type, subject_id, chain) "
        "SELECT %s, era, xid, at, did, actor, subject_type, subject_id, chain FROM ledger_entry WHERE id = %s",
        [new, sealed[1500]],
    )
    assert faults() == [(Finding.INSERTED, new)]


def test_reordered_within_a_block(intruder, sealed):
    """Two entries change places: the earlier takes an id after the later one's."""
    first, later = sealed[10], sealed[20]
    intruder.execute("UPDATE ledger_entry SET xid = (xid::text::bigint + 1)::text::xid8 WHERE id = %s", [later])
    found = faults()
    assert found[0] == (Finding.REORDERED, later)
    assert first not in [entry for _, entry in found]


def test_reordered_across_blocks(intruder, sealed):
    intruder.execute("UPDATE ledger_entry SET xid = '3'::xid8 WHERE id = %s", [sealed[2400]])
    assert (Finding.REORDERED, sealed[2400]) in faults()


def test_a_digest_changed_to_match_betrays_its_block(intruder, sealed):
    """Somebody who alters an entry and its digest breaks the root; and with the root, the hash; and so on."""
    intruder.execute("UPDATE ledger_block SET digests = overlay(digests PLACING 'x'::bytea FROM 1) WHERE number = 2")
    assert (Finding.BLOCK, None) in faults()


def test_a_block_changed(intruder, sealed):
    for change in (
        "root = sha256('x')",
        "count = 999",
        "closed_at = closed_at + interval '1 s'",
        "previous = sha256('x')",
    ):
        with intruder.transaction(force_rollback=False):
            intruder.execute("CREATE TEMP TABLE kept AS SELECT * FROM ledger_block WHERE number = 2")
            intruder.execute(f"UPDATE ledger_block SET {change} WHERE number = 2")
        assert {(f.finding, f.block) for f in ledger.verify().faults} == {(Finding.BLOCK, 2)}, change
        intruder.execute("DELETE FROM ledger_block WHERE number = 2")
        intruder.execute("INSERT INTO ledger_block SELECT * FROM kept; DROP TABLE kept")
    assert ledger.verify().ok


def test_a_block_removed(intruder, sealed):
    intruder.execute("DELETE FROM ledger_block WHERE number = 2")
    assert (Finding.BLOCK, 3) in [(f.finding, f.block) for f in ledger.verify().faults]


def test_a_chain_rewritten_whole_is_betrayed_by_a_published_head(intruder, sealed):
    published = (2, ledger.verify(heads=()).head)
    head = ledger.verify().head
    assert ledger.verify(heads=[(3, head)]).ok
    intruder.execute("DELETE FROM ledger_block")
    intruder.execute("UPDATE ledger_entry SET did = 'test.undone' WHERE id = %s", [sealed[0]])
    ledger.seal_all()
    assert ledger.verify().ok  # it hangs together by itself
    assert [f.finding for f in ledger.verify(heads=[(3, head)]).faults] == [Finding.HEAD]
    assert [f.finding for f in ledger.verify(heads=[(9, published[1])]).faults] == [Finding.HEAD]


def test_verification_does_not_depend_on_the_sessions_settings(sealed):
    """The canonical text is the same in any time zone and date style, and however jsonb was typed."""
    with connection.cursor() as cursor:
        cursor.execute("SET TimeZone = 'America/St_Johns'; SET extra_float_digits = 0")
    assert ledger.verify().ok
    before = queries.texts_below(queries.START, queries.horizon(), limit=100)
    with connection.cursor() as cursor:
        cursor.execute("SET DateStyle = 'German, DMY'; SET IntervalStyle = 'sql_standard'; SET TimeZone = 'Asia/Kabul'")
    assert queries.texts_below(queries.START, queries.horizon(), limit=100) == before
    connection.close()


@pytest.mark.parametrize("algorithm", ["sm3", "sha256"])
def test_either_hash_and_a_change_of_hash(sealed, settings, thing, robot, algorithm):
    settings.SEAL_HASH = algorithm
    ledger.record("test.done", thing, by=robot)
    assert ledger.seal_all() == 1
    verdict = ledger.verify()
    assert (verdict.ok, verdict.blocks) == (True, 4)

"""HZD-07: a restore starts transaction ids again; the ledger's order, its cursors and its seals survive it."""

from uuid import uuid4

from anlan.ledger import queries
from anlan.ledger import services as ledger
from anlan.ledger.services import following, upkeep


def restore_elsewhere(owner):
    """Make the database what a restore gives: the same rows, by transaction ids far ahead of this server's."""
    owner.execute("SET session_replication_role = replica")
    owner.execute("UPDATE ledger_entry SET xid = (xid::text::bigint + 9000000000)::text::xid8")
    owner.execute("UPDATE ledger_cursor SET xid = (xid::text::bigint + 9000000000)::text::xid8")
    owner.execute("UPDATE ledger_era SET cluster = 'another'")
    owner.execute("SET session_replication_role = DEFAULT")


def lines(count):
    return [ledger.Line("test.thing", uuid4(), "0001", uuid4()) for _ in range(count)]


def test_what_follows_a_restore_sorts_after_it_and_is_followed_and_sealed(live_db, owner, robot):
    seen = []
    ledger.reaction("test.era", kinds=("test.done",))(lambda batch: seen.extend(e.id for e in batch))
    try:
        old = ledger.record_many("test.done", lines(20), by=robot)
        ledger.drain("test.era")
        unread = ledger.record_many("test.done", lines(5), by=robot)
        restore_elsewhere(owner)
        assert upkeep.settle() == 2
        assert upkeep.settle() is None
        new = ledger.record_many("test.done", lines(10), by=robot)
        assert [e.era for e in queries.entries(new)] == [2] * 10
        ledger.drain("test.era")
        assert seen == old + unread + new
        assert ledger.seal_all() == 35
        verdict = ledger.verify()
        assert (verdict.ok, verdict.entries) == (True, 35)
        assert [e.id for e in queries.entries(old + new + unread)] == old + unread + new
    finally:
        following.forget("test.era")


def test_an_old_eras_ids_are_not_bound_by_the_new_horizon(live_db, owner, robot):
    """They lie above every transaction id of this server, and are settled all the same."""
    ids = ledger.record_many("test.done", lines(3), by=robot)
    restore_elsewhere(owner)
    assert queries.following(queries.START, queries.horizon(), limit=10) == []
    ledger.open_era("restored")
    assert [e.id for e in queries.following(queries.START, queries.horizon(), limit=10)] == ids

"""HZD-07: what is written in the ledger can be neither changed nor removed."""

import psycopg
import pytest
from django.db import connection

from anlan.ledger import services as ledger

VERBS = ("UPDATE {} SET did = 'x'", "DELETE FROM {}", "TRUNCATE {}")


def month():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM ledger_entry LIMIT 1")
        return cursor.fetchone()[0]


def attempt(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_application_is_not_permitted(live_db, sealed, thing, robot):
    ledger.record("test.done", thing, by=robot, private={"name": "王敏"})
    for table in ("ledger_entry", "ledger_entry_default", month(), "ledger_block", "ledger_secret", "ledger_era"):
        for verb in VERBS:
            column = {"ledger_block": "count = 1", "ledger_secret": "chain = id", "ledger_era": "reason = ''"}
            with pytest.raises(Exception, match="permission denied"):
                attempt(verb.replace("did = 'x'", column.get(table, "did = 'x'")).format(table))


def test_even_the_owner_is_refused_by_triggers(sealed, owner):
    for table in ("ledger_entry", month(), "ledger_block"):
        for verb in VERBS:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
                owner.execute(verb.replace("did = 'x'", "id = id" if "entry" in table else "count = 1").format(table))


def test_a_partition_made_later_is_guarded_as_well(live_db, owner):
    with connection.cursor() as cursor:  # the application's role may ask for one, though it has no DDL
        cursor.execute("SELECT ledger_add_partition('2031-05-17')")
        assert cursor.fetchone()[0] is True
        cursor.execute("SELECT ledger_add_partition('2031-05-01')")
        assert cursor.fetchone()[0] is False
    for verb in ("TRUNCATE", "DELETE FROM"):
        with pytest.raises(Exception, match="permission denied"):
            attempt(f"{verb} ledger_entry_2031_05")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        owner.execute("TRUNCATE ledger_entry_2031_05")


def test_the_application_has_no_ddl(live_db):
    with pytest.raises(Exception, match="must be owner"):
        attempt("ALTER TABLE ledger_entry DISABLE TRIGGER ALL")


def test_tables_of_every_context_are_granted_after_migrating(live_db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace "
            "AND NOT has_table_privilege('anlan_app', oid, 'SELECT, INSERT') AND relname <> 'ledger_era'"
        )
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace "
            "AND has_table_privilege('anlan_app', oid, 'TRUNCATE')"
        )
        assert cursor.fetchall() == []


def test_granting_again_takes_nothing_away_and_gives_nothing_more(live_db, owner):
    with connection.cursor() as cursor:
        cursor.execute("RESET role")  # as `anlan migrate` does: the owner
        cursor.execute("SET role NONE")
    ledger.grant()
    with connection.cursor() as cursor:
        cursor.execute("SET role anlan_app")
    with pytest.raises(Exception, match="permission denied"):
        attempt("DELETE FROM ledger_entry_default")
    with pytest.raises(Exception, match="permission denied"):
        attempt("SELECT ledger_guard_partition('ledger_entry_default')")

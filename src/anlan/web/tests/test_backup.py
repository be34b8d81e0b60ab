"""PLT-04: a backup is whole or refused, restores into an empty place of any version, and the ledger verifies there."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection

from anlan.web import cluster, dump, store
from anlan.web.commands import backup, init

SRC = str(Path(__file__).parents[3])
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
APART = dump.SKIPPED | {"ledger_era", "procrastinate_workers"}


@pytest.fixture(scope="module")
def folder():
    there = Path(tempfile.mkdtemp(prefix="anlan-bk "))
    there.chmod(0o711)
    yield there
    for home in there.glob("home*"):
        shutil.rmtree(store.folder(home), ignore_errors=True)
        shutil.rmtree(store.sockets(home), ignore_errors=True)
    shutil.rmtree(there)


def anlan(home, *words, url=""):
    """Run a command against the embedded server of a home, or against a URL."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ANLAN_") and k != "DATABASE_URL"}
    environ = kept | {"PYTHONPATH": SRC, "ANLAN_HOME": str(home), **({"DATABASE_URL": url} if url else {})}
    done = subprocess.run(
        [sys.executable, "-m", "anlan", *map(str, words)], env=environ, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def contents(connect):
    """Return every table's rows as one digest each."""
    with connect() as db:
        names = [name for (name,) in db.execute(dump.TABLES) if name not in APART]
        digest = "SELECT count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text COLLATE \"C\"), '')) FROM {} t"
        return {name: db.execute(digest.format(name)).fetchone() for name in names}


@pytest.fixture(scope="module")
def founded(folder):
    """An installation on the embedded 18 with a place, an administrator and a ledger, and its backup."""
    home = folder / "home one"
    password = folder / "password"
    password.write_text("correct horse battery 9\n")
    code, out, err = anlan(home, "init", "--admin", "boss", "--password-file", password, "--place", "安澜市")
    assert code == 0, out + err
    with cluster.hold(home, {"fsync": "off"}) as it:
        with it.connect(user="anlan_app") as db:
            db.execute("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('q', 'waits')")
        code, out, err = anlan(home, "backup", folder / "all.zip")
        assert code == 0, out + err
        before = contents(it.connect)
    return home, folder / "all.zip", before


@pytest.fixture
def elsewhere(founded, folder, django_db_setup, django_db_blocker):
    """An empty database on the server of this run: the embedded 18, or DATABASE_URL's 15. Yields (url, connect)."""
    with django_db_blocker.unblock():
        said = dict(connection.settings_dict)
    parts = {"user": said["USER"], "password": said["PASSWORD"], "host": said["HOST"], "port": said["PORT"]}
    how = {k: v for k, v in parts.items() if v}
    name = f"anlan_restored_{os.getpid()}"
    with psycopg.connect(dbname="postgres", autocommit=True, **how) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    host = how.get("host", "")
    where = f"?host={quote(host)}" if host.startswith("/") else ""
    net = "" if where else f"{host}:{how.get('port', 5432)}"
    url = f"postgresql://{how['user']}:{quote(how.get('password', ''))}@{net}/{name}{where}"
    yield url, lambda: psycopg.connect(dbname=name, autocommit=True, **how)
    with psycopg.connect(dbname="postgres", autocommit=True, **how) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def test_it_restores_into_another_server_row_for_row(founded, folder, elsewhere):
    """From the embedded 18 into whatever this run is on: 18 again, or Debian's 15."""
    _, file, before = founded
    url, connect = elsewhere
    code, out, err = anlan(folder / "home two", "restore", file, url=url)
    assert code == 0, out + err
    assert "完好" in out
    assert contents(connect) == before
    with connect() as db:
        assert db.execute("SELECT max(number) FROM ledger_era").fetchone()[0] == 2
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute("UPDATE ledger_entry SET did = 'x'")  # the triggers are on again
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute("TRUNCATE ledger_entry_default")
        (number,) = db.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('q', 'new') RETURNING id"
        ).fetchone()
        assert number == 2  # sequences go on where they were
    code, out, err = anlan(folder / "home two", "restore", file, url=url)
    assert code == 1
    assert "不是空的" in err


def test_keys_are_not_in_the_backup_and_travel_apart(founded, folder):
    home, file, _ = founded
    keys = [(home / "keys" / name).read_text().strip() for name in ("secret_key", "field_key", "lookup_key")]
    with zipfile.ZipFile(file) as archive:
        everything = b"".join(archive.read(n) for n in archive.namelist())
    assert not [key for key in keys if key.encode() in everything]
    assert file.stat().st_mode & 0o777 == 0o600
    assert anlan(home, "backup-keys", folder / "keys.json")[0] == 0
    assert (folder / "keys.json").stat().st_mode & 0o777 == 0o600
    other = folder / "home three"
    assert anlan(other, "backup-keys", "--restore", folder / "keys.json")[0] == 0
    assert (other / "keys" / "field_key").read_text().strip() == keys[1]
    assert (other / "keys" / "field_key").stat().st_mode & 0o777 == 0o600
    (other / "keys" / "field_key").write_text("0" * 64)
    code, _, err = anlan(other, "backup-keys", "--restore", folder / "keys.json")
    assert code == 1
    assert "没有改动" in err


def rewritten(file, target, change):
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(target, "w") as out:
        for name in source.namelist():
            content = change(name, source.read(name))
            if content is not None:
                out.writestr(name, content)
    return target


def test_an_altered_backup_is_refused_and_the_table_named(founded, tmp_path):
    def change(name, content):
        return content.replace("安澜市".encode(), "安涝市".encode()) if name.endswith("places_place.copy") else content

    with pytest.raises(dump.Unfit, match="places_place"):
        dump.check(rewritten(founded[1], tmp_path / "altered.zip", change))


def test_a_backup_without_its_end_is_refused(founded, tmp_path):
    broken = tmp_path / "broken.zip"
    broken.write_bytes(founded[1].read_bytes()[:-2000])
    with pytest.raises(dump.Unfit):
        dump.check(broken)


@pytest.mark.parametrize("what", [b"", b"not a zip", b"PK\x05\x06" + b"\0" * 18])
def test_something_else_is_refused(tmp_path, what):
    other = tmp_path / "other.zip"
    other.write_bytes(what)
    with pytest.raises(dump.Unfit):
        dump.check(other)


def test_a_missing_table_is_refused(founded, tmp_path):
    missing = rewritten(founded[1], tmp_path / "m.zip", lambda n, c: None if n.endswith("ledger_block.copy") else c)
    with pytest.raises(dump.Unfit, match="ledger_block"):
        dump.check(missing)


def test_a_backup_of_a_newer_program_is_refused_before_anything_is_written(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), pytest.raises(dump.Unfit, match=r"ledger\.0999_later"):
        dump.migrate_to({"migrations": {"places": "0001_initial", "ledger": "0999_later"}})


def test_an_existing_file_is_not_overwritten(founded, capsys):
    before = founded[1].read_bytes()
    assert backup.run(argparse.Namespace(file=founded[1], force=False)) == 1
    assert "没有覆盖" in capsys.readouterr().err
    assert founded[1].read_bytes() == before


def test_keys_that_are_there_are_kept(tmp_path):
    assert set(init.make_keys(tmp_path / "home")) == set(init.KEYS)
    kept = (tmp_path / "home" / "keys" / "field_key").read_text()
    assert len(kept.strip()) == 64
    assert init.make_keys(tmp_path / "home") == []
    assert (tmp_path / "home" / "keys" / "field_key").read_text() == kept


def test_founding_again_changes_nothing(founded):
    home = founded[0]
    code, out, err = anlan(home, "found", "--admin", "boss", "--password-file", home.parent / "password")
    assert code == 0, out + err
    assert "没有改动" in out


def test_a_server_with_two_roles(founded):
    """DATABASE_URL names a server; in the owner's role `check` refuses it, in the application's it is content."""
    home = founded[0]
    with cluster.hold(home, {"fsync": "off"}) as it:
        app, owner = (
            f"postgresql://{role}@/anlan?host={quote(str(it.sockets))}" for role in ("anlan_app", "anlan_owner")
        )
        code, out, err = anlan(home, "check", url=app)
        assert code == 0, out + err
        code, out, _ = anlan(home, "check", url=owner)
        assert code == 1
        assert "权限太大" in out
        code, _, err = anlan(home, "backup", home.parent / "refused.zip", url=app)
        assert code == 0, err  # reading is all that a backup needs

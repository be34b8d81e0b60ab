"""Two database templates for the run, cloned: the application's role may not TRUNCATE, so nothing is ever flushed.

One is empty, in the other the fixed cast is at its posts: to appoint them anew in each test took a fifth of the run.
"""

import contextlib
import copy
import os
import secrets
import time
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as house
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from anlan.kernel import workdays
from anlan.web import cluster, store

DROPS = Path(__file__).parent / "build" / "drops.log"  # why a test database would not go
APP_ROLE = "-c role=anlan_app"
HASTE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_wal_size": "1GB"}


def _admin(settings_dict: dict) -> psycopg.Connection:
    parts = {
        k: settings_dict[v] for k, v in {"user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}.items()
    }
    return psycopg.connect(dbname="postgres", autocommit=True, **{k: v for k, v in parts.items() if v})


def _clone(settings_dict: dict, name: str, template: str) -> None:
    with _admin(settings_dict) as admin:
        _leave(admin, name)
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        # a copy of files is a third of the work, where its two checkpoints wait for no disk
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {}{}").format(
            sql.Identifier(name), sql.Identifier(template), sql.SQL(" STRATEGY file_copy" if _hasty(admin) else "")
        )
        for patience in (1, 2, 4, 8, 0):  # a passing autovacuum sits in the template for a moment
            try:
                admin.execute(made)
                break
            except psycopg.errors.ObjectInUse:
                if not patience:
                    raise
                time.sleep(patience)


def _hasty(admin: psycopg.Connection) -> bool:
    return admin.info.server_version >= 150000 and admin.execute("SHOW fsync").fetchone()[0] == "off"


def _leave(admin: psycopg.Connection, name: str) -> None:
    """End what is connected to a database: DROP … WITH (FORCE) looks again only after a tenth of a second."""
    out = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    out += " WHERE datname = %s AND backend_type = 'client backend'"
    for _look in range(200):
        if not admin.execute(out, [name]).fetchone()[0]:
            return
        time.sleep(0.003)


def _drop(settings_dict: dict, name: str) -> None:
    """Drop a database. A drop waits until every backend of the server has closed its files (ProcSignalBarrier).

    Whoever holds it up is named, not waited for; the server's own log says after 5 s which process that is.
    """
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with _admin(settings_dict) as admin:
        _leave(admin, name)
        admin.execute("SET statement_timeout = '10s'")
        for _try in range(3):
            try:
                admin.execute(drop)
            except psycopg.errors.QueryCanceled:
                busy = admin.execute(
                    "SELECT pid, datname, backend_type, state, wait_event, left(query, 120) FROM pg_stat_activity"
                    " WHERE pid <> pg_backend_pid()"
                ).fetchall()
                DROPS.parent.mkdir(exist_ok=True)
                with DROPS.open("a") as log:
                    log.write(f"{name} could not be dropped; at work: {busy}\n")
            else:
                return


def _point(name: str, *, owner: bool) -> None:
    """Make the default connection speak to another database, as the owner or in the application's role."""
    connection = connections["default"]
    connection.close()
    connection.settings_dict["NAME"] = name
    connection.settings_dict["OPTIONS"] = {} if owner else {"options": APP_ROLE}


class Stage:
    """Which database the next test works on: of `base`, or of its sister with the cast; `cast` as it was assembled."""

    base, cast = "", None
    with_cast = False

    @classmethod
    def template(cls) -> str:
        return f"{cls.base}_cast" if cls.with_cast else cls.base

    @classmethod
    def enter(cls) -> None:
        name = f"{cls.template()}_run"
        if cls.base and connections["default"].settings_dict["NAME"] != name:
            _point(name, owner=False)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Choose the database before any fixture opens a transaction in it."""
    Stage.with_cast = "cast" in getattr(item, "fixturenames", ())
    Stage.enter()


def pytest_collection_modifyitems(items):
    """Slow ones first: a long one at the end would leave the other workers idle. Otherwise the order stays."""
    items.sort(key=lambda item: not any(item.get_closest_marker(mark) for mark in ("slow", "browser", "story")))


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker, worker_id):
    """Migrate a database as its owner, keep it as a template, and work on a clone in the application's role."""
    base = f"anlan_test_{os.environ.get('ANLAN_TEST_NAME', 'suite')}_{worker_id}"
    with contextlib.ExitStack() as stack:
        if not os.environ.get("DATABASE_URL"):
            stack.enter_context(cluster.hold(store.home(), HASTE))
        stack.enter_context(django_db_blocker.unblock())
        settings_dict = connections["default"].settings_dict
        with _admin(settings_dict) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(base)))
            admin.execute(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(sql.Identifier(base)))
        _point(base, owner=True)
        call_command("migrate", verbosity=0)
        connections["default"].close()
        _clone(settings_dict, f"{base}_run", base)
        _clone(settings_dict, f"{base}_cast", base)
        _point(f"{base}_cast", owner=False)
        from anlan.people.tests.cast import assemble  # needs the settings, which pytest-django reads after this file

        Stage.cast = assemble()
        connections["default"].close()
        _clone(settings_dict, f"{base}_cast_run", f"{base}_cast")
        Stage.base = base
        Stage.enter()
        yield base
        Stage.base = ""
        connections["default"].close()
        for name in (f"{base}_run", f"{base}_cast_run", f"{base}_cast", base):
            _drop(settings_dict, name)


@pytest.fixture
def live_db(django_db_setup, django_db_blocker):
    """A database of the test's own, where transactions really commit: for cursors, jobs, several connections, kills.

    Yields its name. Costs one CREATE DATABASE … TEMPLATE (about 0.1 s); use `db` where a rolled-back one will do.
    """
    name = f"{django_db_setup}_{secrets.token_hex(4)}"
    with django_db_blocker.unblock():
        settings_dict = connections["default"].settings_dict
        connections["default"].close()
        _clone(settings_dict, name, Stage.template())
        _point(name, owner=False)
        try:
            yield name
        finally:
            connections["default"].close()
            Stage.enter()
            _drop(settings_dict, name)


@pytest.fixture(scope="session")
def worker_id(request):
    """Which pytest-xdist worker this is; "main" without it."""
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture(scope="session", autouse=True)
def _no_corrections():
    """Count with the library's calendar alone: a test of corrections puts the table's in (workdays.notices)."""
    workdays.notices.of = workdays.Notices().of


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords():
    """Sign in at the least cost: the full one is a tenth of a second, twice in each browser test."""
    house.PASSWORD_HASHERS = ["anlan.web.tests.hashing.QuickArgon2", *house.PASSWORD_HASHERS]


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real data beside the project, or a skip that says so."""
    folder = Path(os.environ.get("ANLAN_DATA", Path(__file__).parent.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the real data folder is absent (set ANLAN_DATA)")
    return folder


@pytest.fixture
def cast(request):
    """The fixed cast of people, one per level in one town (src/anlan/people/tests/cast.py)."""
    request.getfixturevalue("live_db" if "live_db" in request.fixturenames else "db")
    return copy.deepcopy(Stage.cast)

"""PLT-04: the embedded PostgreSQL starts, is shared, survives kills, and stops when the last one leaves."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import psycopg
import pytest

from anlan.web import cluster, store

FAST = {"fsync": "off"}
SRC = Path(__file__).parents[3]


@pytest.fixture
def home():
    """A home with a space and a Chinese name in its path, in a folder that others may pass through."""
    base = Path(tempfile.mkdtemp(prefix="anlan t "))
    base.chmod(0o711)
    there = base / "安 澜"
    yield there
    where = store.folder(there)
    shutil.rmtree(store.sockets(there), ignore_errors=True)
    shutil.rmtree(where, ignore_errors=True)
    shutil.rmtree(base, ignore_errors=True)


def until(true, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)


def holder(home, body="print('up', flush=True); sys.stdin.read()", **how):
    """Start another process that holds the cluster until its standard input closes."""
    code = textwrap.dedent(f"""
        import sys
        from pathlib import Path
        from anlan.web import cluster
        with cluster.hold(Path(sys.argv[1]), {FAST!r}) as it:
            {body}
    """)
    return subprocess.Popen(
        [sys.executable, "-c", code, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(SRC)}, **how,
    )  # fmt: skip


def leave(process):
    process.stdin.close()
    process.wait(30)
    process.stdout.close()


def value(it, query="SELECT 1", **how):
    with it.connect(**how) as db:
        return db.execute(query).fetchone()[0]


def test_it_starts_whole_and_stops_with_its_last_holder(home):
    with cluster.hold(home, FAST) as it:
        pid = it.postmaster()
        assert value(it, "SELECT current_setting('server_version_num')::int") >= 180000
        assert value(it, "SELECT datlocprovider::text || datcollate FROM pg_database WHERE datname = 'anlan'") == "bC"
        assert value(it, "SELECT count(*) FROM pg_roles WHERE rolname = 'anlan_app' AND rolcanlogin AND NOT rolsuper "
                     "AND NOT rolcreatedb AND NOT rolcreaterole") == 1  # fmt: skip
        assert value(it, user="anlan_app") == 1
        assert len(str(it.sockets)) < 100
    assert it.postmaster() is None
    assert not cluster.serves(pid, it.data)


def test_the_application_may_not_make_tables(home):
    with (
        cluster.hold(home, FAST) as it,
        it.connect(user="anlan_app") as db,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        db.execute("CREATE TABLE mine (a int)")


def test_it_listens_on_no_network(home):
    with cluster.hold(home, FAST) as it:
        assert value(it, "SHOW listen_addresses") == ""
        assert (it.sockets.stat().st_mode & 0o777) == 0o700


def test_what_was_written_is_there_on_the_next_start(home):
    with cluster.hold(home, FAST) as it, it.connect() as db:
        db.execute("CREATE TABLE kept AS SELECT 7 AS n")
    with cluster.hold(home, FAST) as it:
        assert value(it, "SELECT n FROM kept") == 7


def test_two_processes_share_it_and_the_first_to_leave_stops_nothing(home):
    other = holder(home)
    assert other.stdout.readline() == "up\n"
    with cluster.hold(home, FAST) as it:
        pid = it.postmaster()
        leave(other)
        assert it.postmaster() == pid
        assert value(it) == 1
    assert it.postmaster() is None


def test_two_that_start_at_once_get_one_server(home):
    several = [holder(home, "print(it.postmaster(), flush=True); sys.stdin.read()") for _ in range(3)]
    pids = {process.stdout.readline() for process in several}
    for process in several:
        leave(process)
    assert len(pids) == 1


def test_a_killed_postmaster_comes_back_under_its_holders(home):
    with cluster.hold(home, FAST) as it:
        with it.connect() as db:
            db.execute("CREATE TABLE kept AS SELECT 7 AS n")
        pid = it.postmaster()
        os.kill(pid, signal.SIGKILL)
        until(lambda: it.postmaster() not in {None, pid})
        until(lambda: reachable(it))
        assert value(it, "SELECT n FROM kept") == 7


def reachable(it):
    try:
        return value(it) == 1
    except psycopg.OperationalError:
        return False


def test_a_killed_backend_costs_only_connections(home):
    with cluster.hold(home, FAST) as it:
        pid = it.postmaster()
        with it.connect() as db:
            os.kill(db.info.backend_pid, signal.SIGKILL)
            with pytest.raises(psycopg.OperationalError):
                db.execute("SELECT 1")
        until(lambda: reachable(it))
        assert it.postmaster() == pid


def test_a_holder_killed_with_9_leaves_no_server_behind(home):
    other = holder(home)
    assert other.stdout.readline() == "up\n"
    it = cluster.Cluster(home)
    assert it.postmaster() is not None
    other.kill()
    leave(other)
    until(lambda: it.postmaster() is None)


def test_everything_killed_at_once_starts_again(home):
    other = holder(
        home, "it.connect().execute('CREATE TABLE kept AS SELECT 7 AS n'); print('up', flush=True); sys.stdin.read()"
    )
    assert other.stdout.readline() == "up\n"
    it = cluster.Cluster(home)
    pid = it.postmaster()
    other.kill()
    os.kill(pid, signal.SIGKILL)
    leave(other)
    with cluster.hold(home, FAST) as it:
        assert value(it, "SELECT n FROM kept") == 7


def test_a_stale_pid_file_of_another_program_stops_nobody(home):
    """In a container the number of a dead postmaster is soon somebody else's."""
    with cluster.hold(home, FAST) as it:
        pass
    for left in (it.data / "postmaster.pid", it.sockets / ".s.PGSQL.5432.lock"):
        left.write_text(f"{os.getpid()}\n{it.data}\n1\n5432\n{it.sockets}\n\n\n")
    with cluster.hold(home, FAST) as it:
        assert value(it) == 1


def test_a_home_too_long_for_a_socket_gets_a_short_one():
    deep = Path("/srv") / ("x" * 60) / ("y" * 60)
    assert len(str(store.sockets(deep))) < 100
    assert store.sockets(deep) == store.sockets(deep)
    assert store.sockets(deep) != store.sockets(deep / "z")


def test_a_socket_folder_of_somebody_else_is_not_used(home):
    folder = store.sockets(home)
    if os.geteuid():
        pytest.skip("needs root to make a folder another user's")
    folder.mkdir(mode=0o777)
    os.chown(folder, 12345, 12345)
    with pytest.raises(store.Unavailable, match="属于别人"), cluster.hold(home, FAST):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="needs a Python that another user can run")
def test_another_user_runs_it_without_root():
    base = Path(tempfile.mkdtemp(prefix="anlan u "))
    os.chown(base, 65534, 65534)
    told, tell = os.pipe()
    child = os.fork()  # not a new program: root's Python may lie where nobody else can reach it
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            sys.executable = "/usr/bin/python3"  # the guard needs the standard library only
            with cluster.hold(base / "home", FAST) as it:
                owner = Path(f"/proc/{it.postmaster()}").stat().st_uid
                os.write(tell, f"{owner}|{it.folder}|{value(it)}".encode())
        except BaseException as error:  # noqa: BLE001 - the child has no other way to say what went wrong
            os.write(tell, repr(error).encode())
        finally:
            os._exit(0)
    os.close(tell)
    try:
        os.waitpid(child, 0)
        assert os.read(told, 1000).decode() == f"65534|{base / 'home' / 'pg'}|1"
    finally:
        os.close(told)
        shutil.rmtree(base)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_with_a_closed_home_keeps_the_data_where_the_server_may_go():
    base = Path(tempfile.mkdtemp(prefix="anlan-closed-"))  # 0700, like /root
    home = base / "home"
    try:
        with cluster.hold(home, FAST) as it:
            assert it.folder.parent == store.ROOT_STORES
            assert (home / "pg").resolve() == it.folder
            assert base.stat().st_mode & 0o777 == 0o700  # nothing of the user's was opened
            assert Path(f"/proc/{it.postmaster()}").stat().st_uid != 0
            assert value(it) == 1
    finally:
        shutil.rmtree(store.folder(home), ignore_errors=True)
        shutil.rmtree(base)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_binaries_that_the_service_user_cannot_reach_are_copied(monkeypatch, tmp_path):
    """pytest's folder is closed to others, so a wheel in it stands for a virtual environment under /root."""
    source = store.wheel()
    copy = tmp_path / source.parent.name / source.name
    (copy / "bin").mkdir(parents=True)
    shutil.copy2(source / "bin" / "postgres", copy / "bin" / "postgres")
    libraries = tmp_path / f"{source.parent.name}.libs"
    libraries.symlink_to(source.parents[1] / libraries.name)
    monkeypatch.setattr(store, "wheel", lambda: copy)
    monkeypatch.setattr(store, "ROOT_STORES", Path(tempfile.mkdtemp(prefix="anlan-root-")))
    store.ROOT_STORES.chmod(0o711)
    try:
        user = store.service_user()
        found = store.binaries(user)
        assert store.enterable(found, user)
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        done = subprocess.run([found / "postgres", "--version"], check=True, capture_output=True, text=True, **as_user)
        assert "18." in done.stdout
        assert store.binaries(user) == found
    finally:
        shutil.rmtree(store.ROOT_STORES)

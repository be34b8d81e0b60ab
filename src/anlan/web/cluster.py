"""The embedded PostgreSQL: found in a wheel, started by whoever comes first, stopped by whoever leaves last.

Each process that uses it holds a shared `flock` on `holders.lock`; starting and stopping happen under `start.lock`.
Whoever gets the exclusive lock on leaving stops the server, and a guard does so for holders that were killed.
"""

import contextlib
import fcntl
import json
import logging
import os
import pwd
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from anlan.web import guard, store
from anlan.web.store import Unavailable

log = logging.getLogger("anlan.cluster")

OWNER, APP, DATABASE = "anlan_owner", "anlan_app", "anlan"
RECOVERY_SECONDS = 1800
SHELL = re.compile(r'["$`\\\n]')

TUNING: dict[str, str] = {
    "listen_addresses": "",
    "max_connections": "120",
    "shared_buffers": "256MB",
    "effective_cache_size": "2GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "wal_buffers": "16MB",
    "max_wal_size": "2GB",
    "min_wal_size": "256MB",
    "checkpoint_timeout": "10min",
    "synchronous_commit": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "autovacuum_naptime": "15s",
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_vacuum_insert_scale_factor": "0.1",
    "autovacuum_analyze_scale_factor": "0.05",
    "idle_in_transaction_session_timeout": "5min",  # an idle transaction holds every ledger cursor back
    "log_line_prefix": "%m [%p] %u ",
    "log_lock_waits": "on",
    "log_min_duration_statement": "5s",
}


@dataclass(slots=True)
class Cluster:
    """One data folder and its server. `options` are added to the tuning (tests turn fsync off)."""

    home: Path
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return store.folder(self.home)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def sockets(self) -> Path:
        return store.sockets(self.home)

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the service user, with nothing of our environment but the path."""
        user = store.service_user()
        drop = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        command = [str(store.binaries(user) / program), *arguments]
        plain = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
        return subprocess.run(  # type: ignore[call-overload,no-any-return]  # noqa: S603
            command, check=False, cwd="/", env=plain, text=True, capture_output=True, stdin=subprocess.DEVNULL, **drop
        )

    def connect(self, dbname: str = DATABASE, user: str = OWNER) -> psycopg.Connection:
        """Connect over the private socket."""
        return psycopg.connect(host=str(self.sockets), dbname=dbname, user=user, autocommit=True, connect_timeout=10)

    def postmaster(self) -> int | None:
        """Return the process id of the live server of this data folder, or None."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
            if serves(pid, self.data):
                return pid
        return None

    def ensure(self) -> bool:
        """Have the server running and ready, waiting for recovery; return whether this call started it.

        Call under the start lock. Raises Unavailable with the end of the server's log.
        """
        started = False
        if self.postmaster() is None:
            self.prepare()
            self.configure()
            self.clear_stale()
            done = self.run("pg_ctl", "start", "-D", str(self.data), "-l", str(self.data / "server.log"),
                            "-w", "-s", "-t", str(RECOVERY_SECONDS))  # fmt: skip
            if done.returncode:
                raise Unavailable(f"PostgreSQL 没有启动：{done.stderr.strip()}\n{self.tail()}")
            started = True
        self.wait()
        self.found()
        return started

    def prepare(self) -> None:
        """Make the folders with their owners, and the data folder by `initdb`, whole or not at all."""
        if SHELL.search(str(self.folder)):
            raise Unavailable(f"ANLAN_HOME 的路径含有 PostgreSQL 不能接受的字符：{self.folder}")
        user, folder = store.service_user(), self.folder
        make(folder)
        make(self.sockets)
        give(self.sockets, user)
        seen = self.sockets.lstat()
        if (
            not self.sockets.is_dir()
            or self.sockets.is_symlink()
            or seen.st_uid != (user.pw_uid if user else os.geteuid())
        ):
            raise Unavailable(f"{self.sockets} 属于别人，不使用")
        if not (self.home / "pg").exists():
            (self.home / "pg").symlink_to(folder)
        if self.data.is_dir():
            return
        fresh = folder / f"data.new-{os.getpid()}"
        fresh.mkdir()
        give(fresh, user)
        done = self.run("initdb", "-D", str(fresh), "-U", OWNER, "-A", "peer", "-E", "UTF8", "--no-locale",
                        "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
                        *(["--no-sync"] if self.options.get("fsync") == "off" else []))  # fmt: skip
        if done.returncode:
            raise Unavailable(f"initdb：{done.stderr.strip() or done.stdout.strip()}")
        fresh.rename(self.data)

    def configure(self) -> None:
        """Write our own settings beside PostgreSQL's, and who may connect: this user, over the socket, as two roles."""
        chosen = {**TUNING, "unix_socket_directories": f'"{self.sockets}"', "unix_socket_permissions": "0700",
                  **self.options}  # fmt: skip
        quoted = (f"{key} = '{value.replace(chr(39), chr(39) * 2)}'" for key, value in chosen.items())
        me = pwd.getpwuid(os.geteuid()).pw_name
        self.write("anlan.conf", "\n".join(quoted) + "\n")
        self.write("pg_hba.conf", "local all all peer map=anlan\n")
        self.write("pg_ident.conf", "".join(f'anlan "{me}" {role}\n' for role in (OWNER, APP)))
        main = (self.data / "postgresql.conf").read_text(encoding="utf-8")
        if "include 'anlan.conf'" not in main:
            self.write("postgresql.conf", f"{main}\ninclude 'anlan.conf'\n")

    def write(self, name: str, text: str) -> None:
        """Replace a file in the data folder, keeping its owner."""
        user, target = store.service_user(), self.data / name
        target.write_text(text, encoding="utf-8")
        target.chmod(0o600)
        if user:
            os.chown(target, user.pw_uid, user.pw_gid)

    def clear_stale(self) -> None:
        """Remove the lock files of a server that is gone: their number may be another's by now, or a zombie's.

        Backends of a killed postmaster end by themselves within a moment; one still busy is ended, since a second
        server over the same files would destroy them.
        """
        for step in (None, signal.SIGTERM, signal.SIGQUIT, signal.SIGKILL):
            if step is not None:
                for pid in strays(self.data):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, step)
            waited = time.monotonic() + 10
            while strays(self.data):
                if time.monotonic() > waited:
                    break
                time.sleep(0.05)
            else:
                for left in (self.data / "postmaster.pid", *self.sockets.glob(".s.PGSQL.*")):
                    left.unlink(missing_ok=True)
                return
        raise Unavailable(f"旧的 PostgreSQL 进程仍在使用 {self.data}：{strays(self.data)}")

    def wait(self) -> None:
        """Wait until the server takes connections; recovery after a crash may take minutes. Raises Unavailable."""
        end, said = time.monotonic() + RECOVERY_SECONDS, 0.0
        while True:
            try:
                self.connect("postgres").close()
            except psycopg.OperationalError as error:
                if self.postmaster() is None or time.monotonic() > end:
                    raise Unavailable(f"PostgreSQL 不可用：{error}\n{self.tail()}") from error
                if time.monotonic() - said > 10:
                    said = time.monotonic()
                    log.warning("waiting for PostgreSQL: %s", str(error).strip())
                time.sleep(0.1)
            else:
                return

    def found(self) -> None:
        """Create the application's role and the database, once: log in, no rights but those that migrate grants."""
        with self.connect("postgres") as db:
            if not db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP]).fetchone():
                db.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(APP)))
                db.execute(sql.SQL("GRANT pg_read_all_stats TO {}").format(sql.Identifier(APP)))  # for the watchdog
            if not db.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                db.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def stop_command(self, mode: str = "fast") -> list[str]:
        return ["stop", "-D", str(self.data), "-m", mode, "-w", "-s", "-t", "120"]

    def stop(self) -> None:
        """Stop the server, at once if it does not end in two minutes. Call under the start lock."""
        if self.postmaster() is not None and self.run("pg_ctl", *self.stop_command()).returncode:
            self.run("pg_ctl", *self.stop_command("immediate"))

    def guard(self) -> None:
        """Leave a guard behind, who stops the server when every holder is gone."""
        user = store.service_user()
        asked = self.folder / "guard.json"
        asked.write_text(json.dumps({
            "folder": str(self.folder), "stop": [str(store.binaries(user) / "pg_ctl"), *self.stop_command()],
            "user": user and user.pw_uid, "group": user and user.pw_gid,
        }), encoding="utf-8")  # fmt: skip
        subprocess.run([sys.executable, "-I", "-S", guard.__file__, str(asked)], check=True, stdin=subprocess.DEVNULL)  # noqa: S603

    def tail(self, lines: int = 15) -> str:
        """Return the end of the server's log."""
        with contextlib.suppress(OSError):
            text = (self.data / "server.log").read_text(encoding="utf-8", errors="replace")
            return "\n".join(text.splitlines()[-lines:])
        return ""


def give(folder: Path, user: pwd.struct_passwd | None) -> None:
    """Make a folder of ours the service user's, closed to all others; somebody else's is left as it is."""
    if folder.lstat().st_uid == os.geteuid():
        folder.chmod(0o700)
        if user:
            os.chown(folder, user.pw_uid, user.pw_gid, follow_symlinks=False)


def make(folder: Path) -> None:
    """Make a folder and those above it, each so that others may pass through and not look."""
    for part in (*reversed(folder.parents), folder):
        if not part.exists():
            with contextlib.suppress(FileExistsError):
                part.mkdir(mode=0o711)


def serves(pid: int, data: Path) -> bool:
    """Say whether a process is alive, no zombie, and works in the data folder (PostgreSQL's processes stand in it)."""
    if not Path("/proc/self").exists():
        os.kill(pid, 0)
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
        return state not in "ZX" and Path(f"/proc/{pid}/cwd").resolve(strict=True) == data.resolve()
    except OSError:
        return False


def strays(data: Path) -> Sequence[int]:
    """Return the processes that still work in the data folder."""
    numbers = (int(p.name) for p in Path("/proc").glob("[0-9]*")) if Path("/proc/self").exists() else ()
    return [pid for pid in numbers if serves(pid, data)]


@contextlib.contextmanager
def hold(home: Path, options: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """Use the embedded PostgreSQL: started if nobody did, kept alive while used, stopped if nobody else holds it."""
    it = Cluster(home, options or {})
    make(home)
    make(it.folder)
    starts, holders = str(it.folder / "start.lock"), str(it.folder / "holders.lock")
    starting = guard.lock(starts, fcntl.LOCK_EX)
    try:
        holding = guard.lock(holders, fcntl.LOCK_SH)
        if it.ensure():
            it.guard()
    finally:
        os.close(starting)
    done = threading.Event()
    keeper = threading.Thread(target=keep, args=(it, starts, done), name="anlan-cluster", daemon=True)
    keeper.start()
    try:
        yield it
    finally:
        done.set()
        keeper.join(timeout=150)
        starting = guard.lock(starts, fcntl.LOCK_EX)
        os.close(holding)
        last = alone(holders)
        if last is not None:
            it.stop()
            os.close(last)
        os.close(starting)


def alone(holders: str) -> int | None:
    """Return the exclusive lock if nobody else holds the cluster. The guard has it for an instant when it wakes."""
    for wait in (0.01, 0.03, 0.0):
        try:
            return guard.lock(holders, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(wait)
    return None


def keep(it: Cluster, starts: str, done: threading.Event) -> None:
    """Start the server again if it was killed under us; whoever of the holders sees it first does it."""
    while not done.wait(1.0):
        if it.postmaster() is None:
            starting = guard.lock(starts, fcntl.LOCK_EX)
            try:
                if it.ensure():
                    log.error("PostgreSQL had gone; started it again")
            except Unavailable:
                log.exception("PostgreSQL cannot be started again; trying on")
            finally:
                os.close(starting)

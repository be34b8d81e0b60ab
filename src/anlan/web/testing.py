"""What a test run needs in the environment before settings are read: `-p anlan.web.testing` in pyproject.toml.

A plugin and not conftest.py, since pytest-django reads the settings before any conftest is loaded.
"""

import os
import secrets
import shutil
import tempfile
from pathlib import Path

from anlan.web import store

MEMORY = Path("/dev/shm")  # noqa: S108 - only where the run's own folder is made; mkdtemp lets nobody else in


def _memory() -> Path | None:
    """Return a folder in memory with room for the run's databases: to make one on a disk takes thrice as long."""
    if not (os.access(MEMORY, os.W_OK) and Path("/proc/self").exists()):
        return None
    for left in MEMORY.glob("anlan-test-*-*"):  # by a run that was killed
        if not Path("/proc", left.name.split("-")[2]).exists():
            shutil.rmtree(left, ignore_errors=True)
    return MEMORY if shutil.disk_usage(MEMORY).free > 3 << 30 else None


OURS = "ANLAN_HOME" not in os.environ  # pytest-xdist's workers inherit the one that their controller made
if OURS:
    os.environ["ANLAN_HOME"] = tempfile.mkdtemp(prefix=f"anlan-test-{os.getpid()}-", dir=_memory())
    Path(os.environ["ANLAN_HOME"]).chmod(0o711)  # root runs PostgreSQL as another user, who must get in
if not os.environ.get("DATABASE_URL"):
    os.environ["ANLAN_AS_OWNER"] = "1"
os.environ.setdefault("ANLAN_SECOND_FACTOR", "0")  # what asks for it has a test of its own
for _name in ("SECRET_KEY", "FIELD_KEY", "LOOKUP_KEY"):
    os.environ.setdefault(f"ANLAN_{_name}", secrets.token_hex(32))


def pytest_unconfigure() -> None:
    """Take away what the run made: its home, and as root perhaps a store elsewhere."""
    if OURS:
        home = store.home()
        shutil.rmtree(store.folder(home), ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)

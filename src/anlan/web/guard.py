"""Waits until nobody holds the embedded PostgreSQL, then stops it: the only one left to do so after a `kill -9`.

Run as a file, by path, with the standard library only, so that it stays small (about 8 MB) and starts at once.
"""

import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def lock(path: str, how: int) -> int:
    """Open a file and lock it. Raises BlockingIOError when `how` holds LOCK_NB and somebody has it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, how)
    except OSError:
        os.close(handle)
        raise
    return handle


def only_guard(path: str) -> bool:
    """Become the one guard of this cluster; a former one that is just leaving is waited for."""
    for _ in range(20):
        try:
            lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.1)
        else:
            return True
    return False


def guard(folder: str, stop: list[str], user: int | None, group: int | None) -> None:
    """Block until the last holder is gone, make sure under the start lock, stop the server."""
    if not only_guard(f"{folder}/guard.lock"):
        return
    while True:
        os.close(lock(f"{folder}/holders.lock", fcntl.LOCK_EX))
        starting = lock(f"{folder}/start.lock", fcntl.LOCK_EX)
        try:
            lock(f"{folder}/holders.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(starting)
            continue
        drop: dict[str, Any] = {} if user is None else {"user": user, "group": group, "extra_groups": []}
        subprocess.run(stop, check=False, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **drop)  # noqa: S603
        return


if __name__ == "__main__":
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    asked = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    guard(asked["folder"], asked["stop"], asked["user"], asked["group"])

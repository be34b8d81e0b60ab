"""PLT-04: `anlan serve` brings everything up, survives `kill -9` of any part, and leaves nothing behind."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import pytest

from anlan.web import cluster, store

SRC = str(Path(__file__).parents[3])
pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]
PATIENCE = 120  # seconds; a busy machine takes its time


def environ(home):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ANLAN_") and k != "DATABASE_URL"}
    return {**kept, "PYTHONPATH": SRC, "ANLAN_HOME": str(home), "ANLAN_LOG_PLAIN": "1"}


def until(true, what):
    end = time.monotonic() + PATIENCE
    while True:
        found = true()
        if found:
            return found
        assert time.monotonic() < end, f"it did not come about: {what}"
        time.sleep(0.2)


def children(pid):
    """Return the commands of a process's children by name: {"web": pid, "worker": pid, "watch": pid}."""
    found = {}
    for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{number}/cmdline").read_bytes().decode().split("\0")
            if "anlan" in words:
                found[words[words.index("anlan") + 1]] = int(number)
    return found


@pytest.fixture
def served():
    base = Path(tempfile.mkdtemp(prefix="anlan-sv-"))
    base.chmod(0o711)
    home = base / "home"
    (base / "password").write_text("correct horse battery 9\n")
    anlan = [sys.executable, "-m", "anlan"]
    init = [*anlan, "init", "--place", "安澜市", "--password-file", base / "password"]
    done = subprocess.run(init, env=environ(home), check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (base / "log").open("w") as log:
        serve = subprocess.Popen([*anlan, "serve", "--port", str(port)], env=environ(home), stdout=log, stderr=log)
    try:
        yield serve, home, f"http://127.0.0.1:{port}"
    finally:
        if serve.poll() is None:
            serve.terminate()
            serve.wait(60)
        sys.stdout.write((base / "log").read_text()[-20000:])  # pytest shows it when the test fails
        shutil.rmtree(store.folder(home), ignore_errors=True)
        shutil.rmtree(base, ignore_errors=True)


def ready(url):
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"{url}/readyz", timeout=10).status_code == 200
    return False


def test_it_comes_up_survives_kills_and_leaves_nothing_behind(served):
    serve, home, url = served
    until(lambda: ready(url), "ready")
    assert httpx.get(f"{url}/healthz").text == "ok\n"
    page = httpx.get(url, follow_redirects=True)
    assert page.status_code == 200
    assert "form" in page.text

    for part in ("worker", "web"):
        before = children(serve.pid)[part]
        os.kill(before, signal.SIGKILL)
        until(lambda part=part, before=before: children(serve.pid).get(part, before) != before, f"{part} again")
    it = cluster.Cluster(home)
    before = it.postmaster()
    os.kill(before, signal.SIGKILL)
    until(lambda: it.postmaster() not in {None, before}, "PostgreSQL again")
    until(lambda: ready(url), "ready again")

    parts = children(serve.pid)
    assert set(parts) == {"web", "worker", "watch"}
    serve.kill()
    serve.wait()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in parts.values()), "the children end")
    until(lambda: it.postmaster() is None, "PostgreSQL ends")


def test_a_signal_stops_everything_in_good_order(served):
    serve, home, url = served
    until(lambda: ready(url), "ready")
    parts = children(serve.pid)
    serve.terminate()
    assert serve.wait(90) == 0
    assert not [pid for pid in parts.values() if Path(f"/proc/{pid}").exists()]
    assert cluster.Cluster(home).postmaster() is None
    assert "database system is shut down" in (store.folder(home) / "data" / "server.log").read_text()

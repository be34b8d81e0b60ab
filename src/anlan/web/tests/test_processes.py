"""PLT-04: what dies is started again, later each time; a signal ends all; nothing outlives its supervisor."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from anlan.web.processes import Child, supervise

SRC = str(Path(__file__).parents[3])


def run_for(children, seconds, grace=5.0):
    stop = threading.Event()
    timer = threading.Timer(seconds, stop.set)
    timer.start()
    began = time.monotonic()
    supervise(children, stop, grace=grace)
    timer.join()
    return time.monotonic() - began


def test_a_died_child_is_started_again_with_growing_waits(tmp_path):
    book = tmp_path / "book"
    child = Child("short", ["/bin/sh", "-c", f"echo x >> {book}; exit 3"])
    run_for([child], 4.5)
    starts = book.read_text().count("x")
    assert starts == 2  # at 0 s, at 2 s, and not before 6 s
    assert child.wait == 4.0


def test_one_that_dies_disturbs_no_other():
    steady = Child("steady", ["/bin/sleep", "60"])
    run_for([Child("short", ["/bin/false"]), steady], 1.0)
    assert steady.process.returncode == -signal.SIGTERM


def test_a_child_that_ignores_the_signal_is_killed():
    deaf = Child(
        "deaf", [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"]
    )
    took = run_for([deaf], 1.0, grace=1.0)
    assert deaf.process.returncode == -signal.SIGKILL
    assert took < 8


def test_a_child_ends_when_its_supervisor_was_killed():
    code = (
        "import subprocess, sys, threading\n"
        "from anlan.web.processes import Child, supervise\n"
        "child = Child('c', [sys.executable, '-c', 'import time; from anlan.web.processes import follow_parent;"
        " follow_parent(); print(1, flush=True); time.sleep(60)'])\n"
        "child.start(); print(child.process.pid, flush=True); supervise([child], threading.Event())\n"
    )
    environ = {**os.environ, "PYTHONPATH": SRC}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environ) as parent:
        pid = next(int(line) for line in parent.stdout if int(line) > 1)
        assert parent.stdout.readline().strip() == "1"  # the child has tied itself to its parent
        parent.kill()
    end = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:
        assert time.monotonic() < end, "the child lives on"
        time.sleep(0.05)

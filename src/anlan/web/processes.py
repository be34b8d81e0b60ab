"""Keeps child processes running in one group: a died one is started again, a signal ends them all."""

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

log = logging.getLogger("anlan.serve")

PR_SET_PDEATHSIG = 1
PARENT = "ANLAN_SUPERVISOR"
STEADY_SECONDS = 60  # a child that lived this long starts again without waiting
LONGEST_WAIT = 30.0


def follow_parent() -> None:
    """End with the supervisor, even if it was killed: called first thing by a child. Without a supervisor, nothing."""
    parent = os.environ.pop(PARENT, "")
    if not parent:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):
        sys.exit(1)


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


@dataclass(slots=True)
class Child:
    """A command to keep running; `wait` doubles from one second while it keeps dying young."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    wait: float = 1.0
    due: float = 0.0

    def start(self) -> None:
        environ = {**os.environ, **self.environ, PARENT: str(os.getpid())}
        self.process = subprocess.Popen(self.command, env=environ, stdin=subprocess.DEVNULL)  # noqa: S603
        self.started = time.monotonic()
        log.info("started", extra={"child": self.name, "pid": self.process.pid})

    def look(self) -> None:
        """Start it if it is due; if it died, say so and set when it is due again."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.due:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            return
        self.wait = 1.0 if now - self.started > STEADY_SECONDS else min(self.wait * 2, LONGEST_WAIT)
        self.process, self.due = None, now + self.wait
        log.error("died; starting it again", extra={"child": self.name, "code": code, "in_seconds": self.wait})


def supervise(children: Sequence[Child], stop: threading.Event, *, grace: float = 20.0) -> None:
    """Keep the children running until `stop` is set, then end them: SIGTERM, and SIGKILL after `grace` seconds."""
    try:
        while not stop.is_set():
            for child in children:
                child.look()
            stop.wait(0.2)
    finally:
        live = [c for c in children if c.process and c.process.poll() is None]
        for child in live:
            with contextlib.suppress(ProcessLookupError):
                child.process.terminate()  # type: ignore[union-attr]
        end = time.monotonic() + grace
        for child in live:
            try:
                child.process.wait(max(0.1, end - time.monotonic()))  # type: ignore[union-attr]
            except subprocess.TimeoutExpired:
                log.error("did not end in time; killed", extra={"child": child.name})  # noqa: TRY400
                child.process.kill()  # type: ignore[union-attr]
                child.process.wait()  # type: ignore[union-attr]

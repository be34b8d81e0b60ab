"""Finds what a worker keeps doing beside jobs: each context's `jobs.LOOPS`, run until an event is set."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.db import close_old_connections, connections

log = logging.getLogger("anlan.worker")

Loop = Callable[[threading.Event], None]
LONGEST_WAIT = 30.0


def loops() -> list[Loop]:
    """Return every loop of every context, in order of the apps."""
    found: list[Loop] = []
    for config in apps.get_app_configs():
        name = f"{config.name}.jobs"
        if config.name.startswith("anlan.") and find_spec(name):
            found += getattr(import_module(name), "LOOPS", ())
    return found


def keep(loop: Loop, stop: threading.Event) -> None:
    """Run a loop; if it breaks (the database went away, a bug), say so and run it again, waiting longer each time."""
    wait = 0.5
    while not stop.is_set():
        began = time.monotonic()
        try:
            loop(stop)
        except Exception:
            log.exception("a loop broke; running it again", extra={"loop": f"{loop.__module__}.{loop.__qualname__}"})
        wait = 0.5 if time.monotonic() - began > 2 * LONGEST_WAIT else min(wait * 2, LONGEST_WAIT)
        close_old_connections()
        stop.wait(wait)
    connections.close_all()


@contextlib.contextmanager
def running(these: Sequence[Loop], stop: threading.Event) -> Iterator[None]:
    """Run loops in threads of their own, and have them end when the block does."""
    threads = [threading.Thread(target=keep, args=(loop, stop), name=loop.__qualname__, daemon=True) for loop in these]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=15)

"""The worker keeps every feed running that fetches: one leads each, by an advisory lock.

One that broke is begun anew in growing pauses. What was not committed is never acknowledged.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from anlan.sensing import feeds
from anlan.sensing.feeds import Message
from anlan.sensing.mapping import Mapped
from anlan.sensing.models import Feed
from anlan.sensing.services import feeding, pulse
from anlan.sensing.terms import FeedState

log = logging.getLogger("anlan.sensing")
LOOK = 2.0  # seconds between two looks at which feeds are on
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
LEADER = 0x616E6664  # "anfd"


@dataclass(slots=True)
class _Run:
    """A feed that runs here, as it was when it was begun."""

    feed: Feed
    pause: float = FIRST_PAUSE
    again_at: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def begin(self) -> None:
        self.stop = threading.Event()
        self.thread = threading.Thread(
            target=_run, args=(self.feed, self.stop), name=f"feed-{self.feed.id}", daemon=True
        )
        self.thread.start()

    def end(self) -> None:
        self.stop.set()
        if self.thread is not None:
            self.thread.join(timeout=15)


def tend(stop: threading.Event, *, look: float = LOOK) -> None:
    """Keep the feeds running until `stop` is set."""
    running: dict[UUID, _Run] = {}
    try:
        while not stop.is_set():
            _look(running)
            pulse.write()
            stop.wait(look)
    finally:
        for run in running.values():
            run.stop.set()
        for run in running.values():
            run.end()
        with contextlib.suppress(DatabaseError, InterfaceError):
            pulse.write(at_once=True)
            for identifier in running:
                _locked("unlock", identifier)


def _look(running: dict[UUID, _Run]) -> None:
    kinds = [name for name, plug in feeds.discover().items() if hasattr(plug, "run")]
    on = {f.id: f for f in Feed.objects.filter(kind__in=kinds, state=FeedState.ON)}
    for identifier in [i for i, run in running.items() if i not in on or on[i].revision != run.feed.revision]:
        running.pop(identifier).end()
        _locked("unlock", identifier)
    for identifier, feed in on.items():
        run = running.get(identifier)
        if run is None:
            if not _locked("lock", identifier):
                continue  # another worker has it
            run = running[identifier] = _Run(feed)
        if run.thread is not None and run.thread.is_alive():
            if time.monotonic() > run.again_at + LONGEST_PAUSE:
                run.pause = FIRST_PAUSE
        elif time.monotonic() >= run.again_at:
            run.again_at, run.pause = time.monotonic() + run.pause, min(2 * run.pause, LONGEST_PAUSE)
            run.begin()


def _locked(act: str, identifier: UUID) -> bool:
    function = "pg_try_advisory_lock" if act == "lock" else "pg_advisory_unlock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [LEADER, (identifier.int & 0xFFFFFFFF) - 2**31])
        return bool(cursor.fetchone()[0])


def _run(feed: Feed, stop: threading.Event) -> None:
    try:
        how = feeding.how(feed)
        assert how is not None  # noqa: S101 - nothing without a mapping is switched on
        plug: Any = feeds.discover()[feed.kind]
        plug.run(
            feeding.source(feed), lambda messages: keep_all(feed, how, messages, stop),
            lambda state, words: pulse.say(feed.id, state, str(words)), stop,
        )  # fmt: skip
    except Exception as error:  # told on the page, and begun anew by whoever looks next
        if not stop.is_set():
            log.exception("a feed broke; beginning anew", extra={"feed": str(feed.id)})
            pulse.say(feed.id, "failing", f"{type(error).__name__}: {error}"[:200])
    finally:
        connection.close()


def keep_all(feed: Feed, how: Mapped, messages: Sequence[Message], stop: threading.Event) -> None:
    """Return once every message is committed, or lies in a queue. While the database is away, wait for it.

    Raises OperationalError where `stop` is set meanwhile: then nothing may be acknowledged.
    """
    if not messages:
        return
    pause = FIRST_PAUSE / 2
    while True:
        try:
            feeding.keep(feed, how, messages)
        except (OperationalError, InterfaceError) as away:
            log.warning("a feed waits for the database: %s", away)
            pulse.say(feed.id, "failing", str(away))
            connection.close()
            if stop.wait(pause):
                raise
            pause = min(2 * pause, LONGEST_PAUSE / 2)
        except Exception as error:  # a message that breaks the reader must not hold up the others
            if len(messages) == 1:
                log.exception("a message could not be handled", extra={"feed": str(feed.id)})
                feeding.set_aside(feed, messages[0], error)
                return
            half = len(messages) // 2
            keep_all(feed, how, messages[:half], stop)
            keep_all(feed, how, messages[half:], stop)
            return
        else:
            if pause > FIRST_PAUSE / 2:
                pulse.say(feed.id, "ok", "")
            return

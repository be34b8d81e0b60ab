"""The loop that keeps reactions and seals up with the ledger: woken by NOTIFY, polling where a wake-up was missed."""

import logging
import threading
import time

import psycopg
from django.db import Error, connection

from anlan.ledger.services import following, sealing, upkeep

log = logging.getLogger(__name__)

POLL = 0.5  # seconds without a wake-up
QUICK = (0.02, 0.05, 0.1, 0.2)  # after a wake-up: an older transaction may still hold the horizon back
SEAL_EVERY = 1.0


class Bell:
    """Wakes every follower of this process."""

    def __init__(self) -> None:
        self._condition, self._rung = threading.Condition(), 0

    def ring(self) -> None:
        """Wake whoever waits."""
        with self._condition:
            self._rung += 1
            self._condition.notify_all()

    def wait(self, heard: int, seconds: float) -> int:
        """Wait for the next ring after `heard`, or for the time to pass; return what has been heard now."""
        with self._condition:
            self._condition.wait_for(lambda: self._rung != heard, seconds)
            return self._rung


def run_followers(stop: threading.Event, *, threads: int = 2) -> None:
    """Run all reactions and the sealer until `stop` is set. Any number of processes may do so at once.

    Blocks; uses `threads` + 2 threads and as many connections. A lost database is waited for and never ends it.
    """
    bell = Bell()
    loops = [threading.Thread(target=_follow, args=(stop, bell), name=f"ledger-{n}") for n in range(threads)]
    loops.append(threading.Thread(target=_seal, args=(stop, bell), name="ledger-seal"))
    loops.append(threading.Thread(target=_listen, args=(stop, bell), name="ledger-listen"))
    for loop in loops:
        loop.start()
    stop.wait()
    bell.ring()
    for loop in loops:
        loop.join()


def _follow(stop: threading.Event, bell: Bell) -> None:
    heard, quiet = 0, len(QUICK)
    try:
        while not stop.is_set():
            taken = _round()
            quiet = 0 if taken else quiet + 1
            if taken:
                continue
            now = bell.wait(heard, QUICK[quiet - 1] if quiet <= len(QUICK) else POLL)
            if now != heard:
                heard, quiet = now, 0
    finally:
        connection.close()


def _round() -> int:
    """Give every reaction one batch; return how many entries were taken in. A failure stops nobody else."""
    taken = 0
    for name in list(following.registry):
        try:
            taken += following.step(name)
        except following.Failed as failure:
            _note(failure, name)
        except Exception:
            log.exception("the ledger cannot be read; trying again")
            connection.close()
            time.sleep(POLL)
            return 0
    return taken


def _note(failure: following.Failed, name: str) -> None:
    if connection.connection is None or connection.connection.closed:  # the server went away: no fault of the entry's
        connection.close()
        return
    try:
        following.stumbled(failure, name)
    except Error:
        log.exception("the failure of %s could not be noted", name)
        connection.close()


def _seal(stop: threading.Event, bell: Bell) -> None:  # noqa: ARG001 - the same shape as the other loops
    try:
        settled = False
        while not stop.wait(SEAL_EVERY):
            try:
                if not settled:
                    upkeep.settle()
                    settled = True
                while sealing.seal() >= sealing.BLOCKS * sealing.SIZE and not stop.is_set():
                    pass
            except Exception:
                log.exception("no block could be closed; trying again")
                connection.close()
                settled = False
    finally:
        connection.close()


def _listen(stop: threading.Event, bell: Bell) -> None:
    params = {k: v for k, v in connection.get_connection_params().items() if k not in {"cursor_factory", "context"}}
    while not stop.is_set():
        try:
            with psycopg.connect(**{**params, "autocommit": True}) as conn:
                conn.execute("LISTEN anlan_ledger")
                bell.ring()
                while not stop.is_set():
                    for _ in conn.notifies(timeout=POLL, stop_after=1):
                        bell.ring()
        except psycopg.Error:
            log.warning("no wake-ups from the database; polling", exc_info=True)
            stop.wait(POLL)

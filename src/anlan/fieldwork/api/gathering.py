"""What comes in through a mass door within a moment is written together (see callout.api.answers_door)."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Generic, TypeVar

from django.db import close_old_connections

from anlan.fieldwork.api.bodies import Full

GATHER = 0.01  # seconds to wait for company
LANES = 2  # batches under way at once: one is judged while the other commits
T = TypeVar("T")
In = TypeVar("In")
Out = TypeVar("Out")


@cache
def threads() -> ThreadPoolExecutor:
    """Return the few threads in which single questions are asked."""
    return ThreadPoolExecutor(3, thread_name_prefix="field")


@cache
def lanes() -> ThreadPoolExecutor:
    """Return the threads in which batches are written."""
    return ThreadPoolExecutor(LANES, thread_name_prefix="field-batch")


async def ask(question: Callable[..., T], *args: Any) -> T:
    """Ask the database in a thread whose connection is checked when it is old."""

    def asked() -> T:
        close_old_connections()
        return question(*args)

    return await asyncio.get_running_loop().run_in_executor(threads(), asked)


class Gatherer(Generic[In, Out]):
    """Collects what comes in and has it taken together. Belongs to one event loop."""

    def __init__(self, take: Callable[[Sequence[In]], Sequence[Out | Exception]], *, most: int, full: int) -> None:
        self._take, self._most, self._full = take, most, full
        self._waiting: list[tuple[In, asyncio.Future[Out]]] = []
        self._lanes = asyncio.Semaphore(LANES)
        self._pump: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def ask(self, one: In) -> Out:
        """Return what became of one once it is committed. Raises Full, or what taking it raised."""
        if len(self._waiting) >= self._full:
            raise Full
        future: asyncio.Future[Out] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, future))
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        while self._waiting:
            await asyncio.sleep(GATHER)
            await self._lanes.acquire()
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            task = asyncio.create_task(self._write(batch))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _write(self, batch: list[tuple[In, "asyncio.Future[Out]"]]) -> None:
        made: Sequence[Out | Exception]
        try:
            loop = asyncio.get_running_loop()
            made = await loop.run_in_executor(lanes(), self._commit, [one for one, _future in batch])
        except Exception as broken:  # noqa: BLE001 - each waiter is told, nothing is swallowed
            made = [broken] * len(batch)
        finally:
            self._lanes.release()
        for (_one, future), outcome in zip(batch, made, strict=True):
            if future.done():
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    def _commit(self, batch: list[In]) -> Sequence[Out | Exception]:
        close_old_connections()
        return self._take(batch)


class Gathered(Generic[In, Out]):
    """A gatherer for each event loop that asks."""

    def __init__(self, take: Callable[[Sequence[In]], Sequence[Out | Exception]], *, most: int, full: int) -> None:
        self.take, self._most, self._full = take, most, full
        self._kept: tuple[asyncio.AbstractEventLoop, Gatherer[In, Out]] | None = None

    async def ask(self, one: In) -> Out:
        """Return what became of one (Gatherer.ask)."""
        loop = asyncio.get_running_loop()
        if self._kept is None or self._kept[0] is not loop:
            self._kept = (loop, Gatherer(self.take, most=self._most, full=self._full))
        return await self._kept[1].ask(one)

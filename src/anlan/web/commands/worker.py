"""The work behind the pages: jobs, the ledger's followers, and every loop that a context keeps (its `jobs.LOOPS`)."""

import argparse
import asyncio
import logging
import signal
import threading

from procrastinate import App
from procrastinate.connector import BaseAsyncConnector
from procrastinate.contrib.django import DjangoApp, app

from anlan.web.loops import loops, running
from anlan.web.processes import follow_parent

HELP = "启动后台任务：作业、台账跟随、叫应阶梯"
log = logging.getLogger("anlan.worker")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--concurrency", type=int, default=4, help="同时执行的作业数")
    parser.add_argument("--queues", nargs="*", help="只做这些队列（默认全部）")
    parser.add_argument("--jobs-only", action="store_true", help="只做作业，不跑台账跟随和阶梯")


def run(args: argparse.Namespace) -> int:
    follow_parent()
    stop = threading.Event()
    with running([] if args.jobs_only else loops(), stop):
        asyncio.run(work(args, stop))
    return 0


async def work(args: argparse.Namespace, stop: threading.Event) -> None:
    """Run Procrastinate's worker until a signal; one that lost the database is begun anew, the loops going on."""
    here = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        here.add_signal_handler(number, stop.set)
    while not stop.is_set():
        connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
        try:
            async with workers(connector).open_async() as own:
                await until(own, args, stop)
        except Exception:
            log.exception("the worker ended; beginning anew")
        if not stop.is_set():
            await asyncio.sleep(1)
    log.info("stopped")


def workers(connector: BaseAsyncConnector) -> App:
    """Return an app with the same jobs that fetches them by a connector of its own.

    Procrastinate's `replace_connector` would change the one app of the process, and then whatever a job or a loop
    defers would be committed by itself: taken and done before the transaction that deferred it can be seen.
    """
    own = DjangoApp(connector=connector)
    own.tasks, own.periodic_registry = app.tasks, app.periodic_registry
    return own


async def until(own: App, args: argparse.Namespace, stop: threading.Event) -> None:
    """Run jobs until the event is set, or the worker ends by itself; raises what ended it."""
    task = asyncio.ensure_future(
        own.run_worker_async(
            queues=args.queues or None,  # type: ignore[arg-type]
            concurrency=args.concurrency,
            install_signal_handlers=False,
            listen_notify=True,
            fetch_job_polling_interval=2.0,
            shutdown_graceful_timeout=15,
            update_heartbeat_interval=5,
            stalled_worker_timeout=30,
            delete_jobs="successful",
        )
    )
    while not stop.is_set() and not task.done():  # noqa: ASYNC110 - threads set the event too
        await asyncio.sleep(0.2)
    if task.done():
        await task  # it ended by itself: say why
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

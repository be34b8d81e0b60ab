"""A worker to be killed: it hands over to a gateway that writes down every key it is asked, in a file."""

import asyncio
import os
import random
import sys
import time
from pathlib import Path

import django


def main(path: str) -> None:
    django.setup()
    from procrastinate.contrib.django import app

    from anlan.callout.carriers import Handed
    from anlan.callout.services import channels, handing, settling
    from anlan.web.commands import worker

    class Gateway:
        name, label, needs, answers, safe, chunk = "sms_http", "试", "", frozenset(), False, 200

        def send_many(self, batch, settings):
            with Path(path).open("a") as kept:
                kept.write("".join(f"{m.key} {m.person}\n" for m in batch))
                kept.flush()
                os.fsync(kept.fileno())
            time.sleep(random.random() * 0.02)
            return [Handed(m.key, ok=True, ref=str(m.key)[:8]) for m in batch]

    there = {"sms_http": Gateway()}
    for module in (handing, settling, channels.carriers):
        module.discover = lambda: there

    async def work():
        async with worker.workers(app.connector.get_worker_connector()).open_async() as own:
            await own.run_worker_async(
                concurrency=3, install_signal_handlers=False, listen_notify=True, fetch_job_polling_interval=0.2,
                update_heartbeat_interval=0.3, stalled_worker_timeout=2,
            )  # fmt: skip

    asyncio.run(work())


if __name__ == "__main__":
    main(sys.argv[1])

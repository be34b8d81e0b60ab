"""Defers jobs by their names, in the caller's transaction: services stand below the jobs that call them."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from procrastinate.contrib.django import app

QUEUE = "callout"


def later(name: str, *, priority: int = 0, at: dt.datetime | None = None, lock: str | None = None, **args: Any) -> None:
    """Defer one job; `at` is when, None at once."""
    app.configure_task(name, queue=QUEUE, priority=priority, schedule_at=at, lock=lock).defer(**args)


def many(name: str, jobs: Sequence[dict[str, Any]], *, priority: int = 0) -> None:
    """Defer jobs of one name in one statement."""
    if jobs:
        app.configure_task(name, queue=QUEUE, priority=priority).batch_defer(*jobs)

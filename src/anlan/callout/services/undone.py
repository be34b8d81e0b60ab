"""Begins a transaction again that the database undid because two stood in each other's way."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection

TRIES = 5
UNDONE = {"40P01", "40001"}  # deadlock_detected, serialization_failure

P = ParamSpec("P")
R = TypeVar("R")


def begun_again(act: Callable[P, R]) -> Callable[P, R]:
    """Run a function that is one transaction, and run it again when it was undone.

    Inside somebody else's transaction it cannot be, and the error goes on to whoever holds that one.
    """

    @wraps(act)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(TRIES - 1):
            try:
                return act(*args, **kwargs)
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", "") not in UNDONE or connection.in_atomic_block:
                    raise
        return act(*args, **kwargs)

    return run

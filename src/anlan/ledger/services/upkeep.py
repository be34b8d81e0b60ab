"""Partitions for the months to come, and a new era when the database finds itself on another server."""

import datetime as dt

from django.db import connection

from anlan.kernel import clock

AHEAD = 6  # months


def add_partitions(*, ahead: int = AHEAD) -> int:
    """Make the partitions of this month and the next ones that are missing; return how many were made."""
    month = clock.now().date().replace(day=1)
    made = 0
    for _ in range(ahead + 1):
        with connection.cursor() as cursor:
            cursor.execute("SELECT ledger_add_partition(%s)", [month])
            made += cursor.fetchone()[0]
        month = (month + dt.timedelta(days=32)).replace(day=1)
    return made


def open_era(reason: str) -> int:
    """Open the next era and return its number: what is recorded from now on sorts after everything before.

    For `anlan restore`, before anything else writes: transaction ids start again on another server.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_open_era(%s)", [reason])
        number: int = cursor.fetchone()[0]
    return number


def settle() -> int | None:
    """Open an era if this database was last seen on another server; return its number, or None if all is as it was.

    Called by every process that starts to follow, so that a restore by hand cannot be forgotten.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT cluster = ledger_cluster() FROM ledger_era ORDER BY number DESC LIMIT 1")
        row = cursor.fetchone()
    return None if row and row[0] else open_era("found on another server")

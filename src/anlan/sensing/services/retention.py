"""Raw readings are kept as long as the settings say, by whole months; sums by hour and day stay for good."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID, uuid5

from django.conf import settings
from django.db import connection, transaction

from anlan.kernel import clock
from anlan.kernel.authority import machine
from anlan.ledger import services as ledger
from anlan.sensing.terms import Did

AHEAD = 3  # months
SHORTEST = 93  # days: the database keeps three months whatever is asked
_READINGS = UUID("019ab000-0000-7000-8000-000000000001")


@dataclass(frozen=True, slots=True)
class Months:
    """What an entry of removed readings is about: the store as a whole, and the day."""

    id: UUID
    ledger_type = "sensing.readings"
    place_path: str = ""


def add_months() -> int:
    """Make the partitions of this month and the coming ones; return how many were new."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE sensing_add_partition((now() + make_interval(months => m))::date))"
            " FROM generate_series(-1, %s) AS m",
            [AHEAD],
        )
        return int(cursor.fetchone()[0])


def kept_since() -> dt.date:
    """Return a day from which on nothing was removed: the second of the oldest month there is, or that may be there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_date(right(min(c.relname), 7), 'YYYY_MM') + 1 FROM pg_inherits i JOIN pg_class c"
            " ON c.oid = i.inhrelid WHERE i.inhparent = 'sensing_observation'::regclass AND c.relname ~ '[0-9_]{7}$'"
        )
        oldest: dt.date = cursor.fetchone()[0] or dt.date(1990, 1, 2)
    return max(oldest, _until() + dt.timedelta(days=32)) if settings.SENSING_KEEP_DAYS > 0 else oldest


def _until() -> dt.date:
    return clock.local(clock.now()).date() - dt.timedelta(days=max(settings.SENSING_KEEP_DAYS, SHORTEST))


def forget_changes() -> int:
    """Drop yesterday's notes that the registry changed: whoever looks reads what is there now."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sensing_registry_change WHERE at < now() - interval '1 day'")
        return int(cursor.rowcount)


@transaction.atomic
def drop_old() -> int:
    """Remove the months that are older than SENSING_KEEP_DAYS (0: none) wholly; return how many."""
    if settings.SENSING_KEEP_DAYS <= 0:
        return 0
    until = _until()
    with connection.cursor() as cursor:
        cursor.execute("SELECT sensing_drop_before(%s)", [until])
        gone = int(cursor.fetchone()[0])
    if gone:
        first = until.replace(day=1)
        about = Months(uuid5(_READINGS, first.isoformat()))
        ledger.record(Did.RETAINED, about, by=machine("sensing"), until=first.isoformat(), months=gone)
    return gone

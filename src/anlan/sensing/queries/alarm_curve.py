"""The readings around an alarm, for a small chart."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from anlan.kernel.clock import now
from anlan.sensing.models import Alarm

POINTS = 120
AROUND = dt.timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Point:
    """The mean and the gravest of the good readings in one step; `at` is when the step begins."""

    at: dt.datetime
    mean: float
    low: float
    high: float


def curve(alarm: Alarm) -> list[Point]:
    """Return at most POINTS + 1 steps of the alarm's stream, two hours before it began to two hours after its last.

    The partition's key serves it; steps without a reading are left out. [] for an alarm without a stream.
    """
    if alarm.stream_id is None:
        return []
    since, until = alarm.began_at - AROUND, min(max(alarm.last_at, alarm.began_at) + AROUND, now())
    step = max((until - since) / POINTS, dt.timedelta(minutes=1))
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT date_bin(make_interval(secs => %s), at, %s) AS step, avg(value), min(value), max(value)
               FROM sensing_observation
               WHERE stream = %s AND at >= %s AND at <= %s AND mark IN (0, 2) AND value IS NOT NULL
               GROUP BY 1 ORDER BY 1""",
            [step.total_seconds(), since, alarm.stream_id, since, until],
        )
        return [Point(*row) for row in cursor.fetchall()]

"""When a plan wants an object next. Pure.

A first day is spread over the plan's span by the two ids, so that a year's plan does not fall due for a whole city on
one day; a later one counts from the last task of the same plan.
"""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

LONGEST = 3650
SPECIAL, ROUTINE = "special", "routine"
SPECIAL_DAYS = 30  # for a special plan without a last day


@dataclass(frozen=True, slots=True)
class Asks:
    """What a plan asks of time: `days` between two tasks, None for as often as the object's own risk asks."""

    plan: UUID
    genre: str
    from_day: dt.date
    to_day: dt.date | None
    days: int | None

    @property
    def once(self) -> bool:
        """Say whether it asks once for each object."""
        return self.genre == SPECIAL


def due(
    asks: Asks, thing: UUID, pace: int, next_due: dt.date | None, last: dt.date | None, today: dt.date
) -> dt.date | None:
    """Return the last day of the next task, never before today; None where the plan wants no more of the object.

    `pace` and `next_due` are the object's own, `last` the last day of its latest task by this plan.
    """
    if asks.once:
        until = asks.to_day or asks.from_day + dt.timedelta(days=SPECIAL_DAYS)
        return None if last is not None or until < today else until
    days = max(asks.days or pace, 1)
    if last is not None:
        found = last + dt.timedelta(days=days)
        if asks.days is None and next_due is not None:
            found = max(found, next_due)
    elif asks.days is None:
        found = max(next_due or asks.from_day, asks.from_day)
    else:
        found = asks.from_day + dt.timedelta(days=(asks.plan.int ^ thing.int) % days)
    found = max(found, today)
    return None if asks.to_day is not None and found > asks.to_day else found

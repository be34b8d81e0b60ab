"""What the day brings by itself: overdue and up, days to look back and to review, ends reckoned anew (HZD-05).

Each function takes a batch, is idempotent, and returns how many it dealt with: run it until that is 0.
"""

import datetime as dt
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from anlan.hazards.models import Hazard, PleaRow
from anlan.hazards.services import clock, duties
from anlan.hazards.terms import Did, HazardState, Plea, PleaState
from anlan.kernel.authority import machine
from anlan.kernel.clock import CHINA, local, now
from anlan.ledger import services as ledger

BATCH = 200
RUNNING = (HazardState.ASSIGNED, HazardState.CONFIRMED)


@transaction.atomic
def overdue() -> int:
    """Record what went over its end since the last look, and take it one level up; again after each of the hours.

    `lapses` is how many of ANLAN_HAZARD_OVERDUE_HOURS have gone by: a worker that slept records the last, once.
    """
    moment = now()
    ends = [moment - dt.timedelta(hours=h) for h in settings.HAZARD_OVERDUE_HOURS]
    over = Q(pk__in=[])
    for times, end in enumerate(ends):
        over |= Q(lapses__lte=times, due_at__lte=end)
    running = Hazard.objects.filter(over, state__in=RUNNING, paused_at=None, due_at__lte=moment)
    rows = list(running.select_for_update(skip_locked=True).order_by("due_at")[:BATCH])
    by = machine("hazards.overdue")
    for one in rows:
        one.lapses = sum(1 for end in ends if one.due_at is not None and one.due_at <= end)
    Hazard.objects.bulk_update(rows, ["lapses"])
    lines = [duties.line(one, count=one.lapses, due_at=one.due_at, owner=one.owner_name) for one in rows]
    ledger.record_many(Did.OVERDUE, lines, by=by)
    duties.above(rows, by=by)
    return len(rows)


@transaction.atomic
def look_backs() -> int:
    """Lay the looks back of today on somebody."""
    today = local(now()).date()
    rows = Hazard.objects.filter(look_back_on__lte=today, look_back_owed=False, state=HazardState.CLOSED)
    due = list(rows.select_for_update(skip_locked=True).order_by("look_back_on")[:BATCH])
    duties.look_back(due, by=machine("hazards.look-back"))
    Hazard.objects.filter(id__in=[one.id for one in due]).update(look_back_owed=True)
    return len(due)


@transaction.atomic
def reviews() -> int:
    """Lay the review of what is paused or 挂账 on somebody, on its day."""
    today = local(now()).date()
    rows = PleaRow.objects.filter(
        state=PleaState.GRANTED, kind__in=[Plea.PAUSE, Plea.LIST], review_on__lte=today, review_owed=False
    )
    due = list(rows.select_for_update(skip_locked=True, of=("self",)).select_related("hazard")[:BATCH])
    duties.review([row.hazard for row in due], by=machine("hazards.review"))
    PleaRow.objects.filter(id__in=[row.id for row in due]).update(review_owed=True)
    return len(due)


def reckon_again(days: tuple[dt.date, dt.date] | None = None) -> int:
    """Reckon the ends anew whose calendar is known better now: provisional ones, or those that `days` lie within.

    Ends that were granted as a day stay. One transaction for each batch. Returns how many moved or are provisional no
    more.
    """
    running = Hazard.objects.filter(state__in=RUNNING, paused_at=None, allowed__isnull=False)
    if days is None:
        running = running.filter(due_provisional=True)
    else:
        first, last = (dt.datetime.combine(day, dt.time(), CHINA) for day in days)
        running = running.filter(due_at__gte=first, clock_from__lt=last + dt.timedelta(days=1))
    total, after = 0, UUID(int=0)
    while True:
        with transaction.atomic():
            rows = list(running.select_for_update().filter(id__gt=after).order_by("id")[:BATCH])
            total += _reckon(rows)
        if len(rows) < BATCH:
            return total
        after = rows[-1].id


def _reckon(rows: list[Hazard]) -> int:
    by, moved = machine("hazards.reckon"), []
    for one in rows:
        before = (one.due_at, one.due_provisional)
        clock.reckon(one)
        if (one.due_at, one.due_provisional) != before:
            moved.append((one, before[0]))
    Hazard.objects.bulk_update([one for one, _due in moved], ["due_at", "due_provisional"])
    ledger.record_many(
        Did.RECLOCKED,
        [duties.line(one, due_at=one.due_at, before=due, due_words=clock.words(one)) for one, due in moved],
        by=by,
    )
    for one, due in moved:
        if one.due_at != due:
            duties.again(one, by=by)
    return len(moved)

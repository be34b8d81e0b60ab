"""The clock of rectification: limits in working days or clock hours, paused and continued to the second (HZD-05).

A limit is counted time: of `days` limits only working days count (setting), of hours every hour. Each function changes
the row and stores nothing.
"""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from anlan.hazards.models import Hazard
from anlan.hazards.terms import Grade, Limit
from anlan.kernel import workdays
from anlan.kernel.authority import Invalid
from anlan.kernel.clock import local

ZERO = dt.timedelta()


@dataclass(frozen=True, slots=True)
class Rule:
    """How long a limit is, and whether only working days count."""

    span: dt.timedelta
    working: bool

    def gone(self, start: dt.datetime, end: dt.datetime) -> dt.timedelta:
        """Return the counted time between two instants."""
        return workdays.worked(start, end) if self.working else max(end - start, ZERO)

    def after(self, start: dt.datetime, span: dt.timedelta) -> dt.datetime:
        """Return when that much counted time has gone by."""
        return workdays.after(start, span) if self.working else start + span


def rule(limit: str) -> Rule:
    """Return what the settings say of a limit."""
    count, unit = settings.HAZARD_LIMITS[limit]
    working = unit == "d" and settings.HAZARD_LIMIT_DAYS_WORKING
    return Rule(dt.timedelta(hours=count) if unit == "h" else dt.timedelta(days=count), working)


def choose(limit: str, grade: str) -> str:
    """Return the limit asked for, or the one of the grade. Raises Invalid; 挂账 is no limit but is asked for."""
    chosen = limit or settings.HAZARD_GRADE_LIMITS.get(grade or Grade.GENERAL, Limit.D7)
    if chosen == Limit.NONE:
        raise Invalid({"limit": _("挂账要申请、由别人批，不能直接选")})
    if chosen not in settings.HAZARD_LIMITS:
        raise Invalid({"limit": _("期限只有：立即、24 小时、7 天、15 天、30 天")})
    return chosen


def begin(hazard: Hazard, limit: str, at: dt.datetime) -> None:
    """Start the clock anew; what was overdue before does not count again."""
    hazard.limit, hazard.lapses = limit, 0
    hazard.allowed, hazard.spent, hazard.paused_at = rule(limit).span, ZERO, None
    _run(hazard, at)


def pause(hazard: Hazard, at: dt.datetime) -> None:
    """Stop it: what has gone by is kept."""
    if hazard.clock_from is None or hazard.paused_at is not None:
        return
    found, before = rule(hazard.limit), hazard.spent or ZERO
    if hazard.allowed is None and hazard.due_at is not None:
        hazard.allowed = before + found.gone(hazard.clock_from, hazard.due_at)
    hazard.spent = before + found.gone(hazard.clock_from, at)
    hazard.paused_at = at


def go_on(hazard: Hazard, at: dt.datetime) -> None:
    """Let it run again with what is left."""
    if hazard.paused_at is None:
        return
    hazard.paused_at = None
    _run(hazard, at)


def skip(hazard: Hazard, start: dt.datetime, end: dt.datetime) -> None:
    """Do not count a time that has passed already: somebody else had to act (the acceptance)."""
    if hazard.paused_at is None:
        pause(hazard, start)
        go_on(hazard, end)


def extend(hazard: Hazard, until: dt.datetime, at: dt.datetime) -> None:
    """Let it end at an instant that was granted; a paused clock keeps that much for when it goes on."""
    if hazard.paused_at is not None:
        hazard.allowed = (hazard.spent or ZERO) + rule(hazard.limit).gone(at, until)
    else:
        hazard.allowed = None
    hazard.due_at, hazard.due_provisional, hazard.lapses = until, False, 0


def clear(hazard: Hazard) -> None:
    """No clock runs: it is to be confirmed or assigned first."""
    hazard.due_at = hazard.clock_from = hazard.paused_at = hazard.spent = hazard.allowed = None
    hazard.due_provisional = False
    hazard.lapses = 0


def reckon(hazard: Hazard) -> None:
    """Reckon the end anew from what is left, by the calendar as it is known now."""
    if hazard.clock_from is None or hazard.allowed is None:
        return
    found = rule(hazard.limit)
    hazard.due_at = found.after(hazard.clock_from, hazard.allowed - (hazard.spent or ZERO))
    first, last = sorted((local(hazard.clock_from).date(), local(hazard.due_at).date()))
    hazard.due_provisional = found.working and not workdays.known(first, last)


def _run(hazard: Hazard, at: dt.datetime) -> None:
    hazard.clock_from = at
    reckon(hazard)


def words(hazard: Hazard) -> str:
    """Return the end in plain words: 「12月5日 17:00 前」."""
    if hazard.due_at is None:
        return ""
    at = local(hazard.due_at)
    told = _("{month}月{day}日 {time} 前").format(month=at.month, day=at.day, time=f"{at:%H:%M}")
    return told + (_("（那年放假安排还没公布，先这样算）") if hazard.due_provisional else "")

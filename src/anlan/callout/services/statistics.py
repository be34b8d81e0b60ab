"""Monthly sums of the calls that are over: each call is added once, when nothing in it can change any more."""

import datetime as dt
from uuid import UUID

from django.db import connection, transaction

from anlan.callout import counting
from anlan.callout.models import Call, Counted, Obligation, Statistic
from anlan.callout.terms import ANSWER, MEASURED, TEMPO, CallState, ObligationState
from anlan.kernel import clock

OVER = (CallState.ENDED, CallState.SUPERSEDED)
SETTLED = 60  # seconds after the end when a call that nobody counted is looked at
COLUMNS = (*MEASURED, *TEMPO)
_CONDITIONS = MEASURED | {name: counting.SQL[name] for name in TEMPO}

# One row for every place on the way up, for each role and for all roles together.
_SUMS = f"""
SELECT left(l.place_path, n) AS place_path, l.month, l.level, r.role, l.drill, count(DISTINCT l.call_id)::int AS calls,
  {", ".join(f"sum(l.{c})::int AS {c}" for c in COLUMNS)}
FROM (
  SELECT o.call_id, o.place_path, o.role, c.level, c.drill, k.month,
    {", ".join(f"count(*) FILTER (WHERE {_CONDITIONS[c]}) AS {c}" for c in COLUMNS)}
  FROM callout_counted k JOIN callout_call c ON c.id = k.call_id JOIN callout_obligation o ON o.call_id = c.id
  WHERE {{which}} AND c.genre = '' AND o.part = 'self' AND o.did = '{ANSWER}' AND o.state <> 'told'
  GROUP BY o.call_id, o.place_path, o.role, c.level, c.drill, k.month
) l, generate_series(4, length(l.place_path), 4) n, LATERAL (VALUES (l.role), ('')) r (role)
GROUP BY 1, 2, 3, 4, 5"""
_KEY = "place_path, month, level, role, drill"
_ADD = f"""
INSERT INTO callout_statistic AS t ({_KEY}, calls, {", ".join(COLUMNS)})
SELECT * FROM ({_SUMS.format(which="k.call_id = %(call)s")}) s ORDER BY {_KEY}
ON CONFLICT ({_KEY}) DO UPDATE SET calls = t.calls + excluded.calls,
  {", ".join(f"{c} = t.{c} + excluded.{c}" for c in COLUMNS)}"""


def month_of(at: dt.datetime) -> dt.date:
    """Return the first day of the month in which an instant falls, by the city's clock."""
    return clock.local(at).date().replace(day=1)


@transaction.atomic
def count(call_id: UUID) -> bool:
    """Add a call that is over to the sums of its month; twice is once. False where it is not over or is in already."""
    call = (
        Call.objects.select_for_update(of=("self",), no_key=True).filter(id=call_id, state__in=OVER, genre="").first()
    )
    if call is None or call.started_at is None:
        return False
    if Obligation.objects.filter(call_id=call_id, state=ObligationState.OPEN).exists():
        return False
    _, fresh = Counted.objects.get_or_create(call_id=call_id, defaults={"month": month_of(call.started_at)})
    if fresh:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_nestloop = off")  # the planner may not have heard of the call's rows yet
            cursor.execute(_ADD, {"call": call_id})
    return fresh


def missed() -> int:
    """Add the calls that are over and were not added when they ended. Returns how many."""
    still = clock.now() - dt.timedelta(seconds=SETTLED)
    over = Call.objects.filter(state__in=OVER, ended_at__lt=still, genre="").exclude(
        id__in=Counted.objects.values("call_id")
    )
    return sum(count(call) for call in over.order_by("id").values_list("id", flat=True)[:1_000])


def recount(month: dt.date) -> dict[tuple[object, ...], tuple[object, ...]]:
    """Return a month's sums counted anew from the obligations: key → (calls, then COLUMNS). Reads everything."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS.format(which="k.month = %(month)s"), {"month": month})
        return {tuple(row[:5]): tuple(row[5:]) for row in cursor.fetchall()}


@transaction.atomic
def rebuild(month: dt.date) -> int:
    """Write a month's sums anew from the obligations. Returns how many rows."""
    Counted.objects.filter(month=month).select_for_update().count()
    Statistic.objects.filter(month=month).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO callout_statistic ({_KEY}, calls, {', '.join(COLUMNS)}) "
            + _SUMS.format(which="k.month = %(month)s"),
            {"month": month},
        )
        return int(cursor.rowcount)

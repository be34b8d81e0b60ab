"""How the sensors themselves are: online in the last days, silent, low on battery, due for calibration (SEN-01).

The online rate is the share of expected readings that came on the last whole days: of each stream with an interval at
most as many a day as expected, counted in the sums by day, so it is quick for a whole city. A stream that speaks only
on events has none, nor has one on its first day.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, QuerySet
from django.db.models.functions import Substr

from anlan.kernel import clock
from anlan.kernel.authority import Actor
from anlan.sensing.models import Thing
from anlan.sensing.queries import registry
from anlan.sensing.queries.registry import FARES, ThingFilter

DAYS = 7
_ONLINE = """
    WITH chosen AS ({chosen})
    SELECT {group}, sum(least(heard, expected)), sum(expected) FROM (
      SELECT t.id AS thing, t.kind, left(t.place_path, %s) AS part,
        (%s::date - f.first) * 86400.0 / d.every AS expected,
        (SELECT coalesce(sum(least(y.count, greatest(86400.0 / d.every, 1))), 0) FROM sensing_day y
          WHERE y.stream = d.id AND y."on" >= f.first AND y."on" < %s::date) AS heard
      FROM sensing_datastream d JOIN sensing_thing t ON t.id = d.thing_id CROSS JOIN LATERAL (
        SELECT greatest(%s::date, (d.made_at AT TIME ZONE 'Asia/Shanghai')::date + 1) AS first) f
      WHERE d.every > 0 AND d.stopped_at IS NULL AND f.first < %s::date AND t.id IN (SELECT id FROM chosen)) AS s
    GROUP BY 1
"""


def _online(group: str, chosen: str, params: Sequence[Any], width: int) -> dict[Any, float]:
    until = clock.local(clock.now()).date()
    since = until - dt.timedelta(days=DAYS)
    with connection.cursor() as cursor:
        cursor.execute(_ONLINE.format(group=group, chosen=chosen), [*params, width, until, until, since, until])
        return {key: float(came / wanted) for key, came, wanted in cursor.fetchall() if wanted}


def online(things: Iterable[UUID]) -> dict[UUID, float]:
    """Return {thing: online rate 0…1} of those that have one."""
    wanted = list(things)
    return _online("thing", "SELECT unnest(%s::uuid[]) AS id", [wanted], 0) if wanted else {}


def by_kind(what: ThingFilter, *, by: Actor) -> list[dict[str, Any]]:
    """Return a line a kind: key, all, silent, never, battery, due, alarm, online (0…1 or None)."""
    return _lines(registry.things(what, by=by), "kind", "kind", 0)


def by_part(what: ThingFilter, top: str, *, by: Actor) -> list[dict[str, Any]]:
    """Return a line for each place right below `top` (its own things under its own path), as by_kind does."""
    width = len(top) + 4
    found = registry.things(what, by=by).annotate(part=Substr("place_path", 1, width))
    return _lines(found, "part", "part", width)


def _lines(found: QuerySet[Thing], field: str, group: str, width: int) -> list[dict[str, Any]]:
    figures = found.order_by().values(field).annotate(
        all=Count("id"),
        silent=Count("id", filter=FARES["silent"]()), never=Count("id", filter=FARES["never"]()),
        due=Count("id", filter=FARES["due"]()), battery=Count("id", filter=FARES["battery"]()),
        alarm=Count("id", filter=FARES["alarm"]()),
    )  # fmt: skip
    chosen, params = found.order_by().values("id").query.sql_with_params()
    rates = _online(group, chosen, params, width)
    return [row | {"key": row[field], "online": rates.get(row[field])} for row in figures.order_by(field)]

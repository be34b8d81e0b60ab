"""Monthly sums of a past period in today's boundaries: what flowed out of a place is taken away, what came is added.

Only the paths of the lineage are read: a place that never changed keeps the sums it has. A place that was split and
goes on is divided for the whole month of the change.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from anlan.kernel import paths
from anlan.places import queries as places


def shifts(
    group: str, condition: str, values: dict[str, Any], columns: Sequence[str], since: dt.date
) -> Iterator[tuple[str, str, dict[str, float]]]:
    """Yield (key of the group, path, how much more or less is counted right at that path in today's boundaries).

    `group` and `condition` are SQL over callout_statistic; no value of a request stands in them.
    """
    book = places.book()
    was = sorted(path for path, rows in book.after.items() if rows[-1][0] > since)
    if not was:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT {group}, place_path, month, {", ".join(f"sum({c})::bigint" for c in columns)}
                FROM callout_statistic
                WHERE (place_path = ANY(%(was)s) OR left(place_path, length(place_path) - {paths.WIDTH}) = ANY(%(was)s))
                  AND {condition} GROUP BY 1, 2, 3""",
            values | {"was": was},
        )
        rows = cursor.fetchall()
    own: dict[tuple[str, str, dt.date], list[int]] = defaultdict(lambda: [0] * len(columns))
    known = set(was)
    for key, path, month, *numbers in rows:
        if path in known:
            mine = own[key, path, month]
            own[key, path, month] = [a + b for a, b in zip(mine, numbers, strict=True)]
        up = paths.parent(path)
        if up in known:
            above = own[key, up, month]
            own[key, up, month] = [a - b for a, b in zip(above, numbers, strict=True)]
    for (key, path, month), counted in own.items():
        for heir, share in book.now(path, month):
            if heir != path and any(counted):
                part = {c: n * share for c, n in zip(columns, counted, strict=True)}
                yield key, path, {c: -n for c, n in part.items()}
                yield key, heir, part

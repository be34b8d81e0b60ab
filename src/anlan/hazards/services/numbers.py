"""The number of a hazard, «YH-2026-00001»: from a sequence, so that no report waits for another; gaps are allowed."""

import datetime as dt

from django.db import connection

from anlan.hazards.models import NumberYear
from anlan.kernel.clock import local


def take(at: dt.datetime, count: int = 1) -> list[str]:
    """Return as many new numbers of the year in which `at` lies."""
    year = local(at).year
    taken = _next(count)
    base = NumberYear.objects.filter(year=year).values_list("base", flat=True).first()
    if base is None:  # the first of a year says where the year begins; whoever comes at the same moment waits for it
        NumberYear.objects.bulk_create([NumberYear(year=year, base=taken[0] - 1)], ignore_conflicts=True)
        base = NumberYear.objects.values_list("base", flat=True).get(year=year)
    while early := [n for n in taken if n <= base]:  # taken before the year's first was, by a hair
        taken = [n for n in taken if n > base] + _next(len(early))
    return [f"YH-{year}-{n - base:05d}" for n in taken]


def _next(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('hazards_number') FROM generate_series(1, %s)", [count])
        return [row[0] for row in cursor.fetchall()]

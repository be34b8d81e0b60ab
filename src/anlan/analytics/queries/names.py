"""What the values of a column are called, and what may be chosen in a filter."""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from anlan.analytics.terms import UNREGISTERED
from anlan.hazards.terms import GRADE_NAMES, SOURCE_NAMES, TRADE_NAMES
from anlan.places import queries as places


def choices(column: str) -> dict[str, str]:
    """Return {value: name} of a column with few values, in the order in which they are shown."""
    fixed: dict[str, dict[Any, Any]] = {"trade": TRADE_NAMES, "grade": GRADE_NAMES, "source": SOURCE_NAMES}
    if column in fixed:
        return {str(k): str(v) for k, v in fixed[column].items()}
    if column == "kind":
        return _kinds()
    return {}


def _kinds() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT ON (code) code, name FROM hazards_kind WHERE published_at IS NOT NULL
               ORDER BY code, version DESC"""
        )
        return dict(cursor.fetchall())


def called(column: str, values: Iterable[str]) -> dict[str, str]:
    """Return {value: name} for these values of any column, a place's path too; unknown ones keep their code."""
    wanted = [v for v in values if v]
    if column == "place":
        found = places.names(wanted)
    elif column == "owner":
        found = _organisations([v for v in wanted if v != UNREGISTERED])
        found[UNREGISTERED] = _("没有登记的单位和个人，还没指派的")
    else:
        found = choices(column)
    named = {v: found.get(v, v) for v in wanted}
    return named | {"": found.get("", _("没填"))}


def _organisations(ids: list[str]) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id::text, name FROM people_organisation WHERE id::text = ANY(%s)", [ids])
        return dict(cursor.fetchall())


def listed(place: str) -> int:
    """Return how many hazards of a place are put aside (挂账) now: they owe nothing while they are."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM hazards_hazard WHERE state = 'listed' AND exercise_id IS NULL
               AND place_path >= %s AND place_path < %s""",
            [place, place + "["],
        )
        return int(cursor.fetchone()[0])

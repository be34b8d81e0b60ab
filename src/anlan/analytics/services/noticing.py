"""What the figures notice by themselves (HZD-09): a sudden rise, recurrences, overdue ones in a heap, long silence.

For each place and kind there is one finding as long as it goes on. A finding asks people to look; it blames nobody.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from anlan.analytics import rates
from anlan.analytics.models import Finding
from anlan.analytics.queries import findings as queries
from anlan.analytics.terms import Did, FindingState, Genre, periods
from anlan.callout.services import obligations
from anlan.callout.terms import Owed
from anlan.hazards.terms import Can as May
from anlan.kernel.authority import Actor
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.people import queries as people

RECENT, EARLIER, AGAIN_WITHIN = 30, 90, 90  # days
SURE = 0.001  # how unlikely by chance a rise must be
DEPTHS = (16, 12, 8)  # lengths of paths that are looked at, the narrowest first
ASKED = 3  # persons who owe an answer; the first to answer frees the others
ANSWER_WITHIN = dt.timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Seen:
    """Something noticed: (genre, place, kind) tells it from others."""

    genre: str
    place: str
    kind: str = ""
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same finding."""
        return self.genre, self.place, self.kind


def notice(*, by: Actor) -> list[Finding]:
    """Look at the figures of today, open what is new, carry on what goes on, end what is over. Returns the new ones."""
    seen = {one.key: one for one in (*_rises(), *_again(), *_overdue(), *_silent())}
    with transaction.atomic():
        kept = {
            (row.genre, row.place_path, row.kind): row
            for row in Finding.objects.select_for_update().filter(ended_at=None).order_by("id")
        }
        for key, row in kept.items():
            if key in seen:
                row.figures, row.last_at, row.seen = seen[key].figures, now(), row.seen + 1
            else:
                row.ended_at = now()
                row.state = FindingState.OVER if row.state == FindingState.OPEN else row.state
                obligations.void(row.id, _("已经过去了"), by=by, did=Did.ANSWERED)
        Finding.objects.bulk_update(kept.values(), ["figures", "last_at", "seen", "ended_at", "state"], batch_size=500)
        made = [
            Finding(id=uuid7(), genre=one.genre, place_path=one.place, kind=one.kind, figures=one.figures)
            for key, one in sorted(seen.items()) if key not in kept
        ]  # fmt: skip
        Finding.objects.bulk_create(made, batch_size=500)
        _record(made, by=by)
    return made


def _record(made: Sequence[Finding], *, by: Actor) -> None:
    titles = queries.titles(made)
    ledger.record_many(
        Did.WARNED,
        [ledger.Line("analytics.finding", row.id, row.place_path, row.id, None,
                     {"title": titles[row.id], "genre": row.genre, "kind": row.kind, **row.figures}) for row in made],
        by=by,
    )  # fmt: skip
    duties: list[Owed] = []
    able: dict[str, list[people.Target]] = {}
    for row in made:
        if row.place_path not in able:
            able[row.place_path] = people.holders(May.PLAN, at=row.place_path)[:ASKED]
        duties += [_owed(row, titles[row.id], t) for t in able[row.place_path]]
    obligations.owe_many(duties, by=by)


def _owed(row: Finding, title: str, t: people.Target) -> Owed:
    return Owed(
        subject_type="analytics.finding", subject_id=row.id, did=Did.ANSWERED, person=t.person_id,
        pseudonym=t.pseudonym, place_path=row.place_path, why=title, due_at=now() + ANSWER_WITHIN, post=t.post_id,
        post_title=t.post_title, role=t.role_code, rank=t.rank, deputy=t.deputy_person_id,
        superior=t.superior_post_id, chain=row.id, link=f"/statistics/findings/{row.id}",
    )  # fmt: skip


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _rises() -> list[Seen]:
    """Return kinds that came up far more in the last 30 days than in the 90 before, at the narrowest place."""
    today = periods.today()
    found: list[Seen] = []
    share = RECENT / (RECENT + EARLIER)
    for length in DEPTHS:
        rows = _rows(
            """SELECT left(place_path, %(length)s), kind, sum(n) FILTER (WHERE day > %(recent)s) AS now,
                 COALESCE(sum(n) FILTER (WHERE day <= %(recent)s), 0) AS before
               FROM analytics_part WHERE event = 1 AND NOT drill AND month >= %(month)s AND day > %(earlier)s
                 AND day <= %(today)s AND length(place_path) >= %(length)s AND kind <> ''
               GROUP BY 1, 2 HAVING sum(n) FILTER (WHERE day > %(recent)s) >= %(least)s""",
            {"length": length, "recent": today - dt.timedelta(days=RECENT), "today": today,
             "earlier": today - dt.timedelta(days=RECENT + EARLIER), "least": settings.FINDING_RISE,
             "month": periods.number(today - dt.timedelta(days=RECENT + EARLIER))},
        )  # fmt: skip
        for place, kind, count, before in rows:
            below = any(s.kind == kind and s.place.startswith(place) for s in found)
            chance = rates.unlikely(int(count), int(before), share)
            if not below and chance < SURE:
                usual = f"{before * RECENT / EARLIER:.1f}".removesuffix(".0")
                found.append(Seen(Genre.RISE, place, kind, {"count": int(count), "usual": usual}))
    return found


def _again() -> list[Seen]:
    today = periods.today()
    rows = _rows(
        """SELECT left(place_path, 16), kind, sum(y)::int FROM analytics_part
           WHERE event = 1 AND NOT drill AND y > 0 AND month >= %(month)s AND day > %(since)s
             AND length(place_path) >= 16 GROUP BY 1, 2 HAVING sum(y) >= %(least)s""",
        {"month": periods.number(today - dt.timedelta(days=AGAIN_WITHIN)), "least": settings.FINDING_AGAIN,
         "since": today - dt.timedelta(days=AGAIN_WITHIN)},
    )  # fmt: skip
    return [Seen(Genre.RECURRENCE, place, kind, {"count": count, "days": AGAIN_WITHIN}) for place, kind, count in rows]


def _overdue() -> list[Seen]:
    rows = _rows(
        """SELECT left(place_path, 16), kind, count(*)::int FROM hazards_hazard
           WHERE state IN ('confirmed', 'assigned', 'rectified') AND due_at < %(now)s AND paused_at IS NULL
             AND exercise_id IS NULL AND length(place_path) >= 16 GROUP BY 1, 2 HAVING count(*) >= %(least)s""",
        {"now": now(), "least": settings.FINDING_OVERDUE},
    )
    return [Seen(Genre.OVERDUE, place, kind, {"count": count}) for place, kind, count in rows]


def _silent() -> list[Seen]:
    """Return communities with grids that reported nothing for long, where grids beside them do report."""
    today = periods.today()
    since = today - dt.timedelta(days=settings.FINDING_SILENT_DAYS)
    rows = _rows(
        """WITH grids AS (
             SELECT path, left(path, length(path) - 4) AS up FROM places_place WHERE level = 'grid' AND until IS NULL
               AND (since IS NULL OR since <= %(since)s)),
           spoke AS (SELECT DISTINCT place_path FROM analytics_part
                     WHERE event = 1 AND NOT drill AND month >= %(month)s AND day > %(since)s)
           SELECT g.up, count(*) FILTER (WHERE s.path IS NULL)::int, count(*)::int
           FROM grids g LEFT JOIN (SELECT DISTINCT g.path FROM grids g JOIN spoke
             ON spoke.place_path >= g.path AND spoke.place_path < g.path || '[') s ON s.path = g.path
           GROUP BY 1 HAVING count(*) FILTER (WHERE s.path IS NULL) > 0 AND count(s.path) > 0""",
        {"since": since, "month": periods.number(since)},
    )
    days = settings.FINDING_SILENT_DAYS
    return [Seen(Genre.SILENT, up, "", {"count": silent, "of": grids, "days": days}) for up, silent, grids in rows]


def lock(finding_id: UUID) -> Finding:
    """Return a finding, locked. Raises Finding.DoesNotExist."""
    return Finding.objects.select_for_update().get(id=finding_id)

"""What a live page watches: a version that is another one after every change, cheap to ask for many at once."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from anlan.callout.queries import board
from anlan.kernel.authority import Actor, Hidden

_CALLS = """
SELECT c.id, c.state || '.' || c.xmin || '.' || coalesce(t.xmin::text, '')
FROM callout_call c
LEFT JOIN LATERAL (
  SELECT xmin FROM callout_tally WHERE call_id = c.id ORDER BY place_path COLLATE "C" LIMIT 1
) t ON true
WHERE c.id = ANY(%s)"""

_INBOXES = """
SELECT p.id, count(o.id) || '.' || coalesce(max(o.id::text), '') || '.' || coalesce(sum(o.xmin::text::bigint), 0)
FROM unnest(%s::uuid[]) AS p(id)
LEFT JOIN callout_obligation o ON o.person_id = p.id AND o.state = 'open'
GROUP BY p.id"""


def admit_call(by: Actor, call: UUID) -> None:
    """Raise Hidden unless the actor sees calls somewhere this call reaches."""
    board.visible(call, by)


def admit_inbox(by: Actor, person: UUID) -> None:
    """Raise Hidden unless it is the actor's own inbox."""
    if by.person != person:
        raise Hidden(str(person))


def call_versions(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return a version by call: every change of its counters or state touches the counters of its topmost place."""
    return _versions(_CALLS, ids)


def inbox_versions(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return a version by person: what is owed, and any change of it."""
    return _versions(_INBOXES, ids)


def _versions(sql: str, ids: Iterable[UUID]) -> dict[UUID, str]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(ids)])
        return dict(cursor.fetchall())

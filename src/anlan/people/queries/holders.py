"""Who holds a permission at a place: for asking them, never for deciding whether somebody may."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from django.db import connection

from anlan.kernel import paths
from anlan.people.models import Role
from anlan.people.queries.targeting import Target, targets, to_target
from anlan.people.terms import Targeting


def holders(can: str, *, at: str, limit: int = 20, on_duty: bool = False) -> list[Target]:
    """Return who answers for the posts that grant `can` at a place or above it, the nearest first.

    `on_duty`: at each place where a rota runs, only whoever is on duty there now (see targeting).
    """
    there = _there(can, paths.ancestors(at), on_duty=on_duty)
    found: dict[UUID, Target] = {}
    for up in reversed(paths.ancestors(at)):
        for target in there.get(up, {}).values():
            found.setdefault(target.person_id, target)
        if len(found) >= limit:
            break
    return list(found.values())[:limit]


def nearest(
    can: str, at: Iterable[str], *, on_duty: bool = False, but: Mapping[str, Collection[UUID | None]] | None = None
) -> dict[str, list[Target]]:
    """Return, for each of many places, who answers for the nearest posts at it or above it that grant `can`.

    For a mass: two queries, whatever the number of places. A place above which nobody holds it is left out. `but` are
    pseudonyms or persons who are not asked for a place; `on_duty` is as in `holders`.
    """
    wanted = set(at)
    there = _there(can, {up for path in wanted for up in paths.ancestors(path)}, on_duty=on_duty)
    found: dict[str, list[Target]] = {}
    for path in wanted:
        not_these = set((but or {}).get(path, ())) - {None}
        for up in reversed(paths.ancestors(path)):
            asked = [t for t in there.get(up, {}).values() if not {t.pseudonym, t.person_id} & not_these]
            if asked:
                found[path] = asked
                break
    return found


def _there(can: str, spots: Iterable[str], *, on_duty: bool) -> dict[str, dict[UUID, Target]]:
    """Return {place: {person: target}} of whoever answers for the posts at exactly these places that grant `can`."""
    roles = tuple(Role.objects.filter(grants__contains=[can]).values_list("code", flat=True))
    at = tuple(sorted(spots))
    if not roles or not at:
        return {}
    sql, params = targets(Targeting((), roles, at=at, on_duty=on_duty), once=False)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = [to_target(row) for row in cursor.fetchall()]
    there: dict[str, dict[UUID, Target]] = {}
    for row in rows:
        there.setdefault(row.place_path, {}).setdefault(row.person_id, row)
    return there

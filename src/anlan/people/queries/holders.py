"""Who holds a permission at a place: for asking them, never for deciding whether somebody may."""

from anlan.people.models import Role
from anlan.people.queries.targeting import Target, take
from anlan.people.terms import Targeting


def holders(can: str, *, at: str, limit: int = 20, on_duty: bool = False) -> list[Target]:
    """Return who answers for the posts that grant `can` at a place or above it, the nearest first.

    `on_duty`: at each place where a rota runs, only whoever is on duty there now (see targeting).
    """
    roles = tuple(Role.objects.filter(grants__contains=[can]).values_list("code", flat=True))
    if not roles:
        return []
    found: list[Target] = []
    for end in range(len(at), 0, -4):
        above = at[:end]
        rows = take(Targeting((above,), roles, on_duty=on_duty), limit=limit * 10)
        found += [t for t in rows if t.place_path == above and t.person_id not in {f.person_id for f in found}]
        if len(found) >= limit:
            break
    return found[:limit]

"""Who leads between a sender and those who are told directly; which skills posts have. For copies and for pickers."""

from django.db import connection

from anlan.kernel import paths
from anlan.kernel.authority import Actor
from anlan.kernel.clock import now
from anlan.people.models import Post, Role
from anlan.people.queries.scope import within
from anlan.people.queries.targeting import Params, Target, answers, away, fits, targets, to_target
from anlan.people.terms import Can, Targeting

SKILLS = 200  # most that a picker offers


def leading_between(where: Targeting, above: str) -> tuple[str, Params]:
    """Return a SELECT (columns as in targeting.COLUMNS) of who answers for the leading posts between two levels.

    Strictly below the place `above`, strictly above the place of some post that `where` means. A person of several such
    posts stands once, by the most senior. Persons who are meant themselves are not left out here.
    """
    meant, params = fits(where, "p")
    start, width = len(above) + paths.WIDTH, paths.WIDTH
    roles = list(Role.objects.filter(leads=True).values_list("code", flat=True))
    params |= {"t_leads": roles, "t_above": above, "t_start": start, "t_width": width}
    params |= {"t_now": now()}
    sql = f"""
SELECT DISTINCT ON (h.person_id) h.person_id, n.pseudonym, n.name, n.phone_cipher, n.reach, l.id AS post_id,
  l.title AS post_title, l.role_code, l.rank, l.place_path, NULL::uuid AS deputy_person_id,
  l.superior_id AS superior_post_id, l.level, h.seat, {away("h")} AS away
FROM (SELECT DISTINCT left(m.place_path, k)::varchar AS path
      FROM (SELECT DISTINCT p.place_path FROM people_post p WHERE {meant}) m,
        LATERAL generate_series(%(t_start)s::int, length(m.place_path) - %(t_width)s, %(t_width)s) k
      WHERE m.place_path LIKE %(t_above)s || '%%') between_
JOIN people_post l ON l.place_path = between_.path AND l.until IS NULL AND l.role_code = ANY(%(t_leads)s)
JOIN people_holding h ON h.post_id = l.id AND h.until IS NULL
LEFT JOIN people_holding o ON o.post_id = l.id AND o.until IS NULL AND o.seat <> h.seat
JOIN people_person n ON n.id = h.person_id
WHERE {answers("h", "o")}
ORDER BY h.person_id, l.rank DESC, l.id"""
    return sql, params


def count_leading(where: Targeting, above: str) -> dict[str, int]:
    """Return how many persons would be copied, by level; those who are told directly are left out."""
    copies, params = _without_targets(where, above)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT c.level, count(*) FROM ({copies}) c GROUP BY 1", params)
        return dict(cursor.fetchall())


def list_leading(where: Targeting, above: str, *, offset: int = 0, limit: int = 50) -> list[Target]:
    """Return who would be copied, the highest places first."""
    copies, params = _without_targets(where, above)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM ({copies}) c ORDER BY c.place_path, c.rank DESC OFFSET %(t_skip)s LIMIT %(t_take)s",
            params | {"t_skip": offset, "t_take": limit},
        )
        return [to_target(row) for row in cursor.fetchall()]


def _without_targets(where: Targeting, above: str) -> tuple[str, Params]:
    led, params = leading_between(where, above)
    told, more = targets(where, ordered=False)
    sql = f"SELECT l.* FROM ({led}) l WHERE l.person_id NOT IN (SELECT t.person_id FROM ({told}) t)"
    return sql, params | more


def list_skills(by: Actor) -> list[str]:
    """Return the skills that open posts in the actor's places have, by name."""
    rows = Post.objects.filter(within(by, Can.READ), until=None).exclude(skills=[]).values_list("skills", flat=True)
    return sorted({skill for skills in rows.distinct()[:5_000] for skill in skills})[:SKILLS]

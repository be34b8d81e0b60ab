"""Who a call would reach, counted before anything leaves: by level and role, with what will go wrong."""

from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext_lazy as _

from anlan.people.models import Role
from anlan.people.queries.targeting import Target, fits, targets, to_target
from anlan.people.terms import Targeting

KINDS = {
    "all": _("全部"),
    "stand-in": _("休假，叫 B 岗"),
    "no-deputy": _("没有 B 岗"),
    "dead": _("上次核对是空号"),
    "no-phone": _("没有电话"),
}
_WHERE = {
    "all": "true",
    "stand-in": "t.seat = 'B'",
    "no-deputy": "t.deputy_person_id IS NULL AND t.seat = 'A'",
    "dead": "t.reach = 'dead'",
    "no-phone": "t.phone_cipher IS NULL",
}


@dataclass(frozen=True, slots=True)
class Preview:
    """Counts of a targeting. `table[level][role code]` counts persons, each once, by the post of the call.

    `posts`: posts meant that somebody answers for; `vacant`: meant and nobody's; `stand_in`: the A岗 is away or
    absent, so the B岗 is called; `no_deputy`: persons whose silence goes straight to the superior; `dead`, `no_phone`:
    persons whose number failed the last check, or who have none.
    """

    persons: int
    posts: int
    vacant: int
    stand_in: int
    no_deputy: int
    dead: int
    no_phone: int
    table: dict[str, dict[str, int]] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)


def preview(where: Targeting) -> Preview:
    """Count whom a targeting reaches. Two statements, whatever the size; about half a second for 176,000 posts."""
    sql, params = targets(where, ordered=False)
    meant, _params = fits(where, "p")
    counts = ", ".join(
        f"count(*) FILTER (WHERE {_WHERE[kind]})" for kind in ("stand-in", "no-deputy", "dead", "no-phone")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT t.level, t.role_code, count(*), {counts} FROM ({sql}) t GROUP BY t.level, t.role_code", params
        )
        rows = cursor.fetchall()
        cursor.execute(
            f"SELECT count(*) FILTER (WHERE held), count(*) FILTER (WHERE NOT held) FROM (SELECT EXISTS ("
            f"SELECT 1 FROM people_holding h WHERE h.post_id = p.id AND h.until IS NULL) AS held "
            f"FROM people_post p WHERE {meant}) q",
            params,
        )
        posts, vacant = cursor.fetchone()
    table: dict[str, dict[str, int]] = {}
    for level, role, persons, *_rest in rows:
        table.setdefault(level, {})[role] = persons
    used = {row[1] for row in rows}
    names = {role.code: role.name for role in Role.objects.filter(code__in=used).order_by("-rank", "code")}
    called, stand_in, no_deputy, dead, no_phone = (sum(row[i] for row in rows) for i in range(2, 7))
    return Preview(called, posts, vacant, stand_in, no_deputy, dead, no_phone, table, names)


def preview_list(where: Targeting, kind: str = "all", *, offset: int = 0, limit: int = 50) -> list[Target]:
    """Return the persons behind a count of the preview, most senior first. Raises KeyError for an unknown kind."""
    sql, params = targets(where)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM ({sql}) t WHERE {_WHERE[kind]} ORDER BY t.rank DESC, t.post_id "
            "OFFSET %(t_skip)s LIMIT %(t_take)s",
            params | {"t_skip": offset, "t_take": limit},
        )
        return [to_target(row) for row in cursor.fetchall()]

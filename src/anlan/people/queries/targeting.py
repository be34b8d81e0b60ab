"""Whom a call reaches: one row per person, in calling order, as SQL that stands inside INSERT … SELECT.

Each open post is answered by its A岗; while the A岗 is away or the seat is empty, by its B岗; by the A岗 even so where
nobody else is there (nothing is silently dropped). A person of several posts is called once, by the most senior one.

On duty (RPT-01) means: has a published shift running now at a rota of the post's place, other than as 备班, and is not
on leave. That holds for every role of a place that somebody on duty there holds; for roles and places that no running
shift covers (no rota, or a hole in it) it means, as ever, holding the post and not being on leave: a hole in a rota
must never mean that nobody is called.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from anlan.kernel.clock import now
from anlan.people.terms import Targeting

COLUMNS = (
    "person_id", "pseudonym", "name", "phone_cipher", "reach", "post_id", "post_title", "role_code", "rank",
    "place_path", "deputy_person_id", "superior_post_id", "level", "seat", "away",
)  # fmt: skip
Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """One person to call. `seat` is "B" where the deputy stands in; `away` says that they are on leave themselves."""

    person_id: UUID
    pseudonym: UUID
    name: str
    phone_cipher: bytes | None
    reach: str
    post_id: UUID
    post_title: str
    role_code: str
    rank: int
    place_path: str
    deputy_person_id: UUID | None
    superior_post_id: UUID | None
    level: str
    seat: str
    away: bool


def away(holding: str) -> str:
    """Return the SQL that says whether a holding (a table alias) is on leave at %(t_now)s; NULL counts as not."""
    return (
        f"COALESCE({holding}.away_until > %(t_now)s AND "
        f"({holding}.away_since IS NULL OR {holding}.away_since <= %(t_now)s), false)"
    )


def answers(one: str, other: str) -> str:
    """Return the SQL that says whether a holding answers for its post, given the other seat's (LEFT JOINed)."""
    return (
        f"((NOT {away(one)} AND ({one}.seat = 'A' OR {other}.id IS NULL OR {away(other)}))"
        f" OR ({away(one)} AND ({other}.id IS NULL OR ({one}.seat = 'A' AND {away(other)}))))"
    )


# Who is on duty now, by place and role: a few rows for each rota. A shift lasts 24 hours at most (people_shift_span).
DUTY = f"""
SELECT dp.place_path, dp.role_code, dh.person_id
FROM people_shiftseat ds JOIN people_holding dh ON dh.person_id = ds.person_id AND dh.until IS NULL
JOIN people_post dp ON dp.id = dh.post_id AND dp.until IS NULL AND dp.place_path = ds.place_path
WHERE ds.published AND ds.position <> 'standby' AND ds.starts_at <= %(t_now)s AND ds.ends_at > %(t_now)s
  AND ds.ends_at <= %(t_now)s + interval '1 day' AND NOT {away("dh")}"""


def _on_duty(post: str, one: str) -> str:
    return (
        f"({one}.id IS NOT NULL AND ({post}.place_path, {post}.role_code, {one}.person_id) IN (TABLE duty) "
        f"AND NOT {away(one)})"
    )


def _meant(where: Targeting, post: str, one: str, other: str) -> str:
    """Return the SQL that says whether a holding answers, as `answers`; of those on duty alone, if so wanted."""
    if not where.on_duty:
        return answers(one, other)
    covered = f"({post}.place_path, {post}.role_code) IN (SELECT place_path, role_code FROM duty)"
    return (
        f"(CASE WHEN {covered} THEN {_on_duty(post, one)} AND ({one}.seat = 'A' OR NOT {_on_duty(post, other)}) "
        f"ELSE NOT {away(one)} AND {answers(one, other)} END)"
    )


def seats(post: str, one: str, other: str) -> str:
    """Return the FROM clause that joins a post to its holdings in force."""
    return (
        f"people_post {post} JOIN people_holding {one} ON {one}.post_id = {post}.id AND {one}.until IS NULL "
        f"LEFT JOIN people_holding {other} ON {other}.post_id = {post}.id AND {other}.until IS NULL "
        f"AND {other}.seat <> {one}.seat"
    )


def fits(where: Targeting, post: str) -> tuple[str, Params]:
    """Return the SQL condition under which a post (a table alias) is meant, and its parameters."""
    parts = [f"{post}.until IS NULL"]
    params: Params = {}
    if "" not in where.paths:
        spans = []
        for i, path in enumerate(where.paths):
            spans.append(f"({post}.place_path >= %(t_path{i})s AND {post}.place_path < %(t_end{i})s)")
            params |= {f"t_path{i}": path, f"t_end{i}": path + "\x7f"}
        if where.at:
            spans.append(f"{post}.place_path = ANY(%(t_at)s)")
            params["t_at"] = list(where.at)
        parts.append(f"({' OR '.join(spans)})" if spans else "false")
    for name, column, values in (
        ("t_roles", "role_code", where.roles),
        ("t_levels", "level", where.levels),
        ("t_posts", "id", where.posts),
    ):
        if values:
            parts.append(f"{post}.{column} = ANY(%({name})s)")
            params[name] = list(values)
    if where.skills:
        parts.append(f"{post}.skills && %(t_skills)s::varchar[]")
        params["t_skills"] = list(where.skills)
    return " AND ".join(parts), params


def _person_fits(where: Targeting, one: str) -> tuple[str, Params]:
    parts, params = ["true"], Params()
    if where.exclude:
        parts.append(f"{one}.person_id <> ALL(%(t_exclude)s)")
        params["t_exclude"] = list(where.exclude)
    if where.persons:
        parts.append(f"{one}.person_id = ANY(%(t_persons)s)")
        params["t_persons"] = list(where.persons)
    return " AND ".join(parts), params


def targets(
    where: Targeting,
    *,
    after: tuple[int, UUID] | None = None,
    limit: int | None = None,
    ordered: bool = True,
    once: bool = True,
) -> tuple[str, Params]:
    """Return a SELECT (and its named parameters, all prefixed `t_`) of the columns in COLUMNS, most senior first.

    `after` is the (rank, post_id) of the last row already taken: the next chunk follows it, and holds nobody twice.
    `ordered=False` leaves the order out, for whoever only counts; `once=False` gives a row for each post of a person.
    """
    meant, params = fits(where, "p")
    again, _ = fits(where, "p2")
    wanted, more = _person_fits(where, "h")
    params |= more | {"t_now": now()}
    page = ""
    if after is not None:
        page = "AND p.rank <= %(t_rank)s AND (p.rank < %(t_rank)s OR p.id > %(t_post)s)"
        params |= {"t_rank": after[0], "t_post": after[1]}
    cut = ""
    if limit is not None:
        cut = "LIMIT %(t_limit)s"
        params["t_limit"] = limit
    duty = f"WITH duty AS MATERIALIZED ({DUTY})" if where.on_duty else ""
    single = f"""AND NOT EXISTS (
    SELECT 1 FROM {seats("p2", "h2", "o2")}
    WHERE h2.person_id = h.person_id AND {again} AND {_meant(where, "p2", "h2", "o2")}
      AND (p2.rank > p.rank OR (p2.rank = p.rank AND p2.id < p.id)))"""
    sql = f"""{duty}
SELECT h.person_id, n.pseudonym, n.name, n.phone_cipher, n.reach, p.id AS post_id, p.title AS post_title, p.role_code,
       p.rank, p.place_path, CASE WHEN h.seat = 'A' AND NOT {away("o")} THEN o.person_id END AS deputy_person_id,
       p.superior_id AS superior_post_id, p.level, h.seat, {away("h")} AS away
FROM {seats("p", "h", "o")}
JOIN people_person n ON n.id = h.person_id
WHERE {meant} AND {_meant(where, "p", "h", "o")} AND {wanted} {page}
  {single if once else ""}
{"ORDER BY p.rank DESC, p.id" if ordered else ""} {cut}"""
    return sql, params


def people_at(
    path: str,
    roles: Sequence[str] = (),
    skills: Sequence[str] = (),
    *,
    on_duty: bool = False,
    limit: int = 200,
) -> list[Target]:
    """Return who answers at a place and below, most senior first: for a screen or one affair, never for a mass."""
    return take(Targeting((path,), tuple(roles), tuple(skills), on_duty=on_duty), limit=limit)


def take(where: Targeting, *, after: tuple[int, UUID] | None = None, limit: int = 200) -> list[Target]:
    """Run `targets` and return its rows."""
    sql, params = targets(where, after=after, limit=limit)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [to_target(row) for row in cursor.fetchall()]


def to_target(row: tuple[Any, ...]) -> Target:
    """Return a row of COLUMNS as a Target."""
    cipher = row[3]
    values: dict[str, Any] = dict(zip(COLUMNS, row, strict=True))
    values["phone_cipher"] = bytes(cipher) if cipher is not None else None
    return Target(**values)


def answering(post_ids: Sequence[UUID]) -> dict[UUID, Target]:
    """Return who answers for each post now; a post with nobody climbs to the nearest superior that has somebody.

    A post whose whole line is empty is absent from the result.
    """
    sql = f"""
WITH RECURSIVE line AS (
  SELECT asked.id AS asked, asked.id AS post_id, 0 AS step FROM unnest(%(posts)s::uuid[]) AS asked(id)
  UNION ALL
  SELECT line.asked, p.superior_id, line.step + 1 FROM line JOIN people_post p ON p.id = line.post_id
  WHERE p.superior_id IS NOT NULL AND line.step < 20
    AND NOT EXISTS (SELECT 1 FROM people_holding h WHERE h.post_id = p.id AND h.until IS NULL)
)
SELECT DISTINCT ON (line.asked) line.asked, h.person_id, n.pseudonym, n.name, n.phone_cipher, n.reach, p.id, p.title,
       p.role_code, p.rank, p.place_path, CASE WHEN h.seat = 'A' AND NOT {away("o")} THEN o.person_id END,
       p.superior_id, p.level, h.seat, {away("h")}
FROM {seats("p", "h", "o")} JOIN line ON line.post_id = p.id JOIN people_person n ON n.id = h.person_id
WHERE {answers("h", "o")} ORDER BY line.asked, line.step"""
    with connection.cursor() as cursor:
        cursor.execute(sql, {"posts": list(post_ids), "t_now": now()})
        return {row[0]: to_target(row[1:]) for row in cursor.fetchall()}

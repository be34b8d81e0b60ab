"""Rows of every context go along with their places: set-based, noted row by row so that they can be brought back."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from anlan.places import ports
from anlan.places.models import Carried
from anlan.places.ports import Goes, Move

_MAP = """m (was, now) AS (SELECT was COLLATE "C", now COLLATE "C" FROM unnest(%(was)s::varchar[], %(now)s::varchar[])
          AS x (was, now)), chosen (id, now) AS (SELECT * FROM unnest(%(ids)s::uuid[], %(to)s::varchar[]))"""


def carry(move: Move) -> dict[str, int]:
    """Let every row that lives at a path of `move` go along. Returns {table: rows}. Raises Conflict (a follower)."""
    for follower in ports.followers:
        follower.before(move)
    counts = {goes.table: _back(goes, move) if move.back else _forth(goes, move) for goes in ports.goes}
    for follower in ports.followers:
        follower.after(move)
    return {table: n for table, n in counts.items() if n}


def _forth(goes: Goes, move: Move) -> int:
    pick = f"""SELECT {goes.key} AS id, m.was, coalesce(c.now, m.now) AS now
               FROM {goes.table} t JOIN m ON m.was = t.place_path
               LEFT JOIN chosen c ON c.id = {goes.by} WHERE ({goes.live}) AND coalesce(c.now, m.now) <> m.was"""
    if goes.once:
        pick = f"""SELECT DISTINCT ON (o, now) id, was, now FROM (
            SELECT p.*, t.{goes.once} AS o FROM ({pick}) p JOIN {goes.table} t ON {goes.key} = p.id
            WHERE NOT EXISTS (SELECT FROM {goes.table} v WHERE v.{goes.once} = t.{goes.once} AND v.place_path = p.now)
            ) q ORDER BY o, now, id"""
    else:
        pick += f" ORDER BY {goes.key} FOR UPDATE OF t"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH {_MAP}, held AS MATERIALIZED ({pick}),
                went AS (UPDATE {goes.table} t SET place_path = held.now FROM held WHERE {goes.key} = held.id
                         RETURNING held.id, held.was, held.now)
                INSERT INTO places_carried (id, plan_id, source, "row", was, now, run)
                SELECT gen_random_uuid(), %(plan)s, %(table)s, id, was, now, %(run)s FROM went""",
            {
                "was": [was for was, _ in move.pairs], "now": [now for _, now in move.pairs],
                "ids": list(move.chosen), "to": list(move.chosen.values()), "plan": move.plan, "table": goes.table,
                "run": move.run,
            },
        )  # fmt: skip
        return int(cursor.rowcount)


def _back(goes: Goes, move: Move) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH held AS MATERIALIZED (
                  SELECT {goes.key} AS id, c.was FROM {goes.table} t JOIN places_carried c ON c."row" = {goes.key}
                  WHERE c.plan_id = %s AND c.source = %s ORDER BY {goes.key} FOR UPDATE OF t)
                UPDATE {goes.table} t SET place_path = held.was FROM held WHERE {goes.key} = held.id""",
            [move.plan, goes.table],
        )
        return int(cursor.rowcount)


def counted(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, int]]:
    """Return (what, how many) of the rows that would go along; only what has a name on pages."""
    found: dict[str, int] = {}
    with connection.cursor() as cursor:
        for goes in ports.goes:
            if goes.name:
                cursor.execute(
                    f"SELECT count(*) FROM {goes.table} t WHERE t.place_path = ANY(%s) AND ({goes.live})",
                    [[was for was, now in pairs if was != now]],
                )
                found[str(goes.name)] = found.get(str(goes.name), 0) + int(cursor.fetchone()[0])
    return list(found.items())


def strangers(plan: UUID, paths: Sequence[str]) -> str:
    """Return what stands at the paths that did not come with the plan, in plain words; "" for nothing."""
    with connection.cursor() as cursor:
        for goes in ports.goes:
            cursor.execute(
                f"""SELECT count(*) FROM {goes.table} t WHERE t.place_path = ANY(%s) AND NOT EXISTS (
                      SELECT FROM places_carried c
                      WHERE c.plan_id = %s AND c.source = %s AND c."row" = {goes.key})""",
                [list(paths), plan, goes.table],
            )
            if n := int(cursor.fetchone()[0]):
                return f"{goes.name or goes.table} {n}"
    return ""


def strayed(plan: UUID) -> str:
    """Return what came with the plan and stands elsewhere by now, in plain words; "" for nothing."""
    with connection.cursor() as cursor:
        for goes in ports.goes:
            cursor.execute(
                f"""SELECT count(*) FROM {goes.table} t JOIN places_carried c ON c."row" = {goes.key}
                    WHERE c.plan_id = %s AND c.source = %s AND t.place_path <> c.now""",
                [plan, goes.table],
            )
            if n := int(cursor.fetchone()[0]):
                return f"{goes.name or goes.table} {n}"
    return ""


def forget(plan: UUID) -> None:
    """Let go of the notes of a plan that was undone."""
    Carried.objects.filter(plan_id=plan).delete()

"""Reading entries: in order for those who follow, and as trails narrowed to what the actor may see."""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from anlan.kernel import authority
from anlan.kernel.authority import Actor
from anlan.kernel.ids import floor_of
from anlan.ledger import telling
from anlan.ledger.entry import EntryRow, Position
from anlan.ledger.models import Block, Cursor, Exercise, Stuck
from anlan.ledger.terms import Can

COLUMNS = (
    "id, era, xid::text, at, recorded_at, did, pseudonym, actor, post, post_title, subject_type, subject_id, chain, "
    "place_path, exercise, values::text"
)
LEDGER = UUID("00000000-0000-7000-8000-6c6564676572")  # the ledger itself, as a subject
START: Position = (0, 0, UUID(int=0))


def row_of(columns: Sequence[Any]) -> EntryRow:
    """Turn one row of COLUMNS into an EntryRow."""
    return EntryRow(
        columns[0],
        columns[1],
        int(columns[2]),
        *columns[3:15],
        values=orjson.loads(columns[15]),  # type: ignore[misc]
    )


def horizon() -> tuple[int, int]:
    """Return (current era, transaction id): every entry below is settled; none can appear there any more.

    It is the oldest transaction still open in this snapshot. A younger one may have committed above it, yet nobody who
    follows reads further. Transactions known to run in another database cannot write here and hold nobody back.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT era, xid FROM ledger_horizon()")
        era, xid = cursor.fetchone()
    return era, xid


def following(after: Position, below: tuple[int, int], *, kinds: Sequence[str] = (), limit: int) -> list[EntryRow]:
    """Return the next entries in order, after a position and below a horizon; of some kinds, or of all."""
    only = "AND did = ANY(%s)" if kinds else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT {COLUMNS} FROM ledger_entry
            WHERE (era, xid, id) > (%s, %s::text::xid8, %s::uuid) AND (era, xid) < (%s, %s::text::xid8) {only}
            ORDER BY era, xid, id LIMIT %s
            """,
            [after[0], str(after[1]), after[2], below[0], str(below[1]), *([list(kinds)] if kinds else []), limit],
        )
        return [row_of(columns) for columns in cursor.fetchall()]


# One text per entry that says everything of it, whatever the server's time zone, date style or version: times are
# microseconds since 1970, jsonb prints its keys in one order. The sealer hashes it, `verify` makes it again.
CANONICAL = """json_build_array(id, era, xid::text, (extract(epoch FROM at) * 1000000)::bigint,
  (extract(epoch FROM recorded_at) * 1000000)::bigint, did, pseudonym, actor, post, post_title, subject_type,
  subject_id, chain, place_path, exercise, values)::text"""
CANONICAL_FIELDS = (
    *("id", "era", "xid", "at_us", "recorded_at_us", "did", "pseudonym", "actor", "post", "post_title"),
    *("subject_type", "subject_id", "chain", "place_path", "exercise", "values"),
)

_LINES = f"""
SELECT string_agg(line, chr(10)) FROM (SELECT {CANONICAL} AS line FROM ledger_entry
  WHERE (era, xid, id) > (%s, %s::text::xid8, %s::uuid) AND {{bound}} ORDER BY era, xid, id LIMIT %s) AS lines
"""


def lines_of(text: str | None) -> list[bytes]:
    """Split what the server joined: a canonical text is JSON, so it holds no line break of its own."""
    return text.encode().split(b"\n") if text else []


def texts_below(after: Position, below: tuple[int, int], *, limit: int) -> list[bytes]:
    """Return the canonical bytes of the next settled entries in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            _LINES.format(bound="(era, xid) < (%s, %s::text::xid8)"),
            [after[0], str(after[1]), after[2], below[0], str(below[1]), limit],
        )
        return lines_of(cursor.fetchone()[0])


def text_at(where: Position) -> bytes:
    """Return the canonical bytes of the entry that stands at a position. Raises LookupError if none does."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {CANONICAL} FROM ledger_entry WHERE (era, xid, id) = (%s, %s::text::xid8, %s::uuid)",
            [where[0], str(where[1]), where[2]],
        )
        row = cursor.fetchone()
    if row is None:
        raise LookupError(f"no entry at {where}")
    text: str = row[0]
    return text.encode()


def position_of(text: bytes) -> Position:
    """Return where the entry stands whose canonical bytes these are."""
    era, xid, identifier = (value := orjson.loads(text))[1], value[2], value[0]
    return era, int(xid), UUID(identifier)


def id_bytes(texts: Sequence[bytes]) -> bytes:
    """Return the ids of some canonical texts, 16 bytes each, joined."""
    return bytes.fromhex(b"".join([text[2:38] for text in texts]).replace(b"-", b"").decode())


BLOCK_COLUMNS = (
    *("number", "first_era", "first_xid", "first_id", "last_era", "last_xid", "last_id", "count", "algorithm"),
    *("root", "previous", "hash", "ids", "digests"),
)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_WALK = f"""
SELECT {", ".join(f"b.{c}" for c in BLOCK_COLUMNS)}, (extract(epoch FROM closed_at) * 1000000)::bigint, (
  SELECT string_agg(line, chr(10)) FROM (SELECT {CANONICAL} AS line FROM ledger_entry AS e
    WHERE (e.era, e.xid, e.id) > (b.after_era, b.after_xid, b.after_id)
      AND (e.era, e.xid, e.id) <= (b.last_era, b.last_xid, b.last_id)
    ORDER BY e.era, e.xid, e.id) AS lines)
FROM (SELECT *, lag(last_era, 1, 0) OVER w AS after_era, lag(last_xid, 1, '0'::xid8) OVER w AS after_xid,
        lag(last_id, 1, '00000000-0000-0000-0000-000000000000'::uuid) OVER w AS after_id
      FROM ledger_block WHERE number >= %s WINDOW w AS (ORDER BY number)) AS b
WHERE number >= %s ORDER BY number
"""


def walk(start: int = 1, *, at_once: int = 8) -> Iterator[tuple[Block, list[bytes]]]:
    """Yield each block with the canonical bytes of the entries that stand in its range now. In a transaction only."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(_WALK, [start - 1, start])
        while rows := cursor.fetchmany(at_once):
            for row in rows:
                block = Block(**dict(zip(BLOCK_COLUMNS, row[:-2], strict=True)))
                block.closed_at = _EPOCH + dt.timedelta(microseconds=row[-2])  # whatever the session's time zone
                block.first_xid, block.last_xid = int(block.first_xid), int(block.last_xid)
                yield block, lines_of(row[-1])


def positions(ids: Sequence[UUID]) -> dict[UUID, Position]:
    """Return where entries stand, by id; one that does not exist is left out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, era, xid::text FROM ledger_entry WHERE id = ANY(%s)", [list(ids)])
        return {row[0]: (row[1], int(row[2]), row[0]) for row in cursor.fetchall()}


def count_after(after: Position, *, most: int = 100_000) -> int:
    """Return how many entries stand after a position, counting no further than `most`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT FROM ledger_entry WHERE (era, xid, id) > (%s, %s::text::xid8, %s::uuid) "
            "LIMIT %s) AS rest",
            [after[0], str(after[1]), after[2], most],
        )
        count: int = cursor.fetchone()[0]
    return count


def entries(ids: Sequence[UUID]) -> list[EntryRow]:
    """Return entries by id, in order; one that does not exist is left out."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM ledger_entry WHERE id = ANY(%s) ORDER BY era, xid, id", [list(ids)])
        return [row_of(columns) for columns in cursor.fetchall()]


def about(subjects: Collection[UUID], *, pseudonym: UUID | None = None, kinds: Sequence[str] = ()) -> list[EntryRow]:
    """Return the real entries about several things, in order, of one person and some kinds if given.

    Whoever asks: the caller shows of it only what its reader `may_see`.
    """
    conditions = ["subject_id = ANY(%s)", "exercise IS NULL"]
    params: list[Any] = [list(subjects)]
    if pseudonym is not None:
        conditions.append("pseudonym = %s")
        params.append(pseudonym)
    if kinds:
        conditions.append("did = ANY(%s)")
        params.append([str(k) for k in kinds])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM ledger_entry WHERE {' AND '.join(conditions)} ORDER BY id", params)
        return [row_of(columns) for columns in cursor.fetchall()]


def touched(pseudonym: UUID, subject_type: str, since: dt.datetime, until: dt.datetime) -> set[UUID]:
    """Return the things of a type on which a person really did something in a period, drills left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT subject_id FROM ledger_entry WHERE pseudonym = %s AND subject_type = %s AND id >= %s "
            "AND at >= %s AND at < %s AND exercise IS NULL",
            [pseudonym, subject_type, _floor(since), since, until],
        )
        return {row[0] for row in cursor.fetchall()}


def may_see(entry: EntryRow, by: Actor) -> bool:
    """Say whether the actor may see an entry: their own always, others' where they hold the permission to read."""
    own = by.pseudonym is not None and entry.pseudonym == by.pseudonym
    return own or authority.holds(by, Can.READ, at=entry.place_path)


@dataclass(frozen=True, slots=True)
class Filter:
    """What narrows a trail. `before` and `after` are entry ids of the page's edge (newest first)."""

    kinds: tuple[str, ...] = ()
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    place: str = ""
    before: UUID | None = None
    after: UUID | None = None


def trail(
    *,
    by: Actor,
    subject_id: UUID | None = None,
    chain: UUID | None = None,
    pseudonym: UUID | None = None,
    where: Filter | None = None,
    limit: int = 100,
) -> list[EntryRow]:
    """Return entries, newest first, of a thing, an affair or a person (all given must hold); narrowed to the actor.

    The actor sees what they did themselves, and what was done in the places where they may read the ledger. Ids carry
    the time of recording, so a page begins at an id (`where.before`), not at a count.
    """
    where = where or Filter()
    conditions, params = _scope(by)
    if where.since:
        conditions.append("id >= %s")
        params.append(_floor(where.since))
    for column, value in (("subject_id", subject_id), ("chain", chain), ("pseudonym", pseudonym)):
        if value is not None:
            conditions.append(f"{column} = %s")
            params.append(value)
    for condition, wanted in (
        ("did = ANY(%s)", list(where.kinds)),
        ("at >= %s", where.since),
        ("at < %s", where.until),
        ("id < %s", where.before),
        ("id > %s", where.after),
    ):
        if wanted:
            conditions.append(condition)
            params.append(wanted)
    if where.place:
        conditions.append("starts_with(place_path, %s)")
        params.append(where.place)
    order = "ASC" if where.after else "DESC"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM ledger_entry WHERE {' AND '.join(conditions)} ORDER BY id {order} LIMIT %s",
            [*params, limit],
        )
        rows = [row_of(columns) for columns in cursor.fetchall()]
    return rows[::-1] if where.after else rows


def _floor(since: dt.datetime) -> UUID:
    """What happened since was recorded since, a day's wrong clock allowed for: old months are not read."""
    return floor_of(int((since - dt.timedelta(days=1)).timestamp() * 1000))


def told(rows: Sequence[EntryRow]) -> list[dict[str, Any]]:
    """Return entries as a timeline draws them, in the words their contexts gave: at, what, by, kind, href."""
    return telling.items(rows)


def _scope(by: Actor) -> tuple[list[str], list[Any]]:
    reach = authority.scopes(by, Can.READ)
    if "" in reach:
        return ["true"], []
    own = ["pseudonym = %s"] if by.pseudonym else []
    return (
        [f"({' OR '.join([*own, *['starts_with(place_path, %s)'] * len(reach)]) or 'false'})"],
        [*([by.pseudonym] if by.pseudonym else []), *reach],
    )


def sentence(entry: EntryRow) -> str:
    """Return what was done in the words its context gave, for a line of a table."""
    return telling.sentence(entry)


def exercise(exercise_id: UUID | None) -> Exercise | None:
    """Return the drill an actor is in, if it still runs."""
    return Exercise.objects.filter(id=exercise_id, ended_at=None).first() if exercise_id else None


def inspections(limit: int = 10) -> list[EntryRow]:
    """Return the latest runs of `verify` and what they found, newest first; for whoever may read any of the ledger."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM ledger_entry WHERE subject_id = %s ORDER BY id DESC LIMIT %s", [LEDGER, limit]
        )
        return [row_of(columns) for columns in cursor.fetchall()]


def blocks(before: int | None = None, limit: int = 50) -> list[Block]:
    """Return blocks without their digests, newest first, below a number."""
    found = Block.objects.defer("ids", "digests").order_by("-number")
    return list((found.filter(number__lt=before) if before else found)[:limit])


def last_block() -> int:
    """Return the number of the newest block, 0 where there is none."""
    return Block.objects.order_by("-number").values_list("number", flat=True).first() or 0


def unsealed() -> int:
    """Return how many entries wait for their block: more than a few seconds' worth means that no worker runs."""
    last = Block.objects.defer("ids", "digests").order_by("-number").first()
    return count_after((last.last_era, last.last_xid, last.last_id) if last else START)


def cursors() -> list[Cursor]:
    """Return every follower, the failing first."""
    return list(Cursor.objects.order_by("-failures", "name"))


def stuck(by: Actor) -> list[Stuck]:
    """Return what reactions could not digest and nobody has dealt with, in the actor's places."""
    return [
        one
        for one in Stuck.objects.filter(settled_at=None).order_by("set_aside_at")[:500]
        if authority.holds(by, Can.READ, at=one.place_path)
    ]


def block_of(where: Position) -> int | None:
    """Return the number of the block that holds a position; None while it is not sealed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number FROM ledger_block WHERE (last_era, last_xid, last_id) >= (%s, %s::text::xid8, %s::uuid) "
            "ORDER BY last_era, last_xid, last_id LIMIT 1",
            [where[0], str(where[1]), where[2]],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def blocks_of(where: Sequence[Position]) -> dict[UUID, int]:
    """Return the number of the sealed block that holds each position, by entry id, in one query."""
    if not where:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT e.id, (SELECT number FROM ledger_block
                             WHERE (last_era, last_xid, last_id) >= (e.era, e.xid::xid8, e.id)
                             ORDER BY last_era, last_xid, last_id LIMIT 1)
               FROM unnest(%s::bigint[], %s::text[], %s::uuid[]) AS e (era, xid, id)""",
            [[w[0] for w in where], [str(w[1]) for w in where], [w[2] for w in where]],
        )
        return {row[0]: row[1] for row in cursor.fetchall() if row[1] is not None}

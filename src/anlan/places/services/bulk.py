"""Rows by the thousand: COPY in, UPDATE … FROM, never a loop of saves."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

PLACE = [
    "id",
    "path",
    "parent_id",
    "last_child",
    "level",
    "name",
    "pinyin",
    "aliases",
    "grams",
    "scheme",
    "code",
    "since",
    "until",
    "urban_class",
    "population",
    "households",
    "grid_level",
    "lines",
    "lon",
    "lat",
    "shape",
    "source",
    "revision",
    "changed_at",
]
CODE = ("id", "place_id", "scheme", "code", "since", "until")
CHANGE = ("id", "batch_id", "place_id", "revision", "was", "shape_was")
REJECT = ["id", "batch_id", "place_path", "row", "field", "value", "expected", "raw", "settled_by", "note"]
_TYPES = {
    "id": "uuid",
    "name": "text",
    "pinyin": "text",
    "aliases": "text[]",
    "grams": "text[]",
    "scheme": "text",
    "code": "text",
    "urban_class": "text",
    "population": "int",
    "households": "int",
    "grid_level": "smallint",
    "lines": "text[]",
    "lon": "float8",
    "lat": "float8",
    "shape": "bytea",
    "source": "text",
    "last_child": "int",
    "revision": "int",
}


_LOCK = 0x706C6163  # "plac"


def one_at_a_time() -> None:
    """Let imports wait for each other until the transaction ends: each plans on what the last one left."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def copy(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY rows into a table, as text written here: half the work of psycopg's adapters, which know every type."""
    names = ", ".join(f'"{c}"' for c in columns)
    lines = ("\t".join(map(_cell, row)) for row in rows)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as sink:
        while part := list(islice(lines, _PART)):
            sink.write("\n".join(part) + "\n")


_PART = 500
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_SPECIAL = re.compile(r"[\\\t\n\r]")


def _text(value: str) -> str:
    return value.translate(_ESCAPES) if _SPECIAL.search(value) else value


def _list(value: Sequence[str]) -> str:
    if not value:
        return "{}"
    made = '{"' + '","'.join(value) + '"}'
    if "\\" in made or made.count('"') != 2 * len(value):
        words = (w.replace("\\", "\\\\").replace('"', '\\"') for w in value)
        made = '{"' + '","'.join(words) + '"}'
    return _text(made)


def _bytes(value: bytes | memoryview) -> str:
    return "\\\\x" + bytes(value).hex()


_WRITERS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _nothing: "\\N",
    str: _text,
    list: _list,
    tuple: _list,
    bytes: _bytes,
    memoryview: _bytes,
}


def _cell(value: Any) -> str:
    """Write one value in COPY's text format; numbers, dates, UUIDs and enums need no escape."""
    return _WRITERS.get(type(value), str)(value)


def update(rows: Sequence[dict[str, Any]], columns: Sequence[str], *, at: dt.datetime | None) -> int:
    """Set `columns` of many places at once; every row holds `id` and all of them. `at` stamps changed_at.

    Returns how many rows changed.
    """
    if not rows:
        return 0
    sets = ", ".join(f"{c} = n.{c}" for c in columns) + (", changed_at = %(at)s" if at else "")
    types = ", ".join(f"{c} {_TYPES[c]}" for c in ("id", *columns))
    sql = f"UPDATE places_place p SET {sets} FROM jsonb_to_recordset(%(rows)s::jsonb) AS n({types}) WHERE p.id = n.id"
    data = orjson.dumps(rows, default=_json).decode()
    with connection.cursor() as cursor:
        cursor.execute(sql, {"rows": data, "at": at})
        return int(cursor.rowcount)


def _json(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return "\\x" + bytes(value).hex()
    raise TypeError(type(value).__name__)


def delete(ids: Sequence[UUID]) -> None:
    """Delete places and their codes; a key that still points at one raises IntegrityError here, not at commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DELETE FROM places_code WHERE place_id = ANY(%s)", [list(ids)])
        cursor.execute("DELETE FROM places_place WHERE id = ANY(%s)", [list(ids)])
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")

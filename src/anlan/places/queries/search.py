"""One box that finds places by name, alias, pinyin initials and code: ranked, in milliseconds, without extensions.

Each rank is a small query with its own index and limit, so a common word never sorts the whole city.
"""

from typing import Any

from django.db import connection

from anlan.kernel import authority
from anlan.kernel.authority import Actor
from anlan.places import names, terms
from anlan.places.models import Place
from anlan.places.queries.tree import AFTER, today

_LAST = "\U0010ffff"
_LONGEST = 60
_POOL = 60  # candidates of each rank, before they are ranked together
_ANCESTORS = 20


def _branch(rank: int, condition: str, order: str = "") -> str:
    limit = f"ORDER BY {order} LIMIT {_POOL}" if order else f"LIMIT {_POOL}"
    return f"(SELECT id, path, name, {rank} AS rank FROM places_place WHERE {condition} AND {{scope}} {limit})"


def _scope(prefixes: tuple[str, ...], level: str) -> tuple[str, dict[str, Any]]:
    parts = ["(until IS NULL OR until > %(today)s)"]
    values: dict[str, Any] = {"today": today()}
    if "" not in prefixes:
        ranges = []
        for i, prefix in enumerate(prefixes):
            ranges.append(f"(path >= %(from{i})s AND path < %(to{i})s)")
            values |= {f"from{i}": prefix, f"to{i}": prefix + AFTER}
        parts.append(f"({' OR '.join(ranges)})")
    if level:
        parts.append("level = %(level)s")
        values["level"] = level
    return " AND ".join(parts), values


def statement(word: str, prefixes: tuple[str, ...], *, level: str = "", limit: int = 20) -> tuple[str, dict[str, Any]]:
    """Return the SQL and its values that find one word: for `search`, and for the test that reads its plan."""
    scope, values = _scope(prefixes, level)
    values |= {"word": word, "next": word + _LAST, "limit": limit}
    branches = [
        _branch(1, "name = %(word)s", "name"),
        _branch(3, "name >= %(word)s AND name < %(next)s", "name"),
    ]
    squeezed = names.plain(word)
    if squeezed and squeezed.isascii():
        values |= {"letters": squeezed, "letters_next": squeezed + _LAST}
        branches += [
            _branch(2, "pinyin = %(letters)s", "pinyin"),
            _branch(4, "pinyin >= %(letters)s AND pinyin < %(letters_next)s", "pinyin"),
        ]
    if word.isascii() and any(c.isdigit() for c in word):
        short = word.rstrip("0") if word.isdigit() else word
        values |= {"code": word, "short": short or word, "code_next": word + _LAST}
        held = "id IN (SELECT place_id FROM places_code WHERE code = %(code)s)"
        branches += [
            _branch(0, "code = %(code)s", "code"),
            _branch(0, held),
            _branch(5, "code >= %(code)s AND code < %(code_next)s", "code"),
        ]
        if word.isdigit() and len(word) in {6, 9, 12} and word.endswith("0"):
            values["padded"] = [short + "0" * n for n in range(3)]
            branches.append(_branch(0, "code = ANY(%(padded)s)", "code"))
    if len(squeezed) > 1:
        values["pairs"] = names.pairs(word)
        branches.append(_branch(6, "grams @> %(pairs)s::varchar[]"))
    found = " UNION ALL ".join(branches).replace("{scope}", scope)
    sql = f"""
        SELECT id FROM (
            SELECT DISTINCT ON (id) id, path, name, rank FROM ({found}) AS candidates ORDER BY id, rank
        ) AS once ORDER BY rank, length(path), length(name), path LIMIT %(limit)s"""
    return sql, values


def search(text: str, by: Actor, limit: int = 20, *, level: str = "", under: str = "") -> list[Place]:
    """Return the places that fit, the best first: code, whole name, initials, beginnings, then anything inside.

    Several words narrow from left to right: "锦江 水井坊" finds 水井坊 below whatever 锦江 finds.
    """
    prefixes = authority.scopes(by, terms.Can.READ)
    if under:
        prefixes = (
            (under,)
            if any(under.startswith(p) for p in prefixes)
            else tuple(p for p in prefixes if p.startswith(under))
        )
    words = text[:_LONGEST].replace("\0", " ").encode("utf-8", "ignore").decode().split()
    if not words or not prefixes:
        return []
    for word in words[:-1]:
        prefixes = tuple(place.path for place in _found(word, prefixes, _ANCESTORS, ""))
        if not prefixes:
            return []
    return _found(words[-1], prefixes, limit, level)


def _found(word: str, prefixes: tuple[str, ...], limit: int, level: str) -> list[Place]:
    sql, values = statement(word, prefixes, level=level, limit=limit)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        ids = [row[0] for row in cursor.fetchall()]
    places = Place.objects.in_bulk(ids)
    return [places[i] for i in ids]
